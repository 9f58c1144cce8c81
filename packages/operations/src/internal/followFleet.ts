/**
 * Follows a fleet whose servers are added, replaced and removed while the program runs.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * Runs `begin` once for each client of the fleet, and `end` when a server is removed. When a server is replaced, `begin` runs
 * for its new client. Ends when the fleet does. After a defect, which is logged, it dies, and no more changes of the fleet are
 * followed.
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
    // `statusChanges` has an element for each client at once, and another one when a client is removed or replaced.
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
      Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError(
        "the program no longer follows changes of the fleet, because of a defect",
        cause
      )
    )
  )
