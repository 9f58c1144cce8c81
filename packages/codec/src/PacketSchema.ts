/**
 * Describes packets as `Schema`s, for programs that compose schemas.
 *
 * The schemas are built on the functions of `Packet` and accept exactly what those accept. Use `Packet` directly if
 * speed matters: it is many times faster.
 *
 * **Example** (A packet inside a larger schema)
 *
 * ```ts
 * import { PacketSchema } from "@bercon/codec"
 * import { Schema } from "effect"
 *
 * const Captured = Schema.Struct({ at: Schema.Number, packet: PacketSchema.ServerPacketFromBytes })
 * const decode = Schema.decodeUnknownEffect(Captured)
 * ```
 *
 * @stability stable
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
 * The schema of `Packet.ClientPacket`. Encoding a `Login` to JSON fails, because JSON ends up in logs and files, which
 * must not contain a password.
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
 * The schema of `Packet.ServerPacket`. It checks the same ranges as the constructors of `Packet`.
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
 * Converts between a datagram and its `Packet.ClientPacket`. Decoding fails with a `SchemaError` that carries the
 * message of the `DecodeError`.
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
 * Converts between a datagram and its `Packet.ServerPacket`. Decoding fails with a `SchemaError` that carries the
 * message of the `DecodeError`.
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
