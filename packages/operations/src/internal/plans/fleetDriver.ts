/**
 * Runs a driver for each server of a fleet, and handles the end of drivers.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Schedule from "effect/Schedule"
import type * as Plans from "../../Plans.ts"
import { followFleet } from "../followFleet.ts"

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
    yield* followFleet(fleet, {
      begin: (server, rcon) => FiberMap.run(drivers, server, supervised(plans, server, rcon)),
      end: (server) =>
        Effect.andThen(
          FiberMap.remove(drivers, server),
          // Otherwise it stays in the views of operators, which does no other harm.
          Effect.catch(plans.forget(server), ({ message }) => Effect.logWarning(message))
        )
    })
  }))
