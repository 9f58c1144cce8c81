/** How late the timers of a process are: a measure of how busy its machine is. */
import { Clock, Effect } from "effect"

/** Interval of the timer, in milliseconds. */
const PERIOD = 250

/** Reports for each interval by how many milliseconds its timer was late, until the scope closes. */
export const watch = (report: (late: number) => Effect.Effect<void>) =>
  Clock.currentTimeMillis.pipe(
    Effect.flatMap((before) =>
      Effect.andThen(Effect.sleep(PERIOD), Effect.map(Clock.currentTimeMillis, (now) => now - before - PERIOD))
    ),
    Effect.flatMap(report),
    Effect.forever,
    Effect.forkScoped
  )
