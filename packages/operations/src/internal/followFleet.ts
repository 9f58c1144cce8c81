/**
 * Follows a fleet whose servers are added, replaced and removed while the program runs.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { revived } from "./revived.ts"

/** How often to look for servers that were removed. */
const INTERVAL = "1 minute"

/**
 * Runs `begin` once for each client of the fleet, and `end` when a server is removed: at once, or within a minute if its session
 * had ended before. When a server is replaced, `begin` runs for its new client. Ends when the fleet does. A minute after a defect
 * it continues, and first handles the changes of that minute.
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

    const lock = Semaphore.makeUnsafe(1)
    const visit = (server: string) =>
      lock.withPermit(Effect.matchEffect(fleet.get(server), {
        onFailure: () =>
          followed.has(server) ? Effect.andThen(end(server), Effect.sync(() => followed.delete(server))) : Effect.void,
        onSuccess: (client) =>
          followed.get(server) === client
            ? Effect.void
            : Effect.andThen(begin(server, client), Effect.sync(() => followed.set(server, client)))
      }))

    // `statusChanges` has an element for each client at once, and another one when a session ends.
    const changed = Stream.runForEach(fleet.statusChanges, ({ server }) => visit(server))
    // It has no element if a server is removed whose session had ended, or during the pause after a defect. So the followed
    // servers are also visited at an interval, which begins at once.
    const again = Effect.suspend(() => Effect.forEach([...followed.keys()], visit, { discard: true }))
    const follow = Effect.raceFirst(changed, Effect.forever(Effect.andThen(again, Effect.sleep(INTERVAL))))
    return revived(follow, { name: "the fiber that follows the changes of the fleet" })
  })
