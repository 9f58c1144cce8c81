/**
 * The mark of rows that the book has added to the list of a server: `[book:k3x9q2]` in `[book:k3x9q2] teamkilling`.
 *
 * It contains the number of the ban in the book, so that a row is recognised even if the server changes the text after the
 * mark. It is at the beginning, because servers cut long reasons. It is ASCII, because servers use different code pages.
 */
import type { BanEntry, BanEntryId } from "../../BanEntry.ts"

export const DEFAULT_MARK = "book"

/** The maximum length of a reason that servers send back completely, in bytes of UTF-8. */
const REASON_BYTES = 128

/** The reason of a ban in a server's list: the mark, and as much of the reason as fits. */
export const markedReason = ({ id, reason }: Pick<BanEntry, "id" | "reason">, mark: string): string => {
  const begin = `[${mark}:${id}]`
  return reason === "" ? begin : cut(`${begin} ${reason}`)
}

/** The number in the mark of a reason; `undefined` if the reason does not begin with this mark. */
export const idIn = (reason: string, mark: string): BanEntryId | undefined => {
  const begin = `[${mark}:`
  const text = reason.trimStart()
  if (!text.startsWith(begin)) return undefined
  return /^([a-z0-9]{6})\](?: |$)/.exec(text.slice(begin.length))?.[1] as BanEntryId | undefined
}

/** Removes the mark from a reason that has one. */
export const withoutMark = (reason: string): string => reason.slice(reason.indexOf("]") + 1).trim()

/** As many whole characters of a text as fit into a reason. */
export const cut = (text: string): string => {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= REASON_BYTES) return text
  let end = REASON_BYTES
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end)).trimEnd()
}
