import { Packet, PacketSchema, Text } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema } from "effect"
import { inspect } from "node:util"
import { clientPackets, datagram, hex, plain, serverPackets, shownForms } from "./support.ts"

const { ClientPacket, ClientPacketFromBytes, ServerPacket, ServerPacketFromBytes } = PacketSchema

type Same<A, B> = [A, B] extends [B, A] ? true : false

describe("the schemas agree with the functions of Packet", () => {
  it("in their types", () => {
    const client: Same<typeof ClientPacket.Type, Packet.ClientPacket> = true
    const server: Same<typeof ServerPacket.Type, Packet.ServerPacket> = true
    assert.isTrue(client && server)
  })

  const options = { arbitrary: { runs: 300, size: 100 } }

  it.effect.prop("for every client packet", { packet: clientPackets }, ({ packet }) =>
    Effect.gen(function*() {
      const bytes = yield* Schema.encodeEffect(ClientPacketFromBytes)(packet)
      assert.strictEqual(hex(bytes), hex(Packet.encode(packet)))
      assert.deepStrictEqual(plain(yield* Schema.decodeEffect(ClientPacketFromBytes)(bytes)), plain(packet))
    }), options)

  it.effect.prop("for every server packet", { packet: serverPackets }, ({ packet }) =>
    Effect.gen(function*() {
      const bytes = yield* Schema.encodeEffect(ServerPacketFromBytes)(packet)
      assert.strictEqual(hex(bytes), hex(Packet.encode(packet)))
      assert.deepStrictEqual(plain(yield* Schema.decodeEffect(ServerPacketFromBytes)(bytes)), plain(packet))
    }), options)

  // The packets above are generated from the schemas, so they cannot show that a schema refuses a valid packet.
  const accepted: ReadonlyArray<Packet.ClientPacket | Packet.ServerPacket> = [
    Packet.login(Redacted.make("hunter2")),
    Packet.command(255, "players"),
    Packet.acknowledge(0),
    Packet.loginResult(false),
    Packet.commandReply(0, ""),
    Packet.commandReply(255, "ok"),
    Packet.commandReplyPart(0, 1, 0, ""),
    Packet.commandReplyPart(255, 255, 254, "x"),
    Packet.message(0, Uint8Array.of(0))
  ]

  it.each(accepted)("for each packet, such as $_tag: exactly one of the two schemas accepts it", (packet) => {
    assert.isTrue(Schema.is(ClientPacket)(packet) !== Schema.is(ServerPacket)(packet))
  })

  const cut = Packet.encode(Packet.message(1, "hello")).subarray(0, 12)
  const malformed: ReadonlyArray<readonly [why: string, bytes: Uint8Array]> = [
    ["an empty datagram", new Uint8Array(0)],
    ["another protocol", Text.encode("GET / HTTP/1.1")],
    ["a datagram cut short", cut],
    ["an unknown type", datagram(0xff, 7, 0)],
    ["an acknowledgement with text", datagram(0xff, 2, 0, "text")],
    ["an odd login reply", datagram(0xff, 0, 2)],
    ["a part with total 0", datagram(0xff, 1, 0, 0, 0, 0)]
  ]

  it.effect.each(malformed)("in whether and why they refuse %s", ([, bytes]) =>
    Effect.gen(function*() {
      const messageOf = (result: Result.Result<unknown, Error>) =>
        Result.isFailure(result) ? result.failure.message : undefined
      assert.strictEqual(
        messageOf(yield* Effect.result(Schema.decodeEffect(ClientPacketFromBytes)(bytes))),
        messageOf(Packet.decodeClient(bytes))
      )
      assert.strictEqual(
        messageOf(yield* Effect.result(Schema.decodeEffect(ServerPacketFromBytes)(bytes))),
        messageOf(Packet.decodeServer(bytes))
      )
    }))
})

describe("a value that is not bytes", () => {
  it.effect("is refused by both schemas", () =>
    Effect.gen(function*() {
      for (const input of [undefined, null, "BE", [0x42, 0x45], { length: 9 }, new ArrayBuffer(9)]) {
        for (const schema of [ClientPacketFromBytes, ServerPacketFromBytes]) {
          const error = yield* Effect.flip(Schema.decodeUnknownEffect(schema)(input))
          assert.strictEqual(error._tag, "SchemaError")
        }
      }
    }))
})

