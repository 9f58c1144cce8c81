/**
 * Joins the parts of a long command reply.
 *
 * **Details**
 *
 * Parts may come in any order and more than once: the result is the same for every order and repetition of the parts of
 * one reply, and nothing is returned while a part is missing.
 *
 * A part that contradicts an earlier one (another total, or other bytes at an index already held) belongs to another
 * execution of the command. The reassembly is `contradictory` from then on and returns nothing any more, because it is
 * unknown which parts belong together.
 *
 * **Gotchas**
 *
 * A reply joined from two executions of a repeated query cannot always be detected: if both replies have the same number
 * of parts, and no part arrives twice with different bytes, the joined reply looks right.
 *
 * **Limits**
 *
 * At most 255 parts, each a view into its datagram: 255 KiB from a server that keeps to 1,024 bytes a part, and 16 MiB
 * in the largest datagrams that UDP carries. `bytes` says how many are held, for a caller with a lower limit.
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
 * A reply of which not all parts have come. Owned by one sequence number; changed by {@link add} alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reassembly {
  /** How many parts the reply has, 1 to 255; 0 before the first part. */
  readonly total: number
  /** How many of them are held, 0 to `total`. */
  readonly held: number
  /** How many bytes the held payloads have together. */
  readonly bytes: number
  /** The held payloads by index; `undefined` at the index of a missing one. */
  readonly parts: Array<Uint8Array | undefined>
  /** Whether a part contradicted an earlier one. It was not taken, and no part is from then on. */
  readonly contradictory: boolean
}

/**
 * A reassembly that holds nothing yet.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (): Reassembly => ({ total: 0, held: 0, bytes: 0, parts: [], contradictory: false })

const equals = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/**
 * Takes one part, and returns the whole reply, in a buffer of its own, if no part is missing. Returns `undefined` if parts
 * are missing or the reassembly is `contradictory`.
 *
 * **Details**
 *
 * Repeating a part changes nothing; after the reply is complete, it is returned again. The part's sequence number is
 * ignored: the caller keeps one reassembly for each number.
 *
 * @category combinators
 * @since 0.1.0
 */
export const add = (self: Reassembly, part: CommandReplyPart): Uint8Array | undefined => {
  const state: { -readonly [K in keyof Reassembly]: Reassembly[K] } = self
  if (state.total === 0) state.total = part.total
  const held = state.parts[part.index]
  if (part.total !== state.total || (held !== undefined && !equals(held, part.payload))) state.contradictory = true
  if (state.contradictory) return undefined
  if (held === undefined) {
    state.parts[part.index] = part.payload
    state.held++
    state.bytes += part.payload.length
  }
  return state.held === state.total ? join(state.parts as ReadonlyArray<Uint8Array>, state.bytes) : undefined
}

/**
 * How many parts are still missing; 0 before the first part, which tells how many there are.
 *
 * @category getters
 * @since 0.1.0
 */
export const missing = (self: Reassembly): number => self.total - self.held

const join = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
