import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { ALICE, BOB, command, login, online } from "../machine.ts"

describe("a record", () => {
  it("of violations contains every datagram that is not a packet; such a datagram is not answered", () => {
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

  it("keeps its last entries", () => {
    const server = online({ recordCapacity: 3 })
    for (let sequence = 0; sequence < 10; sequence++) command(server, sequence, sequence, "")
    assert.deepStrictEqual(server.commands.map(({ sequence }) => sequence), [7, 8, 9])
  })

  it("passes every entry to the observer, in order", () => {
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

  it("of executions keeps rare commands, however long a client polls with a frequent one", () => {
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

  it("of executions drops the oldest entry if all texts are equally common", () => {
    const server = online({ recordCapacity: 3 })
    for (const [sequence, text] of ["#a", "#b", "#c", "#d", "#b", "#e"].entries()) command(server, 0, sequence, text)
    assert.deepStrictEqual(server.executions.map(({ text }) => text), ["#d", "#b", "#e"])
    assert.strictEqual(server.executionCounts.size, 3)
  })
})
