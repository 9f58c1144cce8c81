/**
 * Rings when the next deadline of its owner has come.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Entry, Timer } from "./timer.ts"

/** Options of an alarm. Times are milliseconds of the clock in the context, as `Monotonic` reads it. */
export interface Options {
  /** Returns the deadline; `Infinity` for never. */
  readonly wakeAt: () => number
  /**
   * Called when the deadline has come, `late` milliseconds after it. If it returns an effect, the alarm rings again
   * only after that effect has ended. If it throws or the effect dies, the alarm never rings again. The owner hears of
   * that only if `ring` or the effect reports it.
   */
  readonly ring: (late: number) => Effect.Effect<void> | undefined
}

/** Rings when the deadline has come, and then waits for the next one. Its owner must stop it. */
export class Alarm implements Entry {
  readonly #context: Context.Context<never>
  readonly #options: Options
  readonly #timer: Timer
  /** The awaited deadline; `-Infinity` while the alarm rings. */
  #armedFor = Infinity
  #isStopped = false
  /** Its place in the timer. */
  place = -1

  constructor(context: Context.Context<never>, options: Options) {
    this.#context = context
    this.#options = options
    this.#timer = Timer.of(context)
  }

  /** Reads the deadline again. Call this if it may have become earlier. */
  reset(): void {
    const deadline = this.#options.wakeAt()
    if (deadline >= this.#armedFor || this.#isStopped) return
    this.#timer.delete(this)
    this.#armedFor = deadline
    this.#timer.add(this)
  }

  get deadline(): number {
    return this.#armedFor
  }

  /** Whether the deadline has come, so that the alarm rings now or is about to. */
  isDue(now: number): boolean {
    return this.#armedFor <= now
  }

  /** Stops the alarm. A ring that has begun continues. */
  stop(): void {
    this.#isStopped = true
    this.#timer.delete(this)
  }

  /** Called by the timer. */
  wake(now: number): void {
    try {
      if (!this.#isStopped) this.#ring(now)
    } catch (defect) {
      // A defect of one owner must not stop the alarms of others.
      Effect.runForkWith(this.#context)(Effect.logError("an alarm has died", Cause.die(defect)))
    }
  }

  #ring(now: number): void {
    // Mostly the deadline has become later meanwhile, because the awaited reply has arrived.
    if (this.#options.wakeAt() > now) return this.#rearm()
    const late = now - this.#armedFor
    this.#armedFor = -Infinity
    const ringing = this.#options.ring(late)
    if (ringing === undefined) this.#rearm()
    else Effect.runForkWith(this.#context)(Effect.andThen(ringing, Effect.sync(() => this.#rearm())))
  }

  #rearm(): void {
    this.#armedFor = Infinity
    this.reset()
  }
}
