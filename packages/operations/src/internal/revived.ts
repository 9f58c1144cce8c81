/**
 * Keeps work in the background going in spite of defects.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/**
 * Runs an effect again a minute after each defect, which is logged. Ends when the effect does, or when it is interrupted.
 * `name`: the subject of the log lines. `onDefect` runs before the pause; its defects are logged, too.
 */
export const revived = <R>(
  work: Effect.Effect<void, never, R>,
  { name, onDefect = Effect.void }: { readonly name: string; readonly onDefect?: Effect.Effect<void> }
): Effect.Effect<void, never, R> =>
  work.pipe(
    Effect.catchCauseIf((cause) => !Cause.hasInterruptsOnly(cause), (cause) =>
      Effect.logError(`${name} died, and starts again in a minute`, cause).pipe(
        Effect.andThen(
          Effect.catchCause(onDefect, (cause) =>
            Effect.logError(`${name} died, and the handler of its defect failed, too`, cause))
        ),
        Effect.andThen(Effect.fail("died"))
      )),
    Effect.retry(Schedule.spaced("1 minute")),
    // Only a defect causes a failure, and the retries have no limit.
    Effect.ignore
  )
