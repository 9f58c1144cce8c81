/**
 * Tests that a process can be killed with `SIGKILL` between any two steps of a plan, and that another process then continues
 * it.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { drive, type Scene } from "./support/planPoints.ts"

/**
 * The number of points at which a process can be killed: before each of 9 records, and before and after each of 3 datagrams.
 */
const POINTS = 15

/** How many fewer points a process passes if the machine is so busy that both warnings are left out. */
const SPARE = 6

/** Milliseconds from the start of the plan to its restart. The first warning is due 3 seconds before the restart. */
const HEAD_START = 3500

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "bercon-plan-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

/** Bundles the program of the child processes into one file, because a start from many files takes a second of CPU. */
const bundled = Effect.fnUntraced(function*(folder: string) {
  const file = join(folder, "planChild.mjs")
  yield* Effect.promise(async () => {
    const input = fileURLToPath(new URL("support/planChild.ts", import.meta.url))
    const bundle = await rolldown({ input, platform: "node", logLevel: "silent" })
    await bundle.write({ file, format: "esm", codeSplitting: false })
    await bundle.close()
  })
  return file
})

/** Starts a process that kills itself at this point. Returns when the process is ready for `start`. */
const spawnChild = Effect.fnUntraced(function*(program: string, { folder, port }: Omit<Scene, "time">, point: number) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [program, String(port), folder, String(point)], { stdio: ["pipe", "pipe", "inherit"] })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const exited = once(child, "exit")
  let output = ""
  yield* Effect.callback<void>((resume) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text
      if (output.includes("ready")) resume(Effect.void)
    })
  })
  return {
    start: (time: number) => Effect.sync(() => child.stdin.write(`${time}\n`)),
    isKilled: Effect.map(Effect.promise(() => exited), ([, signal]) => signal === "SIGKILL"),
    output: () => output
  }
})

const run = Effect.fnUntraced(function*(program: string, point: number, time: Deferred.Deferred<number>) {
  const server = yield* NodeSimulatedServer.make({ restartDowntime: "3 seconds" })
  const scene = { port: server.address.port, folder: yield* folder }
  const child = yield* spawnChild(program, scene, point)
  // The process of the test continues the plan. It is already logged in when the first process ends.
  const ended = yield* Deferred.make<number>()
  const successor = yield* Effect.forkScoped(drive({ ...scene, time: Deferred.await(ended) }))
  const outcome = Effect.gen(function*() {
    const where = `killed at point ${point}`
    yield* child.start(yield* Deferred.await(time))
    if (yield* child.isKilled) {
      // If the process ended before it added the plan, the successor adds it: with a time that is still in the future.
      yield* Deferred.succeed(ended, Math.max(yield* Deferred.await(time), Date.now() + HEAD_START))
      assert.strictEqual((yield* Fiber.join(successor))._tag, "Restarted", where)
    } else {
      assert.include(child.output(), "points Restarted", where)
      assert.isAbove(point, POINTS - SPARE, "the process was not killed, although it has passed this point")
    }
    const passed = /(\d+) points/.exec(child.output())?.[1]
    const texts = (yield* server.executions).map(({ text }) => text)
    const count = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length
    // A warning may be late, but only by half of the time between it and the restart.
    const first = count(/^say -1 Restart in [23] seconds$/)
    const second = count(/^say -1 Restart in 1 second$/)
    assert.isAtMost(first, 1, where)
    assert.isAtMost(second, 1, where)
    assert.strictEqual(count(/^say/), first + second, where)
    // A process that was in time for both warnings has passed all points.
    if (passed !== undefined && first + second === 2) assert.strictEqual(Number(passed), POINTS)
    assert.strictEqual(count(/^#restartserver$/), 1, where)
  })
  return { outcome }
})

describe("a process that is killed", () => {
  it.live(
    "between any two steps of a plan causes no repeated warning, and the server restarts exactly once",
    () =>
      Effect.gen(function*() {
        const program = yield* bundled(yield* folder)
        const time = yield* Deferred.make<number>()
        // The last process is not killed, because it never reaches its point.
        const points = Array.from({ length: POINTS + 1 }, (_, index) => index + 1)
        const runs = yield* Effect.forEach(points, (point) => run(program, point, time), { concurrency: "unbounded" })
        yield* Deferred.succeed(time, Date.now() + HEAD_START)
        yield* Effect.forEach(runs, ({ outcome }) => outcome, { concurrency: "unbounded", discard: true })
      }),
    120_000
  )
})
