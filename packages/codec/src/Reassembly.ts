/**
 * Joins the parts of a long command reply.
 *
 * **Details**
 *
 * Parts may come in any order and more than once. A part that contradicts the ones before it (another total, or other
 * bytes at an index already held) can only belong to another execution of the command, so the reply begins anew with
 * that part: bytes that came before a contradiction are never joined with bytes that came after it. The result is the
 * same for every order and repetition of the parts of one reply, and nothing is returned while one is missing.
 *
 * Memory is bounded by the format: at most 255 parts, each a view into its datagram, so 255 KiB from a server that keeps
 * to 1,024 bytes a part, and 16 MiB in the largest datagrams that UDP carries.
 *
 * **Example** (Two parts, the second first)
 *
 * ```ts
 * import { Packet, Reassembly, Text } from "@bercon/codec"
 *
 * const reply = Reassembly.make()
 * Reassembly.add(reply, Packet.commandReplyPart(0, 2, 1, "world")) // undefined
 * const bytes = Reassembly.add(reply, Packet.commandReplyPart(0, 2, 0, "hello "))
 * if (bytes !== undefined) Text.decode(bytes) // "hello world"
 * ```
 *
 * @since 0.1.0
 */
import type { CommandReplyPart } from "./Packet.ts"

/**
 * A reply of which not all parts have come. Owned by one sequence number; mutable, changed by {@link add} alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reassembly {
  /** How many parts the reply has, 1 to 255; 0 before the first part. */
  total: number
  /** How many of them are held, 0 to `total`. */
  held: number
  /** The held payloads by index; `undefined` where one is missing. */
  parts: Array<Uint8Array | undefined>
}

/**
 * A reassembly that holds nothing yet.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (): Reassembly => ({ total: 0, held: 0, parts: [] })

const equals = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const begin = (self: Reassembly, total: number): void => {
  self.total = total
  self.held = 0
  self.parts = Array.from<undefined>({ length: total })
}

/**
 * Takes one part, and returns the whole reply, in a buffer of its own, once no part is missing. Until then `undefined`.
 *
 * **Details**
 *
 * Repeating a part changes nothing, also after the reply is complete (it is returned again). The part's sequence number
 * is not looked at: keeping one reassembly per number is the caller's business.
 *
 * @category combinators
 * @since 0.1.0
 */
export const add = (self: Reassembly, part: CommandReplyPart): Uint8Array | undefined => {
  if (part.total !== self.total) begin(self, part.total)
  let held = self.parts[part.index]
  if (held !== undefined && !equals(held, part.payload)) {
    begin(self, part.total)
    held = undefined
  }
  if (held === undefined) {
    self.parts[part.index] = part.payload
    self.held++
  }
  return self.held === self.total ? join(self.parts as ReadonlyArray<Uint8Array>) : undefined
}

/**
 * How many parts are still missing; 0 before the first part, since nobody knows yet how many there are.
 *
 * @category getters
 * @since 0.1.0
 */
export const missing = (self: Reassembly): number => self.total - self.held

const join = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
