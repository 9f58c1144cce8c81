import { Packet, Reassembly, Text } from "@bercon/codec"
import { ServerMachine, type World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { ALICE, BOB, command, heard, login, online, reply, run, world } from "../machine.ts"

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

  it("that does not exist is answered with `Unknown command`", () => {
    const server = online()
    command(server, 0, 0, "playerz")
    assert.deepStrictEqual(heard(server), ["0: Unknown command"])
    assert.strictEqual(server.commands[0]?.outcome, "Refused")
  })

  it("that the option `disallowed` contains is answered with `Disallowed command`", () => {
    const server = online({ disallowed: ["#shutdown", "kick"], world })
    command(server, 0, 0, "#shutdown")
    command(server, 0, 1, "kick 0 you")
    assert.deepStrictEqual(heard(server), ["0: Disallowed command", "1: Disallowed command"])
    assert.deepStrictEqual(server.commands.map(({ outcome }) => outcome), ["Refused", "Refused"])
    assert.strictEqual(server.world.players.length, 2)
  })

  it("is disallowed with the option `restricted` if it kicks, changes, loads or writes bans, or goes to the game", () => {
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

  it("is executed after the hook has changed the world; a hook that answers the command may change the world, too", () => {
    const before = (world: World.World) => ({ ...world, version: "9.999", missions: ["x"] })
    assert.strictEqual(reply({ onCommand: () => ({ before }) }, "version"), "9.999")
    const server = online({ onCommand: () => ({ before, reply: "" }) })
    command(server, 0, 0, "version")
    assert.deepStrictEqual(server.world.missions, ["x"])
  })

  it("is answered late if an option or the hook delays it; the shortest delay ends first", () => {
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

  it("with the number of another command that is not answered yet is a violation", () => {
    const server = online({ replyDelay: "1 second" })
    command(server, 0, 4, "version")
    command(server, 500, 4, "missions")
    command(server, 2_000, 4, "bans")
    assert.deepStrictEqual(server.violations, [
      { time: 500, address: ALICE, reason: { _tag: "NumberInUse", sequence: 4 } }
    ])
  })

  it("with a NUL is a violation, and so is a password with a NUL", () => {
    const server = online()
    command(server, 0, 0, "say -1 a\0b")
    login(server, 0, BOB, "secret\0")
    assert.deepStrictEqual(heard(server, BOB), ["login false"])
    assert.deepStrictEqual(server.violations.map(({ reason }) => reason), [
      { _tag: "NotText", sequence: 0 },
      { _tag: "NotText", sequence: undefined }
    ])
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

  it("in parts may be cut within a character", () => {
    const text = "a" + "к".repeat(1000)
    const server = online({ onCommand: () => text })
    command(server, 0, 0, "x")
    const assembly = Reassembly.make()
    const sizes: Array<number> = []
    let joined: Uint8Array | undefined
    for (const { datagram } of ServerMachine.drain(server)) {
      const packet = Result.getOrThrow(Packet.decodeServer(datagram))
      if (packet._tag !== "CommandReplyPart") continue
      sizes.push(packet.payload.length)
      joined = Reassembly.add(assembly, packet)
    }
    // The first character has one byte, and all others have two.
    assert.deepStrictEqual(sizes, [1024, 977])
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

  it("is executed and answered again with `repeats: \"execute\"`", () => {
    const { second, server } = twice({ repeats: "execute" }, 500)
    assert.deepStrictEqual(second, ["0: "])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Executed", true]])
  })

  it("gets the first reply again with `repeats: \"replay\"`", () => {
    const { first, second, server } = twice({ repeats: "replay" }, 9_999)
    assert.deepStrictEqual(second, [first])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Replayed", true]])
  })

  it("is ignored with `repeats: \"ignore\"`", () => {
    const { second, server } = twice({ repeats: "ignore" }, 9_999)
    assert.deepStrictEqual(second, [])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Ignored", true]])
  })

  it("is a new command after `repeatWindow`", () => {
    const { second, server } = twice({ repeats: "ignore", repeatWindow: "1 second" }, 1_000)
    assert.deepStrictEqual(second, ["0: "])
    assert.deepStrictEqual(outcomes(server), [["Executed", false], ["Executed", false]])
  })

  it("is a new command if a command with the same number and another text came in between", () => {
    const server = online({ repeats: "ignore" })
    command(server, 0, 0, "version")
    command(server, 1, 0, "missions")
    command(server, 2, 0, "version")
    assert.deepStrictEqual(heard(server).length, 3)
  })

  it("gets no second reply before the first one is sent", () => {
    const server = online({ repeats: "replay", replyDelay: "1 second" })
    command(server, 0, 0, "version")
    command(server, 500, 0, "version")
    assert.deepStrictEqual(run(server, 5_000), [[1_000, "0: 1.220"]])
    command(server, 5_000, 0, "version")
    assert.deepStrictEqual(heard(server), ["0: 1.220"])
  })
})
