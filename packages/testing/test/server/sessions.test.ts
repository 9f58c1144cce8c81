import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { acknowledge, ALICE, BOB, command, heard, login, online, run } from "../machine.ts"

describe("a login", () => {
  it("with the right password makes a session, which gets a message about it", () => {
    const server = ServerMachine.make({ password: Redacted.make("hunter2") })
    login(server, 5, ALICE, "hunter2")
    assert.deepStrictEqual(heard(server), [
      "login true",
      "message 0: RCon admin #0 (127.0.0.1:50001) logged in"
    ])
    assert.deepStrictEqual(server.logins, [{ time: 5, address: ALICE, admin: 0 }])
  })

  it("with a wrong password is refused", () => {
    const server = ServerMachine.make()
    for (const password of ["", "Secret", "secrets", "secre"]) login(server, 0, ALICE, password)
    assert.deepStrictEqual(heard(server), ["login false", "login false", "login false", "login false"])
    assert.deepStrictEqual(server.logins[0], { time: 0, address: ALICE, admin: undefined })
    assert.strictEqual(server.sessions.size, 0)
  })

  it("is announced to every session, in a message with that session's next number", () => {
    const server = online()
    login(server, 0, BOB)
    const outgoing = ServerMachine.drain(server)
    assert.deepStrictEqual(outgoing.map(({ address }) => address), [BOB, ALICE, BOB])
    assert.deepStrictEqual(server.messages.map(({ address, sequence }) => [address, sequence]), [
      [ALICE, 0],
      [ALICE, 1],
      [BOB, 0]
    ])
  })

  it("gets the lowest free admin number", () => {
    const server = online({ messageTries: 100 })
    login(server, 10_000, BOB)
    login(server, 45_000, "127.0.0.1:50003")
    assert.deepStrictEqual(Array.from(server.sessions.values(), ({ address, admin }) => [address, admin]), [
      [BOB, 1],
      ["127.0.0.1:50003", 0]
    ])
  })

  it("from an address with a session replaces this session, and the numbers of messages start again", () => {
    const server = online()
    ServerMachine.emit(server, 1, "one")
    login(server, 2)
    ServerMachine.emit(server, 3, "two")
    assert.deepStrictEqual(heard(server), [
      "message 1: one",
      "login true",
      "message 0: RCon admin #0 (127.0.0.1:50001) logged in",
      "message 1: two"
    ])
    assert.deepStrictEqual(server.drops, [{ time: 2, address: ALICE, admin: 0, cause: "Replaced" }])
  })

  it("is refused after `refuse`, even with the right password, until `admit`", () => {
    const server = ServerMachine.make()
    ServerMachine.refuse(server)
    login(server, 0)
    ServerMachine.admit(server)
    login(server, 1)
    assert.deepStrictEqual(heard(server).slice(0, 2), ["login false", "login true"])
  })
})

describe("a session", () => {
  it("is required for commands: without one they are ignored and not answered", () => {
    const server = online()
    command(server, 7, 0, "players", BOB)
    acknowledge(server, 7, 0, BOB)
    assert.deepStrictEqual(ServerMachine.drain(server), [])
    assert.deepStrictEqual(server.violations, [
      { time: 7, address: BOB, reason: { _tag: "NoSession", packet: "Command" } },
      { time: 7, address: BOB, reason: { _tag: "NoSession", packet: "Acknowledge" } }
    ])
  })

  it("without a command for 45 s is dropped without notice", () => {
    const server = online()
    command(server, 10_000, 0, "")
    ServerMachine.drain(server)
    ServerMachine.tick(server, 54_999)
    assert.strictEqual(server.sessions.size, 1)
    assert.strictEqual(ServerMachine.wakeAt(server), 55_000)
    ServerMachine.tick(server, 55_000)
    assert.deepStrictEqual(server.drops, [{ time: 55_000, address: ALICE, admin: 0, cause: "Silence" }])
    assert.deepStrictEqual(ServerMachine.drain(server), [])
    assert.strictEqual(ServerMachine.wakeAt(server), Infinity)
  })

  it("is not kept by acknowledgements", () => {
    const server = online()
    for (let now = 5_000; now <= 45_000; now += 5_000) {
      ServerMachine.emit(server, now, "tick")
      acknowledge(server, now, now / 5_000)
    }
    assert.strictEqual(server.drops[0]?.cause, "Silence")
  })

  it("has ended when a command arrives too late, even without a tick in between", () => {
    const server = online()
    command(server, 45_001, 0, "players")
    assert.deepStrictEqual(ServerMachine.drain(server), [])
  })

  it("is kept by a command that arrives after exactly 45 s", () => {
    const server = online()
    command(server, 45_000, 0, "")
    assert.deepStrictEqual(heard(server), ["0: "])
    assert.strictEqual(ServerMachine.wakeAt(server), 90_000)
    acknowledge(server, 90_000, 0)
    ServerMachine.tick(server, 90_000)
    assert.deepStrictEqual(server.drops, [{ time: 90_000, address: ALICE, admin: 0, cause: "Silence" }])
  })
})

