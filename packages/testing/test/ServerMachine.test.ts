import { Packet, Reassembly, Text } from "@bercon/codec"
import { ServerMachine, type World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { acknowledge, ALICE, BOB, command, heard, login, online, run } from "./machine.ts"

const reply = (options: ServerMachine.Options, text: string): string => {
  const server = online(options)
  command(server, 0, 0, text)
  return heard(server)[0]!.slice("0: ".length)
}

const player = (slot: number, name: string, options: Partial<World.Player> = {}): World.Player => ({
  slot,
  name,
  ip: "203.0.113.100",
  port: 2304,
  guid: "2c65319280ac51b220aef667552a7f06",
  identity: "b6955d91-4749-4cdb-9a51-e69f630ec435",
  ping: 140,
  verified: true,
  inLobby: false,
  ...options
})

const world = { players: [player(0, "Miller"), player(3, "Kerry (x)")] }

describe("a login", () => {
  it("with the right password makes a session and a message about it", () => {
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

  it("is announced to every session, with each session's own numbers", () => {
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

  it("takes the lowest free number", () => {
    const server = online({ messageTries: 100 })
    login(server, 10_000, BOB)
    login(server, 45_000, "127.0.0.1:50003")
    assert.deepStrictEqual(Array.from(server.sessions.values(), ({ address, admin }) => [address, admin]), [
      [BOB, 1],
      ["127.0.0.1:50003", 0]
    ])
  })

  it("from an address that has a session replaces it, and numbers start again", () => {
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

  it("is refused, even with the right password, while the server refuses", () => {
    const server = ServerMachine.make()
    ServerMachine.refuse(server)
    login(server, 0)
    ServerMachine.admit(server)
    login(server, 1)
    assert.deepStrictEqual(heard(server).slice(0, 2), ["login false", "login true"])
  })
})

describe("a session", () => {
  it("is required for commands: others are ignored without an answer", () => {
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

  it("is dropped by time alone, even without a tick", () => {
    const server = online()
    command(server, 45_001, 0, "players")
    assert.deepStrictEqual(ServerMachine.drain(server), [])
  })

  it("is kept by a command at the very last moment", () => {
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

  it("is not sent again once acknowledged", () => {
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

  it("that was never sent cannot be acknowledged", () => {
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

describe("a command", () => {
  it("is answered with its number, and recorded", () => {
    const server = online({ world: { version: "1.217" } })
    command(server, 9, 255, "version")
    assert.deepStrictEqual(heard(server), ["255: 1.217"])
    assert.deepStrictEqual(server.commands, [
      { time: 9, address: ALICE, admin: 0, sequence: 255, text: "version", repeat: false, outcome: "Executed" }
    ])
  })

  it("that is empty is a keepalive with an empty reply", () => {
    assert.strictEqual(reply({}, ""), "")
  })

  it("that does not exist is unknown", () => {
    const server = online()
    command(server, 0, 0, "playerz")
    assert.deepStrictEqual(heard(server), ["0: Unknown command"])
    assert.strictEqual(server.commands[0]?.outcome, "Refused")
  })

  it("on the list is disallowed", () => {
    const server = online({ disallowed: ["#shutdown", "kick"], world })
    command(server, 0, 0, "#shutdown")
    command(server, 0, 1, "kick 0 you")
    assert.deepStrictEqual(heard(server), ["0: Disallowed command", "1: Disallowed command"])
    assert.deepStrictEqual(server.commands.map(({ outcome }) => outcome), ["Refused", "Refused"])
    assert.strictEqual(server.world.players.length, 2)
  })

  it("is disallowed to administrators with few rights if it kicks, bans or goes to the game", () => {
    const given = (text: string) => reply({ restricted: true, world }, text)
    for (const text of ["kick 0", "BAN 0", "addBan a", "removeBan 0", "loadBans", "writeBans", "#shutdown", "#lock"]) {
      assert.strictEqual(given(text), "Disallowed command", text)
    }
    for (const text of ["", "say -1 hello", "players", "bans", "version"]) {
      assert.notStrictEqual(given(text), "Disallowed command", text)
    }
    assert.strictEqual(given("#"), "Disallowed command")
    assert.strictEqual(given("kickk"), "Unknown command")
  })

  it("for the game has an empty reply", () => {
    assert.strictEqual(reply({}, "#mission Liberation.Altis Veteran"), "")
    assert.strictEqual(reply({}, "#lock"), "")
  })

  it("can be answered by a hook, or else by the server", () => {
    const onCommand = (text: string) => text === "version" ? "9.999" : text === "bans" ? new Uint8Array(1) : undefined
    assert.strictEqual(reply({ onCommand }, "version"), "9.999")
    assert.strictEqual(reply({ onCommand }, "bans"), "part 0 of 1, 1 bytes")
    assert.strictEqual(reply({ onCommand }, "missions"), "Missions on server:\n")
  })

  it("is executed after a change by the hook, even if the hook answers it", () => {
    const before = (world: World.World) => ({ ...world, version: "9.999", missions: ["x"] })
    assert.strictEqual(reply({ onCommand: () => ({ before }) }, "version"), "9.999")
    const server = online({ onCommand: () => ({ before, reply: "" }) })
    command(server, 0, 0, "version")
    assert.deepStrictEqual(server.world.missions, ["x"])
  })

  it("is answered late by an option or by the hook, in the order of the delays", () => {
    const server = online({
      replyDelay: "1 second",
      onCommand: (text) =>
        text === "never" ? { reply: "", delay: "Infinity" } : text === "version" ? { delay: 300 } : undefined
    })
    command(server, 0, 0, "missions")
    command(server, 0, 1, "version")
    command(server, 0, 2, "never")
    assert.deepStrictEqual(heard(server), [])
    assert.deepStrictEqual(run(server, 40_000), [[300, "1: 1.220"], [1_000, "0: Missions on server:\n"]])
  })

  it("whose session has ended is not answered", () => {
    const server = online({ replyDelay: "1 second" })
    command(server, 0, 0, "version")
    login(server, 500)
    heard(server)
    ServerMachine.tick(server, 1_500)
    assert.deepStrictEqual(heard(server), [])
  })

  it("with the number of one that is not answered yet is a violation", () => {
    const server = online({ replyDelay: "1 second" })
    command(server, 0, 4, "version")
    command(server, 500, 4, "missions")
    command(server, 2_000, 4, "bans")
    assert.deepStrictEqual(server.violations, [
      { time: 500, address: ALICE, reason: { _tag: "NumberInUse", sequence: 4 } }
    ])
  })

  it("with a NUL is a violation", () => {
    const server = online()
    command(server, 0, 0, "say -1 a\0b")
    assert.deepStrictEqual(server.violations[0]?.reason, { _tag: "NotText", sequence: 0 })
  })

  it("must not contain a NUL, and neither must a password", () => {
    const server = online()
    login(server, 0, BOB, "secret\0")
    assert.deepStrictEqual(heard(server, BOB), ["login false"])
    assert.deepStrictEqual(server.violations[0]?.reason, { _tag: "NotText", sequence: undefined })
  })
})

describe("a reply", () => {
  const ofLength = (length: number) => {
    const server = online({ onCommand: () => new Uint8Array(length).fill(65) })
    command(server, 0, 3, "x")
    return heard(server)
  }

  it("of 1,024 bytes is whole, and a longer one is in parts of at most 1,024 bytes", () => {
    assert.deepStrictEqual(ofLength(1024), [`3: ${"A".repeat(1024)}`])
    assert.deepStrictEqual(ofLength(1025), ["3: part 0 of 2, 1024 bytes", "3: part 1 of 2, 1 bytes"])
    assert.deepStrictEqual(ofLength(2048), ["3: part 0 of 2, 1024 bytes", "3: part 1 of 2, 1024 bytes"])
  })

  it("has at most 255 parts", () => {
    const parts = ofLength(300 * 1024)
    assert.strictEqual(parts.length, 255)
    assert.strictEqual(parts[254], "3: part 254 of 255, 1024 bytes")
  })

  it("in parts is cut between any two bytes", () => {
    const text = "a" + "к".repeat(1000)
    const server = online({ onCommand: () => text })
    command(server, 0, 0, "x")
    const assembly = Reassembly.make()
    let joined: Uint8Array | undefined
    for (const { datagram } of ServerMachine.drain(server)) {
      const packet = Result.getOrThrow(Packet.decodeServer(datagram))
      if (packet._tag === "CommandReplyPart") joined = Reassembly.add(assembly, packet)
    }
    assert.strictEqual(Text.decode(joined!), text)
  })
})

describe("a command with the number and text of an earlier one", () => {
  const twice = (options: ServerMachine.Options, gap: number) => {
    const server = online({ ...options, world })
    command(server, 0, 0, "kick 0 you")
    const first = heard(server)[0]
    command(server, gap, 0, "kick 0 you")
    return { server, first, second: heard(server).filter((text) => text.startsWith("0:")) }
  }
  const outcomes = (server: ServerMachine.ServerMachine) =>
    server.commands.map(({ outcome, repeat }) => [outcome, repeat])

  it("is executed and answered again", () => {
    const { second, server } = twice({ repeats: "execute" }, 500)
    assert.deepStrictEqual(second, ["0: "])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Executed", true]])
  })

  it("or has its reply replayed", () => {
    const { first, second, server } = twice({ repeats: "replay" }, 9_999)
    assert.deepStrictEqual(second, [first])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Replayed", true]])
  })

  it("or is ignored", () => {
    const { second, server } = twice({ repeats: "ignore" }, 9_999)
    assert.deepStrictEqual(second, [])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Ignored", true]])
  })

  it("is a new one after the window", () => {
    const { second, server } = twice({ repeats: "ignore", repeatWindow: "1 second" }, 1_000)
    assert.deepStrictEqual(second, ["0: "])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Executed", false]])
  })

  it("is not a repeat with another text, nor after another command with that number", () => {
    const server = online({ repeats: "ignore" })
    command(server, 0, 0, "version")
    command(server, 1, 0, "missions")
    command(server, 2, 0, "version")
    assert.deepStrictEqual(heard(server).length, 3)
  })

  it("is not replayed before the first reply is sent", () => {
    const server = online({ repeats: "replay", replyDelay: "1 second" })
    command(server, 0, 0, "version")
    command(server, 500, 0, "version")
    assert.deepStrictEqual(run(server, 5_000), [[1_000, "0: 1.220"]])
    command(server, 5_000, 0, "version")
    assert.deepStrictEqual(heard(server), ["0: 1.220"])
  })
})

describe("the table of", () => {
  it("players equals the print of real servers", () => {
    const players = [
      player(0, "0dmin"),
      player(1, "soondoock", { ip: "203.0.113.127", ping: 16, verified: false }),
      player(10, "Максим", { ip: "203.0.113.106", port: 2354, ping: 105 }),
      player(8, "Max", { ip: "198.51.100.126", ping: -1, verified: false, inLobby: true }),
      player(5, "NAME", { ip: "203.0.113.24", ping: -1, guid: undefined, verified: false, inLobby: true })
    ]
    assert.strictEqual(
      reply({ world: { players } }, "players"),
      `Players on server:
[#] [IP Address]:[Port] [Ping] [GUID] [Name]
--------------------------------------------------
0   203.0.113.100:2304    140  2c65319280ac51b220aef667552a7f06(OK) 0dmin
1   203.0.113.127:2304    16   2c65319280ac51b220aef667552a7f06(?)  soondoock
10  203.0.113.106:2354    105  2c65319280ac51b220aef667552a7f06(OK) Максим
8   198.51.100.126:2304   -1   2c65319280ac51b220aef667552a7f06(?)  Max (Lobby)
5   203.0.113.24:2304     -1   - NAME (Lobby)
(5 players in total)`
    )
  })

  it("players of an empty server has a header of 115 bytes and the footer", () => {
    const text = reply({}, "players")
    assert.strictEqual(text.lastIndexOf("\n") + 1, 115)
    assert.isTrue(text.endsWith("\n(0 players in total)"))
  })

  it("admins has every session", () => {
    const server = online()
    login(server, 0, BOB)
    ServerMachine.drain(server)
    command(server, 0, 0, "admins")
    assert.deepStrictEqual(heard(server), [
      `0: Connected RCon admins:
[#] [IP Address]:[Port]
-----------------------------
0 127.0.0.1:50001
1 127.0.0.1:50002
`
    ])
  })

  it("bans has GUIDs first, continuous numbers, and the remaining minutes", () => {
    const bans: ReadonlyArray<World.Ban> = [
      { target: "198.51.100.145", expires: undefined, reason: "Mystic" },
      { target: "00c4406796d6d40ea5da9b701327f202", expires: undefined, reason: "TeamKill. Ban perm" },
      { target: "d0ee5caf1b8b6282349e79fb998c2ee2", expires: 8971 * 60_000, reason: "[a][b] Sabotage" },
      { target: "f4bee15c7747af094a25af266aa3c005", expires: 0, reason: "Read the rules!!!" },
      { target: "5968361f86a9fa0951706fab024f2586", expires: undefined, reason: "" }
    ]
    assert.strictEqual(
      reply({ world: { bans } }, "bans"),
      `GUID Bans:
[#] [GUID] [Minutes left] [Reason]
----------------------------------------
0  00c4406796d6d40ea5da9b701327f202 perm TeamKill. Ban perm
1  d0ee5caf1b8b6282349e79fb998c2ee2 8971 [a][b] Sabotage
2  f4bee15c7747af094a25af266aa3c005 -    Read the rules!!!
3  5968361f86a9fa0951706fab024f2586 perm

IP Bans:
[#] [IP Address] [Minutes left] [Reason]
----------------------------------------------
4  198.51.100.145  perm Mystic`
    )
  })

  it("bans has minutes that run down, and expired rows until the bans are written", () => {
    const server = online({ world, sessionTimeout: "Infinity" })
    const minutesAt = (now: number) => {
      command(server, now, 0, "bans")
      return /552a7f06 (.{4}) late/.exec(heard(server)[0]!)?.[1]
    }
    command(server, 0, 0, "ban 0 60 late")
    heard(server)
    for (let sequence = 1; sequence <= 2; sequence++) acknowledge(server, 0, sequence)
    assert.deepStrictEqual([0, 1, 60_000, 3_599_999, 3_600_000].map(minutesAt), [
      "60  ",
      "60  ",
      "59  ",
      "1   ",
      "-   "
    ])
    command(server, 3_600_000, 0, "writeBans")
    heard(server)
    assert.isUndefined(minutesAt(3_600_000))
  })

  it("missions has one mission on each line", () => {
    assert.strictEqual(
      reply({ world: { missions: ["RF_Liberators_0_0_7.Sara.pbo", "RF_SC_VTN_0_4_2.Catalina.pbo"] } }, "missions"),
      "Missions on server:\nRF_Liberators_0_0_7.Sara.pbo\nRF_SC_VTN_0_4_2.Catalina.pbo\n"
    )
  })
})

describe("the command", () => {
  const does = (text: string, options: ServerMachine.Options = { world }) => {
    const server = online(options)
    command(server, 0, 0, text)
    const [answer, ...messages] = heard(server)
    assert.strictEqual(answer, "0: ")
    return { server, messages: messages.map((message) => message.replace(/^message \d+: /, "")) }
  }
  const bans = (server: ServerMachine.ServerMachine) =>
    server.world.bans.map(({ expires, reason, target }) => [target.slice(0, 9), expires, reason])

  it("say -1 is echoed to every session", () => {
    const server = online({ world })
    login(server, 0, BOB)
    heard(server)
    command(server, 0, 0, "say -1  two  blanks ", BOB)
    assert.deepStrictEqual(heard(server), ["message 2: RCon admin #1: (Global)  two  blanks "])
  })

  it("say N is echoed with the player's name, and has no effect without that player", () => {
    assert.deepStrictEqual(does("say 3 hello").messages, ["RCon admin #0: (To Kerry (x)) hello"])
    assert.deepStrictEqual(does("say 3").messages, ["RCon admin #0: (To Kerry (x)) "])
    assert.deepStrictEqual(does("say 4 hello").messages, [])
    assert.deepStrictEqual(does("say").messages, [])
  })

  it("kick N announces the kick, then the disconnection", () => {
    const { messages, server } = does("kick 3 no (bad) words")
    assert.deepStrictEqual(messages, [
      "Player #3 Kerry (x) (2c65319280ac51b220aef667552a7f06) has been kicked by BattlEye: Admin Kick (no (bad) words)",
      "Player #3 Kerry (x) disconnected"
    ])
    assert.deepStrictEqual(server.world.players.map(({ slot }) => slot), [0])
    assert.deepStrictEqual(does("kick 9").messages, [])
    assert.strictEqual(does("kick -1").messages.length, 4)
  })

  it("ban N bans the GUID and kicks", () => {
    const { messages, server } = does("ban 0 60 cheating 101")
    assert.deepStrictEqual(messages, [
      "Player #0 Miller (2c65319280ac51b220aef667552a7f06) has been kicked by BattlEye: Admin Ban (cheating 101)",
      "Player #0 Miller disconnected"
    ])
    assert.deepStrictEqual(bans(server), [["2c6531928", 3_600_000, "cheating 101"]])
    assert.deepStrictEqual(bans(does("ban 0 0 ever").server), [["2c6531928", undefined, "ever"]])
    assert.deepStrictEqual(bans(does("ban 0").server), [["2c6531928", undefined, "Banned"]])
    assert.deepStrictEqual(bans(does("ban 9 0 nobody").server), [])
    for (const minutes of ["1" + "0".repeat(12), "9".repeat(400)]) {
      assert.deepStrictEqual(bans(does(`ban 0 ${minutes} long`).server), [["2c6531928", undefined, "long"]])
    }
  })

  it("addBan bans a GUID or an IP address", () => {
    assert.deepStrictEqual(bans(does("addBan 331e64806b30277076963283eea16438 5 rude").server), [
      ["331e64806", 300_000, "rude"]
    ])
    assert.deepStrictEqual(bans(does("addBan 198.51.100.1 0 rude").server), [["198.51.10", undefined, "rude"]])
    assert.deepStrictEqual(bans(does("addBan 198.51.100.1").server), [["198.51.10", undefined, ""]])
    assert.deepStrictEqual(bans(does("addBan").server), [])
  })

  it("removeBan removes by number, and the numbers move", () => {
    const bans = ["a", "1.1.1.1", "b", "c"].map((target) => ({ target, expires: undefined, reason: "" }))
    const server = online({ world: { bans } })
    command(server, 0, 0, "removeBan 1")
    command(server, 0, 1, "removeBan 1")
    command(server, 0, 2, "removeBan 7")
    command(server, 0, 3, "removeBan x")
    assert.deepStrictEqual(server.world.bans.map(({ target }) => target), ["a", "1.1.1.1"])
  })

  it("writeBans drops expired bans", () => {
    const bans = [0, 1, undefined].map((expires) => ({ target: "a", expires, reason: "" }))
    assert.deepStrictEqual(does("writeBans", { world: { bans } }).server.world.bans, bans.slice(1))
  })

  it("loadBans replaces the bans in memory with those of a file, and writeBans writes bans.txt", () => {
    const ban = (target: string, expires?: number): World.Ban => ({ target, expires, reason: "" })
    const banFiles = { "other.txt": [ban("d")] }
    const server = online({ world: { bans: [ban("a"), ban("b", 5)], banFiles }, sessionTimeout: "Infinity" })
    const subjects = (now: number, text: string) => {
      command(server, now, 0, text)
      return server.world.bans.map(({ target }) => target)
    }
    assert.deepStrictEqual(subjects(0, "addBan c"), ["a", "b", "c"])
    assert.deepStrictEqual(subjects(1, "loadBans"), ["a", "b"])
    assert.deepStrictEqual(subjects(2, "removeBan 0"), ["b"])
    assert.deepStrictEqual(subjects(3, "loadBans"), ["a", "b"])
    assert.deepStrictEqual(subjects(4, "loadBans other.txt"), ["d"])
    assert.deepStrictEqual(subjects(5, "loadBans none.txt"), ["d"])
    assert.deepStrictEqual(subjects(6, "loadBans toString"), ["d"])
    assert.deepStrictEqual(subjects(7, "loadBans"), ["a", "b"])
    assert.deepStrictEqual(subjects(8, "addBan e"), ["a", "b", "e"])
    assert.deepStrictEqual(subjects(9, "writeBans"), ["a", "e"])
    assert.deepStrictEqual(subjects(10, "loadBans"), ["a", "e"])
    assert.deepStrictEqual(server.world.banFiles, { ...banFiles, "bans.txt": [ban("a"), ban("e")] })
  })

  it("loadScripts, loadEvents and maxPing have an empty reply", () => {
    for (const text of ["loadScripts", "loadEvents", "maxPing 200"]) does(text)
  })

  it("#shutdown ends the server, after its reply", () => {
    const { server } = does("#shutdown")
    assert.isFalse(server.listening)
    assert.strictEqual(ServerMachine.wakeAt(server), Infinity)
    login(server, 1_000_000)
    assert.deepStrictEqual(ServerMachine.drain(server), [])
  })

  it("#restartserver ends the server, and starts it again after a while", () => {
    const { server } = does("#restartserver", { world, restartDowntime: "5 seconds" })
    assert.isFalse(server.listening)
    assert.strictEqual(ServerMachine.wakeAt(server), 5_000)
    command(server, 5_000, 1, "players")
    assert.isTrue(server.listening)
    assert.strictEqual(server.violations[0]?.reason._tag, "NoSession")
    assert.deepStrictEqual(server.world.players, [])
  })
})

describe("a player who", () => {
  it("joins is announced as connected, with a GUID, and verified", () => {
    const server = online()
    ServerMachine.join(server, 0, { name: "Max", ip: "198.51.100.126", guid: "73c5e50a7860475f0000000000000000" })
    assert.deepStrictEqual(heard(server), [
      "message 1: Player #0 Max (198.51.100.126:2304) connected",
      "message 2: Player #0 Max - BE GUID: 73c5e50a7860475f0000000000000000",
      "message 3: Verified GUID (73c5e50a7860475f0000000000000000) of player #0 Max"
    ])
  })

  it("joins an older game has a GUID in another form", () => {
    const server = online({ guidKind: "GUID" })
    ServerMachine.join(server, 0, { name: "Max", ip: "198.51.100.126", guid: "73c5e50a7860475f0000000000000000" })
    assert.strictEqual(heard(server)[1], "message 2: Player #0 Max - GUID: 73c5e50a7860475f0000000000000000")
  })

  it("is still joining has no GUID", () => {
    const server = online()
    const player = ServerMachine.join(server, 0, { name: "Max", guid: null })
    assert.deepStrictEqual([player.guid, player.ping, player.verified], [undefined, -1, false])
    assert.deepStrictEqual(heard(server), ["message 1: Player #0 Max (198.18.238.206:2304) connected"])
    ServerMachine.kick(server, 0, 0, "Query Timeout")
    assert.strictEqual(heard(server)[0], "message 2: Player #0 Max (-) has been kicked by BattlEye: Query Timeout")
  })

  it("joins gets the lowest free slot", () => {
    const server = online({ world })
    assert.strictEqual(ServerMachine.join(server, 0, { name: "a" }).slot, 1)
    assert.strictEqual(ServerMachine.join(server, 0, { name: "b", slot: 7 }).slot, 7)
    assert.throws(() => ServerMachine.join(server, 0, { name: "c", slot: 7 }), RangeError)
  })

  it("joins step by step is announced step by step", () => {
    const server = online()
    const guid = "73c5e50a7860475f0000000000000000"
    ServerMachine.join(server, 0, { name: "Max", guid: null })
    assert.throws(() => ServerMachine.verify(server, 0, 0), RangeError)
    const identified = ServerMachine.identify(server, 1_000, 0, guid)
    assert.deepStrictEqual([identified.guid, identified.ping, identified.verified], [guid, 47, false])
    assert.throws(() => ServerMachine.identify(server, 1_000, 0), RangeError)
    const verified = ServerMachine.verify(server, 1_500, 0)
    assert.throws(() => ServerMachine.verify(server, 1_500, 0), RangeError)
    assert.deepStrictEqual(server.world.players, [verified])
    assert.isTrue(verified.verified)
    ServerMachine.join(server, 1_500, { name: "Kerry", verified: false })
    ServerMachine.join(server, 1_500, { name: "Ed", guid: null })
    assert.strictEqual(ServerMachine.identify(server, 1_500, 2).guid, "cead553000afc5d046237651d19d1b10")
    assert.deepStrictEqual(heard(server), [
      "message 1: Player #0 Max (198.18.238.206:2304) connected",
      `message 2: Player #0 Max - BE GUID: ${guid}`,
      `message 3: Verified GUID (${guid}) of player #0 Max`,
      "message 4: Player #1 Kerry (198.18.124.191:2304) connected",
      "message 5: Player #1 Kerry - BE GUID: ae37a3fde240a87ce4963d7e64877aae",
      "message 6: Player #2 Ed (198.18.81.210:2304) connected",
      "message 7: Player #2 Ed - BE GUID: cead553000afc5d046237651d19d1b10"
    ])
  })

  it("is banned is kicked as soon as the target of the ban is known", () => {
    const guid = "73c5e50a7860475f0000000000000000"
    const bans: ReadonlyArray<World.Ban> = [
      { target: guid, expires: 60_000, reason: "cheating" },
      { target: "198.51.100.1", expires: undefined, reason: "" }
    ]
    const server = online({ world: { bans } })
    ServerMachine.join(server, 0, { name: "Max", guid })
    ServerMachine.join(server, 0, { name: "Kerry", ip: "198.51.100.1" })
    ServerMachine.join(server, 0, { name: "Ed", guid: null })
    ServerMachine.identify(server, 0, 0, guid)
    assert.deepStrictEqual(server.world.players, [])
    ServerMachine.join(server, 60_000, { name: "Max", guid })
    assert.deepStrictEqual(server.world.players.map(({ name }) => name), ["Max"])
    assert.deepStrictEqual(heard(server), [
      "message 1: Player #0 Max (198.18.238.206:2304) connected",
      `message 2: Player #0 Max - BE GUID: ${guid}`,
      `message 3: Player #0 Max (${guid}) has been kicked by BattlEye: Admin Ban (cheating)`,
      "message 4: Player #0 Max disconnected",
      "message 5: Player #0 Kerry (198.51.100.1:2304) connected",
      "message 6: Player #0 Kerry (-) has been kicked by BattlEye: Admin Ban ()",
      "message 7: Player #0 Kerry disconnected",
      "message 8: Player #0 Ed (198.18.81.210:2304) connected",
      `message 9: Player #0 Ed - BE GUID: ${guid}`,
      `message 10: Player #0 Ed (${guid}) has been kicked by BattlEye: Admin Ban (cheating)`,
      "message 11: Player #0 Ed disconnected"
    ])
  })

  it("leaves is announced as disconnected", () => {
    const server = online({ world })
    ServerMachine.leave(server, 0, 3)
    assert.deepStrictEqual(heard(server), ["message 1: Player #3 Kerry (x) disconnected"])
    assert.throws(() => ServerMachine.leave(server, 0, 3), RangeError)
  })

  it("chats is announced with channel and name", () => {
    const server = online({ world })
    ServerMachine.chat(server, 0, 0, "Side", "go: now")
    assert.deepStrictEqual(heard(server), ["message 1: (Side) Miller: go: now"])
  })
})

describe("a server that", () => {
  it("restarts loses its sessions and counters, and its players unless they are kept", () => {
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

  it("is down has no game, but its world can be changed", () => {
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

  it("restarts has the written bans", () => {
    const server = online({ world })
    command(server, 0, 0, "ban 3")
    command(server, 0, 1, "writeBans")
    command(server, 0, 2, "addBan 198.51.100.1")
    ServerMachine.restart(server, 1, { downtime: "1 second" })
    ServerMachine.tick(server, 1_001)
    assert.deepStrictEqual(server.world.bans.map(({ target }) => target), ["2c65319280ac51b220aef667552a7f06"])
    ServerMachine.update(server, 2_000, (world) => ({ ...world, bans: [] }))
    ServerMachine.start(server)
    assert.deepStrictEqual(server.world.bans, [])
  })

  it("has its maximum number of clients does not answer another login", () => {
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

  it("is silent receives and sends nothing, but keeps its sessions by the usual rules", () => {
    const server = online()
    ServerMachine.goSilent(server, 1_000)
    ServerMachine.emit(server, 2_000, "hello")
    command(server, 3_000, 0, "version")
    assert.deepStrictEqual(run(server, 4_500), [])
    ServerMachine.resume(server, 4_500)
    assert.deepStrictEqual(run(server, 7_000), [[6_000, "message 1: hello"]])
    assert.deepStrictEqual(server.commands, [])
  })

  it("is silent and restarts is no longer silent", () => {
    const server = online()
    ServerMachine.goSilent(server, 1)
    ServerMachine.restart(server, 2)
    login(server, 3)
    assert.strictEqual(heard(server)[0], "login true")
  })

  it("forgets has no session", () => {
    const server = online()
    ServerMachine.forget(server, 1)
    command(server, 2, 0, "version")
    assert.deepStrictEqual(ServerMachine.drain(server), [])
    assert.strictEqual(server.drops[0]?.cause, "Forgotten")
  })

  it("gets a datagram that is not a packet records it without an answer", () => {
    const server = online()
    const damaged = Packet.encode(Packet.command(0, "version"))
    damaged[10]! ^= 1
    ServerMachine.receive(server, 0, ALICE, damaged)
    ServerMachine.receive(server, 0, ALICE, new Uint8Array(3))
    assert.deepStrictEqual(ServerMachine.drain(server), [])
    assert.deepStrictEqual(
      server.violations.map(({ reason }) => reason._tag === "Malformed" ? reason.error.reason._tag : reason._tag),
      ["ChecksumMismatch", "Truncated"]
    )
  })

  it("keeps its records within their bounds", () => {
    const server = online({ recordCapacity: 3 })
    for (let sequence = 0; sequence < 10; sequence++) command(server, sequence, sequence, "")
    assert.deepStrictEqual(server.commands.map(({ sequence }) => sequence), [7, 8, 9])
  })

  it("calls its observer with every entry of its records, in their order", () => {
    const seen = new Array<readonly [kind: keyof ServerMachine.Records, entry: unknown]>()
    const see = (kind: keyof ServerMachine.Records) => (entry: unknown) => void seen.push([kind, entry])
    const server = online({
      observer: {
        logins: see("logins"),
        commands: see("commands"),
        messages: see("messages"),
        acknowledgements: see("acknowledgements"),
        drops: see("drops"),
        violations: see("violations")
      }
    })
    command(server, 1, 0, "players")
    command(server, 2, 0, "players", BOB)
    ServerMachine.forget(server, 3)
    assert.deepStrictEqual(seen, [
      ["logins", server.logins[0]],
      ["messages", server.messages[0]],
      ["acknowledgements", server.acknowledgements[0]],
      ["commands", server.commands[0]],
      ["violations", server.violations[0]],
      ["drops", server.drops[0]]
    ])
  })

  it("keeps the executed commands, however long a client polls", () => {
    const server = online({ recordCapacity: 100 })
    const minutes = 3 * 24 * 60
    for (let minute = 0; minute < minutes; minute++) {
      const now = minute * 60_000
      login(server, now)
      command(server, now, 0, "")
      command(server, now, 1, "players")
      if (minute % 1440 === 0) command(server, now, 2, "say -1 Good morning")
      if (minute === 5) command(server, now, 2, "#lock")
    }
    assert.deepStrictEqual(
      server.executions.filter(({ text }) => text !== "players").map(({ text, time }) => [time / 60_000, text]),
      [[0, "say -1 Good morning"], [5, "#lock"], [1440, "say -1 Good morning"], [2880, "say -1 Good morning"]]
    )
    assert.strictEqual(server.executions.length, 100)
    assert.strictEqual(server.executions.at(-1)?.time, (minutes - 1) * 60_000)
  })

  it("drops the oldest execution if all texts are equally common", () => {
    const server = online({ recordCapacity: 3 })
    for (const [sequence, text] of ["#a", "#b", "#c", "#d", "#b", "#e"].entries()) command(server, 0, sequence, text)
    assert.deepStrictEqual(server.executions.map(({ text }) => text), ["#d", "#b", "#e"])
    assert.strictEqual(server.executionCounts.size, 3)
  })

  it("is made with options out of range throws", () => {
    assert.throws(() => ServerMachine.make({ messageTries: 0 }), RangeError)
    assert.throws(() => ServerMachine.make({ recordCapacity: 0.5 }), RangeError)
    assert.throws(() => ServerMachine.make({ maxClients: 0 }), RangeError)
  })
})
