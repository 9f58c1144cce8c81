/**
 * A driver for each server of a fleet, and what becomes of drivers that end.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as Plans from "../../Plans.ts"

/** A driver that dies begins again after a while. It ends when the session does. */
export const supervised = (plans: Plans.Service, server: string, rcon: RconClient.Service): Effect.Effect<void> =>
  Effect.suspend(() => plans.drive(server, rcon)).pipe(
    Effect.catch((failure) => Effect.logError(`plans on "${server}" end with its session: ${failure.message}`)),
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError(`plans on "${server}" died, and begin again in a minute`, defect),
        Effect.fail("died")
      )
    ),
    Effect.retry(Schedule.spaced("1 minute")),
    Effect.ignore
  )

export const driveFleet = (plans: Plans.Service, fleet: Fleet.Service): Effect.Effect<void> =>
  Effect.scoped(Effect.gen(function*() {
    const drivers = yield* FiberMap.make<string>()
    const driven = new Map<string, RconClient.Service>()
    // Every server has a status, now and whenever it is added or gets another client.
    yield* Stream.runForEach(fleet.statusChanges, ({ server }) =>
      Effect.matchEffect(fleet.get(server), {
        onFailure: () => {
          driven.delete(server)
          return FiberMap.remove(drivers, server)
        },
        onSuccess: (rcon) => {
          if (driven.get(server) === rcon) return Effect.void
          driven.set(server, rcon)
          return FiberMap.run(drivers, server, supervised(plans, server, rcon))
        }
      }))
  }))
