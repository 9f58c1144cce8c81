/**
 * Takes the whole screen of the terminal. Restores it when the scope closes, and also if the process ends in another way.
 */
import * as Effect from "effect/Effect"
import process from "node:process"
import * as Readline from "node:readline"

/** Begins the alternate screen, hides the cursor, and stops the wrapping of lines. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"

/** The output that draws the rows that are not on the screen yet. */
export const difference = (before: ReadonlyArray<string>, lines: ReadonlyArray<string>): string =>
  lines.map((line, at) => line === before[at] ? "" : `\x1b[${at + 1};1H\x1b[2K${line}`).join("") +
  (before.length > lines.length ? `\x1b[${lines.length + 1};1H\x1b[J` : "")

/** Takes the screen. `onKey` gets the names of keys. `onResize` is called after a resize, to draw again. */
export const take = (onKey: (name: string) => void, onResize: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let shown: ReadonlyArray<string> = []
      const leave = () => {
        process.stdout.write(LEAVE)
        process.stdin.setRawMode(false)
      }
      const keypress = (text: string | undefined, key: { readonly name?: string; readonly ctrl?: boolean }) => {
        // In raw mode Ctrl-C is a key, not a signal.
        if (key.ctrl === true && key.name === "c") process.kill(process.pid, "SIGINT")
        else onKey(key.name ?? text ?? "")
      }
      const resized = () => {
        shown = []
        process.stdout.write("\x1b[2J")
        onResize()
      }
      // This restores the screen also after a crash, and after a second signal.
      process.once("exit", leave)
      Readline.emitKeypressEvents(process.stdin)
      process.stdin.setRawMode(true)
      process.stdin.on("keypress", keypress).resume()
      process.stdout.on("resize", resized)
      process.stdout.write(ENTER)
      return {
        draw: (lines: ReadonlyArray<string>) => {
          process.stdout.write(difference(shown, lines))
          shown = lines
        },
        close: () => {
          process.off("exit", leave)
          process.stdin.off("keypress", keypress).pause()
          process.stdout.off("resize", resized)
          leave()
        }
      }
    }),
    ({ close }) => Effect.sync(close)
  )
