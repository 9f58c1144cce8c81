import * as NodeRcon from "@bercon/client/NodeRcon"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Redacted } from "effect"
import { displayWidth } from "effect/cli/CliOutput"
import { createSocket } from "node:dgram"
import { bercon, failed, spawned } from "./bercon.ts"

interface Line {
  readonly time: string
  readonly kind: string
  readonly address?: string
  readonly text?: string
}

const linesOf = (stdout: string): ReadonlyArray<Line> =>
  stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line)

/** Starts `bercon simulate` at a free port. `outcome` waits for the end of the process, and `end` ends it by a signal. */
const simulate = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.gen(function*() {
    const port = Deferred.makeUnsafe<number>()
    let kill: (signal: NodeJS.Signals) => void = () => {}
    const process = yield* Effect.forkScoped(
      spawned(["simulate", "--port", "0", "--speed", "50", "--format", "ndjson", ...args], {
        env,
        onOutput: (stdout, child) => {
          kill = (signal) => child.kill(signal)
          const listening = /"kind":"Listening","address":"127\.0\.0\.1:(\d+)"/.exec(stdout)
          if (listening !== null) Deferred.doneUnsafe(port, Exit.succeed(Number(listening[1])))
        }
      })
    )
    return {
      port: yield* Deferred.await(port),
      outcome: Fiber.join(process),
      end: (signal: NodeJS.Signals) => Effect.andThen(Effect.sync(() => kill(signal)), Fiber.join(process))
    }
  })

describe("bercon simulate", { concurrent: true }, () => {
  it.live("is a server on UDP with players who chat, and prints what happens", () =>
    Effect.gen(function*() {
      const { end, port } = yield* simulate(["--players", "5"], { BERCON_PASSWORD: "right" })
      const rcon = yield* NodeRcon.make({ host: "127.0.0.1", port, password: Redacted.make("right") })
      assert.isAbove((yield* rcon.players).length, 2)
      yield* rcon.waitFor("PlayerChat", { timeout: "10 seconds" })
      yield* rcon.say("hello\x1b[31m")
      const wrong = yield* Effect.flip(
        NodeRcon.make({ host: "127.0.0.1", port, password: Redacted.make("wrong") })
      )
      assert.strictEqual(wrong.reason._tag, "LoginRefused")
      const { code, stderr, stdout } = yield* end("SIGTERM")
      assert.deepStrictEqual({ code, stderr }, { code: 143, stderr: "" })
      const lines = linesOf(stdout)
      for (const kind of ["Listening", "Chat", "Login", "LoginRefused"]) {
        assert.isTrue(lines.some((line) => line.kind === kind), kind)
      }
      assert.includeMembers(lines.filter(({ kind }) => kind === "Command").map(({ text }) => text), [
        "players",
        "say -1 hello\x1b[31m"
      ])
      assert.notInclude(stdout, "\x1b")
      assert.notInclude(stdout, "right")
    }).pipe(Effect.scoped))

  it.live("simulates Arma Reforger's own RCON, over a slow network", () =>
    Effect.gen(function*() {
      const { end, port } = yield* simulate(["--flavour", "Reforger", "--players", "3", "--latency", "150ms"])
      const rcon = yield* NodeRcon.make({ host: "127.0.0.1", port, password: Redacted.make("secret") })
      const started = performance.now()
      assert.strictEqual(yield* rcon.flavour, "Reforger")
      assert.isAbove((yield* rcon.players).length, 0)
      assert.isAtLeast(performance.now() - started, 290)
      const { code } = yield* end("SIGINT")
      assert.strictEqual(code, 130)
    }).pipe(Effect.scoped))

  it.live("ends after the server has answered the command that ends it", () =>
    Effect.gen(function*() {
      const { outcome, port } = yield* simulate(["--players", "0"])
      const rcon = yield* NodeRcon.make({ host: "127.0.0.1", port, password: Redacted.make("secret") })
      assert.strictEqual(yield* rcon.command("#shutdown"), "")
      const { code, stdout } = yield* outcome
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(linesOf(stdout).slice(-2).map(({ kind, text }) => [kind, text]), [
        ["Command", "#shutdown"],
        ["SessionEnded", "the server has ended"]
      ])
    }).pipe(Effect.scoped))

  it.live(
    "ends after --duration, ends quietly if its reader has gone, and reports a port that is in use",
    () =>
      Effect.gen(function*() {
        const taken = yield* Effect.acquireRelease(
          Effect.callback<ReturnType<typeof createSocket>>((resume) => {
            const socket = createSocket("udp4")
            socket.bind(0, "127.0.0.1", () => resume(Effect.succeed(socket)))
          }),
          (socket) => Effect.sync(() => socket.close())
        )
        const { port } = taken.address()
        const [ended, unread, refused] = yield* Effect.all([
          bercon(["simulate", "--port", "0", "--duration", "500ms", "--players", "0"]),
          spawned(["simulate", "--port", "0", "--speed", "500"], { onOutput: (_, child) => child.stdout?.destroy() }),
          bercon(["simulate", "--port", String(port)])
        ], { concurrency: "unbounded" })
        assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
        assert.match(ended.stdout, /^\d\d:\d\d:\d\d {2}Listening {7}at 127\.0\.0\.1:\d+\n$/)
        assert.deepStrictEqual([unread.code, unread.stderr], [0, ""])
        failed(refused, 5, /cannot listen at 127\.0\.0\.1:\d+: the port is in use\. Use another --host or --port\.$/m)
      }).pipe(Effect.scoped)
  )

  it.live("breaks lines between words on a narrow terminal", () =>
    Effect.gen(function*() {
      const args = ["simulate", "--port", "0", "--duration", "1s", "--speed", "200"]
      const { stdout } = yield* bercon(args, {}, 30)
      assert.match(stdout, /^\d\d:\d\d:\d\d {2}Listening {7}at\n {10}127\.0\.0\.1:\d+\n/)
      for (const line of stdout.split("\n")) {
        if (line.trim().includes(" ")) assert.isAtMost(displayWidth(line), 30, line)
      }
    }))

  it.live("refuses a value that is out of range", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* bercon(["simulate", "--players", "256"])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, /^bercon: .*--players: "256"\. Expected: an integer from 0 to 255/)
    }))
})
