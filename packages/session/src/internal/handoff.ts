/**
 * Hands values from code that cannot wait to one fiber that can.
 *
 * The fiber resumes within `offer`, in the same step: a `Queue` would have it wait for its turn with the scheduler.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"

export interface Handoff<A> {
  /** Takes a value in; not where `capacity` values wait already. */
  readonly offer: (value: A) => void
  /** Everything offered since the last take, or a wait for the next. For one fiber at a time. */
  readonly take: Effect.Effect<NonEmptyReadonlyArray<A>>
}

export const make = <A>(capacity: number): Handoff<A> => {
  let values: Array<A> = []
  let taker: ((taken: Effect.Effect<NonEmptyReadonlyArray<A>>) => void) | undefined

  const wait = Effect.callback<NonEmptyReadonlyArray<A>>((resume) => {
    taker = resume
    return Effect.sync(() => taker = undefined)
  })

  return {
    offer: (value) => {
      const resume = taker
      if (resume !== undefined) {
        taker = undefined
        resume(Effect.succeed([value]))
      } else if (values.length < capacity) {
        values.push(value)
      }
    },
    take: Effect.suspend(() => {
      const taken = values
      if (!isNonEmpty(taken)) return wait
      values = []
      return Effect.succeed(taken)
    })
  }
}

const isNonEmpty = <A>(values: ReadonlyArray<A>): values is NonEmptyReadonlyArray<A> => values.length > 0
