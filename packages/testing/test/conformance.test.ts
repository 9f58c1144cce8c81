/**
 * Tests the simulated server against the published specification of the protocol (version 2). The name of each test is
 * a sentence of the specification, paraphrased. Datagrams are built and parsed here, without the codec. Facts that no
 * datagram shows are read from the server's records.
 *
 * "Left open" marks rules that are missing in the specification. The simulated server follows real servers there, as
 * far as their behaviour is known.
 */
import { type Endpoint, ServerMachine } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import * as Dgram from "node:dgram"
import { crc32 } from "node:zlib"

type Content = ReadonlyArray<number | string>

const bytesOf = (content: Content): Uint8Array =>
  Buffer.concat(content.map((part) => typeof part === "string" ? Buffer.from(part) : Buffer.of(part)))

const datagram = (...content: Content): Uint8Array => {
  const rest = Buffer.concat([Buffer.of(0xff), bytesOf(content)])
  const header = Buffer.from("BE\0\0\0\0")
  header.writeUInt32LE(crc32(rest), 2)
  // A copy, because `slice` of a Buffer would be a view.
  return Uint8Array.from([...header, ...rest])
}

/** The payload of a datagram. Fails if its header is invalid. */
const payloadOf = (bytes: Uint8Array): Uint8Array => {
  const buffer = Buffer.from(bytes)
  assert.strictEqual(buffer.toString("latin1", 0, 2), "BE")
  assert.strictEqual(buffer.readUInt32LE(2), crc32(buffer.subarray(6)))
  assert.strictEqual(buffer[6], 0xff)
  return buffer.subarray(7)
}

const ALICE = "192.0.2.1:50001"
const BOB = "192.0.2.2:50002"

const LOGIN = datagram(0, "secret")
const ACCEPTED = [0, 1]
const REFUSED = [0, 0]

const seconds = (count: number) => count * 1_000

/** A server, and functions that send bytes to it and return the bytes that it sends. */
const setup = (options?: ServerMachine.Options) => {
  const server = ServerMachine.make(options)
  /** The packets that were sent to a client since the last call, without their headers. */
  const heard = (address = ALICE): Array<Uint8Array> =>
    ServerMachine.drain(server).filter((outgoing) => outgoing.address === address).map((outgoing) =>
      payloadOf(outgoing.datagram)
    )
  const send = (now: number, bytes: Uint8Array, address = ALICE): Array<Uint8Array> => {
    ServerMachine.receive(server, now, address, bytes)
    return heard(address)
  }
  /** Runs the server until `end`. Returns the packets to Alice with their times. */
  const pass = (end: number): Array<readonly [now: number, payload: Uint8Array]> => {
    const log: Array<readonly [number, Uint8Array]> = []
    for (let due = ServerMachine.wakeAt(server); due <= end;) {
      const now = due
      ServerMachine.tick(server, now)
      for (const payload of heard()) log.push([now, payload])
      due = ServerMachine.wakeAt(server)
    }
    ServerMachine.tick(server, end)
    return log
  }
  return { server, send, heard, pass }
}

/** Alice is logged in at 0 and has acknowledged the message about it. */
const online = (options?: ServerMachine.Options) => {
  const all = setup(options)
  all.send(0, LOGIN)
  all.send(0, datagram(2, 0))
  return all
}

const is = (actual: Uint8Array | undefined, ...expected: Content) =>
  assert.deepStrictEqual(Array.from(actual ?? []), Array.from(bytesOf(expected)))

/** Asserts that there is exactly one payload, with this content. */
const isOnly = (actual: ReadonlyArray<Uint8Array>, ...expected: Content) => {
  assert.strictEqual(actual.length, 1)
  is(actual[0], ...expected)
}

const isNothing = (actual: ReadonlyArray<unknown>) => assert.deepStrictEqual(actual, [])

