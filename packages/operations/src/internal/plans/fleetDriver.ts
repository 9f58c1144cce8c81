/**
 * Runs a driver for each server of a fleet, and handles the end of drivers.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Plans from "../../Plans.ts"
import { followFleet } from "../followFleet.ts"
import { revived } from "../revived.ts"

/** Runs a driver until its session ends. A driver that dies is started again after a minute. */
export const supervised = (plans: Plans.Service, server: string, rcon: RconClient.Service): Effect.Effect<void> =>
  revived(
    Effect.catch(Effect.suspend(() => plans.drive(server, rcon)), (failure) =>
      Effect.logError(
        `plans on "${server}" are no longer carried out, because its session has ended: ${failure.message}`
      )),
    { name: `the driver of the plans on "${server}"` }
  )

/** Runs a driver for each server of the fleet, also for servers that are added later. */
export const driveFleet = (plans: Plans.Service, fleet: Fleet.Service): Effect.Effect<void> =>
  Effect.scoped(Effect.gen(function*() {
    const drivers = yield* FiberMap.make<string>()
    yield* followFleet(fleet, {
      begin: (server, rcon) => FiberMap.run(drivers, server, supervised(plans, server, rcon)),
      end: (server) =>
        Effect.andThen(
          FiberMap.remove(drivers, server),
          // If this fails, the server still counts as driven: `next` shows it, and no warning is logged if a plan names it.
          Effect.catch(plans.forget(server), ({ message }) => Effect.logWarning(message))
        )
    })
  }))
