/**
 * Runs `bercon`: in this process or, if signals, pipes or standard input matter, as a process of its own.
 */
import { assert } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Schedule, Semaphore } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as Os from "node:os"
import { fileURLToPath } from "node:url"
import { command } from "../src/commands/index.ts"
import type { ExitCode } from "../src/ExitCode.ts"
import { Streams } from "../src/output/Output.ts"
import { exitCodeOf } from "../src/run.ts"

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** The outcome of a command line. */
export interface Outcome {
  /** `null` if a signal ended the process. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A stream that keeps what is written to it. With `columns`, it is a terminal without colours. */
const kept = (columns: number | undefined) => {
  let text = ""
  const stream = {
    isTTY: columns !== undefined,
    columns,
    hasColors: () => false,
    write: (written: string, done?: () => void) => {
      text += written
      done?.()
      return true
    }
  }
  // The command uses no other property of a stream.
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text }
}

/** Variables that `bercon` reads, instead of those of this process. */
type Variables = Readonly<Record<string, string>>

/** The output of a command line so far. */
interface Printed {
  readonly stdout: () => string
  readonly stderr: () => string
}

/** A command line that runs in this process. */
const prepared = (
  args: ReadonlyArray<string>,
  env: Variables,
  columns?: number
): Printed & { readonly run: Effect.Effect<ExitCode> } => {
  const [stdout, stderr] = [kept(columns), kept(columns)]
  return {
    stdout: stdout.text,
    stderr: stderr.text,
    run: exitCodeOf(command, args).pipe(
      Effect.provideService(Streams, { stdout: stdout.stream, stderr: stderr.stream }),
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        // The user's own file of servers is not read.
        ConfigProvider.fromEnv({ env: { XDG_CONFIG_HOME: Os.devNull, ...env } })
      )
    )
  }
}

/** Runs `bercon ...args` in this process. With `columns`, its output goes to a terminal of this width. */
export const bercon = (
  args: ReadonlyArray<string>,
  env: Variables = {},
  columns?: number
): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const { run, stderr, stdout } = prepared(quietly(args), env, columns)
    return Effect.map(run, (code) => ({ code, stdout: stdout(), stderr: stderr() }))
  })

/** Runs `bercon ...args` in this process, and interrupts it after `when`, as a signal does with a process. */
export const interrupted = Effect.fnUntraced(function*(
  args: ReadonlyArray<string>,
  env: Variables,
  when: (printed: Printed) => Effect.Effect<unknown>
) {
  const { run, stderr, stdout } = prepared(args, env)
  const fiber = yield* Effect.forkChild(run)
  yield* when({ stdout, stderr })
  yield* Fiber.interrupt(fiber)
  return { stdout: stdout(), stderr: stderr() }
})

/** Waits until the text matches. */
export const until = (text: () => string, expected: RegExp): Effect.Effect<unknown> =>
  Effect.repeat(Effect.sync(text), { until: (text) => expected.test(text), schedule: Schedule.spaced("5 millis") })

/** How a process is run. */
export interface Options {
  /** Additional variables. Those of the test process are removed if `bercon` would read them. */
  readonly env?: Record<string, string | undefined>
  /** Its standard input. Default: empty. */
  readonly stdin?: string
  /**
   * Whether `--quiet` is among its arguments. Default `true`, because on a busy machine any command can take so long that it
   * prints progress.
   */
  readonly quiet?: boolean
  /** The descriptor of a file for standard output. The outcome then has an empty `stdout`. */
  readonly stdout?: number
  /** The path of the program, from this folder. Default: the bundle. */
  readonly program?: string
  /** Called when the process has been started. */
  readonly onStart?: (child: ChildProcess) => void
  /** Called after each piece of standard output, to do something to the process. */
  readonly onOutput?: (stdout: string, child: ChildProcess) => void
  /** Called after each piece of standard error. */
  readonly onError?: (stderr: string, child: ChildProcess) => unknown
}

const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:BERCON_|NO_COLOR|FORCE_COLOR|VITEST)/.test(name))
)

/** Tests run at the same time, because their processes usually wait. But more than a few of them would compete for the CPU. */
const turn = Semaphore.makeUnsafe(3)

/** The command line `bercon ...args`, as a process. Interrupting the effect kills it. */
export const spawned = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Outcome> =>
  turn.withPermit(run(options.quiet === false ? args : quietly(args), options))

/** Adds `--quiet`: before `--`, because words after it are not flags. */
const quietly = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return end === -1 ? [...args, "--quiet"] : args.toSpliced(end, 0, "--quiet")
}

const run = (args: ReadonlyArray<string>, options: Options): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [pathOf(options.program ?? "../bin/bercon.js"), ...args], {
      // The user's own file of servers is not read.
      env: { ...inherited, XDG_CONFIG_HOME: Os.devNull, ...options.env },
      stdio: ["pipe", options.stdout ?? "pipe", "pipe"]
    })
    options.onStart?.(child)
    let stdout = ""
    let stderr = ""
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      options.onOutput?.(stdout, child)
    })
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      options.onError?.(stderr, child)
    })
    // A process that does not read its input may end before the input is written.
    child.stdin!.on("error", () => {})
    child.stdin!.end(options.stdin ?? "")
    child.once("close", (code) => resume(Effect.succeed({ code, stdout, stderr })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Asserts that a command line has ended with exit code 0, and has printed this, and nothing on standard error. */
export const succeeded = (outcome: Outcome, stdout: string | RegExp): void => {
  assert.deepStrictEqual({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" })
  if (typeof stdout === "string") assert.strictEqual(outcome.stdout, stdout)
  else assert.match(outcome.stdout, stdout)
}

/** Asserts that a command line has ended with this exit code, and has printed one line on standard error, and nothing else. */
export const failed = (outcome: Outcome, code: number, line: RegExp): void => {
  assert.match(outcome.stderr, line)
  assert.match(outcome.stderr, /^bercon: [^\n]+\n$/)
  assert.deepStrictEqual({ code: outcome.code, stdout: outcome.stdout }, { code, stdout: "" })
}