describe("packet format", () => {
  it("a packet of the server is B, E, a CRC32 in four bytes, FF, and then its content", () => {
    const { send, server } = setup()
    ServerMachine.receive(server, 0, ALICE, LOGIN)
    const [login] = ServerMachine.drain(server)
    assert.strictEqual(Buffer.from(login!.datagram).toString("hex"), "424569ddde36ff0001")
    isOnly(send(1, datagram(1, 0, "version")), 1, 0, "1.220")
  })

  it("a packet of a client is B, E, a CRC32 in four bytes, FF, and then its content", () => {
    const { send, server } = setup()
    const broken = [0, 1, 2, 3, 4, 5, 6].map((index) => {
      const bytes = LOGIN.slice()
      bytes[index]! ^= 0x20
      return bytes
    })
    for (const bytes of broken) isNothing(send(0, bytes))
    assert.deepStrictEqual(server.violations.map(({ reason }) => reason._tag), broken.map(() => "Malformed"))
    is(send(0, LOGIN)[0], ...ACCEPTED)
  })

  it("the checksum covers everything after itself: FF, and every byte of the content", () => {
    const { send } = setup()
    for (let index = 6; index < LOGIN.length; index++) {
      const bytes = LOGIN.slice()
      bytes[index]! ^= 1
      isNothing(send(0, bytes))
    }
  })

  it("left open: the lowest byte of the checksum comes first", () => {
    const { send } = setup()
    const swapped = Buffer.from(LOGIN)
    swapped.subarray(2, 6).reverse()
    isNothing(send(0, swapped))
  })

  it("left open: a datagram shorter than a packet is ignored", () => {
    const { send } = setup()
    for (let length = 0; length < 8; length++) isNothing(send(0, LOGIN.subarray(0, length)))
    isNothing(send(0, datagram()))
  })

  it("the first byte of the content is the packet's type: 00, 01 or 02", () => {
    const { send, server } = online()
    is(send(1, datagram(0, "secret"))[0], ...ACCEPTED)
    is(send(2, datagram(1, 0))[0], 1, 0)
    isNothing(send(3, datagram(2, 0)))
    isNothing(server.violations)
    for (const type of [3, 4, 0x30, 0xff]) isNothing(send(4, datagram(type, 0, "players")))
    assert.strictEqual(server.violations.length, 4)
  })
})

describe("login", () => {
  it("the login is the first packet: other packets before it are ignored", () => {
    const { send, server } = setup()
    isNothing(send(0, datagram(1, 0, "version")))
    isNothing(send(0, datagram(1, 0)))
    isNothing(send(0, datagram(2, 0)))
    isNothing(server.commands)
    assert.deepStrictEqual(server.violations.map(({ reason }) => reason._tag), ["NoSession", "NoSession", "NoSession"])
  })

  it("commands need a login that succeeded", () => {
    const { send, server } = setup()
    isOnly(send(0, datagram(0, "wrong")), ...REFUSED)
    isNothing(send(0, datagram(1, 0, "version")))
    is(send(0, LOGIN)[0], ...ACCEPTED)
    isOnly(send(0, datagram(1, 0, "version")), 1, 0, "1.220")
    assert.strictEqual(server.commands.length, 1)
  })

  it("a login is 00 and the password, with no NUL at its end", () => {
    const { send } = setup()
    for (const password of ["secret\0", "secre", "secrets", "Secret", "", " secret"]) {
      isOnly(send(0, datagram(0, password)), ...REFUSED)
    }
    is(send(0, datagram(0, "secret"))[0], ...ACCEPTED)
  })

  it("the server answers 00 01 to the right password, 00 00 to a wrong one", () => {
    const { send } = setup()
    isOnly(send(0, datagram(0, "wrong")), 0, 0)
    is(send(0, datagram(0, "secret"))[0], 0, 1)
  })

  it("a server with RCON turned off does not answer", () => {
    const { send, server } = setup()
    ServerMachine.stop(server, 0)
    isNothing(send(0, LOGIN))
    isNothing(send(0, datagram(0, "wrong")))
  })
})

