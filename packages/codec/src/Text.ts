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
 * real lists have shown. Another label of the WHATWG Encoding Standard can be given instead (`"windows-1250"`, `"gbk"`).
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
  // Stryker disable next-line EqualityOperator: after the last character the code is NaN, and its byte is not stored
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encoder.encode(text)
    bytes[i] = code
  }
  return bytes
}

/**
 * Decodes bytes to a string. Never throws, and takes time in proportion to the number of bytes, whatever they are.
 *
 * **Details**
 *
 * Each line (up to `\n`) is decoded on its own, so that one odd player name does not spoil a whole list:
 *
 * - A line that is UTF-8 is decoded as UTF-8.
 * - So is a line of UTF-8 that was cut inside a character, as servers cut long texts: it has at least two whole
 *   characters beyond ASCII, or one of three or four bytes, then one that lacks its last bytes, then only ASCII. The cut
 *   character becomes U+FFFD.
 * - Every other line is decoded in the code page `fallback`, default {@link DEFAULT_FALLBACK}. Bytes that the code page
 *   does not define become U+FFFD.
 *
 * `fallback` is a label of the WHATWG Encoding Standard. If the runtime does not know it, or if its encoding is not a
 * superset of ASCII (UTF-16 and ISO-2022-JP are not), what is not UTF-8 becomes U+FFFD.
 *
 * Every `\n` stays in the text, and so does a byte order mark.
 *
 * Join the parts of a long reply before decoding: a character may be cut between two.
 *
 * **Gotchas**
 *
 * Legacy text whose bytes happen to be UTF-8 is read as UTF-8: `"ЕЁ"` in windows-1251 is also `"Ũ"` in UTF-8. One
 * whole character of two bytes is not enough for a cut line because legacy words of three letters look like that:
 * `"ПЁС"`, `"Кіт"`. So a line that was cut inside its first or second character beyond ASCII may be read in `fallback`.
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
  return text.includes("\ufffd") ? utf8.decode(inUtf8(bytes, fallback)) : text
}

/** The same text with each legacy line replaced by its UTF-8 bytes. */
const inUtf8 = (bytes: Uint8Array, fallback: string): Uint8Array => {
  // A decoder call for each line, or a string for each, costs seconds if a long reply is made of short lines. So the
  // code page decodes everything at once, and lines are picked as bytes. It has the same lines, since no byte of a
  // longer character is `\n`.
  const legacy = encoder.encode(decoderOf(fallback).decode(bytes))
  const picked = new Uint8Array(bytes.length + legacy.length)
  let length = 0
  let legacyFrom = 0
  for (let from = 0; from < bytes.length;) {
    const to = endOfLine(bytes, from)
    const legacyTo = endOfLine(legacy, legacyFrom)
    const own = isUtf8(bytes, from, to)
    const source = own ? bytes : legacy
    const end = own ? to : legacyTo
    for (let i = own ? from : legacyFrom; i < end; i++) picked[length++] = source[i]!
    from = to
    legacyFrom = legacyTo
  }
  return picked.subarray(0, length)
}

/** Where the line that begins at `from` ends: after its `\n`, or at the end of the bytes. */
const endOfLine = (bytes: Uint8Array, from: number): number => {
  // Stryker disable next-line EqualityOperator: the byte after the last is undefined, so no line end either
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === 0x0a) return i + 1
  }
  return bytes.length
}

/**
 * How many continuation bytes the whole characters must have to prove that a line with a cut character is UTF-8: those of
 * two characters, or of one of three bytes. Legacy words with one such byte are common, as it is a letter: `"ПЁС"`.
 */
const PROOF_BYTES = 2

/** Whether the bytes from `from` to before `to` are UTF-8, perhaps cut inside the last character beyond ASCII. */
const isUtf8 = (bytes: Uint8Array, from: number, to: number): boolean => {
  let proof = 0
  let cut = false
  for (let i = from; i < to;) {
    const lead = bytes[i]!
    if (lead < 0x80) {
      i++
      continue
    }
    const size = sizeOf(lead)
    if (size === 0 || cut) return false
    let found = 1
    while (found < size && continues(lead, found, bytes[i + found]!)) found++
    if (found === size) proof += size - 1
    else if (proof < PROOF_BYTES) return false
    else cut = true
    i += found
  }
  return true
}

/** How many bytes a UTF-8 character beyond ASCII has that begins with `lead`; 0 if none does. */
const sizeOf = (lead: number): number => lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0

/**
 * Whether `byte` can stand at index `at` of a UTF-8 character that begins with `lead`. The second byte has a narrower
 * range after four leads: so no character has two encodings, surrogates have none, and U+10FFFF is the last.
 */
const continues = (lead: number, at: number, byte: number): boolean => {
  const low = at > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = at > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return byte >= low && byte <= high
}

const decoderOf = (label: string): TextDecoder => fallbackOf(label) ?? utf8

const fallbackOf = (label: string): TextDecoder | undefined => {
  try {
    const decoder = new TextDecoder(label, { ignoreBOM: true })
    return NOT_ASCII.test(decoder.encoding) ? undefined : decoder
  } catch {
    return undefined
  }
}

/**
 * Whether the label names an encoding that can be a fallback: one that this platform knows, and in which bytes below 80 (hex)
 * are ASCII. `"windows-1251"` is one, `"utf-16"` is not.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isFallback = (label: string): boolean => fallbackOf(label) !== undefined

/** The encodings in which a byte below 80 may stand for something else than ASCII: their lines are not ours. */
const NOT_ASCII = /utf-16|iso-2022-jp/
