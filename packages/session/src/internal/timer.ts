/**
 * Wakes at the earliest of the deadlines of all alarms of a clock, with one sleeping fiber.
 *
 * A fiber for each alarm would take 1.5 KB a session, and would have to be forked for each of its deadlines.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Monotonic from "./monotonic.ts"

/** A deadline, and what happens then. */
export interface Entry {
  /** In milliseconds. It does not change while the entry is in a timer. */
  readonly deadline: number
  /** Its place in the timer, which only the timer changes. */
  place: number
  /** Called when the deadline has come, after the entry was removed. Must not throw. */
  readonly wake: (now: number) => void
}

/** The timer of each clock that alarms have used. */
const timers = new WeakMap<Clock.Clock, Timer>()

export class Timer {
  readonly #clock: Clock.Clock
  readonly #context: Context.Context<never>
  /** A binary heap: no entry is earlier than its parent. Adding or removing an entry takes logarithmic time. */
  readonly #entries: Array<Entry> = []
  #sleeper: Fiber.Fiber<void> | undefined
  /** The time at which the sleeper wakes; `Infinity` while no entry waits. */
  #wakesAt = Infinity

  private constructor(context: Context.Context<never>) {
    this.#clock = Context.get(context, Clock.Clock)
    // The timer outlives the session that needed it first, so it must not keep anything else of that session's context.
    this.#context = Context.pick(Clock.Clock, Scheduler.Scheduler)(context)
  }

  /** The timer of the clock in a context. */
  static of(context: Context.Context<never>): Timer {
    const clock = Context.get(context, Clock.Clock)
    let timer = timers.get(clock)
    if (timer === undefined) timers.set(clock, timer = new Timer(context))
    return timer
  }

  /** Adds an entry. */
  add(entry: Entry): void {
    this.#put(this.#entries.length, entry)
    if (entry.deadline < this.#wakesAt) this.#sleep()
  }

  /** Removes an entry if it is in the timer. After the last one, no fiber sleeps any more, so the process can end. */
  delete(entry: Entry): void {
    if (!this.#remove(entry)) return
    if (this.#entries.length === 0) this.#sleep()
  }

  #remove(entry: Entry): boolean {
    if (this.#entries[entry.place] !== entry) return false
    const last = this.#entries.pop()!
    if (last !== entry) this.#put(entry.place, last)
    return true
  }

  /** Puts an entry into the heap, starting at a free place. Other entries move until it fits. */
  #put(free: number, entry: Entry): void {
    let place = free
    while (place > 0) {
      const parent = this.#entries[(place - 1) >> 1]!
      if (parent.deadline <= entry.deadline) break
      place = this.#move(parent, place)
    }
    for (let child = this.#childAt(place); child !== undefined; child = this.#childAt(place)) {
      if (child.deadline >= entry.deadline) break
      place = this.#move(child, place)
    }
    this.#move(entry, place)
  }

  /** Moves an entry, and returns the place that it leaves. */
  #move(entry: Entry, place: number): number {
    const left = entry.place
    this.#entries[place] = entry
    entry.place = place
    return left
  }

  /** The earlier of the two children of a place in the heap. */
  #childAt(place: number): Entry | undefined {
    const left = this.#entries[2 * place + 1]
    const right = this.#entries[2 * place + 2]
    return left !== undefined && right !== undefined && right.deadline < left.deadline ? right : left
  }

  /** Sleeps until the earliest deadline. */
  #sleep(): void {
    this.#sleeper?.interruptUnsafe()
    this.#sleeper = undefined
    this.#wakesAt = this.#entries[0]?.deadline ?? Infinity
    if (this.#wakesAt === Infinity) return
    // Clocks sleep for whole milliseconds. Rounding up keeps the fiber from waking too early again and again.
    const wait = Math.ceil(this.#wakesAt - Monotonic.millis(this.#clock))
    // For 0 ms a clock may return at once, within the call that has set the deadline.
    const sleep = wait > 0 ? this.#clock.sleep(Duration.millis(wait)) : Effect.yieldNow
    this.#sleeper = Effect.runForkWith(this.#context)(Effect.andThen(sleep, this.#wake))
  }

  readonly #wake = Effect.sync(() => {
    this.#sleeper = undefined
    this.#wakesAt = -Infinity
    const now = Monotonic.millis(this.#clock)
    const due: Array<Entry> = []
    for (let first = this.#entries[0]; first !== undefined && first.deadline <= now; first = this.#entries[0]) {
      this.#remove(first)
      due.push(first)
    }
    // Entries that are added meanwhile wait for the next turn of the event loop, even if they are due.
    for (const entry of due) entry.wake(now)
    this.#sleep()
  })
}
