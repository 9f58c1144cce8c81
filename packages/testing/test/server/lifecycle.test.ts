import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { BOB, command, heard, login, online, run, world } from "../machine.ts"

describe("a server", () => {
  it("loses its sessions and, unless they are kept, its players when it restarts; the next message has number 0", () => {
    const server = online({ world })
    ServerMachine.restart(server, 10, { keepPlayers: true })
    command(server, 11, 0, "players")
    assert.deepStrictEqual(ServerMachine.drain(server), [])
    assert.strictEqual(server.world.players.length, 2)
    login(server, 12)
    assert.strictEqual(heard(server)[1], "message 0: RCon admin #0 (127.0.0.1:50001) logged in")
    ServerMachine.restart(server, 13)
    assert.deepStrictEqual(server.world.players, [])
    assert.deepStrictEqual(server.drops.map(({ cause }) => cause), ["Stopped", "Stopped"])
  })

  it("goes on unchanged if the downtime of a restart is invalid", () => {
    const server = online({ world })
    assert.throws(() => ServerMachine.restart(server, 10, { downtime: "soon" as never }))
    assert.isTrue(server.listening)
    assert.deepStrictEqual([server.drops.length, server.world.players.length], [0, 2])
    command(server, 11, 0, "version")
    assert.strictEqual(ServerMachine.drain(server).length, 1)
  })

  it("rejects events of the game while it is down, but its world can be changed", () => {
    const server = online({ world })
    ServerMachine.restart(server, 0, { downtime: "1 second", keepPlayers: true })
    const game: ReadonlyArray<(now: number) => void> = [
      (now) => ServerMachine.chat(server, now, 0, "Side", "hello"),
      (now) => ServerMachine.emit(server, now, "hello"),
      (now) => ServerMachine.join(server, now, { name: "Ed", guid: null }),
      (now) => ServerMachine.identify(server, now, 1),
      (now) => ServerMachine.verify(server, now, 1),
      (now) => ServerMachine.leave(server, now, 1),
      (now) => ServerMachine.kick(server, now, 0, "Query Timeout")
    ]
    for (const happen of game) assert.throws(() => happen(999), /the server is down/)
    ServerMachine.update(server, 999, (world) => ({ ...world, version: "1.221" }))
    for (const happen of game) happen(1_000)
    assert.strictEqual(server.world.version, "1.221")
    assert.deepStrictEqual(server.world.players.map(({ slot }) => slot), [3])
  })

  it("has only the written bans after a restart", () => {
    const server = online({ world })
    command(server, 0, 0, "ban 3")
    command(server, 0, 1, "writeBans")
    command(server, 0, 2, "addBan 198.51.100.1")
    ServerMachine.restart(server, 1, { downtime: "1 second" })
    ServerMachine.tick(server, 1_001)
    assert.deepStrictEqual(server.world.bans.map(({ target }) => target), ["6a1b2c3d4e5f60718293a4b5c6d7e8f9"])
    ServerMachine.update(server, 2_000, (world) => ({ ...world, bans: [] }))
    ServerMachine.start(server)
    assert.deepStrictEqual(server.world.bans, [])
  })

  it("does not answer a valid login from another address while it has its maximum number of clients", () => {
    const server = online({ maxClients: 1 })
    login(server, 1, BOB)
    login(server, 2, BOB, "guess")
    login(server, 3)
    assert.deepStrictEqual(heard(server, BOB), ["login false"])
    assert.deepStrictEqual(server.logins.map(({ admin }) => admin), [0, undefined, undefined, 0])
    ServerMachine.forget(server, 4)
    login(server, 5, BOB)
    assert.strictEqual(heard(server, BOB)[0], "login true")
  })

  it("receives and sends nothing while it is silent, but keeps its sessions", () => {
    const server = online()
    ServerMachine.goSilent(server, 1_000)
    ServerMachine.emit(server, 2_000, "hello")
    command(server, 3_000, 0, "version")
    assert.deepStrictEqual(run(server, 4_500), [])
    ServerMachine.resume(server, 4_500)
    assert.deepStrictEqual(run(server, 7_000), [[6_000, "message 1: hello"]])
    assert.deepStrictEqual(server.commands, [])
  })

  it("is no longer silent after a restart", () => {
    const server = online()
    ServerMachine.goSilent(server, 1)
    ServerMachine.restart(server, 2)
    login(server, 3)
    assert.strictEqual(heard(server)[0], "login true")
  })

  it("has no session after `forget`", () => {
    const server = online()
    ServerMachine.forget(server, 1)
    command(server, 2, 0, "version")
    assert.deepStrictEqual(ServerMachine.drain(server), [])
    assert.strictEqual(server.drops[0]?.cause, "Forgotten")
  })

  it("cannot be made with options out of range", () => {
    assert.throws(() => ServerMachine.make({ messageTries: 0 }), RangeError)
    assert.throws(() => ServerMachine.make({ recordCapacity: 0.5 }), RangeError)
    assert.throws(() => ServerMachine.make({ maxClients: 0 }), RangeError)
  })
})
