import type { RconClient } from "@bercon/client"
import { Effect, Schedule } from "effect"

type Client = RconClient.RconClient["Service"]

/** Bans on one server who is banned on the other, for as long as there. */
const copy = Effect.fnUntraced(function*(from: Client, to: Client) {
  const banned = new Set((yield* to.bans).map(({ target }) => target))
  for (const { reason, remaining, target } of yield* from.bans) {
    if (banned.has(target) || remaining === "expired" || remaining === "unknown") continue
    yield* to.ban(target, { duration: remaining, reason, confirmWithin: "10 seconds" })
  }
  yield* to.writeBans
})

/** Keeps the bans of two servers the same, minute by minute. What fails is tried again in the next. */
export const banSync = (one: Client, other: Client) =>
  Effect.andThen(copy(one, other), copy(other, one)).pipe(
    Effect.catch((error) => Effect.logWarning(error.message)),
    Effect.repeat(Schedule.spaced("1 minute"))
  )
