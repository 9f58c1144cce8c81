/**
 * Announces the next message of a rota on a server, if one is due.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { PlanStoreError } from "../../PlanError.ts"
import * as PlanEvent from "../../PlanEvent.ts"
import type { Rota } from "../../Rota.ts"
import * as Actions from "./actions.ts"
import { publish } from "./context.ts"
import type { Task } from "./perform.ts"
import * as Turns from "./turns.ts"

/**
 * Announces one message at most. Returns the time by which it must be called again, in milliseconds since 1970; 0 means at
 * once.
 */
export const take = Effect.fnUntraced(function*(
  { context, rcon, run, server }: Omit<Task, "plan">,
  rota: Rota
): Effect.fn.Return<number, PlanStoreError> {
  const { get, set } = context.memory.turns
  const recorded = yield* get(rota.id, server)
  const known = yield* Actions.look(rcon, run)
  const now = yield* Clock.currentTimeMillis
  const turn = Turns.decide(rota, recorded === "unreadable" ? undefined : recorded, now, known)
  if (turn._tag === "Wait") return turn.until
  yield* set(rota.id, server, turn.record)
  if (turn._tag === "Begin") return 0

  const done = yield* Actions.say(rcon, turn.message, turn.until)
  const event = { plan: rota.id, server }
  switch (done._tag) {
    case "Later":
      yield* set(rota.id, server, turn.before)
      return (yield* Clock.currentTimeMillis) + Actions.PAUSE
    case "Refused":
      yield* publish(context, new PlanEvent.StepFailed({ ...event, step: "Say", problem: done.problem }))
      return 0
    default:
      yield* publish(context, new PlanEvent.Said({ ...event, text: turn.message, execution: done._tag }))
      return 0
  }
})