describe("commands", () => {
  it("a client that is logged in may send commands, including those of the game", () => {
    const { send, server } = online()
    isOnly(send(1, datagram(1, 0, "version")), 1, 0, "1.220")
    isOnly(send(1, datagram(1, 1, "#lock")), 1, 1)
    assert.deepStrictEqual(server.commands.map(({ outcome }) => outcome), ["Executed", "Executed"])
  })

  it("a command is 01, a number from 0 on, and its text", () => {
    const { send, server } = online()
    for (let number = 0; number < 256; number++) isOnly(send(number, datagram(1, number, "#lock")), 1, number)
    assert.deepStrictEqual(server.commands.map(({ sequence }) => sequence), Array.from({ length: 256 }, (_, i) => i))
    isNothing(server.violations)
  })

  it("the text of a command has no NUL at its end", () => {
    const { send, server } = online()
    isOnly(send(1, datagram(1, 0, "version\0")), 1, 0, "Unknown command")
    isNothing(server.executions)
    isOnly(send(1, datagram(1, 1, "version")), 1, 1, "1.220")
    assert.deepStrictEqual(server.executions.map(({ text }) => text), ["version"])
  })

  it("the server answers with 01, the same number, and a text, which may be empty", () => {
    const { send } = online({ world: { version: "1.217" } })
    isOnly(send(1, datagram(1, 0, "version")), 1, 0, "1.217")
    isOnly(send(1, datagram(1, 255, "version")), 1, 255, "1.217")
    isOnly(send(1, datagram(1, 7, "loadScripts")), 1, 7)
    isOnly(send(1, datagram(1, 9, "no such thing")), 1, 9, "Unknown command")
  })

  it("each command is answered, whatever the order of the numbers", () => {
    const { send } = online()
    for (const number of [0, 200, 3, 3, 2, 0]) isOnly(send(1, datagram(1, number)), 1, number)
  })
})

describe("replies in several packets", () => {
  const ask = (length: number, number = 0) => {
    const text = Buffer.alloc(length, "0123456789")
    const { send } = online({ onCommand: () => text })
    return { text, packets: send(1, datagram(1, number, "bans")) }
  }

  it("there is no header if one packet is enough", () => {
    for (const length of [1, 1_000, 1_024]) {
      const { packets, text } = ask(length)
      isOnly(packets, 1, 0, text.toString())
    }
  })

  it("each of several packets has a header: 00, the number of packets, its own index from 0", () => {
    const { packets } = ask(3_000, 7)
    assert.deepStrictEqual(packets.map((packet) => Array.from(packet.subarray(0, 5))), [
      [1, 7, 0, 3, 0],
      [1, 7, 0, 3, 1],
      [1, 7, 0, 3, 2]
    ])
  })

  it("the text follows the headers, in pieces", () => {
    const { packets, text } = ask(100_000)
    assert.deepStrictEqual(Buffer.concat(packets.map((packet) => packet.subarray(5))), text)
  })

  it("left open: a packet has at most 1,024 bytes of the text", () => {
    const { packets } = ask(1_025)
    assert.deepStrictEqual(packets.map(({ length }) => length - 5), [1_024, 1])
  })
})

describe("keeping the connection alive", () => {
  it("a command of two bytes, without text, every 45 seconds keeps the session, and is answered", () => {
    const { pass, send, server } = online()
    for (let round = 1; round <= 1_920; round++) {
      pass(seconds(45 * round) - 1)
      isOnly(send(seconds(45 * round), datagram(1, round % 256)), 1, round % 256)
    }
    isNothing(server.drops)
  })

  it("any other command keeps the session, too", () => {
    const { pass, send, server } = online()
    for (let round = 1; round <= 100; round++) {
      pass(seconds(40 * round))
      isOnly(send(seconds(40 * round), datagram(1, round, "#lock")), 1, round)
    }
    isNothing(server.drops)
  })

  it("a client that sends no command for more than 45 seconds is removed, and cannot send commands", () => {
    const { pass, send, server } = online()
    isOnly(send(seconds(10), datagram(1, 0)), 1, 0)
    isNothing(pass(seconds(55) + 1))
    assert.strictEqual(server.sessions.size, 0)
    isNothing(send(seconds(56), datagram(1, 1, "version")))
    is(send(seconds(57), LOGIN)[0], ...ACCEPTED)
  })

  it("only command packets count, acknowledgements do not", () => {
    const { heard, send, server } = online()
    for (let number = 1; number <= 9; number++) {
      ServerMachine.emit(server, seconds(5 * number) - 1, "hello")
      isOnly(heard(), 2, number, "hello")
      send(seconds(5 * number) - 1, datagram(2, number))
    }
    isNothing(send(seconds(46), datagram(1, 0, "version")))
  })
})

