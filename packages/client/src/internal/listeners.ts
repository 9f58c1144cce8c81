/**
 * Implements `on` and `waitFor` on a stream of events.
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Metrics from "../Metrics.ts"
import type { Service } from "../RconClient.ts"
import * as ServerEvent from "../ServerEvent.ts"

/** Makes `on` and `waitFor`, see `RconClient`. */
export const listeners = (
  events: Stream.Stream<ServerEvent.ServerEvent, LoginFailure>
): Pick<Service, "on" | "waitFor"> => ({
  on: (tag, handler, { concurrency = 1 } = {}) => {
    if (concurrency !== "unbounded" && !(Number.isInteger(concurrency) && concurrency >= 1)) {
      const allowed = "concurrency must be an integer from 1, or \"unbounded\""
      return Effect.die(new RangeError(`${allowed} (got ${Formatter.format(concurrency)})`))
    }
    const isWanted = ServerEvent.is(tag)
    const permits = concurrency === "unbounded" ? Number.MAX_SAFE_INTEGER : concurrency
    return Effect.suspend(() => {
      const free = Semaphore.makeUnsafe(permits)
      const handle = (event: Parameters<typeof handler>[0]) =>
        // The handler runs in a fiber of its own: even if that fiber is interrupted, this one goes on.
        Effect.suspend(() => handler(event)).pipe(
          Effect.forkChild({ startImmediately: true }),
          Effect.flatMap(Fiber.await),
          Effect.flatMap((exit) =>
            Exit.isFailure(exit) ? Effect.logError(`a handler of ${tag} failed`, exit.cause) : Effect.void
          ),
          Effect.ensuring(free.release(1))
        )
      // Not `mapEffect` with `concurrency`: it subscribes in another fiber, and so misses events that come right after `on`.
      return events.pipe(
        Stream.filter((event) => isWanted(event) || isOverflow(event)),
        Stream.runForEach((event) =>
          isWanted(event)
            ? Effect.andThen(free.take(1), Effect.forkChild(handle(event), { startImmediately: true }))
            : missed(tag, event)
        ),
        Effect.exit,
        Effect.tap(free.take(permits)),
        Effect.flatten,
        Effect.forkScoped({ startImmediately: true })
      )
    })
  },
  waitFor: (tag, { timeout, trigger = Effect.void, where = () => true } = {}) =>
    Effect.scoped(Effect.gen(function*() {
      const first = yield* events.pipe(
        Stream.filter(ServerEvent.is(tag)),
        Stream.filter(where),
        Stream.runHead,
        Effect.forkScoped({ startImmediately: true })
      )
      yield* trigger
      const event = yield* timeout === undefined ? Fiber.join(first) : Effect.timeout(Fiber.join(first), timeout)
      return yield* Option.match(event, {
        onNone: () => Effect.fail(new Cause.NoSuchElementError(`the session was closed before ${tag} came`)),
        onSome: Effect.succeed
      })
    }))
})

const isOverflow = (event: ServerEvent.ServerEvent): boolean => event._tag === "Gap" && event.cause === "Overflow"

/** Reports that a slow handler has missed events. The count includes events of all kinds. */
const missed = (tag: string, event: ServerEvent.ServerEvent): Effect.Effect<void> => {
  const count = event._tag === "Gap" ? event.missed ?? 0 : 0
  return Effect.andThen(
    Metric.update(Metric.withAttributes(Metrics.eventsMissed, { event: tag }), count),
    Effect.logWarning(`a handler of ${tag} is too slow and has missed ${count} events (of all kinds)`)
  )
}
