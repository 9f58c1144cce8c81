/**
 * Packets as `Schema`s, for people who compose schemas. Built on the functions of `Packet`, which are what to use where
 * speed matters.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import type { DecodeError } from "./DecodeError.ts"
import * as Packet from "./Packet.ts"

/**
 * A sequence number: an integer from 0 to 255.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Sequence = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

/**
 * Schema of `Packet.ClientPacket`. Its JSON form refuses to encode a `Login`: JSON is for logs and files, where a
 * password has no place.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ClientPacket = Schema.Union([
  Schema.TaggedStruct("Login", { password: Schema.Redacted(Schema.Uint8Array, { disallowJsonEncode: true }) }),
  Schema.TaggedStruct("Command", { sequence: Sequence, payload: Schema.Uint8Array }),
  Schema.TaggedStruct("Acknowledge", { sequence: Sequence })
])

/**
 * Schema of `Packet.ServerPacket`, with the ranges that the constructors of `Packet` check.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ServerPacket = Schema.Union([
  Schema.TaggedStruct("LoginResult", { accepted: Schema.Boolean }),
  Schema.TaggedStruct("CommandReply", {
    sequence: Sequence,
    payload: Schema.Uint8Array.check(
      Schema.makeFilter((bytes) => bytes[0] !== 0 || "a whole command reply must not begin with byte 0")
    )
  }),
  Schema.TaggedStruct("CommandReplyPart", {
    sequence: Sequence,
    total: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 255 })),
    index: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 254 })),
    payload: Schema.Uint8Array
  }).check(Schema.makeFilter((part) => part.index < part.total || "the index of a part must be below its total")),
  Schema.TaggedStruct("Message", { sequence: Sequence, payload: Schema.Uint8Array })
])

const decoded = <A>(decode: (datagram: Uint8Array) => Result.Result<A, DecodeError>) =>
  SchemaGetter.transformEffect((datagram: Uint8Array) =>
    Effect.fromResult(decode(datagram)).pipe(
      Effect.mapError((error) => new SchemaIssue.InvalidValue({ message: error.message }))
    )
  )

/**
 * A datagram and the `Packet.ClientPacket` in it. Decoding fails with a `SchemaError` that has the message of the
 * `DecodeError`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ClientPacketFromBytes = Schema.Uint8Array.pipe(
  Schema.decodeTo(ClientPacket, {
    decode: decoded(Packet.decodeClient),
    encode: SchemaGetter.transform((packet: Packet.ClientPacket) => Packet.encode(packet))
  })
)

/**
 * A datagram and the `Packet.ServerPacket` in it. Decoding fails with a `SchemaError` that has the message of the
 * `DecodeError`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ServerPacketFromBytes = Schema.Uint8Array.pipe(
  Schema.decodeTo(ServerPacket, {
    decode: decoded(Packet.decodeServer),
    encode: SchemaGetter.transform((packet: Packet.ServerPacket) => Packet.encode(packet))
  })
)
