/**
 * Text as BattlEye servers and clients send it.
 *
 * **Details**
 *
 * Modern servers send UTF-8. Older ones pass player names on in whatever legacy code page the player's system had, so
 * one reply can hold both. {@link decode} therefore decides line by line and never fails.
 *
 * @since 0.1.0
 */

/**
 * The code page that {@link decode} assumes for a line that is not UTF-8, unless told otherwise: Cyrillic, the one that
 * real lists have shown. Any label of the WHATWG Encoding Standard can be given instead (`"windows-1250"`, `"gbk"`).
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_FALLBACK = "windows-1251"

const encoder = new TextEncoder()
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * UTF-8 bytes of a string. A lone surrogate becomes U+FFFD.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (text: string): Uint8Array => {
  // `TextEncoder` costs half a microsecond a call; commands are short and nearly always ASCII.
  const length = text.length
  if (length > 64) return encoder.encode(text)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encoder.encode(text)
    bytes[i] = code
  }
  return bytes
}

/**
 * Decodes bytes to a string, and never throws.
 *
 * **Details**
 *
 * Bytes that are UTF-8 are read as UTF-8. Otherwise each line (up to `\n`) that is not UTF-8 is read in the code page
 * `fallback`, default {@link DEFAULT_FALLBACK}, so that one odd player name does not spoil a whole list. A label this
 * runtime does not know gives U+FFFD for what is not UTF-8. A byte order mark stays in the text, and so does every `\n`,
 * whatever the code page makes of the bytes around it.
 *
 * Join the parts of a long reply before decoding: a character may be cut between two.
 *
 * **Example** (A legacy name)
 *
 * ```ts
 * import { Text } from "@bercon/codec"
 *
 * Text.decode(Uint8Array.of(0xcc, 0xe0, 0xea, 0xf1)) // "Макс"
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (bytes: Uint8Array, fallback: string = DEFAULT_FALLBACK): string => {
  const text = utf8.decode(bytes)
  return text.includes("\ufffd") ? decodeLines(bytes, text, fallback) : text
}

/** Reads each line of `text` anew that was not UTF-8. No byte of a longer character is `\n`, so lines stay lines. */
const decodeLines = (bytes: Uint8Array, text: string, fallback: string): string => {
  const legacy = decoderOf(fallback)
  let start = 0
  return text.split("\n").map((line) => {
    const from = start
    const newline = bytes.indexOf(0x0a, from)
    const to = newline === -1 ? bytes.length : newline
    start = to + 1
    if (!line.includes("\ufffd")) return line
    const own = bytes.subarray(from, to)
    return isUtf8(own, line) ? line : legacy.decode(own)
  }).join("\n")
}

/**
 * Whether each U+FFFD in a decoded line stands in its bytes too, as `EF BF BD`. A fatal `TextDecoder` answers the same by
 * throwing, at several microseconds a time: a long reply of odd lines would block the program for a second.
 */
const isUtf8 = (bytes: Uint8Array, text: string): boolean => {
  let character = text.indexOf("\ufffd")
  for (let i = bytes.indexOf(0xef); character !== -1 && i !== -1; i = bytes.indexOf(0xef, i + 1)) {
    if (bytes[i + 1] === 0xbf && bytes[i + 2] === 0xbd) character = text.indexOf("\ufffd", character + 1)
  }
  return character === -1
}

const decoderOf = (label: string): TextDecoder => {
  try {
    return new TextDecoder(label, { ignoreBOM: true })
  } catch {
    return utf8
  }
}
