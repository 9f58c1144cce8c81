/**
 * Patterns for numbers, addresses, GUIDs and filters as servers print them. The parsers of replies and messages are
 * built from them.
 *
 * A pattern built from them must be anchored, or be matched at a known index: a name may contain any text, so an
 * unanchored search can find a match inside a name. All are bounded in length, so that a pattern with one `.*` before
 * them takes linear time on hostile text.
 */
import { Address, isIpAddress } from "../Address.ts"
import type { Guid } from "../Guid.ts"
import { trusted } from "./trusted.ts"

export const NUMBER = String.raw`(\d{1,9})`

/** The numbers may be out of range; `isIpAddress` checks them. */
export const IP = String.raw`(\d{1,3}(?:\.\d{1,3}){3})`

/** Two groups, for {@link address}. */
export const ADDRESS = String.raw`${IP}:(\d{1,5})`

/** One group, for {@link guid}. */
export const GUID = "([0-9A-Fa-f]{32})"

/** The name of a filter: `RemoteExec`, `PublicVariable Value`, ... */
export const FILTER = "([A-Za-z ]{1,40})"

/** The GUID with these digits. */
export const guid = (digits: string): Guid => digits.toLowerCase() as Guid

/** The address with these parts; `undefined` if a number is out of range. */
export const address = (ip: string, port: string): Address | undefined =>
  isIpAddress(ip) && Number(port) <= 65535 ? trusted(Address, { ip, port: Number(port) }) : undefined

const LINE_ENDS = "\0\r\n"
const BLANKS = ` \t${LINE_ENDS}`

/**
 * Removes NULs and line ends after a text, and the blanks between and after them. Blanks before the first of them may
 * be the end of a name or message, so they stay; {@link trimBlanks} removes them, too.
 */
export const withoutEnd = (text: string): string => {
  let end = text.length
  for (let index = end - 1; index >= 0 && BLANKS.includes(text[index]!); index--) {
    if (LINE_ENDS.includes(text[index]!)) end = index
  }
  return text.slice(0, end)
}

/**
 * Removes blanks, NULs and line ends around a text. Unlike with `trim`, other white space stays, because names may
 * consist of it. A regular expression would take quadratic time.
 */
export const trimBlanks = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && BLANKS.includes(text[start]!)) start++
  while (start < end && BLANKS.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}
