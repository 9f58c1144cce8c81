/**
 * Joins the messages in which Arma Reforger's own RCON sends a long output.
 */
import { takes } from "../utf8.ts"
import { ROW, trimEnd } from "./rows.ts"

/** Minimum size in bytes of a message that may have been cut. Servers cut at about a kilobyte. */
const LONG = 900

/** Whether a message may have been cut. */
export const isLong = (text: string): boolean => takes(text, LONG)

/** A row that was cut inside its number, or after its `#` or `-`. The next message then seems to begin a new row. */
const CUT_IN_NUMBER = /\n[#-]{0,2} ?\d{0,9}$/

/**
 * Joins the messages of an output. Servers do not always send the newline between two messages. It is added if the
 * second message begins with a row, or if the first one is too short to have been cut.
 */
export const join = (texts: ReadonlyArray<string>): string =>
  texts.reduce((joined, text, index) => {
    if (index === 0) return text
    const last = trimEnd(texts[index - 1] ?? "", "\0")
    const isCut = isLong(last) && (!ROW.test(text) || CUT_IN_NUMBER.test(last))
    return trimEnd(joined, "\0") + (isCut || last.endsWith("\n") ? "" : "\n") + text
  }, "")