describe("server messages", () => {
  it("the server's output is sent to all clients that are logged in, and to no others", () => {
    const { send, server } = online()
    send(0, LOGIN, BOB)
    send(0, datagram(0, "wrong"), "192.0.2.3:50003")
    ServerMachine.emit(server, 1, "hello")
    assert.deepStrictEqual(ServerMachine.drain(server).map(({ address }) => address), [ALICE, BOB])
  })

  it("a message is 02, a number from 0 on, and its text", () => {
    const { heard, server } = setup()
    ServerMachine.receive(server, 0, ALICE, LOGIN)
    const [login, first] = heard()
    is(login, ...ACCEPTED)
    is(first, 2, 0, "RCon admin #0 (192.0.2.1:50001) logged in")
    ServerMachine.emit(server, 1, "hello")
    isOnly(heard(), 2, 1, "hello")
  })

  it("each client's messages have their own numbers, which begin again with each login", () => {
    const { heard, send, server } = online()
    ServerMachine.emit(server, 1, "one")
    is(send(2, LOGIN, BOB)[1], 2, 0, "RCon admin #1 (192.0.2.2:50002) logged in")
    ServerMachine.emit(server, 3, "two")
    isOnly(heard(BOB), 2, 1, "two")
    is(send(4, LOGIN)[1], 2, 0, "RCon admin #0 (192.0.2.1:50001) logged in")
  })

  it("left open: the number after 255 is 0", () => {
    const { heard, send, server } = online()
    for (let number = 1; number <= 256; number++) {
      ServerMachine.emit(server, number, "x")
      isOnly(heard(), 2, number % 256, "x")
      send(number, datagram(2, number % 256))
    }
    isNothing(server.violations)
  })

  it("the client acknowledges with 02 and the same number: the message is not repeated, and no answer follows", () => {
    const { heard, pass, send, server } = online()
    ServerMachine.emit(server, 1, "hello")
    isOnly(heard(), 2, 1, "hello")
    isNothing(send(2, datagram(2, 1)))
    isNothing(pass(seconds(44)))
    isNothing(server.drops)
  })

  it("the acknowledgement of another number does not count", () => {
    const { heard, pass, send, server } = online()
    ServerMachine.emit(server, 0, "hello")
    isOnly(heard(), 2, 1, "hello")
    send(1, datagram(2, 0))
    send(1, datagram(2, 2))
    assert.strictEqual(pass(seconds(3)).length, 1)
    assert.deepStrictEqual(server.violations.map(({ reason }) => reason._tag), ["NeverSent"])
  })

  it("the server tries five times, for ten seconds, with the same packet", () => {
    const { heard, pass, server } = online()
    ServerMachine.emit(server, 0, "hello")
    const first = heard()
    const again = pass(seconds(20))
    assert.strictEqual(first.length + again.length, 5)
    for (const [now, payload] of again) {
      assert.isAtMost(now, seconds(10))
      is(payload, 2, 1, "hello")
    }
  })

  it("a client that has not acknowledged after ten seconds is removed, and cannot send commands", () => {
    const { heard, pass, send, server } = online()
    ServerMachine.emit(server, 0, "hello")
    heard()
    pass(seconds(10))
    assert.strictEqual(server.sessions.size, 0)
    isNothing(send(seconds(10), datagram(1, 0, "version")))
    isNothing(send(seconds(10), datagram(2, 1)))
    assert.deepStrictEqual(server.violations.map(({ reason }) => reason._tag), ["NoSession", "NoSession"])
  })

  it("the acknowledgement of the last try is in time", () => {
    const { heard, pass, send, server } = online()
    ServerMachine.emit(server, 0, "hello")
    heard()
    pass(seconds(9))
    send(seconds(9), datagram(2, 1))
    isNothing(pass(seconds(44)))
    isOnly(send(seconds(44), datagram(1, 0, "version")), 1, 0, "1.220")
  })
})

