/**
 * Runs `bercon` in a pseudo-terminal of tmux, and reads its screen.
 */
import { Effect, Semaphore } from "effect"
import { execFile, execFileSync } from "node:child_process"
import * as Os from "node:os"
import { fileURLToPath } from "node:url"

const executable = fileURLToPath(new URL("../bin/bercon.js", import.meta.url))

/** Whether tmux is installed. */
export const hasTmux = ((): boolean => {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

/** The end of the name of a test that needs tmux. */
export const needsTmux = hasTmux ? "" : " (skipped: needs tmux)"

/** A terminal in which `bercon` runs. When `bercon` has ended, its exit code is on the screen: `code 0`. */
export interface Terminal {
  /** Types text as it is. */
  readonly type: (text: string) => Effect.Effect<void>
  /** Presses keys by tmux's names: `Enter`, `C-c`, `Tab`, `Left`. */
  readonly press: (...keys: ReadonlyArray<string>) => Effect.Effect<void>
  /** Sends a signal to `bercon`. */
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly resize: (columns: number, rows: number) => Effect.Effect<void>
  /** The text on the screen, without blanks at the ends of lines, and with accents composed. */
  readonly screen: Effect.Effect<string>
  /** Waits until `bercon` has ended with this exit code, and checks that the terminal echoes typed text again. */
  readonly ended: (code: number) => Effect.Effect<string>
  /** Waits until the screen matches, and returns it. After a minute it dies, with the screen in the error. */
  readonly until: (expected: RegExp) => Effect.Effect<string>
}

export interface Options {
  readonly env?: Record<string, string>
  readonly columns?: number
  readonly rows?: number
}

let terminals = 0

/** At most two terminals run at the same time: more are slow on small machines. */
const turn = Semaphore.makeUnsafe(2)

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** Starts `bercon ...args` in a terminal, which is closed with the scope. */
export const start = (args: ReadonlyArray<string>, { columns = 80, env = {}, rows = 24 }: Options = {}) =>
  Effect.gen(function*() {
    yield* Effect.acquireRelease(turn.take(1), () => turn.release(1))
    const socket = `bercon-test-${process.pid}-${++terminals}`
    const tmux = (...args: ReadonlyArray<string>): Effect.Effect<string> =>
      Effect.callback((resume) => {
        execFile("tmux", ["-L", socket, "-f", Os.devNull, ...args], { encoding: "utf8" }, (error, stdout) =>
          resume(error === null ? Effect.succeed(stdout) : Effect.die(error)))
      })
    const variables = Object.entries({ XDG_CONFIG_HOME: Os.devNull, XDG_STATE_HOME: Os.devNull, NO_COLOR: "1", ...env })
      .map(([name, value]) => quoted(`${name}=${value}`)).join(" ")
    const command = `env ${variables} ${
      [process.execPath, executable, ...args].map(quoted).join(" ")
    }; echo "code $?"; cat`
    yield* Effect.acquireRelease(
      tmux("new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, command),
      () => Effect.ignoreCause(tmux("kill-server"))
    )
    const screen = Effect.map(tmux("capture-pane", "-p"), (text) => text.replace(/[ \t]+$/gm, "").normalize("NFC"))
    const until = (expected: RegExp) =>
      Effect.gen(function*() {
        const deadline = performance.now() + 60_000
        for (;;) {
          const text = yield* screen
          if (expected.test(text)) return text
          if (performance.now() > deadline) {
            return yield* Effect.die(new Error(`${String(expected)} is not on the screen:\n${text}`))
          }
          yield* Effect.sleep("50 millis")
        }
      })
    const terminal: Terminal = {
      type: (text) => Effect.asVoid(tmux("send-keys", "-l", text)),
      press: (...keys) => Effect.asVoid(tmux("send-keys", ...keys)),
      signal: (signal) =>
        Effect.map(tmux("display-message", "-p", "#{pane_pid}"), (shell) => {
          const pid = execFileSync("ps", ["-o", "pid=", "--ppid", shell.trim()], { encoding: "utf8" })
          process.kill(Number(pid), signal)
        }),
      resize: (columns, rows) => Effect.asVoid(tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`)),
      screen,
      until,
      ended: (code) =>
        Effect.gen(function*() {
          const after = yield* until(new RegExp(`^code ${code}$`, "m"))
          yield* tmux("send-keys", "-l", "typed\r")
          // The terminal echoes the text, and then `cat` prints it.
          yield* until(/^typed\ntyped$/m)
          return after
        })
    }
    return terminal
  })
