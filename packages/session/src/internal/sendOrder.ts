/**
 * Keeps sequence numbers in the order in which their last datagrams were sent, as a doubly linked list in two arrays.
 */
import { type Columns, noIndices } from "./typedArrays.ts"

/** The end of the list. */
const NONE = -1

export class SendOrder {
  /** Size in bytes of the state of one number. */
  static readonly BYTES = 2 * 2
  #newer = noIndices
  #older = noIndices
  #oldest = NONE
  #newest = NONE

  /** Makes room for more numbers. */
  grow(columns: Columns): void {
    this.#newer = columns.grown(this.#newer, NONE)
    this.#older = columns.grown(this.#older, NONE)
  }

  /** The number whose last datagram is the oldest; `undefined` if the list is empty. */
  get oldest(): number | undefined {
    return this.#oldest === NONE ? undefined : this.#oldest
  }

  /** Adds a number as the newest, or moves it there. */
  append(number: number): void {
    this.delete(number)
    this.#older[number] = this.#newest
    if (this.#newest === NONE) this.#oldest = number
    else this.#newer[this.#newest] = number
    this.#newest = number
  }

  /** Removes a number if it is in the list. */
  delete(number: number): void {
    const older = this.#older[number]!
    const newer = this.#newer[number]!
    if (older === NONE && this.#oldest !== number) return
    if (older === NONE) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === NONE) this.#newest = older
    else this.#older[newer] = older
    this.#older[number] = NONE
    this.#newer[number] = NONE
  }
}
