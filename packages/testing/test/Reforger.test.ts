import { Packet, Text } from "@bercon/codec"
import { Transport } from "@bercon/session"
import { ServerMachine, SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import * as Client from "./client.ts"
import * as Corpus from "./corpus.ts"
import { acknowledge, ALICE, BOB, command, heard, login, online as classic, run } from "./machine.ts"

type Options = Omit<ServerMachine.Options, "flavour">

const online = (options?: Options) => classic({ ...options, flavour: "Reforger" })

const worldOf = (...players: ReadonlyArray<World.PlayerOptions>): World.World =>
  players.reduce((world, options) => World.join(world, World.player(world, options, 1)), World.make())

const JERRY = "b6955d91-4749-4cdb-9a51-e69f630ec435"

const world = worldOf({ name: "Cpt. Jerry - Fox", identity: JERRY }, { name: "GazLagom" })

const UNKNOWN = "00000000-1111-2222-3333-444444444444"

/** The output of a command: all messages except the one that repeats it. */
const says = (server: ServerMachine.ServerMachine, text: string, now = 0): ReadonlyArray<string> => {
  heard(server)
  command(server, now, 0, text)
  const [reply, echo, ...messages] = heard(server)
  assert.strictEqual(reply, "0: ")
  assert.match(echo ?? "", /^message \d+: Processing Command: /)
  assert.strictEqual(echo?.replace(/^message \d+: Processing Command: /, ""), text)
  return messages.map((message) => message.replace(/^message \d+: /, ""))
}

const names = (server: ServerMachine.ServerMachine) => server.world.players.map(({ name }) => name)

const bans = (server: ServerMachine.ServerMachine) =>
  server.world.bans.map(({ expires, name, reason, target }) => [target, name, expires, reason])

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
  it("has an empty reply, then its echo and its output, for its own client only", () => {
    const server = online({ world })
    login(server, 0, BOB)
    ServerMachine.drain(server)
    command(server, 0, 7, "#kick 2")
    assert.deepStrictEqual(heard(server), [
      "7: ",
      "message 1: Processing Command: #kick 2",
      "message 2: Player 'GazLagom' kicked!"
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

  it("that does not exist is unknown, and so is one that is disallowed", () => {
    const server = online({ world, disallowed: ["#kick"] })
    for (const text of ["version", "#say hello", "#kick 1"]) {
      assert.deepStrictEqual(says(server, text), ["unknown command"])
    }
    assert.deepStrictEqual(server.commands.map(({ outcome }) => outcome), ["Refused", "Refused", "Refused"])
    assert.strictEqual(server.world.players.length, 2)
  })

  it("is unknown to a monitor unless it lists players or logs out", () => {
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

  it("is answered late by an option or by the hook: reply and messages", () => {
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

  it("that is repeated has its empty reply replayed, and its messages repeated until they are acknowledged", () => {
    const server = online({ world, repeats: "replay" })
    command(server, 0, 0, "#kick 2")
    heard(server)
    command(server, 500, 0, "#kick 2")
    assert.deepStrictEqual(heard(server), ["0: "])
    acknowledge(server, 600, 1)
    assert.deepStrictEqual(run(server, 2_000), [[2_000, "message 2: Player 'GazLagom' kicked!"]])
  })
})

describe("the command", () => {
  it("#players, or players, has a row for each player", () => {
    const text = `Players on server: [Player#] ; [Player UID] ; [Player Name]
1 ; ${JERRY} ; Cpt. Jerry - Fox
2 ; a64591ec-7233-ec0b-758a-d796d1a1c72c ; GazLagom`
    assert.deepStrictEqual(says(online({ world }), "#players"), [text])
    assert.deepStrictEqual(says(online({ world }), "players"), [text])
  })

  it("#kick N reports the kicked player, or the error", () => {
    const server = online({ world })
    for (const id of ["x", "0", "-1", "1.5", ""]) {
      assert.deepStrictEqual(says(server, `#kick ${id}`), ["Not Valid Player ID"])
    }
    assert.deepStrictEqual(says(server, "#kick"), [])
    assert.deepStrictEqual(says(server, "#kick 3"), ["Player not found"])
    assert.deepStrictEqual(says(server, "#kick 2 for a reason"), ["Player 'GazLagom' kicked!"])
    assert.deepStrictEqual(names(server), ["Cpt. Jerry - Fox"])
  })

  it("#ban create bans a number, a name or an identity", () => {
    const server = online({ world })
    assert.deepStrictEqual(says(server, "#ban create 2 0"), ["Player 'GazLagom' banned!"])
    assert.deepStrictEqual(says(server, `#ban create ${UNKNOWN} 60 two words`, 1_000), [`Player '${UNKNOWN}' banned!`])
    assert.deepStrictEqual(says(server, `#ban create ${JERRY} 60 once`), [`Player '${JERRY}' banned!`])
    assert.deepStrictEqual(names(server), ["Cpt. Jerry - Fox"])
    assert.deepStrictEqual(says(server, "#ban create \"Cpt. Jerry - Fox\" 10 again"), [
      "Player 'Cpt. Jerry - Fox' banned!"
    ])
    assert.deepStrictEqual(names(server), [])
    assert.deepStrictEqual(bans(server), [
      ["a64591ec-7233-ec0b-758a-d796d1a1c72c", "GazLagom", undefined, "No reason provided"],
      [UNKNOWN, undefined, 61_000, "two words"],
      [JERRY, "Cpt. Jerry - Fox", 10_000, "again"]
    ])
  })

  it("#ban create reports the error", () => {
    const server = online({ world })
    assert.deepStrictEqual(says(server, "#ban create 2"), [])
    for (const time of ["x", "-1", "1.5", "5m"]) {
      assert.deepStrictEqual(says(server, `#ban create 2 ${time}`), ["Not Valid time value in seconds"])
    }
    assert.deepStrictEqual(says(server, "#ban create 3 60"), ["Player not found"])
    assert.deepStrictEqual(says(server, "#ban create nobody 60"), ["Failed to create ban."])
    // Without quotes the second word of a name is taken for the time.
    assert.deepStrictEqual(says(server, "#ban create Cpt. Jerry - Fox 60"), ["Not Valid time value in seconds"])
    // A name of one word must have no quotes.
    assert.deepStrictEqual(says(server, "#ban create \"GazLagom\" 60"), ["Failed to create ban."])
    assert.deepStrictEqual(bans(server), [])
    assert.strictEqual(names(server).length, 2)
  })

  it("#ban remove removes by identity, by name, or by the beginning of a name", () => {
    const ban = (target: string, name?: string): World.Ban => ({ target, name, expires: undefined, reason: "" })
    const [one = "", two = "", three = "", four = ""] = [1, 2, 3, 4].map((digit) => UNKNOWN.replaceAll("0", `${digit}`))
    const server = online({
      world: { bans: [ban(one, "Bob"), ban(two, "Bobby"), ban(three, "Bo Peep"), ban(four), ban(JERRY)] }
    })
    assert.deepStrictEqual(says(server, "#ban remove"), [])
    for (const target of ["Rob", UNKNOWN, "1"]) {
      assert.deepStrictEqual(says(server, `#ban remove ${target}`), ["User not found!"])
    }
    assert.deepStrictEqual(says(server, "#ban remove Bob"), ["Ban removed!"])
    assert.deepStrictEqual(says(server, "#ban remove Bo"), [
      `Multiple users found! Please use a unique identifier.
Total bans: 2 | Page: 1/1
- Identity Id | Banned name
- ${two} | Bobby
- ${three} | Bo Peep
`
    ])
    assert.deepStrictEqual(says(server, "#ban remove \"Bo Peep\""), ["Ban removed!"])
    assert.deepStrictEqual(says(server, "#ban remove Bob"), ["Ban removed!"])
    assert.deepStrictEqual(says(server, `#ban remove ${JERRY}`), ["Ban removed!"])
    assert.deepStrictEqual(server.world.bans.map(({ target }) => target), [four])
  })

  it("#ban list has pages of 25, without bans that have ended", () => {
    const list = Array.from({ length: 51 }, (_, index): World.Ban => ({
      target: UNKNOWN.slice(0, -2) + String(index + 10),
      name: index === 50 ? undefined : `Bob ${index}`,
      expires: index === 0 ? 5_000 : undefined,
      reason: ""
    }))
    const server = online({ world: { bans: list }, messageGap: "1 minute" })
    const last = `- Identity Id | Banned name\n- ${list[50]?.target} | \n`
    assert.deepStrictEqual(says(server, "#ban list 3"), ["Processing ban list", `Total bans: 51 | Page: 3/3\n${last}`])
    assert.deepStrictEqual(says(server, "#ban list 4"), ["Processing ban list", "Page not found!"])
    for (const page of ["0", "-1", "x"]) {
      assert.deepStrictEqual(says(server, `#ban list ${page}`), ["Not Valid page number"])
    }
    const [, ...first] = says(server, "#ban list", 5_000)
    const rows = first.join("\n").split("\n")
    assert.strictEqual(rows[0], "Total bans: 50 | Page: 1/2")
    assert.deepStrictEqual(rows.slice(2, 27), list.slice(1, 26).map(({ name, target }) => `- ${target} | ${name}`))
    assert.deepStrictEqual(says(server, "#ban list 3", 5_000), ["Processing ban list", "Page not found!"])
    ServerMachine.update(server, 5_000, (world) => ({ ...world, bans: [] }))
    assert.deepStrictEqual(says(server, "#ban list 3", 5_000), ["Processing ban list", "Server has no bans to list."])
  })

  it("#ban has an immediate effect and late output, even if the player has left by then", () => {
    const server = online({ world, banDelay: "2 seconds", messageGap: "10 seconds" })
    assert.deepStrictEqual(says(server, "#ban create 2 0"), [])
    assert.deepStrictEqual(says(server, "#ban create x 0"), ["Failed to create ban."])
    assert.deepStrictEqual(says(server, "#ban list"), ["Processing ban list"])
    assert.deepStrictEqual(says(server, "#kick 1", 1_000), ["Player 'Cpt. Jerry - Fox' kicked!"])
    assert.deepStrictEqual(run(server, 3_000).map(([now, text]) => [now, text.replace(/^message \d+: /, "")]), [
      [2_000, "Player 'GazLagom' banned!"],
      [
        2_000,
        "Total bans: 1 | Page: 1/1\n- Identity Id | Banned name\n- a64591ec-7233-ec0b-758a-d796d1a1c72c | GazLagom\n"
      ]
    ])
    assert.deepStrictEqual(says(server, "#ban remove GazLagom", 4_000), [])
    login(server, 5_000)
    heard(server)
    assert.deepStrictEqual(run(server, 10_000), [])
    assert.deepStrictEqual(bans(server), [])
  })

  it("#restart keeps players and sessions, and #shutdown ends the server", () => {
    const server = online({ world })
    assert.deepStrictEqual(says(server, "#restart"), [])
    assert.strictEqual(server.sessions.size, 1)
    assert.strictEqual(names(server).length, 2)
    assert.deepStrictEqual(says(server, "#shutdown"), [])
    assert.isFalse(server.listening)
    assert.strictEqual(server.drops[0]?.cause, "Stopped")
  })

  it("@logout is answered before the session ends, even with a long delay", () => {
    const server = online({ replyDelay: 300 })
    command(server, 0, 0, "#players")
    command(server, 100, 1, "@logout")
    command(server, 100, 1, "@logout")
    command(server, 200, 2, "#players")
    assert.strictEqual(server.sessions.size, 1)
    assert.deepStrictEqual(run(server, 60_000).map(([now, text]) => [now, text.split(":")[0]]), [
      [300, "0"],
      [300, "message 1"],
      [300, "message 2"],
      [400, "1"]
    ])
    assert.deepStrictEqual(server.drops, [{ time: 400, address: ALICE, admin: 0, cause: "LoggedOut" }])
    assert.deepStrictEqual(server.violations, [])
  })

  it("@logout ends the session even without an answer", () => {
    const server = online({ onCommand: () => ({ delay: Infinity }) })
    command(server, 0, 0, "@logout")
    assert.deepStrictEqual(heard(server), [])
    assert.strictEqual(server.sessions.size, 0)
  })

  it("@logout frees the number at once", () => {
    const server = online()
    login(server, 1, BOB)
    heard(server)
    command(server, 2, 0, "@logout")
    assert.deepStrictEqual(heard(server), ["0: "])
    assert.deepStrictEqual(server.drops, [{ time: 2, address: ALICE, admin: 0, cause: "LoggedOut" }])
    command(server, 3, 1, "#players")
    assert.deepStrictEqual(heard(server), [])
    login(server, 4)
    assert.deepStrictEqual(heard(server), ["login true", "message 0: Logged In! Client ID: #0"])
  })
})

describe("a player", () => {
  it("has a number from 1 and an identity made from the name", () => {
    const server = online()
    assert.strictEqual(ServerMachine.join(server, 0, { name: "a" }).slot, 1)
    const player = ServerMachine.join(server, 0, { name: "Миллер", identity: JERRY })
    assert.deepStrictEqual([player.slot, player.identity], [2, JERRY])
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
  it("rejects its player without a message to any client, even after a restart", () => {
    const server = online({ world })
    says(server, `#ban create ${JERRY} 60 rude`)
    ServerMachine.leave(server, 0, 1)
    ServerMachine.restart(server, 0)
    login(server, 0)
    acknowledge(server, 0, 0)
    heard(server)
    const jerry = { name: "Cpt. Jerry - Fox", identity: JERRY }
    ServerMachine.join(server, 0, jerry)
    assert.deepStrictEqual(names(server), [])
    ServerMachine.join(server, 60_000, jerry)
    assert.deepStrictEqual(names(server), [jerry.name])
    assert.deepStrictEqual(heard(server), [])
  })
})

describe("a long text", () => {
  const payloads = (server: ServerMachine.ServerMachine) =>
    ServerMachine.drain(server).flatMap(({ datagram }) => {
      const packet = Result.getOrThrow(Packet.decodeServer(datagram))
      return packet._tag === "Message" ? [packet.payload] : []
    })
  const sentFor = (text: string | Uint8Array) => {
    const server = online({ onCommand: () => text })
    command(server, 0, 0, "#mod")
    return payloads(server).slice(1)
  }
  const textsFor = (text: string) => sentFor(text).map((payload) => Text.decode(payload))
  const utf8 = new TextDecoder("utf-8", { fatal: true })

  it("of 1,024 bytes is one message, and a longer one is cut between lines", () => {
    const row = "x".repeat(511)
    assert.deepStrictEqual(textsFor(`${row}\n${row}y`), [`${row}\n${row}y`])
    assert.deepStrictEqual(textsFor(`${row}\n${row}yy`), [row, `${row}yy`])
    assert.deepStrictEqual(textsFor(`${row}\n${row}y\nz`), [`${row}\n${row}y`, "z"])
    assert.deepStrictEqual(textsFor(`${row}\n${row}y\n`), [`${row}\n${row}y`])
  })

  it("without lines is cut between characters, and other bytes are cut anywhere", () => {
    for (const start of ["", "a", "aa", "aaa"]) {
      const text = start + "🙂".repeat(600)
      const sent = sentFor(text)
      assert.strictEqual(sent.map((payload) => utf8.decode(payload)).join(""), text)
      assert.deepStrictEqual(sent.map(({ length }) => length > 1020 && length <= 1024), [true, true, false])
    }
    const sizes = sentFor(new Uint8Array(3000).fill(0x80)).map(({ length }) => length)
    assert.strictEqual(sizes.reduce((sum, length) => sum + length), 3000)
    assert.isAtMost(Math.max(...sizes), 1024)
  })

  const rows = Arbitrary.array(
    Arbitrary.all({
      name: Arbitrary.all([
        Arbitrary.schema(Schema.String),
        Arbitrary.array(Arbitrary.schema(Schema.Literals(["Bob", "Якса", "🙂", " ; ", "1 ; ", "\"", " "])), {
          maxLength: 9
        })
      ]),
      gap: Arbitrary.schema(Schema.Literals([1, 1, 1, 50]))
    }),
    { maxLength: 128 }
  ).pipe(Arbitrary.map((players) => {
    let number = 0
    return players.map(({ gap, name: [text, parts] }) => ({
      number: number += gap,
      // Names have no line breaks. A lone surrogate cannot be sent.
      name: (text + parts.join("")).replace(/\n/g, "").replace(/\p{Surrogate}/gu, "?")
    }))
  }))

  it.prop("of players is complete, in messages of at most 1,024 bytes, each after the first beginning with a row", {
    rows
  }, ({ rows }) => {
    const world = worldOf(...rows)
    const server = online({ world })
    command(server, 0, 0, "#players")
    const [, ...sent] = payloads(server)
    for (const payload of sent) assert.isAtMost(payload.length, 1024)
    const texts = sent.map((payload) => utf8.decode(payload))
    for (const text of texts.slice(1)) assert.match(text, /^\d+ ; [\da-f-]{36} ; /)
    const printed = world.players.map(({ identity, name, slot }) => `${slot} ; ${identity} ; ${name}`)
    assert.deepStrictEqual(texts.join("\n").split("\n").slice(1), printed)
    const glued = texts.join("")
    for (const row of printed) assert.include(glued, row)
    if (rows.length > 40) assert.isAbove(texts.length, 1)
  })
})

describe.each(Corpus.all)("a text of $name", ({ culprit, listed, reply }) => {
  const full = worldOf(listed)
  const guilty = worldOf({ name: culprit })
  const bans = [{ target: listed.identity, name: "Jerry", expires: undefined, reason: "" }]
  const cases: ReadonlyArray<readonly [file: string, command: string, world: World.World]> = [
    ["players-reforger-1", "#players", full],
    ["players-reforger-2", "#players", World.make()],
    ["kick-result-reforger-1", "#kick 1", guilty],
    ["kick-result-reforger-2", "#kick me", guilty],
    ["ban-help-reforger-1", "#ban", guilty],
    ["ban-help-reforger-1", "#ban help", guilty],
    ["ban-result-reforger-1", "#ban create 1 60", guilty],
    ["ban-result-reforger-3", "#ban create 1 forever", guilty],
    ["ban-result-reforger-5", "#ban remove Jerry", { ...guilty, bans }]
  ]
  it.each(cases)("%s is the output of %s", (file, command, world) => {
    assert.deepStrictEqual(says(online({ world }), command), [reply(file)])
  })

  it("ban-list-reforger-1 is the output of #ban list", () => {
    assert.deepStrictEqual(says(online(), "#ban list"), ["Processing ban list", reply("ban-list-reforger-1")])
  })
})

describe("SimulatedServer", () => {
  it.effect("behaves like Reforger, with late output of a ban", () =>
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
