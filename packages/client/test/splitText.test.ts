import { RconClient } from "@bercon/client"
import { SimulatedServer } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { SAFE_BYTES, splitText } from "../src/internal/splitText.ts"
import { completed, simulated } from "./simulatedClient.ts"

describe("a long announcement", () => {
  it.effect("is split between words, and sent in order", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const text = "first line\nand " + "many ".repeat(40) + "words"
      yield* completed(rcon.say(text, { split: true }))
      const said = (yield* server.executions).flatMap(({ text }) => text.startsWith("say -1 ") ? [text.slice(7)] : [])
        // On a lossy network a command is sent again, and this server executes it again.
        .filter((line, index, all) => line !== all[index - 1])
      assert.deepStrictEqual(said.join(" ").split(" "), text.split(/\s/).filter((word) => word !== ""))
      assert.isAbove(said.length, 2)
      const error = yield* completed(Effect.flip(rcon.say(text)))
      assert.strictEqual(error.reason._tag, "InvalidCommand")
    }).pipe(Effect.provide(simulated(0.2))))

  it.prop("loses only white space", {
    text: Arbitrary.schema(Schema.String)
  }, ({ text }) => {
    const lines = splitText(text)
    for (const line of lines) {
      assert.isAtMost(new TextEncoder().encode(line).length, SAFE_BYTES)
      assert.match(line, /^\S(?:.*\S)?$/su)
    }
    assert.strictEqual(lines.join("").replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""))
  })

  it("is split inside words that are longer than a line, between two characters", () => {
    const lines = splitText(`a ${"ж".repeat(100)} b`)
    assert.deepStrictEqual(lines, ["a", "ж".repeat(64), `${"ж".repeat(36)} b`])
  })

  it.effect("is not sent if it is blank, and has an empty reply", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      assert.strictEqual(yield* completed(rcon.say(" \n ", { split: true })), "")
      assert.isFalse((yield* server.executions).some(({ text }) => text.startsWith("say")))
    }).pipe(Effect.provide(simulated())))
})

describe("blanks in a long announcement", () => {
  it("are reduced to one between two words", () => {
    assert.deepStrictEqual(splitText("a  b   c"), ["a b c"])
  })
})
