/**
 * Texts that take a known number of cells on a terminal, whatever characters are in them.
 */
import { displayWidth } from "effect/cli/CliOutput"
import * as SafeText from "./SafeText.ts"

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Makes a text safe, in one line, and cuts it to this number of cells: between characters, with `…` at its end. */
export const cut = (text: string, cells: number): string => {
  const safe = SafeText.line(text)
  if (displayWidth(safe) <= cells) return safe
  if (cells <= 0) return ""
  let kept = ""
  let used = 0
  for (const { segment } of segmenter.segment(safe)) {
    const width = displayWidth(segment)
    if (used + width > cells - 1) break
    kept += segment
    used += width
  }
  return `${kept}…`
}

/** Cuts or pads a text to exactly this number of cells. The blanks are after the text or, if `right`, before it. */
export const fit = (text: string, cells: number, right = false): string => {
  const short = cut(text, cells)
  const blanks = " ".repeat(Math.max(0, cells - displayWidth(short)))
  return right ? blanks + short : short + blanks
}

const BARS = "▁▂▃▄▅▆▇█"

/** A small chart of the last numbers, one cell each. It goes from 0 to the greatest of them; `undefined` is a blank. */
export const sparkline = (numbers: ReadonlyArray<number | undefined>, cells: number): string => {
  const shown = cells <= 0 ? [] : numbers.slice(-cells)
  const greatest = shown.reduce<number>((most, number = 0) => Math.max(most, number), 1)
  const bar = (number: number) => BARS[Math.round(Math.max(0, number) / greatest * (BARS.length - 1))]
  return shown.map((number) => number === undefined ? " " : bar(number)).join("")
}

/** A time in milliseconds, short: `45s`, `12m`, `3h05`, `2d`. */
export const shortTime = (millis: number): string => {
  const seconds = Math.max(0, Math.floor(millis / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours}h${String(minutes % 60).padStart(2, "0")}` : `${Math.floor(hours / 24)}d`
}
