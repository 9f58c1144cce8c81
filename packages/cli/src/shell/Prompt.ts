/**
 * An input line at the bottom of a terminal. Text that is printed above it leaves the line and its cursor as they are.
 *
 * **Details**
 *
 * `node:readline` edits the line. To print above it: find the row of the cursor, move up to the first row of the prompt, clear
 * down, print, and let readline draw the line again at the same position of the cursor. This also works if the line is wrapped,
 * and after a resize.
 */
import process from "node:process"
import * as Readline from "node:readline"

/** The options of a prompt. */
export interface Options {
  /** The text before the line. */
  readonly text: string
  /** Earlier lines, newest first. */
  readonly history: ReadonlyArray<string>
  readonly complete: (line: string) => readonly [ReadonlyArray<string>, string]
  readonly onLine: (line: string) => void
  /** Called on Ctrl-C, after the line has been cleared. */
  readonly onCancel: () => void
  /** Called on Ctrl-D, or when the terminal has gone. */
  readonly onEnd: () => void
}

/** Moves the cursor from a row of the prompt to the start of its first row, and clears everything from there. */
export const clearFrom = (row: number): string => `\r${row > 0 ? `\x1b[${row}A` : ""}\x1b[J`

/** The line at the bottom of the terminal. */
export interface Prompt {
  /** Prints lines above it. They must be safe, because they go to the terminal as they are. */
  readonly above: (text: string) => void
  /** Changes the text before the line. */
  readonly change: (text: string) => void
  /** Removes the newest line from the history. */
  readonly forget: () => void
  readonly close: () => void
}

/** Begins a prompt on standard output. */
export const make = ({ complete, history, onCancel, onEnd, onLine, text }: Options): Prompt => {
  const output = process.stdout
  const terminal = Readline.createInterface({
    input: process.stdin,
    output,
    terminal: true,
    prompt: text,
    history: [...history],
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => {
      const [completions, part] = complete(line)
      return [[...completions], part]
    }
  })
  /** Whether the cursor is in the prompt. After Enter, it is below the prompt, at the beginning of a line. */
  let isShown = true
  /** Whether readline has ended. Commands that were typed before are still answered. */
  let isClosed = false
  const redraw = (before: string): void => {
    output.write(clearFrom(isShown ? terminal.getCursorPos().rows : 0) + before)
    isShown = !isClosed
    if (isClosed) return
    // Corrects readline's record: the cursor is in the first row of the prompt now.
    Object.assign(terminal, { prevRows: 0 })
    terminal.prompt(true)
  }
  terminal.on("line", (line) => {
    isShown = false
    onLine(line)
    redraw("")
  })
  terminal.on("SIGINT", () => {
    terminal.write(null, { ctrl: true, name: "e" })
    terminal.write(null, { ctrl: true, name: "u" })
    onCancel()
  })
  const ended = () => {
    isClosed = true
    onEnd()
  }
  terminal.once("close", ended)
  terminal.prompt()
  return {
    above: (text) => redraw(text.endsWith("\n") ? text : `${text}\n`),
    change: (text) => {
      if (isClosed) return
      const rows = isShown ? terminal.getCursorPos().rows : 0
      output.write(clearFrom(rows))
      isShown = false
      terminal.setPrompt(text)
      redraw("")
    },
    forget: () => {
      // `history` is documented as an option and an event of readline; its types leave out the property.
      const { history } = terminal as unknown as { readonly history?: Array<string> }
      history?.shift()
    },
    close: () => {
      terminal.off("close", ended)
      output.write(clearFrom(isShown ? terminal.getCursorPos().rows : 0))
      isShown = false
      isClosed = true
      terminal.close()
    }
  }
}
