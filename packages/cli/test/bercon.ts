/**
 * Runs `bercon` as a process of its own, as a shell or a script does.
 */
import { assert } from "@effect/vitest"
import { Effect, Semaphore } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as Os from "node:os"
import { fileURLToPath } from "node:url"

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** The outcome of a process. */
export interface Outcome {
  /** `null` if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a process is run. */
export interface Options {
  /** Additional variables. Those of the test process that are meant for `bercon` are removed. */
  readonly env?: Record<string, string | undefined>
  /** Its standard input. Default: empty. */
  readonly stdin?: string
  /**
   * Whether `--quiet` is among its arguments. Default `true`, because anything can take so long on a busy
   * machine that progress is printed.
   */
  readonly quiet?: boolean
  /** The descriptor of a file to which standard output is written. The outcome then has an empty one. */
  readonly stdout?: number
  /** The program, from this folder. Default: the bundle. */
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

/** Tests run at the same time, because their processes mostly wait. With more than a few, they would wait for the processor. */
const turn = Semaphore.makeUnsafe(3)

/** The command line `bercon ...args`. Interrupting it kills the process. */
export const bercon = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Outcome> =>
  turn.withPermit(run(options.quiet === false ? args : quietly(args), options))

/** Adds `--quiet` before `--`, after which words are no flags. */
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
    // A process that does not read its input may end before it is written.
    child.stdin!.on("error", () => {})
    child.stdin!.end(options.stdin ?? "")
    child.once("close", (code) => resume(Effect.succeed({ code, stdout, stderr })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Asserts that a process has printed this, and nothing on standard error. */
export const succeeded = (outcome: Outcome, stdout: string | RegExp): void => {
  assert.deepStrictEqual({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" })
  if (typeof stdout === "string") assert.strictEqual(outcome.stdout, stdout)
  else assert.match(outcome.stdout, stdout)
}

/** Asserts that a process has ended with this exit code and one line on standard error, and has printed nothing. */
export const failed = (outcome: Outcome, code: number, line: RegExp): void => {
  assert.match(outcome.stderr, line)
  assert.match(outcome.stderr, /^bercon: [^\n]+\n$/)
  assert.deepStrictEqual({ code: outcome.code, stdout: outcome.stdout }, { code, stdout: "" })
}
