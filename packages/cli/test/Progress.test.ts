import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import * as Progress from "../src/output/Progress.ts"

/** The lines that are printed on standard error, which is a pipe in a test's process. */
const printed = Effect.gen(function*() {
  const lines = new Array<string>()
  yield* Effect.acquireRelease(
    Effect.sync(() => vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0)),
    (spy) => Effect.sync(() => spy.mockRestore())
  )
  return lines
})

describe("progress", () => {
  it.each<readonly [number, ReadonlyArray<readonly [string, string]>, number, string]>([
    [1, [["eu1", ""]], 3, "waiting for eu1 (3 s)"],
    [1, [["eu1", "12 of 200"]], 3, "waiting for eu1 (12 of 200) (3 s)"],
    [9, [["eu1", "1 of 2"], ["eu2", ""]], 4, "7 of 9 done, waiting for eu1 (1 of 2), eu2 (4 s)"],
    [
      7,
      ["a", "b", "c", "d", "e", "f", "g"].map((name) => [name, ""]),
      1,
      "0 of 7 done, waiting for a, b, c, d, e and 2 more (1 s)"
    ]
  ])(
    "(servers: %i) names the unfinished servers and, if there are several servers, first counts the finished ones",
    (total, waiting, seconds, expected) =>
      assert.strictEqual(Progress.sentence(total, new Map(waiting), seconds), expected)
  )

  it.effect("is printed after a second, and then every ten seconds", () =>
    Effect.gen(function*() {
      const lines = yield* printed
      const work = yield* Effect.forkChild(Progress.during(["eu1", "eu2"], ({ count, done }) =>
        Effect.gen(function*() {
          yield* Effect.sleep("500 millis")
          yield* done("eu2")
          yield* count("eu1", 5, 20)
          yield* Effect.sleep("12 seconds")
          return "result"
        })))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(work), "result")
      assert.deepStrictEqual(lines, [
        "bercon: 1 of 2 done, waiting for eu1 (5 of 20) (1 s)\n",
        "bercon: 1 of 2 done, waiting for eu1 (5 of 20) (11 s)\n"
      ])
    }))

  it.effect("is one line on a terminal, erased when all servers are done, even if the work goes on", () =>
    Effect.gen(function*() {
      const lines = yield* printed
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = process.stderr.isTTY
          process.stderr.isTTY = true
          return before
        }),
        (before) => Effect.sync(() => void (process.stderr.isTTY = before))
      )
      const work = yield* Effect.forkChild(Progress.during(["eu1", "eu2"], ({ done }) =>
        Effect.gen(function*() {
          yield* done("eu2")
          yield* Effect.sleep("1500 millis")
          yield* done("eu1")
          yield* Effect.sleep("1 minute")
        })))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(lines, ["\r\x1b[2K1 of 2 done, waiting for eu1 (1 s)", "\r\x1b[2K"])
      yield* Fiber.interrupt(work)
    }))

  it.effect("is not printed if less than a second is needed, or with --quiet", () =>
    Effect.gen(function*() {
      const lines = yield* printed
      const during = (millis: number) => Progress.during(["eu1"], () => Effect.sleep(millis))
      const work = yield* Effect.forkChild(Effect.all([
        during(900),
        Effect.provideService(during(5000), Progress.Quiet, true)
      ]))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(work)
      assert.deepStrictEqual(lines, [])
    }))
})
