/**
 * Follows the servers of a fleet: they are added, removed, and get other clients while the program runs.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * Calls `begin` for each client of the fleet, once, and `end` when a server is removed. A server that gets another client
 * is begun again. Runs as long as the fleet does. A defect is logged: nothing follows the fleet any more.
 */
export const followFleet = (
  fleet: Fleet.Service,
  { begin, end }: {
    readonly begin: (server: string, client: RconClient.Service) => Effect.Effect<unknown>
    readonly end: (server: string) => Effect.Effect<void>
  }
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const followed = new Map<string, RconClient.Service>()
    // Every client has a status at once, and a last one when it is removed or replaced.
    return Stream.runForEach(fleet.statusChanges, ({ server }) =>
      Effect.matchEffect(fleet.get(server), {
        onFailure: () => {
          followed.delete(server)
          return end(server)
        },
        onSuccess: (client) => {
          if (followed.get(server) === client) return Effect.void
          followed.set(server, client)
          return begin(server, client)
        }
      }))
  }).pipe(
    Effect.tapCause((cause) =>
      Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("following the servers of the fleet died", cause)
    )
  )
