/** The runners of the rig and the demo: processes that can be started, terminated, killed, frozen and thawed. */
import { Effect, Latch, type Redacted, type Scope, Stream } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"
import * as Port from "./Port.ts"

export interface Options {
  readonly count: number
  readonly database: Redacted.Redacted
  readonly password: Redacted.Redacted
  /** Receives each line that a runner prints. */
  readonly onLine: (line: string) => Effect.Effect<void>
}

export interface Runner {
  /** The local address from which the runner sends to game servers. Their records identify the runner by this address. */
  readonly address: string
  /** Waits until the runner has joined the cluster. Returns false if its process has ended, before it joined or later. */
  readonly isMember: Effect.Effect<boolean>
  /** Whether the runner has joined the cluster, even if its process has ended since. */
  readonly hasJoined: () => boolean
  readonly isRunning: Effect.Effect<boolean>
  /** Ends the process with SIGTERM, and waits for its end. */
  readonly terminate: Effect.Effect<void>
  /** Ends the process with SIGKILL. */
  readonly kill: Effect.Effect<void>
  /** Stops the process with SIGSTOP, like a machine that hangs. */
  readonly freeze: Effect.Effect<void>
  /** Continues the process with SIGCONT. */
  readonly thaw: Effect.Effect<void>
}

export interface Runners {
  /** Runs an effect that ends the oldest runner. */
  readonly take: <E>(f: (runner: Runner) => Effect.Effect<void, E>) => Effect.Effect<void, E>
  /** Runs an effect with the oldest runner, which stays. */
  readonly use: <E>(f: (runner: Runner) => Effect.Effect<void, E>) => Effect.Effect<void, E>
  /** Kills the runner with this address. */
  readonly kill: (address: string) => Effect.Effect<void>
  /** Starts another runner. */
  readonly add: Effect.Effect<void>
  /** Starts or ends runners until the initial number has joined the cluster. */
  readonly refill: Effect.Effect<void>
  /** The addresses of the runners that have ended by themselves, and that `refill` has not replaced yet. */
  readonly ended: Effect.Effect<ReadonlyArray<string>>
  /**
   * The longest delay of a timer of any runner since the previous call, in milliseconds. Runners that were frozen do not count.
   */
  readonly lateness: Effect.Effect<number>
}

/** The line that a runner prints when it has joined the cluster. */
export const READY = "this runner is a member of the cluster"

/** Prefix of a line with the delay of a runner's timer, in milliseconds. */
export const LATE = "a timer was late by "

const program = fileURLToPath(new URL("runner.ts", import.meta.url))

/** How many runners may end before they join, in one refill. If there are more, it fails. `start` begins with a refill. */
const FAILURES = 3

/** The error of a failed refill contains this many of the runners' last lines. */
const PRINTED = 40

/** Starts the runners in the scope. Returns when each has joined the cluster. */
export const start = Effect.fnUntraced(function*(options: Options) {
  const context = yield* Effect.context<ChildProcessSpawner.ChildProcessSpawner | Scope.Scope>()
  const running: Array<Runner> = []
  /** The last lines of the runners. */
  const printed: Array<string> = []
  const frozen = new Set<string>()
  let lateness = 0
  let started = 0

  const spawn = Effect.gen(function*() {
    // All of 127.0.0.0/8 is this machine, on Linux.
    const address = `127.0.1.${++started}`
    const handle = yield* Effect.orDie(ChildProcess.make(process.execPath, [program], {
      env: {
        DATABASE_URL: options.database,
        RUNNER_PORT: String(yield* Effect.orDie(Port.free)),
        RUNNER_ADDRESS: address,
        GAME_PASSWORD: options.password
      },
      extendEnv: true,
      stdin: "ignore",
      // A frozen process does not handle SIGTERM.
      killSignal: "SIGKILL"
    }))
    const ready = yield* Latch.make()
    yield* handle.all.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runForEach((line) => {
        if (line.startsWith(LATE)) {
          if (!frozen.has(address)) lateness = Math.max(lateness, Number(line.slice(LATE.length)))
          return Effect.void
        }
        const text = `${address}: ${line}`
        printed.push(text)
        if (printed.length > PRINTED) printed.shift()
        return Effect.andThen(line === READY ? ready.open : Effect.void, options.onLine(text))
      }),
      // The output of a process that is killed ends in the middle.
      Effect.ignore,
      Effect.forkScoped
    )
    const signal = (name: NodeJS.Signals) => Effect.sync(() => process.kill(handle.pid, name))
    const end = (killSignal: "SIGTERM" | "SIGKILL") => Effect.ignore(handle.kill({ killSignal }))
    running.push({
      address,
      isMember: Effect.raceFirst(
        Effect.as(Effect.exit(handle.exitCode), false),
        Effect.as(ready.await, true)
      ),
      hasJoined: () => ready.isOpen(),
      isRunning: Effect.orDie(handle.isRunning),
      terminate: end("SIGTERM"),
      kill: end("SIGKILL"),
      freeze: Effect.andThen(Effect.sync(() => frozen.add(address)), signal("SIGSTOP")),
      thaw: signal("SIGCONT")
    })
  })
  const add = Effect.provideContext(spawn, context)
  const take: Runners["take"] = (f) => Effect.suspend(() => f(running.shift()!))
  const refill = Effect.gen(function*() {
    let failures = 0
    for (let isComplete = false; !isComplete;) {
      while (running.length < options.count) yield* add
      while (running.length > options.count) yield* take(({ terminate }) => terminate)
      const ended = yield* Effect.filter([...running], ({ isMember }) => Effect.map(isMember, (is) => !is), {
        concurrency: "unbounded"
      })
      for (const runner of ended) running.splice(running.indexOf(runner), 1)
      failures += ended.filter(({ hasJoined }) => !hasJoined()).length
      if (failures > FAILURES) {
        return yield* Effect.die(new Error(["Runners end before they join the cluster:", ...printed].join("\n")))
      }
      isComplete = ended.length === 0
    }
  }).pipe(Effect.timeout("2 minutes"), Effect.orDie)

  yield* refill
  const runners: Runners = {
    take,
    kill: (address) =>
      Effect.suspend(() => {
        const runner = running.find((runner) => runner.address === address)
        if (runner === undefined) return Effect.die(new Error(`no runner has the address ${address}`))
        running.splice(running.indexOf(runner), 1)
        return runner.kill
      }),
    use: (f) => Effect.suspend(() => f(running[0]!)),
    add,
    refill,
    ended: Effect.map(
      Effect.suspend(() => Effect.filter([...running], ({ isRunning }) => Effect.map(isRunning, (is) => !is))),
      (ended) => ended.map(({ address }) => address)
    ),
    lateness: Effect.sync(() => {
      const longest = lateness
      lateness = 0
      frozen.clear()
      return longest
    })
  }
  return runners
})
