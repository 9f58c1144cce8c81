/**
 * Wakes at the next of many deadlines, with one sleeping fiber.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Options of an alarm. Times are in milliseconds of the clock in the context. */
export interface Options {
  /** Returns the current time. */
  readonly now: () => number
  /** Returns the deadline; `Infinity` for never. */
  readonly wakeAt: () => number
  /**
   * Runs when the deadline has come. `late`: by how much it has passed. If it dies, the alarm never rings again, so
   * `ring` must report the failure to the owner itself.
   */
  readonly ring: (late: number) => Effect.Effect<void>
}

/** Rings when the deadline has come, and then waits for the next one. Its owner must stop it. */
export class Alarm {
  readonly #context: Context.Context<never>
  readonly #options: Options
  #sleeper: Fiber.Fiber<void> | undefined
  /** The deadline that is waited for; `-Infinity` while it rings. */
  #armedFor = Infinity
  #isStopped = false

  constructor(context: Context.Context<never>, options: Options) {
    this.#context = context
    this.#options = options
  }

  /** Reads the deadline again. Call this if it may have become earlier. */
  reset(): void {
    const deadline = this.#options.wakeAt()
    if (deadline >= this.#armedFor || this.#isStopped) return
    this.#sleeper?.interruptUnsafe()
    this.#armedFor = deadline
    // Clocks sleep for whole milliseconds. Rounding up keeps the fiber from waking too early again and again.
    const wait = Math.ceil(deadline - this.#options.now())
    // For 0 ms a clock may return at once. The fiber would then ring before it is stored here, and could not be
    // stopped.
    const sleep = wait > 0 ? Effect.sleep(wait) : Effect.yieldNow
    this.#sleeper = Effect.runForkWith(this.#context)(Effect.andThen(sleep, this.#ring))
  }

  /** Whether the deadline has come, so that the alarm rings now or is about to. */
  isDue(now: number): boolean {
    return this.#armedFor <= now
  }

  /** Stops the alarm. A ring that has begun continues. */
  stop(): void {
    this.#isStopped = true
    this.#sleeper?.interruptUnsafe()
    this.#sleeper = undefined
  }

  readonly #ring = Effect.suspend(() => {
    const late = this.#options.now() - this.#armedFor
    this.#armedFor = -Infinity
    this.#sleeper = undefined
    return Effect.andThen(this.#options.ring(late), this.#rearm)
  })

  readonly #rearm = Effect.sync(() => {
    this.#armedFor = Infinity
    this.reset()
  })
}
