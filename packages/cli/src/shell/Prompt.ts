/**
 * A line that is typed at the bottom of a terminal, with text that appears above it and never tears it.
 *
 * **Details**
 *
 * `node:readline` edits the line. To print above it: find the row of the cursor, move up to the first row of the prompt, clear
 * down, print, and have the line drawn again with the cursor kept. That also holds for lines that wrap, and after a resize.
 */
import process from "node:process"
import * as Readline from "node:readline"

/** How a prompt is made. */
export interface Options {
  readonly text: string
  /** Newest first. */
  readonly history: ReadonlyArray<string>
  readonly complete: (line: string) => readonly [ReadonlyArray<string>, string]
  readonly onLine: (line: string) => void
  /** Ctrl-C: the line is cleared already. */
  readonly onCancel: () => void
  /** Ctrl-D, or the terminal has gone. */
  readonly onEnd: () => void
}

/** Moves the cursor from a row of the prompt to the start of its first row, and clears everything from there. */
export const clearFrom = (row: number): string => `\r${row > 0 ? `\x1b[${row}A` : ""}\x1b[J`

/** The line at the bottom of the terminal. */
export interface Prompt {
  /** Prints lines above it. They must be safe: they go to the terminal as they are. */
  readonly above: (text: string) => void
  /** Changes what is before the line. */
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
  /** Whether the prompt is on the screen: after Enter, the cursor is below it, at the beginning of a line. */
  let isShown = true
  /** Readline cannot prompt any more, but commands that were typed before are still answered. */
  let isClosed = false
  const redraw = (before: string): void => {
    output.write(clearFrom(isShown ? terminal.getCursorPos().rows : 0) + before)
    isShown = !isClosed
    if (isClosed) return
    // Readline's record of the cursor: it is in the first row of the prompt now.
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
