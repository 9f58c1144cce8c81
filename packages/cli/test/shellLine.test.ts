import * as Player from "@bercon/client/Player"
import * as RconClient from "@bercon/client/RconClient"
import * as MockRconClient from "@bercon/testing/MockRconClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execute, isDrastic, isQuestion } from "../src/shell/execute.ts"
import { add, CAPACITY, load, remember } from "../src/shell/history.ts"
import { after, complete, words } from "../src/shell/line.ts"
import { clearFrom } from "../src/shell/Prompt.ts"

const GUID = "4fc867abf98b934e9e7eeaf15170258c"

const player = (id: number, name: string) => Schema.decodeSync(Player.Player)({ id, name, guid: GUID, verified: true })

describe("a line of the shell", () => {
  it.each([
    ["kick Miller be nice", ["kick", "Miller", "be", "nice"], "be nice"],
    ["kick \"John  Doe\" be nice", ["kick", "John  Doe", "be", "nice"], "be nice"],
    ["kick 'x \"y\"' why", ["kick", "x \"y\"", "why"], "why"],
    ["  kick \"a\\\"b\"  ", ["kick", "a\"b"], ""],
    ["kick \"open end", ["kick", "open end"], ""],
    ["", [], ""]
  ])("%j is split into words, and the rest after two words is unchanged", (line, expected, rest) => {
    assert.deepStrictEqual([words(line), after(line, 2)], [expected, rest])
  })

  it.each([
    ["ki", ["kick "], "ki"],
    ["kick Mi", ["Miller "], "Mi"],
    ["kick jo", ["\"John Doe\" "], "jo"],
    ["kick \"john D", ["\"John Doe\" "], "\"john D"],
    ["kick \"a\\\"", ["\"a\\\"b\" "], "\"a\\\""],
    ["ban 4fc8", [`${GUID} `, `${GUID} `, `${GUID} `], "4fc8"],
    ["events o", ["on", "off"], "o"],
    ["say Mi", [], "say Mi"],
    ["kick Miller be", [], "kick Miller be"]
  ])("%j has the completions %j", (line, completions, part) => {
    const players = [player(0, "Miller"), player(1, "John Doe"), player(2, "a\"b")]
    assert.deepStrictEqual(complete(line, players), [completions, part])
  })

  it.each([
    ["shutdown", true],
    ["#shutdown", true],
    ["!#restartserver", true],
    ["restart", true],
    ["#mission x", true],
    ["#shutdown 30", true],
    ["restart-server", true],
    ["reassign", true],
    ["mission Liberation.Altis", true],
    ["missions", false],
    ["say shutdown", false],
    ["players", false]
  ])("%j must be confirmed by the user: %s", (line, expected) => assert.strictEqual(isDrastic(line), expected))

  it.each([
    [" players ", true],
    // Commands of the server are sent as they are, with or without an exclamation mark.
    ["!admins", true],
    ["#ban list 2", true],
    ["players 1", false],
    ["lock", false],
    ["toString", false]
  ])("%j is known to change nothing: %s", (line, expected) => assert.strictEqual(isQuestion(line), expected))
})

describe("the history", () => {
  it("has each line once, the newest first, and a limited number of lines", () => {
    assert.deepStrictEqual(remember(["b", "a"], "a"), ["a", "b"])
    const full = Array.from({ length: CAPACITY }, (_, at) => `${at}`)
    assert.deepStrictEqual(remember(full, "new").length, CAPACITY)
    assert.strictEqual(remember(full, "new")[0], "new")
  })

  it("is a file to which lines are added, each of them once", () => {
    const folder = mkdtempSync(join(tmpdir(), "bercon-"))
    try {
      const file = join(folder, "bercon", "history")
      for (const line of ["one", "two", "one"]) add(file, line)
      assert.deepStrictEqual(load(file), ["one", "two"])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each([[""], ["  "], [" secret"], ["RConPassword hunter2"], ["!rconpassword hunter2"], ["#login hunter2"]])(
    "does not keep %j",
    (line) => assert.deepStrictEqual(remember(["a"], line), ["a"])
  )
})

describe("the prompt", () => {
  it("is cleared from its first row", () => {
    assert.deepStrictEqual([clearFrom(0), clearFrom(2)], ["\r\x1b[J", "\r\x1b[2A\x1b[J"])
  })
})

describe("the help command of the shell", () => {
  const help = (width: number | undefined) =>
    Effect.flatMap(
      RconClient.RconClient,
      (rcon) => execute(rcon, "help", { colours: false, format: "table", isTerminal: true, labelled: false, width })
    )

  it.effect("breaks its lines between words", () =>
    Effect.gen(function*() {
      const narrow = yield* help(60)
      assert.isAtMost(Math.max(...narrow.split("\n").map(({ length }) => length)), 60)
      assert.deepStrictEqual(narrow.split(/\s+/), (yield* help(undefined)).split(/\s+/))
    }).pipe(Effect.provide(MockRconClient.layer())))
})