describe("an invalid packet that was written without its constructor", () => {
  const payload = Text.encode("x")
  const outside = [-1, 256, 0.5, NaN, Infinity, "1", undefined]
  const refused: ReadonlyArray<unknown> = [
    ...outside.flatMap((sequence) => [
      { _tag: "Command", sequence, payload },
      { _tag: "Acknowledge", sequence },
      { _tag: "CommandReply", sequence, payload },
      { _tag: "CommandReplyPart", sequence, total: 1, index: 0, payload },
      { _tag: "Message", sequence, payload },
      { _tag: "CommandReplyPart", sequence: 0, total: sequence, index: 0, payload },
      { _tag: "CommandReplyPart", sequence: 0, total: 2, index: sequence, payload }
    ]),
    { _tag: "CommandReplyPart", sequence: 0, total: 0, index: 0, payload },
    { _tag: "CommandReplyPart", sequence: 0, total: 2, index: 2, payload },
    { _tag: "CommandReply", sequence: 0, payload: Uint8Array.of(0) },
    { _tag: "CommandReply", sequence: 0, payload: "x" },
    { _tag: "Command", sequence: 0 },
    { _tag: "Login", password: "hunter2" },
    { _tag: "Login", password: Redacted.make("hunter2") },
    { _tag: "Login", password: Text.encode("hunter2") },
    { _tag: "LoginResult", accepted: 1 },
    { _tag: "Logout" },
    {},
    null,
    "Command"
  ]

  it.effect.each(refused.map((packet) => ({ packet, shown: inspect(packet, { breakLength: Infinity }) })))(
    "is refused: $shown",
    ({ packet }) =>
      Effect.gen(function*() {
        for (const schema of [ClientPacketFromBytes, ServerPacketFromBytes]) {
          const error = yield* Effect.flip(Schema.encodeUnknownEffect(schema)(packet))
          assert.strictEqual(error._tag, "SchemaError")
          assert.isNotEmpty(error.message)
        }
        assert.isFalse(Schema.is(ClientPacket)(packet))
        assert.isFalse(Schema.is(ServerPacket)(packet))
      })
  )
})

describe("a reply that the constructors of Packet refuse", () => {
  const payload = Uint8Array.of(0)

  it.effect.each<readonly [what: string, packet: Packet.ServerPacket, message: string]>([
    [
      "a whole reply that would be decoded as a part",
      { _tag: "CommandReply", sequence: 0, payload },
      "a whole command reply must not begin with byte 0"
    ],
    [
      "a part with an index equal to its total",
      { _tag: "CommandReplyPart", sequence: 0, total: 2, index: 2, payload },
      "the index of a part must be below its total"
    ]
  ])("is refused with a message that explains why: %s", ([, packet, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Schema.encodeEffect(ServerPacketFromBytes)(packet))
      assert.include(error.message, message)
    }))
})

describe("the password", () => {
  const hidden = [
    "hunter2",
    hex(Text.encode("hunter2")),
    Buffer.from("hunter2").toString("base64").replaceAll("=", ""),
    [...Text.encode("hunter2")].join(",")
  ]
  const assertHidden = (value: unknown) => {
    for (const shown of shownForms(value)) {
      for (const secret of hidden) assert.notInclude(shown, secret)
    }
  }
  const packet = Packet.login(Redacted.make("hunter2"))

  it.effect("is shown by no form of a packet", () =>
    Effect.gen(function*() {
      assertHidden(packet)
      assertHidden(yield* Schema.decodeEffect(ClientPacketFromBytes)(Packet.encode(packet)))
      assertHidden(Schema.toFormatter(ClientPacket)(packet))
      assertHidden(Packet.decodeClient(Packet.encode(packet)))
    }))

  it.effect("is shown by no error", () =>
    Effect.gen(function*() {
      const bytes = Packet.encode(packet)
      for (let at = 0; at < bytes.length; at++) {
        const damaged = bytes.slice()
        damaged[at]! ^= 0x80
        const error = yield* Effect.flip(Schema.decodeEffect(ClientPacketFromBytes)(damaged))
        assertHidden(error)
        assertHidden(error.message)
      }
      const wrong = [
        { ...packet, password: "hunter2" },
        { ...packet, password: Redacted.make("hunter2") },
        { ...packet, password: Text.encode("hunter2") }
      ]
      for (const input of wrong) {
        const error = yield* Effect.flip(Schema.encodeUnknownEffect(ClientPacketFromBytes)(input))
        assertHidden(error)
        assertHidden(error.message)
      }
    }))

  it.effect("is never encoded to JSON", () =>
    Effect.gen(function*() {
      const json = Schema.toCodecJson(ClientPacket)
      const error = yield* Effect.flip(Schema.encodeEffect(json)(packet))
      assertHidden(error)
      const command = Packet.command(1, "players")
      assert.deepStrictEqual(
        plain(yield* Schema.decodeUnknownEffect(json)(yield* Schema.encodeEffect(json)(command))),
        plain(command)
      )
    }))
})
