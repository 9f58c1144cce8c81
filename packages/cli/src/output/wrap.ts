/**
 * Wraps lines between words. Text in a second column, as in help texts, continues in this column.
 */
import * as CliOutput from "effect/cli/CliOutput"
import { stripVTControlCharacters } from "node:util"

const widthOf = (text: string): number => CliOutput.displayWidth(stripVTControlCharacters(text))

/** Two columns: a name, at least two blanks, and a description. */
const COLUMNS = /^( *\S.*? {2,})\S/

const INDENT = 6

const wrapLine = (line: string, width: number): string => {
  if (widthOf(line) <= width) return line
  const [, first = ""] = COLUMNS.exec(stripVTControlCharacters(line)) ?? []
  const column = widthOf(first)
  const indent = " ".repeat(column > 0 && column <= width / 2 ? column : Math.min(INDENT, Math.floor(width / 4)))
  let wrapped = ""
  let used = 0
  // Each word has the blanks before it. At the beginning of a new line they are left out.
  for (const word of line.split(/(?<=\S)(?= )/)) {
    const cells = widthOf(word)
    if (used > 0 && used + cells > width) {
      const rest = word.trimStart()
      const room = Math.max(0, width - widthOf(rest))
      wrapped += `\n${indent.slice(0, room)}${rest}`
      used = Math.min(indent.length, room) + widthOf(rest)
    } else {
      wrapped += word
      used += cells
    }
  }
  return wrapped
}

/** Wraps a text to lines of at most `width` cells. A line of a single word may be wider. `undefined`: no limit. */
export const wrap = (text: string, width: number | undefined): string =>
  width === undefined ? text : text.split("\n").map((line) => wrapLine(line, width)).join("\n")
