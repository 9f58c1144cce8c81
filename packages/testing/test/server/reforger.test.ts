import { Transport } from "@bercon/session"
import { ServerMachine, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Client from "../client.ts"
import { acknowledge, BOB, command, heard, login, run } from "../machine.ts"
import { MILLER, names, online, says, world } from "./reforgerMachine.ts"

describe("a login", () => {
  it("is announced only to its own client, with the lowest free number", () => {
    const server = online()
    login(server, 0, BOB)
    assert.deepStrictEqual(
      ServerMachine.drain(server).map(({ address, datagram }) => [address, Client.describe(datagram)]),
      [[BOB, "login true"], [BOB, "message 0: Logged In! Client ID: #1"]]
    )
    assert.deepStrictEqual(server.logins.map(({ admin }) => admin), [0, 1])
  })
})

describe("a command", () => {
  it("has an empty reply; only its own client gets the echo and the output", () => {
    const server = online({ world })
    login(server, 0, BOB)
    ServerMachine.drain(server)
    command(server, 0, 7, "#kick 2")
    assert.deepStrictEqual(heard(server), [
      "7: ",
      "message 1: Processing Command: #kick 2",
      "message 2: Player 'Kerry' kicked!"
    ])
    command(server, 0, 8, "#restart")
    assert.deepStrictEqual(heard(server, BOB), [])
    assert.deepStrictEqual(server.commands.map(({ outcome, text }) => [outcome, text]), [
      ["Executed", "#kick 2"],
      ["Executed", "#restart"]
    ])
    assert.deepStrictEqual(server.messages.filter(({ address }) => address === BOB).length, 1)
  })

  it("that is empty is a keepalive with an empty reply and no message", () => {
    const server = online()
    command(server, 0, 0, "")
    assert.deepStrictEqual(heard(server), ["0: "])
  })

  it("that does not exist is answered as unknown, and so is one that is disallowed", () => {
    const server = online({ world, disallowed: ["#kick"] })
    for (const text of ["version", "#say hello", "#kick 1"]) {
      assert.deepStrictEqual(says(server, text), ["unknown command"])
    }
    assert.deepStrictEqual(server.commands.map(({ outcome }) => outcome), ["Refused", "Refused", "Refused"])
    assert.strictEqual(server.world.players.length, 2)
  })

  it("is answered as unknown if the client has only the permission `monitor`, unless the command lists players or logs out", () => {
    const server = online({ world, restricted: true })
    for (const text of ["#kick 1", "#ban list", "#restart", "#shutdown"]) {
      assert.deepStrictEqual(says(server, text), ["unknown command"], text)
    }
    assert.strictEqual(says(server, "#players").length, 1)
    assert.strictEqual(says(server, "players").length, 1)
    command(server, 0, 1, "")
    command(server, 0, 2, "@logout")
    assert.deepStrictEqual(heard(server), ["1: ", "2: "])
    assert.deepStrictEqual(server.drops.map(({ cause }) => cause), ["LoggedOut"])
  })

  it("can be answered by a hook, after its echo", () => {
    const onCommand = (text: string) =>
      text === "#mod" ? "of a mod" : text === "#bytes" ? Uint8Array.of(65, 0, 66) : text === "#mute" ? "" : undefined
    const server = online({ onCommand })
    assert.deepStrictEqual(says(server, "#mod"), ["of a mod"])
    assert.deepStrictEqual(says(server, "#bytes"), ["A\0B"])
    assert.deepStrictEqual(says(server, "#mute"), [])
    assert.deepStrictEqual(says(server, "#other"), ["unknown command"])
  })

  it("gets its reply and its messages late if an option or the hook delays them", () => {
    const server = online({ replyDelay: "1 second", onCommand: (text) => text === "#mod" ? { delay: 300 } : undefined })
    command(server, 0, 0, "#players")
    command(server, 0, 1, "#mod")
    assert.deepStrictEqual(heard(server), [])
    assert.deepStrictEqual(run(server, 1_000), [
      [300, "1: "],
      [300, "message 1: Processing Command: #mod"],
      [300, "message 2: unknown command"],
      [1_000, "0: "],
      [1_000, "message 3: Processing Command: #players"],
      [1_000, "message 4: Players on server: [Player#] ; [Player UID] ; [Player Name]"]
    ])
  })

  it("that is repeated gets only its empty reply again; its messages are repeated until they are acknowledged", () => {
    const server = online({ world, repeats: "replay" })
    command(server, 0, 0, "#kick 2")
    heard(server)
    command(server, 500, 0, "#kick 2")
    assert.deepStrictEqual(heard(server), ["0: "])
    acknowledge(server, 600, 1)
    assert.deepStrictEqual(run(server, 2_000), [[2_000, "message 2: Player 'Kerry' kicked!"]])
  })
})

describe("a player", () => {
  it("has a slot from 1 on, and an identity derived from the name", () => {
    const server = online()
    assert.strictEqual(ServerMachine.join(server, 0, { name: "a" }).slot, 1)
    const player = ServerMachine.join(server, 0, { name: "Миллер", identity: MILLER })
    assert.deepStrictEqual([player.slot, player.identity], [2, MILLER])
    assert.match(ServerMachine.join(server, 0, { name: "Миллер" }).identity, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    assert.throws(() => ServerMachine.join(server, 0, { name: "b", slot: 0 }), RangeError)
  })

  it("joins, chats, leaves and is kicked without a message to any client", () => {
    const server = online()
    ServerMachine.join(server, 0, { name: "a" })
    ServerMachine.join(server, 0, { name: "b" })
    ServerMachine.chat(server, 0, 1, "Global", "hello")
    ServerMachine.leave(server, 0, 1)
    ServerMachine.kick(server, 0, 2, "Client not responding")
    assert.deepStrictEqual(heard(server), [])
    assert.deepStrictEqual(names(server), [])
    ServerMachine.emit(server, 0, "of a mod")
    assert.deepStrictEqual(heard(server), ["message 1: of a mod"])
  })
})

describe("a ban", () => {
  it("keeps its player out without a message to any client, even after a restart", () => {
    const server = online({ world })
    says(server, `#ban create ${MILLER} 60 rude`)
    ServerMachine.leave(server, 0, 1)
    ServerMachine.restart(server, 0)
    login(server, 0)
    acknowledge(server, 0, 0)
    heard(server)
    const miller = { name: "Cpt. Miller - Fox", identity: MILLER }
    ServerMachine.join(server, 0, miller)
    assert.deepStrictEqual(names(server), [])
    ServerMachine.join(server, 60_000, miller)
    assert.deepStrictEqual(names(server), [miller.name])
    assert.deepStrictEqual(heard(server), [])
  })
})

describe("SimulatedServer", () => {
  it.effect("with the flavour `Reforger` sends Reforger's texts, and the output of a ban after `banDelay`", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = Client.make(yield* Client.open(yield* Transport.Transport))
      yield* client.login
      yield* client.acknowledge(0)
      assert.deepStrictEqual(yield* client.pull, ["login true", "message 0: Logged In! Client ID: #0"])
      assert.strictEqual((yield* server.join({ name: "Max" })).slot, 1)
      yield* client.command(0, "#ban create Max 60")
      assert.deepStrictEqual(yield* client.pull, ["0: ", "message 1: Processing Command: #ban create Max 60"])
      yield* client.acknowledge(1)
      yield* TestRcon.passTime("3 seconds")
      assert.deepStrictEqual(yield* client.pull, ["message 2: Player 'Max' banned!"])
      yield* client.command(1, "@logout")
      assert.deepStrictEqual(yield* client.pull, ["1: "])
      assert.deepStrictEqual(yield* server.sessions, [])
      assert.deepStrictEqual((yield* server.executions).map(({ text }) => text), ["#ban create Max 60", "@logout"])
      assert.deepStrictEqual(yield* server.violations, [])
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { flavour: "Reforger", banDelay: "3 seconds" } }))))
})
