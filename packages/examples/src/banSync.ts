import type { Ban, RconClient } from "@bercon/client"
import { Effect, Schedule } from "effect"

type Client = RconClient.RconClient["Service"]

/** The bans that can be added to another server: permanent ones, and others for their remaining time. */
const lasting = (bans: ReadonlyArray<Ban.Ban>) =>
  bans.flatMap(({ reason, remaining, target }) =>
    remaining === "expired" || remaining === "unknown" ? [] : [{ reason, target, duration: remaining }]
  )

/** Copies bans from one server to another, with their remaining time. */
const copy = Effect.fnUntraced(function*(from: Client, to: Client) {
  const banned = new Set((yield* to.bans).map(({ target }) => target))
  const missing = lasting(yield* from.bans).filter(({ target }) => !banned.has(target))
  yield* Effect.forEach(
    missing,
    ({ target, ...options }) => to.ban(target, { ...options, confirmWithin: "10 seconds" }),
    { concurrency: 16 }
  )
  if (missing.length > 0) yield* to.writeBans
})

/** Copies bans between two servers in both directions, every minute. So a failed copy is repeated a minute later. */
export const banSync = (one: Client, other: Client) =>
  Effect.andThen(copy(one, other), copy(other, one)).pipe(
    Effect.catch((error) => Effect.logWarning(error.message)),
    Effect.repeat(Schedule.spaced("1 minute"))
  )
