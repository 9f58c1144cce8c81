/**
 * Follows a fleet whose servers are added, replaced and removed while the program runs.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { revived } from "./revived.ts"

/**
 * Runs `begin` once for each client of the fleet, and `end` when a server is removed. When a server is replaced, `begin` runs
 * for its new client. Ends when the fleet does. A minute after a defect it continues, and first handles the changes of that
 * minute.
 */
export const followFleet = (
  fleet: Fleet.Service,
  { begin, end }: {
    readonly begin: (server: string, client: RconClient.Service) => Effect.Effect<unknown>
    readonly end: (server: string) => Effect.Effect<void>
  }
): Effect.Effect<void> =>
  Effect.suspend(() => {
    /** The clients for which `begin` has run. */
    const followed = new Map<string, RconClient.Service>()

    const visit = (server: string) =>
      Effect.matchEffect(fleet.get(server), {
        onFailure: () =>
          followed.has(server) ? Effect.andThen(end(server), Effect.sync(() => followed.delete(server))) : Effect.void,
        onSuccess: (client) =>
          followed.get(server) === client
            ? Effect.void
            : Effect.andThen(begin(server, client), Effect.sync(() => followed.set(server, client)))
      })

    const follow = Effect.suspend(() => {
      // `statusChanges` has an element for each client at once, and another one when a client is removed or replaced.
      const changed = Stream.map(fleet.statusChanges, ({ server }) => server)
      // After a defect, it has no element for a server that was removed during the pause. So the followed servers are visited.
      const before = [...followed.keys()]
      return Stream.runForEach(
        before.length === 0 ? changed : Stream.merge(changed, Stream.fromIterable(before)),
        visit
      )
    })
    return revived(follow, { name: "the fiber that follows the changes of the fleet" })
  })
