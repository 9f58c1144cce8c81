import { Session, Transport } from "@bercon/session"
import * as DatagramSocketTransport from "@bercon/session/DatagramSocketTransport"
import * as NodeTransport from "@bercon/session/NodeTransport"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { echo, executions, heard, outcome, password, patient, range, story } from "../support/Scenario.ts"
import type { Data as ServerData } from "../support/server.ts"

const line = { loss: 0.2, duplication: 0.05, reordering: 0.1, reorderingDelay: "10 millis", seed: 7 } as const

/** Timeouts so long that the results do not depend on the speed of the machine. */
const unhurried: Partial<Session.Options> = {
  loginTimeout: "1 minute",
  commandTimeout: "1 minute",
  silenceTimeout: "1 minute",
  reorderTimeout: "1 minute"
}

const until = (condition: () => boolean) =>
  Effect.sync(condition).pipe(Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: (done) => done }))

describe.each(
  [["DatagramSocketTransport", DatagramSocketTransport], ["NodeTransport", NodeTransport]] as const
)("through %s over real UDP and a bad network,", (_, transport) => {
  it.live(
    "commands get their own complete reply, none is executed twice, messages arrive once and in order",
    () =>
      Effect.gen(function*() {
        const long = "0123456789abcdef".repeat(64 * 8)
        const server = yield* NodeSimulatedServer.make({
          ...patient,
          messageGap: "100 millis",
          network: line,
          onCommand: (text) => text === "bans" ? long : echo(text)
        })
        const { port } = server.address
        const session = yield* Session.make({ password, ...unhurried }).pipe(
          Effect.provideService(Transport.Transport, transport.make({ host: "127.0.0.1", port }))
        )
        const items = yield* heard(session, "message ")
        const messages = range(40).map((i) => `message ${i >> 1}`)
        const telling = Effect.forEach(messages, (text) => Effect.andThen(server.emit(text), Effect.sleep("5 millis")))
        const commands = range(40).map((i) => `echo ${i}`)
        const asking = Effect.forEach(
          [...commands, "bans"],
          (text) => Effect.map(Effect.result(session.command(text)), outcome),
          { concurrency: 20 }
        )
        const [replies] = yield* Effect.all([asking, telling], { concurrency: 2 })
        yield* until(() => items.length >= messages.length)
        assert.deepStrictEqual(replies, [...commands, long])
        assert.deepStrictEqual(items, messages)
        const counts = yield* executions(server)
        assert.deepStrictEqual([...commands, "bans"].map((text) => counts.get(text)), range(41).map(() => 1))
      }),
    60_000
  )
})

/** Runs the server of `support/` in another thread. */
const spawnServer = Effect.fnUntraced(function*(commands: number) {
  const number = () => new Int32Array(new SharedArrayBuffer(4))
  const data: ServerData = { arrived: number(), released: number(), replied: number(), commands }
  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => new Worker(new URL("../support/server.ts", import.meta.url), { workerData: data, execArgv: [] })),
    (worker) => Effect.promise(() => worker.terminate())
  )
  const [port] = yield* Effect.promise(() => once(worker, "message") as Promise<[number]>)
  return { ...data, port }
})

/** Suspends this thread until the number has reached a value. */
const suspendUntil = (number: Int32Array, value: number): void => {
  for (let now = Atomics.load(number, 0); now < value; now = Atomics.load(number, 0)) Atomics.wait(number, 0, now)
}

/** Suspends this thread for some milliseconds. */
const suspend = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

describe.each(
  [["DatagramSocketTransport", DatagramSocketTransport], ["NodeTransport", NodeTransport]] as const
)("after a suspension, a process with %s", (_, transport) => {
  it.live(
    "reads arrived datagrams before it judges deadlines: a reply that waits in the socket is not late",
    () =>
      Effect.gen(function*() {
        const { arrived, port, released, replied } = yield* spawnServer(32)
        const session = yield* Session.make({ password, silenceTimeout: "3 seconds" }).pipe(
          Effect.provideService(Transport.Transport, transport.make({ host: "127.0.0.1", port }))
        )
        const statuses = yield* story(session)
        const from = performance.now()
        const asking = yield* Effect.forkChild(
          Effect.forEach(
            range(32),
            (i) => Effect.map(Effect.result(session.command(`echo ${i}`, { timeout: "3 seconds" })), outcome),
            { concurrency: "unbounded" }
          ),
          { startImmediately: true }
        )
        yield* until(() => Atomics.load(arrived, 0) === 32)
        // Continues at the end of a turn of the event loop. The next turn begins with timers, and then reads sockets.
        yield* Effect.yieldNow
        Atomics.store(released, 0, 1)
        Atomics.notify(released, 0)
        suspendUntil(replied, 32)
        suspend(from + 3500 - performance.now())
        assert.deepStrictEqual(yield* Fiber.join(asking), range(32).map((i) => `echo ${i}`))
        assert.deepStrictEqual(statuses.map(([, status]) => status), ["Online"])
      }),
    60_000
  )
})

/** Runs the program of `support/` in another process. */
const spawnProgram = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [fileURLToPath(new URL("../support/program.ts", import.meta.url)), ...args], {
          stdio: ["ignore", "pipe", "inherit"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      let output = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
      const exited = once(child, "exit")
      return { child, exited: Effect.promise(() => exited), output: () => output }
    }
  )

describe("a process", () => {
  const run = Effect.fnUntraced(function*(mode: "ask" | "stay") {
    const server = yield* NodeSimulatedServer.make({ onCommand: echo })
    return yield* spawnProgram(String(server.address.port), mode)
  })

  it.live("ends by itself after its session is closed", () =>
    Effect.gen(function*() {
      const { exited, output } = yield* run("ask")
      assert.deepStrictEqual(yield* exited, [0, null])
      assert.include(output(), "echo hello\n")
    }), 30_000)

  it.live("with a session under runMain exits with code 130 when it is interrupted", () =>
    Effect.gen(function*() {
      const { child, exited, output } = yield* run("stay")
      yield* until(() => output().includes("echo hello\n"))
      child.kill("SIGINT")
      assert.deepStrictEqual(yield* exited, [130, null])
      assert.include(output(), ": closed")
    }), 30_000)
})
