import { ServerMachine, type World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { acknowledge, ALICE, BOB, command, heard, login, online, player, reply, world } from "../machine.ts"

describe("the output of the command", () => {
  it("players equals the text of real servers", () => {
    const players = [
      player(0, "M1ller"),
      player(1, "partridge", { ip: "203.0.113.127", ping: 16, verified: false }),
      player(10, "Миллер", { ip: "203.0.113.106", port: 2354, ping: 105 }),
      player(8, "Max", { ip: "198.51.100.126", ping: -1, verified: false, inLobby: true }),
      player(5, "NAME", { ip: "203.0.113.24", ping: -1, guid: undefined, verified: false, inLobby: true })
    ]
    assert.strictEqual(
      reply({ world: { players } }, "players"),
      `Players on server:
[#] [IP Address]:[Port] [Ping] [GUID] [Name]
--------------------------------------------------
0   203.0.113.100:2304    140  6a1b2c3d4e5f60718293a4b5c6d7e8f9(OK) M1ller
1   203.0.113.127:2304    16   6a1b2c3d4e5f60718293a4b5c6d7e8f9(?)  partridge
10  203.0.113.106:2354    105  6a1b2c3d4e5f60718293a4b5c6d7e8f9(OK) Миллер
8   198.51.100.126:2304   -1   6a1b2c3d4e5f60718293a4b5c6d7e8f9(?)  Max (Lobby)
5   203.0.113.24:2304     -1   - NAME (Lobby)
(5 players in total)`
    )
  })

  it("players has only a heading of 115 bytes and the total if the server is empty", () => {
    const text = reply({}, "players")
    assert.strictEqual(text.lastIndexOf("\n") + 1, 115)
    assert.isTrue(text.endsWith("\n(0 players in total)"))
  })

  it("admins lists every session", () => {
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

  it("bans lists GUIDs first, with continuous numbers and the remaining minutes", () => {
    const bans: ReadonlyArray<World.Ban> = [
      { target: "198.51.100.145", expires: undefined, reason: "Mystic" },
      { target: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", expires: undefined, reason: "Teamkilling. No appeal" },
      { target: "1a1b2c3d4e5f60718293a4b5c6d7e8f9", expires: 8971 * 60_000, reason: "[x][y] Vandalism" },
      { target: "2a1b2c3d4e5f60718293a4b5c6d7e8f9", expires: 0, reason: "See rule 4!!!" },
      { target: "3a1b2c3d4e5f60718293a4b5c6d7e8f9", expires: undefined, reason: "" }
    ]
    assert.strictEqual(
      reply({ world: { bans } }, "bans"),
      `GUID Bans:
[#] [GUID] [Minutes left] [Reason]
----------------------------------------
0  0a1b2c3d4e5f60718293a4b5c6d7e8f9 perm Teamkilling. No appeal
1  1a1b2c3d4e5f60718293a4b5c6d7e8f9 8971 [x][y] Vandalism
2  2a1b2c3d4e5f60718293a4b5c6d7e8f9 -    See rule 4!!!
3  3a1b2c3d4e5f60718293a4b5c6d7e8f9 perm

IP Bans:
[#] [IP Address] [Minutes left] [Reason]
----------------------------------------------
4  198.51.100.145  perm Mystic`
    )
  })

  it("bans counts the minutes down, and lists expired bans until the bans are written", () => {
    const server = online({ world, sessionTimeout: "Infinity" })
    const minutesAt = (now: number) => {
      command(server, now, 0, "bans")
      return /c6d7e8f9 (.{4}) late/.exec(heard(server)[0]!)?.[1]
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

  it("missions lists one mission on each line", () => {
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
    assert.deepStrictEqual(server.messages.slice(-2).map(({ address }) => address), [ALICE, BOB])
  })

  it("say N is echoed with the player's name, or has no effect if the slot is free", () => {
    assert.deepStrictEqual(does("say 3 hello").messages, ["RCon admin #0: (To Kerry (x)) hello"])
    assert.deepStrictEqual(does("say 3").messages, ["RCon admin #0: (To Kerry (x)) "])
    assert.deepStrictEqual(does("say 4 hello").messages, [])
    assert.deepStrictEqual(does("say").messages, [])
  })

  it("kick N announces the kick, then the disconnection", () => {
    const { messages, server } = does("kick 3 no (bad) words")
    assert.deepStrictEqual(messages, [
      "Player #3 Kerry (x) (6a1b2c3d4e5f60718293a4b5c6d7e8f9) has been kicked by BattlEye: Admin Kick (no (bad) words)",
      "Player #3 Kerry (x) disconnected"
    ])
    assert.deepStrictEqual(server.world.players.map(({ slot }) => slot), [0])
    assert.deepStrictEqual(does("kick 9").messages, [])
    assert.strictEqual(does("kick -1").messages.length, 4)
  })

  it("ban N bans the player's GUID and kicks the player", () => {
    const { messages, server } = does("ban 0 60 cheating 101")
    assert.deepStrictEqual(messages, [
      "Player #0 Miller (6a1b2c3d4e5f60718293a4b5c6d7e8f9) has been kicked by BattlEye: Admin Ban (cheating 101)",
      "Player #0 Miller disconnected"
    ])
    assert.deepStrictEqual(bans(server), [["6a1b2c3d4", 3_600_000, "cheating 101"]])
    assert.deepStrictEqual(bans(does("ban 0 0 ever").server), [["6a1b2c3d4", undefined, "ever"]])
    assert.deepStrictEqual(bans(does("ban 0").server), [["6a1b2c3d4", undefined, "Banned"]])
    assert.deepStrictEqual(bans(does("ban 9 0 nobody").server), [])
    for (const minutes of ["1" + "0".repeat(12), "9".repeat(400)]) {
      assert.deepStrictEqual(bans(does(`ban 0 ${minutes} long`).server), [["6a1b2c3d4", undefined, "long"]])
    }
  })

  it("addBan bans a GUID or an IP address", () => {
    assert.deepStrictEqual(bans(does("addBan 4a1b2c3d4e5f60718293a4b5c6d7e8f9 5 rude").server), [
      ["4a1b2c3d4", 300_000, "rude"]
    ])
    assert.deepStrictEqual(bans(does("addBan 198.51.100.1 0 rude").server), [["198.51.10", undefined, "rude"]])
    assert.deepStrictEqual(bans(does("addBan 198.51.100.1").server), [["198.51.10", undefined, ""]])
    assert.deepStrictEqual(bans(does("addBan").server), [])
  })

  it("removeBan removes a ban by its number, and lowers the numbers of the bans after it", () => {
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

  it("loadScripts, like loadEvents and maxPing, has an empty reply", () => {
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