describe("packet loss", () => {
  it("must be handled by the client: the server sends a reply once, whether it arrives or not", () => {
    const { heard, pass, server } = online({ onCommand: () => "a".repeat(3_000) })
    ServerMachine.receive(server, 0, ALICE, datagram(1, 0, "bans"))
    assert.strictEqual(heard().length, 3)
    isNothing(pass(seconds(44)))
  })

  it("a login is answered each time it arrives", () => {
    const { send } = setup()
    for (const now of [0, 1, 2]) isOnly(send(now, datagram(0, "wrong")), ...REFUSED)
    for (const now of [3, 4, 5]) is(send(now, LOGIN)[0], ...ACCEPTED)
  })

  it("left open: a command is answered each time it arrives, with complete replies", () => {
    for (const repeats of ["execute", "replay"] as const) {
      const { send } = online({ repeats, onCommand: () => "a".repeat(2_000) })
      for (const now of [0, 1, 2]) assert.strictEqual(send(seconds(now), datagram(1, 0, "bans")).length, 2)
    }
  })

  it("an acknowledgement may be lost: the next try is acknowledged instead", () => {
    const { heard, pass, send, server } = online()
    ServerMachine.emit(server, 0, "hello")
    heard()
    const [again] = pass(seconds(2))
    is(again?.[1], 2, 1, "hello")
    send(seconds(2), datagram(2, 1))
    isNothing(pass(seconds(44)))
    isNothing(server.drops)
  })
})

describe("over UDP", () => {
  /** A real socket, and the payloads that it receives. */
  const connect = Effect.fnUntraced(function*({ host, port }: Endpoint.Address) {
    const payloads = yield* Queue.unbounded<Uint8Array>()
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => Dgram.createSocket("udp4", (bytes) => Queue.offerUnsafe(payloads, payloadOf(bytes)))),
      (socket) => Effect.sync(() => socket.close())
    )
    const send = (bytes: Uint8Array) => Effect.sync(() => socket.send(bytes, port, host))
    return { send, next: Queue.take(payloads) }
  })

  it.live("a server accepts logins, commands and acknowledgements at its port, and answers", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({ world: { missions: ["a".repeat(1_500)] } })
      const { next, send } = yield* connect(server.address)
      yield* send(datagram(0, "wrong"))
      is(yield* next, ...REFUSED)
      yield* send(LOGIN)
      is(yield* next, ...ACCEPTED)
      is((yield* next).subarray(0, 2), 2, 0)
      yield* send(datagram(2, 0))
      yield* send(datagram(1, 0, "version"))
      is(yield* next, 1, 0, "1.220")
      assert.deepStrictEqual((yield* server.acknowledgements).map(({ sequence }) => sequence), [0])
      yield* send(datagram(1, 1, "missions"))
      const parts = [yield* next, yield* next]
      assert.deepStrictEqual(parts.map((part) => Array.from(part.subarray(0, 5))), [[1, 1, 0, 2, 0], [1, 1, 0, 2, 1]])
      yield* server.emit("hello")
      is(yield* next, 2, 1, "hello")
      yield* send(datagram(2, 1))
      yield* send(datagram(1, 2))
      is(yield* next, 1, 2)
      assert.deepStrictEqual((yield* server.acknowledgements).map(({ sequence }) => sequence), [0, 1])
      assert.deepStrictEqual(yield* server.violations, [])
    }).pipe(Effect.timeout("5 seconds")))
})
