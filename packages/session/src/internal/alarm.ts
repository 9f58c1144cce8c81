/**
 * Wakes at the next of many deadlines, with one sleeping fiber.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Times are in milliseconds of one clock, the one in the context. */
export interface Options {
  /** The time. */
  readonly now: () => number
  /** The deadline; `Infinity` for never. */
  readonly wakeAt: () => number
  /**
   * Runs when the deadline has come. `late`: by how much it has passed. If it dies, the alarm never rings again, so `ring` must
   * report the failure to the owner itself.
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

  /** Call this if the deadline may have become earlier. */
  reset(): void {
    const deadline = this.#options.wakeAt()
    if (deadline >= this.#armedFor || this.#isStopped) return
    this.#sleeper?.interruptUnsafe()
    this.#armedFor = deadline
    // Clocks sleep for whole milliseconds. Rounding up keeps the fiber from waking too early again and again.
    const wait = Math.ceil(deadline - this.#options.now())
    // A clock may return at once for 0 ms; the fiber would then ring before it is stored here and could not be stopped.
    const sleep = wait > 0 ? Effect.sleep(wait) : Effect.yieldNow
    this.#sleeper = Effect.runForkWith(this.#context)(Effect.andThen(sleep, this.#ring))
  }

  /** Whether it is about to ring, or rings: the deadline that it waits for has come. */
  isDue(now: number): boolean {
    return this.#armedFor <= now
  }

  /** Does not ring any more. A ring that has begun goes on. */
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
