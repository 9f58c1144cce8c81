/**
 * Commands for several servers at once: `--profile a,b` and `--all`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit } from "effect"
import type { ChildProcess } from "node:child_process"
import * as Os from "node:os"
import { failed, succeeded, until } from "./bercon.ts"
import { chatting, PASSWORD, received, several } from "./simulated.ts"

/** The lines in alphabetical order, because servers answer in any order. */
const sorted = (text: string): ReadonlyArray<string> => text.trimEnd().split("\n").sort()

const NOT_DONE = "bercon: interrupted after 1 of 2 servers: no complete answer from eu2\n"

describe("several servers", { concurrent: true }, () => {
  it.live("have labelled answers, which a table lists in the order of the command line", () =>
    Effect.gen(function*() {
      const { bercon, eu2 } = yield* several
      yield* eu2.join({ name: "Kerry" })
      const { code, stderr, stdout } = yield* bercon(["version", "--profile", "eu1,eu2"])
      assert.deepStrictEqual([code, stderr, sorted(stdout)], [0, "", ["eu1: 1.220", "eu2: 1.220"]])
      succeeded(
        yield* bercon(["players", "--profile", "eu2,eu1"]),
        /^Server .*\neu2 .* Miller\neu2 .* Kerry\neu1 .* Miller\n$/
      )
    }))

  it.live("give exit code 8 if one fails, and the answers of the others", () =>
    Effect.gen(function*() {
      const { bercon } = yield* several
      const outcome = yield* bercon(["version", "--all"])
      assert.deepStrictEqual([outcome.code, sorted(outcome.stdout)], [8, ["eu1: 1.220", "eu2: 1.220"]])
      assert.match(outcome.stderr, /^bercon: eu3: .* refused the login[^\n]*\n$/)
      const json = yield* bercon(["version", "--profile", "eu1,eu3", "--format", "json"])
      assert.strictEqual(json.code, 8)
      const [one, two] = JSON.parse(json.stdout)
      assert.deepStrictEqual(one, { server: "eu1", result: { text: "1.220", number: "1.220" } })
      assert.deepStrictEqual([two.server, two.error.exitCode], ["eu3", 3])
    }))

  it.live("give the exit code of their failure if all fail for the same reason", () =>
    Effect.gen(function*() {
      const { bercon } = yield* several
      const outcome = yield* bercon(["exec", "nonsense", "--profile", "eu1,eu2"])
      assert.deepStrictEqual([outcome.code, outcome.stdout], [6, ""])
      assert.deepStrictEqual(sorted(outcome.stderr).map((line) => line.slice(0, 11)), ["bercon: eu1", "bercon: eu2"])
    }))

  it.live("have their events printed even after one of them has failed", () =>
    Effect.gen(function*() {
      const { eu1, spawned } = yield* several
      const failed = Deferred.makeUnsafe<void>()
      yield* Effect.forkScoped(Effect.andThen(Deferred.await(failed), chatting(eu1)))
      const { code, stderr, stdout } = yield* spawned(["events", "--all", "--kind", "chat", "--limit", "3"], {
        onError: () => Deferred.doneUnsafe(failed, Exit.void)
      })
      assert.strictEqual(code, 8)
      assert.match(stdout, /^(eu1: \d\d:\d\d:\d\d {2}.*hello\n){3}$/)
      assert.match(stderr, /^bercon: eu3: .* refused the login/)
    }))

  it.live("make the command `events` end if no login succeeds", () =>
    Effect.gen(function*() {
      const { bercon, eu1, eu2 } = yield* several
      yield* eu1.stop()
      yield* eu2.stop()
      const { code, stderr, stdout } = yield* bercon(["events", "--all", "--timeout", "500ms"])
      assert.deepStrictEqual([code, stdout], [4, ""])
      assert.match(stderr, /^(bercon: eu\d: no session with .* `--wait 2m` waits for a server.*\n){3}$/)
    }))

  it.live.each(
    [
      ["csv", /^server,id,ping,.*\neu1,0,.*,Miller\n$/],
      ["ndjson", /^\{"server":"eu1",.*"Miller".*\}\n$/],
      ["md", /^\| Server .*\n\| --- .*\n\| eu1 \| 0 .* Miller \|\n$/],
      ["raw", /^eu1: Players on server:\n(eu1: .*\n)+eu1: \(1 players in total\)\n$/]
    ] as const
  )(
    "have their answers printed while one is silent, and Ctrl-C names the silent one (%s)",
    ([format, expected]) =>
      Effect.gen(function*() {
        const { eu2, interrupted } = yield* several
        yield* eu2.goSilent
        const { stderr, stdout } = yield* interrupted(
          ["players", "--profile", "eu2,eu1", "--format", format, "--timeout", "2m", "--quiet"],
          ({ stdout }) => until(stdout, expected)
        )
        assert.match(stdout, expected)
        assert.strictEqual(stderr, NOT_DONE)
      })
  )

  it.live.each(
    [
      ["table", /^Server +# .*\neu1 +0 .* Miller\n$/],
      ["json", /^\[\s+\{\s+"server": "eu1",\s+"result": \[[^]*"Miller"[^]*\]\s+\}\s+\]\n$/]
    ] as const
  )(
    "have the answers received so far printed after Ctrl-C, which names the missing servers (%s)",
    ([format, expected]) =>
      Effect.gen(function*() {
        const { eu2, interrupted } = yield* several
        yield* eu2.goSilent
        const { stderr, stdout } = yield* interrupted(
          ["players", "--profile", "eu2,eu1", "--format", format, "--timeout", "2m"],
          ({ stderr }) => until(stderr, /1 of 2 done/)
        )
        assert.match(stdout, expected)
        assert.isTrue(stderr.endsWith(NOT_DONE), stderr)
      })
  )

  it.live("are listed after Ctrl-C if a kick is still under way on them", () =>
    Effect.gen(function*() {
      const { eu2, interrupted } = yield* several
      yield* eu2.onCommand((text) => text.startsWith("kick") ? { reply: "", delay: "Infinity" as const } : undefined)
      const { stderr, stdout } = yield* interrupted(
        ["kick", "0", "--profile", "eu2,eu1", "--timeout", "2m", "--quiet"],
        ({ stdout }) => Effect.andThen(until(stdout, /done/), received(eu2, "kick"))
      )
      assert.strictEqual(stdout, "eu1: kick #0 Miller: done\n")
      assert.strictEqual(
        stderr,
        `${NOT_DONE}bercon: interrupted: commands under way on eu2 may have been executed\n`
      )
    }))

  it.live("are not listed as servers with a command under way if they were only asked for a list", () =>
    Effect.gen(function*() {
      const { eu2, interrupted } = yield* several
      yield* eu2.onCommand((text) => text === "players" ? { reply: "", delay: "Infinity" as const } : undefined)
      const { stderr } = yield* interrupted(
        ["kick", "Miller", "--profile", "eu2,eu1", "--timeout", "2m", "--quiet"],
        ({ stdout }) => Effect.andThen(until(stdout, /done/), received(eu2, "players"))
      )
      assert.strictEqual(stderr, NOT_DONE)
    }))

  it.live("are not delayed by one that is down", () =>
    Effect.gen(function*() {
      const { bercon, eu1, eu2 } = yield* several
      yield* eu2.goSilent
      const started = performance.now()
      const locked = received(eu1, "#lock")
      const took = yield* Effect.raceFirst(
        Effect.map(locked, () => performance.now() - started),
        Effect.map(bercon(["lock", "--profile", "eu1,eu2", "--timeout", "90s"]), () => Infinity)
      )
      assert.isBelow(took, 80_000)
    }))

  it.live("get the same password from standard input", () =>
    Effect.gen(function*() {
      const { bercon, spawned } = yield* several
      const args = ["version", "--profile", "eu1,eu2,eu3", "--password-file", "-"]
      const { code, stderr, stdout } = yield* spawned(args, { stdin: `${PASSWORD}\n` })
      assert.deepStrictEqual([code, stderr, sorted(stdout)], [0, "", ["eu1: 1.220", "eu2: 1.220", "eu3: 1.220"]])
      failed(
        yield* bercon(["version", "--profile", "eu1", "--password-file", Os.devNull]),
        2,
        /the password is missing/
      )
      const long = { stdin: "x".repeat(5000) }
      failed(yield* spawned(["version", "--profile", "eu1", "--password-file", "-"], long), 2, /more than 4096 bytes/)
      const piped = { stdin: PASSWORD }
      failed(
        yield* spawned(["shell", "--profile", "eu1", "--password-file", "-"], piped),
        2,
        /shell reads commands from/
      )
    }))
})

describe("several players", { concurrent: true }, () => {
  it.live("have the outcome of each printed before the next one has an outcome", () =>
    Effect.gen(function*() {
      const { eu1, interrupted } = yield* several
      yield* eu1.join({ name: "Kerry" })
      yield* eu1.onCommand((text) => text.startsWith("kick 1") ? { reply: "", delay: "Infinity" as const } : undefined)
      const { stderr, stdout } = yield* interrupted(
        ["kick", "0", "1", "--profile", "eu1", "--timeout", "2m", "--quiet"],
        ({ stdout }) => Effect.andThen(until(stdout, /done/), received(eu1, "kick 1"))
      )
      assert.strictEqual(stdout, "kick #0 Miller: done\n")
      assert.strictEqual(stderr, "bercon: interrupted: commands under way on eu1 may have been executed\n")
    }))

  it.live("are all kicked even if the reader of the output has gone", () =>
    Effect.gen(function*() {
      const { eu1, spawned } = yield* several
      yield* eu1.join({ name: "Kerry" })
      const { code, stderr } = yield* spawned(["kick", "0", "1", "--profile", "eu1"], {
        onStart: (child) => child.stdout?.destroy()
      })
      assert.deepStrictEqual([code, stderr, (yield* eu1.world).players], [0, "", []])
    }))

  it.live("have their failures printed even if the reader of the output has gone", () =>
    Effect.gen(function*() {
      const { eu1, spawned } = yield* several
      yield* eu1.join({ name: "Kerry" })
      yield* eu1.onCommand((text) => text.startsWith("kick 1") ? "" : undefined)
      const kick = ["kick", "0", "1", "--confirm-within", "500ms", "--profile"]
      const reader = { onStart: (child: ChildProcess) => child.stdout?.destroy() }
      const labelled = yield* spawned([...kick, "eu1,eu3"], reader)
      assert.deepStrictEqual([labelled.code, sorted(labelled.stderr).length], [8, 2], labelled.stderr)
      yield* eu1.join({ name: "Bob" })
      const { code, stderr } = yield* spawned([...kick, "eu1"], reader)
      assert.strictEqual(code, 8)
      assert.match(stderr, /^bercon: .*Kerry.*\n$/)
    }))
})
