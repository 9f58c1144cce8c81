/**
 * Splits an announcement into lines that servers show completely.
 */
import { bytesOf } from "./utf8.ts"

/** Maximum size in bytes of a line. Servers show at least this much of a text. */
export const SAFE_BYTES = 128

const fits = (text: string): boolean => bytesOf(text) <= SAFE_BYTES

/** The lines of the text. Lines that are too long are split between words, and words that are too long between characters. */
export const splitText = (text: string): ReadonlyArray<string> =>
  text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line !== "").flatMap(splitLine)

const splitLine = (line: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let current = ""
  for (const word of line.split(/ +/).flatMap(splitWord)) {
    const longer = current === "" ? word : `${current} ${word}`
    if (fits(longer)) current = longer
    else {
      lines.push(current)
      current = word
    }
  }
  lines.push(current)
  return lines
}

const splitWord = (word: string): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let current = ""
  for (const character of word) {
    if (!fits(current + character)) {
      pieces.push(current)
      current = ""
    }
    current += character
  }
  return [...pieces, current]
}
