import { PlanEvent, Plans } from "@bercon/operations"
import { DateTime, Effect, Stream } from "effect"

/** Restarts all servers in half an hour, with the usual announcements. */
export const restartSoon = Effect.fn(function*(id: string) {
  const plans = yield* Plans.Plans
  const time = DateTime.add(yield* DateTime.now, { minutes: 30 })
  return yield* plans.add({ id, at: { once: time }, command: "restartServer" })
})

/** Lists the next restarts, as text. */
export const agenda = Effect.gen(function*() {
  const plans = yield* Plans.Plans
  const next = yield* plans.next()
  return next.map(({ plan, server, time, warnings }) =>
    `${DateTime.formatIso(time)} ${server}: ${plan}, ${warnings.length} warnings to come`
  )
})

/** Cancels the next restart of the plan "nightly". */
export const notTonight = Effect.gen(function*() {
  const plans = yield* Plans.Plans
  const { changed, restarting } = yield* plans.abort("nightly")
  return { aborted: changed.map(({ server }) => server), tooLate: restarting }
})

/** Posts all events as text. */
export const news = <E, R>(post: (line: string) => Effect.Effect<void, E, R>) =>
  Effect.flatMap(
    Plans.Plans,
    ({ events }) => Stream.runForEach(events, (event) => post(`${event.server}: ${PlanEvent.format(event)}`))
  )
