import { type DecodeError, Packet } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"
import * as Zlib from "node:zlib"
import * as Checksum from "../src/internal/checksum.ts"
import { clientPackets, corpora, datagram, fromHex, hex, plain, serverPackets, shownForms } from "./support.ts"

type AnyPacket = Packet.ClientPacket | Packet.ServerPacket
type Reason = DecodeError.DecodeErrorReason

const decode = (sender: "client" | "server", bytes: Uint8Array): Result.Result<AnyPacket, DecodeError.DecodeError> =>
  sender === "client" ? Packet.decodeClient(bytes) : Packet.decodeServer(bytes)

const failure = (result: Result.Result<AnyPacket, DecodeError.DecodeError>): DecodeError.DecodeError => {
  if (Result.isFailure(result)) return result.failure
  throw new Error(`decoded as ${result.success._tag}`)
}

const login = (password: string) => Packet.login(Redacted.make(password))

describe("checksums", () => {
  it.prop("of Node and of crc-32 are equal", [Schema.Uint8Array], ([bytes]) => {
    assert.strictEqual(Checksum.crc32(bytes), Checksum.portable(bytes))
    return Checksum.crc32 === Zlib.crc32
  })
})

describe.each(corpora)("datagrams $name", ({ rows }) => {
  const expected: Record<string, AnyPacket | Reason> = {
    "login-ok": Packet.loginResult(true),
    "login-fail": Packet.loginResult(false),
    "login-odd": { _tag: "UnknownLoginResult", value: 2 },
    "cmd-hello": Packet.commandReply(1, "Hello"),
    "cmd-empty": Packet.commandReply(3, ""),
    message: Packet.message(7, "Server message"),
    "unknown-type": { _tag: "UnknownType", type: 5 },
    "message-admin-login": Packet.message(0, "RCon admin #0 (127.0.0.1:42432) logged in"),
    "login-empty": login(""),
    "login-hunter2": login("hunter2"),
    "cmd-keepalive-0": Packet.command(0, ""),
    "cmd-keepalive-255": Packet.command(255, ""),
    "cmd-players-0": Packet.command(0, "players"),
    "ack-0": Packet.acknowledge(0),
    "ack-255": Packet.acknowledge(255),
    "part-1-of-2": Packet.commandReplyPart(5, 2, 0, "abc"),
    "part-2-of-2": Packet.commandReplyPart(5, 2, 1, "def"),
    "part-single": Packet.commandReplyPart(6, 1, 0, "alone"),
    "part-utf8-split-1": Packet.commandReplyPart(7, 2, 0, Uint8Array.of(0x61, 0xd0)),
    "part-utf8-split-2": Packet.commandReplyPart(7, 2, 1, Uint8Array.of(0xba, 0x62)),
    "reforger-login-msg": Packet.message(0, "Logged In! Client ID: #0"),
    "reforger-ack": Packet.commandReply(0, ""),
    "reforger-processing": Packet.message(1, "Processing Command: #players")
  }
  // Long texts: comparing their beginnings is enough, because re-encoding compares the rest.
  const beginnings: Record<string, readonly [sequence: number, text: RegExp]> = {
    "message-utf8-dayz": [60, /^\(Global\) Survivor: \p{Script=Cyrillic}+ /u],
    "reforger-players": [2, /^Players on server: \[Player#\] ; \[Player UID\] ; \[Player Name\]\n1 ; /]
  }

  it("are all covered by this test", () => {
    assert.sameMembers(rows.map((row) => row.name), [...Object.keys(expected), ...Object.keys(beginnings)])
  })

  it.each(rows)(
    "$name: decodes to the expected packet or error, and encodes to the same bytes",
    ({ bytes, name, sender }) => {
      const result = decode(sender, bytes)
      const beginning = beginnings[name]
      if (beginning !== undefined) {
        const packet = Result.getOrThrow(result)
        if (packet._tag !== "Message") assert.fail(packet._tag)
        assert.strictEqual(packet.sequence, beginning[0])
        assert.match(new TextDecoder().decode(packet.payload), beginning[1])
      } else if (Result.isSuccess(result)) {
        assert.deepStrictEqual(plain(result.success), plain(expected[name] as AnyPacket))
      } else {
        assert.deepStrictEqual(result.failure.reason, expected[name] as Reason)
      }
      if (Result.isSuccess(result)) assert.strictEqual(hex(Packet.encode(result.success)), hex(bytes))
    }
  )
})

describe("datagrams written by hand from the specification", () => {
  // The checksums were computed by another implementation of CRC-32.
  const goldens: ReadonlyArray<readonly [sender: "client" | "server", packet: AnyPacket, bytes: string]> = [
    ["client", login("admin"), "4245 256f7641 ff 00 61646d696e"],
    ["client", Packet.command(7, "say -1 Hi"), "4245 2892e880 ff 01 07 736179202d31204869"],
    ["client", Packet.command(16, "say -1 К"), "4245 0dabb6d8 ff 01 10 736179202d3120 d09a"],
    ["client", Packet.acknowledge(7), "4245 de1a8bed ff 02 07"],
    ["server", Packet.loginResult(true), "4245 69ddde36 ff 00 01"],
    ["server", Packet.commandReply(255, "ok"), "4245 a1ac6732 ff 01 ff 6f6b"],
    ["server", Packet.commandReplyPart(42, 255, 254, "x"), "4245 9e700e25 ff 01 2a 00 ff fe 78"],
    ["server", Packet.commandReplyPart(0, 1, 0, ""), "4245 9e127d71 ff 01 00 00 01 00"],
    ["server", Packet.message(0, ""), "4245 7d8fef73 ff 02 00"],
    ["server", Packet.message(1, Uint8Array.of(0, 2, 1, 0x78)), "4245 d401b33b ff 02 01 00 02 01 78"]
  ]

  it.each(goldens)("%s: %o is %s", (sender, packet, bytes) => {
    assert.strictEqual(hex(Packet.encode(packet)), bytes.replaceAll(" ", ""))
    assert.deepStrictEqual(plain(Result.getOrThrow(decode(sender, fromHex(bytes)))), plain(packet))
  })

  it("equal the encoded packets, for payloads of 0 to 1,400 bytes", () => {
    for (let length = 0; length <= 1400; length++) {
      const payload = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff)
      const bytes = Packet.encode(Packet.message(length & 0xff, payload))
      assert.strictEqual(hex(bytes), hex(datagram(0xff, 2, length & 0xff, ...payload)))
    }
  })
})

describe("constructors", () => {
  const outside = [-1, 256, 0.5, NaN, Infinity, -Infinity, 2 ** 32]

  it.each(outside)("refuse %d as a sequence number", (sequence) => {
    assert.throws(() => Packet.command(sequence, "x"), RangeError, "sequence")
    assert.throws(() => Packet.acknowledge(sequence), RangeError, "sequence")
    assert.throws(() => Packet.commandReply(sequence, "x"), RangeError, "sequence")
    assert.throws(() => Packet.commandReplyPart(sequence, 1, 0, "x"), RangeError, "sequence")
    assert.throws(() => Packet.message(sequence, "x"), RangeError, "sequence")
  })

  it.each([...outside, 0])("refuse %d as a total of parts", (total) => {
    assert.throws(() => Packet.commandReplyPart(0, total, 0, "x"), RangeError, "total")
  })

  it.each([...outside, 2, 255])("refuse %d as the index of one of two parts", (index) => {
    assert.throws(() => Packet.commandReplyPart(0, 2, index, "x"), RangeError, "index")
  })

  it("refuse a whole reply that would be decoded as a part", () => {
    assert.throws(() => Packet.commandReply(0, "\0"), RangeError, "byte 0")
    assert.throws(() => Packet.commandReply(0, Uint8Array.of(0, 1, 0)), RangeError, "byte 0")
    assert.strictEqual(Packet.commandReply(0, "").payload.length, 0)
    assert.strictEqual(Packet.commandReply(0, " \0").payload.length, 2)
  })

  it("accept every sequence number and every index of every total", () => {
    for (let sequence = 0; sequence <= 255; sequence++) {
      assert.strictEqual(Packet.command(sequence, "").sequence, sequence)
      assert.strictEqual(Packet.acknowledge(sequence).sequence, sequence)
      assert.strictEqual(Packet.commandReply(sequence, "").sequence, sequence)
      assert.strictEqual(Packet.commandReplyPart(sequence, 1, 0, "").sequence, sequence)
      assert.strictEqual(Packet.message(sequence, "").sequence, sequence)
    }
    for (let total = 1; total <= 255; total++) {
      for (let index = 0; index < total; index++) {
        const part = Packet.commandReplyPart(0, total, index, "")
        assert.deepStrictEqual(plain(Result.getOrThrow(Packet.decodeServer(Packet.encode(part)))), plain(part))
      }
    }
  })
})

describe("encode", () => {
  it("returns a buffer that is shared with neither the packet nor another datagram", () => {
    const payload = Uint8Array.of(1, 2, 3)
    const packet = Packet.command(0, payload)
    const first = Packet.encode(packet)
    const second = Packet.encode(packet)
    assert.strictEqual(first.byteLength, first.buffer.byteLength)
    assert.notStrictEqual(first.buffer, second.buffer)
    payload.fill(9)
    assert.strictEqual(hex(first), hex(second))
  })

  it("adds COMMAND_OVERHEAD_BYTES bytes to the text of a command", () => {
    for (const length of [0, 1, 100]) {
      assert.strictEqual(
        Packet.encode(Packet.command(0, "x".repeat(length))).length,
        Packet.COMMAND_OVERHEAD_BYTES + length
      )
    }
  })

  it("keeps only the low 8 bits of a number that no constructor has checked", () => {
    assert.strictEqual(
      hex(Packet.encode({ _tag: "Acknowledge", sequence: 300 })),
      hex(Packet.encode(Packet.acknowledge(44)))
    )
  })

  it("accepts a payload that is larger than UDP can carry", () => {
    const packet = Packet.command(1, new Uint8Array(100_000).fill(0x41))
    assert.deepStrictEqual(plain(Result.getOrThrow(Packet.decodeClient(Packet.encode(packet)))), plain(packet))
  })
})

describe("decode after encode is the identity", () => {
  const options = { arbitrary: { runs: 1000, size: 200 } }

  it.prop("for every client packet", { packet: clientPackets }, ({ packet }) => {
    assert.deepStrictEqual(plain(Result.getOrThrow(Packet.decodeClient(Packet.encode(packet)))), plain(packet))
  }, options)

  it.prop("for every server packet", { packet: serverPackets }, ({ packet }) => {
    assert.deepStrictEqual(plain(Result.getOrThrow(Packet.decodeServer(Packet.encode(packet)))), plain(packet))
  }, options)
})

describe("a login reply with bytes after its result", () => {
  it.prop(
    "decodes to the result in its first byte",
    { accepted: Schema.Boolean, more: Schema.Uint8Array },
    ({ accepted, more }) => {
      const result = accepted ? 1 : 0
      for (const bytes of [[result, 0], [result, 1], [result, ...more], [result, ...more, 0x0a]]) {
        assert.deepStrictEqual(
          Packet.decodeServer(datagram(0xff, 0, ...bytes)),
          Result.succeed(Packet.loginResult(accepted))
        )
      }
    }
  )
})

describe("a decoded payload", () => {
  const bytes = Packet.encode(Packet.message(1, "hello"))

  it("is a view into the datagram", () => {
    const copy = bytes.slice()
    const packet = Result.getOrThrow(Packet.decodeServer(copy)) as Packet.Message
    copy[9] = 0x4a
    assert.strictEqual(new TextDecoder().decode(packet.payload), "Jello")
  })

  it("is right if the datagram lies inside a larger buffer", () => {
    const larger = new Uint8Array(100).fill(0xee)
    larger.set(bytes, 37)
    const packet = Result.getOrThrow(Packet.decodeServer(larger.subarray(37, 37 + bytes.length)))
    assert.deepStrictEqual(plain(packet), plain(Packet.message(1, "hello")))
  })

  it("is copied by slice even if the datagram is a Node Buffer", () => {
    const buffer = Buffer.from(bytes)
    const packet = Result.getOrThrow(Packet.decodeServer(buffer)) as Packet.Message
    const kept = packet.payload.slice()
    buffer.fill(0)
    assert.notInstanceOf(packet.payload, Buffer)
    assert.strictEqual(new TextDecoder().decode(kept), "hello")
  })
})

describe("checksumField", () => {
  it("is the checksum in the header", () => {
    const bytes = Packet.encode(Packet.message(1, "hello"))
    assert.strictEqual(Packet.checksumField(bytes), Zlib.crc32(bytes.subarray(6)))
  })

  it("counts missing bytes of a short datagram as 0", () => {
    assert.strictEqual(Packet.checksumField(new Uint8Array(0)), 0)
    assert.strictEqual(Packet.checksumField(Uint8Array.of(0x42, 0x45, 0x01, 0x02)), 0x0201)
  })
})

describe("a datagram that is not a packet", () => {
  const secret = "hunter2-do-not-show"
  const damaged = Packet.encode(login(secret))
  damaged[10]! ^= 1
  const part = (...header: ReadonlyArray<number>) => datagram(0xff, 1, 9, 0, ...header)

  const cases: ReadonlyArray<readonly [why: string, from: "client" | "server" | "both", bytes: Uint8Array, Reason]> = [
    ["no bytes", "both", new Uint8Array(0), { _tag: "Truncated", length: 0, minimum: 8 }],
    ["a header cut short", "both", datagram(0xff), { _tag: "Truncated", length: 7, minimum: 8 }],
    ["another protocol", "both", new TextEncoder().encode("GET / HTTP/1.1"), { _tag: "NotBattlEye" }],
    ["no B", "both", Uint8Array.of(0x43, ...datagram(0xff, 2, 0).subarray(1)), { _tag: "NotBattlEye" }],
    ["no E", "both", Uint8Array.of(0x42, 0x46, ...datagram(0xff, 2, 0).subarray(2)), { _tag: "NotBattlEye" }],
    ["no FF after the checksum", "both", datagram(0xfe, 2, 0), { _tag: "NotBattlEye" }],
    ["a damaged login", "client", damaged, {
      _tag: "ChecksumMismatch",
      received: Packet.checksumField(damaged),
      computed: Zlib.crc32(damaged.subarray(6))
    }],
    ["a type above 2", "both", datagram(0xff, 3, 0, secret), { _tag: "UnknownType", type: 3 }],
    ["a type above 2 and no body", "both", datagram(0xff, 255), { _tag: "UnknownType", type: 255 }],
    ["a command without a sequence number", "client", datagram(0xff, 1), {
      _tag: "Truncated",
      length: 8,
      minimum: 9
    }],
    ["an acknowledgement without a sequence number", "client", datagram(0xff, 2), {
      _tag: "Truncated",
      length: 8,
      minimum: 9
    }],
    ["an acknowledgement with text", "client", datagram(0xff, 2, 0, secret), {
      _tag: "Oversized",
      length: 28,
      maximum: 9
    }],
    ["a login reply without a result", "server", datagram(0xff, 0), { _tag: "Truncated", length: 8, minimum: 9 }],
    ["a login reply of 2", "server", datagram(0xff, 0, 2), { _tag: "UnknownLoginResult", value: 2 }],
    ["a login reply of 2 with text", "server", datagram(0xff, 0, 2, secret), { _tag: "UnknownLoginResult", value: 2 }],
    ["a login reply of 255", "server", datagram(0xff, 0, 255), { _tag: "UnknownLoginResult", value: 255 }],
    ["a reply without a sequence number", "server", datagram(0xff, 1), { _tag: "Truncated", length: 8, minimum: 9 }],
    ["a message without a sequence number", "server", datagram(0xff, 2), { _tag: "Truncated", length: 8, minimum: 9 }],
    ["a part with nothing but its marker", "server", part(), { _tag: "Truncated", length: 10, minimum: 12 }],
    ["a part without an index", "server", part(2), { _tag: "Truncated", length: 11, minimum: 12 }],
    ["a part with total 0", "server", part(0, 0), { _tag: "InvalidPart", index: 0, total: 0 }],
    ["a part with an index equal to its total", "server", part(2, 2), { _tag: "InvalidPart", index: 2, total: 2 }],
    ["a part with an index far above its total", "server", part(1, 255), { _tag: "InvalidPart", index: 255, total: 1 }]
  ]
  const rows = cases.flatMap(([why, from, bytes, reason]) =>
    (from === "both" ? ["client", "server"] as const : [from]).map((sender) => ({ why, sender, bytes, reason }))
  )

  it.each(rows)("is refused with the right reason: $why, from a $sender", ({ bytes, reason, sender }) => {
    assert.deepStrictEqual(failure(decode(sender, bytes)).reason, reason)
  })

  it("occurs in this test for every DecodeErrorReason", () => {
    const every: Record<Reason["_tag"], true> = {
      Truncated: true,
      NotBattlEye: true,
      ChecksumMismatch: true,
      UnknownType: true,
      Oversized: true,
      UnknownLoginResult: true,
      InvalidPart: true
    }
    assert.hasAllKeys(Object.fromEntries(rows.map((row) => [row.reason._tag, true])), Object.keys(every))
  })

  it.each(rows)("has an error that shows none of its text: $why, from a $sender", ({ bytes, sender }) => {
    const error = failure(decode(sender, bytes))
    assert.match(error.message, /\w+ \w+/)
    const begin = new TextEncoder().encode("hunter2")
    for (const text of [error.message, ...shownForms(error)]) {
      assert.notInclude(text, "hunter2")
      assert.notInclude(text, hex(begin))
      assert.notInclude(text, begin.join(","))
    }
  })
})