describe("a message", () => {
  it("is sent five times within 10 s, then the session is dropped", () => {
    const server = online()
    ServerMachine.emit(server, 1_000, "hello")
    assert.deepStrictEqual(heard(server), ["message 1: hello"])
    assert.deepStrictEqual(
      run(server, 60_000),
      [3_000, 5_000, 7_000, 9_000].map((now) => [now, "message 1: hello"])
    )
    assert.deepStrictEqual(server.drops, [{ time: 11_000, address: ALICE, admin: 0, cause: "Unacknowledged" }])
    assert.strictEqual(server.messages.length, 2)
  })

  it("is not sent again after it is acknowledged", () => {
    const server = online()
    ServerMachine.emit(server, 0, "one")
    ServerMachine.emit(server, 0, "two")
    heard(server)
    acknowledge(server, 100, 2)
    acknowledge(server, 200, 2)
    assert.deepStrictEqual(run(server, 3_000), [[2_000, "message 1: one"]])
    assert.deepStrictEqual(server.acknowledgements.slice(1), [
      { time: 100, address: ALICE, sequence: 2, repeat: false },
      { time: 200, address: ALICE, sequence: 2, repeat: true }
    ])
  })

  it("that is never acknowledged is given up, optionally without dropping the session", () => {
    const server = online({ dropUnacknowledged: false, messageTries: 2, messageGap: "500 millis" })
    ServerMachine.emit(server, 0, "hello")
    heard(server)
    assert.deepStrictEqual(run(server, 40_000), [[500, "message 1: hello"]])
    assert.deepStrictEqual(server.drops, [])
  })

  it("has number 0 after 255", () => {
    const server = online({ sessionTimeout: "Infinity" })
    for (let sequence = 1; sequence <= 257; sequence++) {
      ServerMachine.emit(server, sequence, "x")
      acknowledge(server, sequence, sequence % 256)
    }
    assert.deepStrictEqual(server.messages.slice(-3).map(({ sequence }) => sequence), [255, 0, 1])
    assert.isFalse(server.acknowledgements.some(({ repeat }) => repeat))
    assert.deepStrictEqual(server.violations, [])
  })

  it("must be sent before it is acknowledged; otherwise the acknowledgement is a violation", () => {
    const server = online()
    acknowledge(server, 1, 1)
    assert.deepStrictEqual(server.violations, [
      { time: 1, address: ALICE, reason: { _tag: "NeverSent", sequence: 1 } }
    ])
  })

  it("is refused if it does not fit into a datagram", () => {
    const server = online()
    ServerMachine.emit(server, 0, new Uint8Array(65_498))
    assert.strictEqual(ServerMachine.drain(server)[0]?.datagram.length, 65_507)
    assert.throws(() => ServerMachine.emit(server, 0, "x".repeat(65_499)), RangeError)
    assert.deepStrictEqual(ServerMachine.drain(server), [])
  })

  it("is sent with unchanged bytes", () => {
    const server = online()
    const bytes = Uint8Array.of(0xcc, 0xe0, 0x00, 0xff)
    ServerMachine.emit(server, 0, bytes)
    const packet = Result.getOrThrow(Packet.decodeServer(ServerMachine.drain(server)[0]!.datagram))
    assert.strictEqual(packet._tag, "Message")
    if (packet._tag === "Message") assert.deepStrictEqual(Array.from(packet.payload), Array.from(bytes))
  })
})
