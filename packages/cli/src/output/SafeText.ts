/**
 * Makes text safe to print.
 *
 * **Details**
 *
 * Players choose their names and their messages, and servers print both. A terminal obeys some characters instead of showing
 * them: control characters move the cursor, set the window's title, or make the terminal type an answer. Other characters
 * reverse the direction of text, or are invisible. Here such characters are shown by their numbers: `\x1b`, `\u202e`,
 * `\u{e0041}`.
 */

/**
 * Control characters (C0, C1, DEL), line and paragraph separators, format characters (bidirectional controls, zero widths,
 * soft hyphens, tags), lone surrogates, and other characters that are invisible according to Unicode.
 *
 * The variation selectors U+FE00 to U+FE0F are not among them: they choose the look of the character before them.
 */
const unsafe = /(?![\uFE00-\uFE0F])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const shown = (character: string): string => {
  const code = character.codePointAt(0)!
  const digits = code.toString(16)
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`
}

/** The text in one line, with each unsafe character shown by its number. */
export const line = (text: string): string => text.replace(unsafe, shown)

/** The same as {@link line}, but line feeds and tabs remain. A carriage return before a line feed is left out. */
export const lines = (text: string): string =>
  text.replace(/\r\n/g, "\n").replace(
    unsafe,
    (character) => character === "\n" || character === "\t" ? character : shown(character)
  )

/**
 * The same for a text that is JSON: unsafe characters become escapes of JSON, so that a reader of the JSON gets them unchanged.
 */
export const json = (written: string): string =>
  written.replace(unsafe, (character) =>
    character === "\n"
      ? character
      : Array.from(
        { length: character.length },
        (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`
      ).join(""))
