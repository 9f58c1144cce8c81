/**
 * Keeps entries with due times, the earliest first: a binary heap.
 */

interface Entry<A> {
  readonly due: number
  /** Decides between entries that are due at the same time. */
  readonly order: number
  readonly value: A
}

const isBefore = <A>(one: Entry<A>, other: Entry<A>): boolean =>
  one.due < other.due || one.due === other.due && one.order < other.order

/** Adding and taking an entry take time proportional to the logarithm of `size`. */
export class Timetable<A> {
  /** The root has index 1. The parent of an entry is at half its index, and never due after it. */
  readonly #heap: Array<Entry<A>> = []
  #added = 0

  get size(): number {
    return Math.max(0, this.#heap.length - 1)
  }

  /** When the earliest entry is due; `Infinity` if there is none. */
  get due(): number {
    return this.#heap[1]?.due ?? Infinity
  }

  add(due: number, value: A): void {
    const heap = this.#heap
    const entry: Entry<A> = { due, order: this.#added++, value }
    if (heap.length === 0) heap.push(entry)
    let index = heap.push(entry) - 1
    while (index > 1 && isBefore(entry, heap[index >> 1]!)) {
      heap[index] = heap[index >> 1]!
      index >>= 1
    }
    heap[index] = entry
  }

  /** Takes the earliest entry if it is due by `now`. Of entries that are due at the same time, takes the one added first. */
  take(now: number): A | undefined {
    const heap = this.#heap
    const first = heap[1]
    if (first === undefined || first.due > now) return undefined
    const last = heap.pop()!
    if (heap.length > 1) this.#sink(last)
    return first.value
  }

  /** Puts an entry in the place of the first one, and moves it down to its own place. */
  #sink(entry: Entry<A>): void {
    const heap = this.#heap
    let index = 1
    for (;;) {
      let child = 2 * index
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, entry)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = entry
  }
}
