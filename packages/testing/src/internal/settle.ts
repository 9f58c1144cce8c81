/**
 * Letting the others run.
 */
import * as Effect from "effect/Effect"

/** In how many turns of the scheduler everybody is through. A login, the longest way there is, takes a few dozen. */
const TURNS = 500

/** Lets everybody do what there is to do now. */
export const settle: Effect.Effect<void> = Effect.asVoid(Effect.repeat(Effect.yieldNow, { times: TURNS }))
