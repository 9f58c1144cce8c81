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
  /** Called when the deadline has come, after the entry was removed. Must not throw. */
  readonly wake: (now: number) => void
}

/** The timer of each clock that alarms have used. */
const timers = new WeakMap<Clock.Clock, Timer>()

export class Timer {
  readonly #clock: Clock.Clock
  readonly #context: Context.Context<never>
  /** In the order of their deadlines, the earliest last. */
  readonly #entries: Array<Entry> = []
  #sleeper: Fiber.Fiber<void> | undefined
  /** When the sleeper wakes; `Infinity` if there is none. */
  #wakesAt = Infinity

  private constructor(context: Context.Context<never>) {
    this.#clock = Context.get(context, Clock.Clock)
    // It outlives the session that needed it first, so it must not keep anything else of its context.
    this.#context = Context.pick(Clock.Clock, Scheduler.Scheduler)(context)
  }

  /** The timer of the clock in a context. */
  static of(context: Context.Context<never>): Timer {
    const clock = Context.get(context, Clock.Clock)
    let timer = timers.get(clock)
    if (timer === undefined) timers.set(clock, timer = new Timer(context))
    return timer
  }

  /** Adds an entry. Of equal deadlines, the first one added wakes first. */
  add(entry: Entry): void {
    this.#entries.splice(this.#placeOf(entry.deadline), 0, entry)
    if (entry.deadline < this.#wakesAt) this.#sleep()
  }

  /** Removes an entry if it is in the timer. Nothing sleeps without an entry, so the process can end. */
  delete(entry: Entry): void {
    let place = this.#placeOf(entry.deadline)
    while (this.#entries[place] !== entry) {
      if (this.#entries[place]?.deadline !== entry.deadline) return
      place++
    }
    this.#entries.splice(place, 1)
    if (this.#entries.length === 0) this.#sleep()
  }

  /** The place of the first entry with this deadline or an earlier one. */
  #placeOf(deadline: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.deadline > deadline) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Sleeps until the earliest deadline. */
  #sleep(): void {
    this.#sleeper?.interruptUnsafe()
    this.#sleeper = undefined
    this.#wakesAt = this.#entries.at(-1)?.deadline ?? Infinity
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
    // Entries that are added meanwhile wait for the next turn of the event loop, even if they are due.
    for (const entry of this.#entries.splice(this.#placeOf(now)).reverse()) entry.wake(now)
    this.#sleep()
  })
}
