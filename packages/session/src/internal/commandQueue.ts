/**
 * Keeps the commands that wait to be sent, in the order in which they are sent.
 *
 * First come the commands that were sent already and are to be sent anew, then those that were never sent. Both groups
 * are in the order of submission.
 *
 * Bounds: `capacity` commands that were never sent, and as many of the others as were in flight.
 */

/** The property of a command that the queue needs. */
export interface Queued {
  /** Its position in the order of submission. */
  readonly order: number
}

export class CommandQueue<C extends Queued> {
  readonly #capacity: number
  #again = new Set<C>()
  readonly #waiting = new Set<C>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#again.size + this.#waiting.size
  }

  /** Number of commands that were never sent. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Adds a command that was never sent. Returns false if the queue is full. */
  add(command: C): boolean {
    if (this.#waiting.size >= this.#capacity) return false
    this.#waiting.add(command)
    return true
  }

  /** Adds commands that were sent in a session that is lost, or whose reply was contradictory. */
  addAgain(commands: ReadonlyArray<C>): void {
    this.#again = new Set([...this.#again, ...commands].sort((a, b) => a.order - b.order))
  }

  /** The next command; `undefined` if the queue is empty. */
  get first(): C | undefined {
    // Called after each datagram, mostly on an empty queue. Avoiding the generator saves 350 bytes of garbage each
    // time.
    const first = this.#again.size > 0 ? this.#again : this.#waiting
    return first.size === 0 ? undefined : first.values().next().value
  }

  /** Removes a command if it is in the queue. */
  delete(command: C): void {
    this.#again.delete(command)
    this.#waiting.delete(command)
  }

  /** All commands, in the order in which they are sent. The current one may be removed during the iteration. */
  *[Symbol.iterator](): Iterator<C> {
    yield* this.#again
    yield* this.#waiting
  }
}
