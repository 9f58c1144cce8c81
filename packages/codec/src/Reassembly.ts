/**
 * Joins the parts of a long command reply.
 *
 * **Details**
 *
 * Parts may arrive in any order and more than once. Every order and repetition of the same parts gives the same reply.
 * Nothing is returned while a part is missing.
 *
 * Two parts that contradict each other (different totals, or different bytes at the same index) come from two
 * executions of the command. The reassembly is then `contradictory` for good and never returns a reply, because nothing
 * shows which parts belong together.
 *
 * A reassembly is mutable state of one caller. Make one for each command, and drop it when the command is settled.
 *
 * **Gotchas**
 *
 * Two executions of a repeated query can be mixed without a contradiction: if both replies have the same number of
 * parts, and no part arrives twice with different bytes, the joined reply looks right.
 *
 * **Limits**
 *
 * A reassembly holds at most 255 parts, each a view into its datagram: 255 KiB if the server keeps to 1,024 bytes a
 * part, and 16 MiB with the largest datagrams that UDP carries. A caller with a lower limit compares it with `bytes`.
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
 * @stability stable
 * @since 0.1.0
 */
import type { CommandReplyPart } from "./Packet.ts"

/**
 * The parts of one reply that have arrived so far. Only {@link add} changes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reassembly {
  /** How many parts the reply has, 1 to 255; 0 before the first part. */
  readonly total: number
  /** How many parts are held, 0 to `total`. */
  readonly held: number
  /** Total size of the held payloads in bytes. */
  readonly bytes: number
  /** The held payloads by index. The entry of a missing part is `undefined`. */
  readonly parts: Array<Uint8Array | undefined>
  /** Whether a part contradicted an earlier one. From then on {@link add} ignores every part. */
  readonly contradictory: boolean
}

/**
 * Makes an empty reassembly.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (): Reassembly => ({ total: 0, held: 0, bytes: 0, parts: [], contradictory: false })

const equals = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/**
 * Adds one part. Returns the whole reply in a buffer of its own, or `undefined` if parts are missing or the reassembly
 * is `contradictory`.
 *
 * **Details**
 *
 * Adding a part again changes nothing; once the reply is complete, it is returned again. The part's sequence number is
 * ignored: keep one reassembly for each number.
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
 * How many parts are missing. Returns 0 before the first part, because only a part contains the total.
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
