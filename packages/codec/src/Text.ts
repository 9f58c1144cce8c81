/**
 * Encodes and decodes the text of BattlEye packets.
 *
 * **Details**
 *
 * Modern servers send UTF-8. Older servers pass on a player's name in the legacy code page of that player's system, so
 * the lines of one reply can differ in encoding. {@link decode} therefore chooses the encoding of each line separately.
 * It never fails.
 * The functions are pure and keep no state.
 *
 * **Example** (A name in UTF-8, and the same name in a legacy code page)
 *
 * ```ts
 * import { Text } from "@bercon/codec"
 *
 * Text.decode(Text.encode("Макс\n")) // "Макс\n"
 * Text.decode(Uint8Array.of(0xcc, 0xe0, 0xea, 0xf1)) // "Макс", from windows-1251
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */

/**
 * The code page that {@link decode} uses by default for a line that is not UTF-8: Cyrillic, the only code page seen in
 * lists of real servers so far. Another label of the WHATWG Encoding Standard can be given instead (`"windows-1250"`,
 * `"gbk"`), see {@link isFallback}.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_FALLBACK = "windows-1251"

const encoder = new TextEncoder()
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * Encodes a string as UTF-8. A lone surrogate becomes U+FFFD.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (text: string): Uint8Array => {
  // A call of `TextEncoder` costs half a microsecond. For commands, which are short and nearly always ASCII, a loop is
  // faster.
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
 * Decodes bytes to a string. It never throws, and its time is proportional to the number of bytes, whatever the bytes
 * are.
 *
 * **Details**
 *
 * Each line (up to `\n`) is decoded separately, so that one odd player name does not spoil a whole list:
 *
 * - A line of UTF-8 is decoded as UTF-8.
 * - So is a line that was cut inside a character, because servers cut long texts. It has at least two whole characters
 *   beyond ASCII (or one of three or four bytes), then one character without its last bytes, then only ASCII. The cut
 *   character becomes U+FFFD.
 * - Every other line is decoded in the code page `fallback`. Its default is {@link DEFAULT_FALLBACK}. Bytes that the
 *   code page does not define become U+FFFD.
 *
 * `fallback` is a label of the WHATWG Encoding Standard. If the runtime does not support it, or if the encoding is not
 * a superset of ASCII (UTF-16 and ISO-2022-JP are not), bytes that are not UTF-8 become U+FFFD.
 *
 * Every `\n` stays in the text, and so does every byte order mark in a line of UTF-8.
 *
 * Join the parts of a long reply before decoding: a character may be cut between two parts.
 *
 * **Gotchas**
 *
 * Legacy text whose bytes happen to be valid UTF-8 is read as UTF-8: the bytes of `"ЕЁ"` in windows-1251 are also `"Ũ"`
 * in UTF-8. For the same reason, one whole character of two bytes does not prove that a cut line is UTF-8: legacy words
 * of three letters (`"ПЁС"`, `"Кіт"`) look like that. So a line of UTF-8 that was cut inside its first or second
 * character beyond ASCII may be read in `fallback`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (bytes: Uint8Array, fallback: string = DEFAULT_FALLBACK): string => {
  const text = utf8.decode(bytes)
  return text.includes("\ufffd") ? utf8.decode(inUtf8(bytes, fallback)) : text
}

/** The text in UTF-8: lines in a legacy code page are converted, and all other lines are copied. */
const inUtf8 = (bytes: Uint8Array, fallback: string): Uint8Array => {
  // A decoder call or a string for each line takes seconds if a long reply consists of short lines. So all bytes are
  // decoded in the code page at once, and each line is then copied either from there or from `bytes`. Both have the
  // same lines, because no byte inside a longer character is `\n`.
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

/** The end of the line that begins at `from`: the index after its `\n`, or the number of bytes. */
const endOfLine = (bytes: Uint8Array, from: number): number => {
  // Stryker disable next-line EqualityOperator: the byte after the last is undefined, so it is no line end either
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === 0x0a) return i + 1
  }
  return bytes.length
}

/**
 * A line with a cut character counts as UTF-8 if its whole characters have at least this many continuation bytes. Two
 * characters of two bytes have two, and so has one character of three bytes. One is no proof: it is also a letter in
 * legacy code pages, so many legacy words look like a character of two bytes and a cut one (`"ПЁС"`).
 */
const PROOF_BYTES = 2

/** Whether the bytes from `from` up to `to` (exclusive) are UTF-8. The last character beyond ASCII may be cut. */
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

/** The size in bytes of a UTF-8 character beyond ASCII that begins with `lead`, or 0 if no such character exists. */
const sizeOf = (lead: number): number => lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0

/**
 * Whether `byte` is allowed at index `at` of a UTF-8 character that begins with `lead`. Four of the leads narrow the
 * range of the second byte, to exclude surrogates, code points above U+10FFFF, and characters that have a shorter
 * encoding.
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
 * Whether `label` can be used as a fallback: the runtime must support the encoding, which must be a superset of ASCII.
 * `"windows-1251"` can be used, `"utf-16"` cannot.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isFallback = (label: string): boolean => fallbackOf(label) !== undefined

/** Encodings that are not supersets of ASCII. Their decoded text may have other lines than the bytes. */
const NOT_ASCII = /utf-16|iso-2022-jp/
