import { Fleet } from "@bercon/fleet"
import { Effect } from "effect"

/** Announces on all servers. Returns the ids of those on which it failed. */
export const announceEverywhere = Effect.fn(function*(text: string) {
  const fleet = yield* Fleet.Fleet
  const results = yield* fleet.say(text, { timeout: "5 seconds" })
  return [...Fleet.partition(results).failures.keys()]
})
