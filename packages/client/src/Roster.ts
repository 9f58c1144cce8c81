/**
 * The players on the server, kept up to date.
 *
 * A roster belongs to its client, and lives as long as the client. Events update it. The server's list of players
 * corrects it: the client reads that list after each login, after a gap in the events, if an event contradicts the
 * roster, and every `rosterInterval`. The roster keeps at most 1,024 players, more than any game has slots.
 *
 * **Example** (Is a player on the server?)
 *
 * ```ts
 * import { type Guid, RconClient } from "@bercon/client"
 * import { Effect, Option } from "effect"
 *
 * const isHere = Effect.fn(function*(guid: Guid.Guid) {
 *   const { roster } = yield* RconClient.RconClient
 *   return Option.isSome(yield* roster.byGuid(guid))
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { CommandError } from "./CommandError.ts"
import type { Guid } from "./Guid.ts"
import type { Player, PlayerId } from "./Player.ts"
import type { ReplyError } from "./ReplyError.ts"

/**
 * The players on the server.
 *
 * **Details**
 *
 * Players are in the order of their slots. Pings and `inLobby` are those of the last list. If another player gets a
 * slot, nothing of the previous player remains.
 *
 * The list is unknown during an outage, and after a login until it has arrived. Meanwhile `get` and the lookups wait
 * for the list, and fail with the errors of the query `players`. Otherwise they take no time and send nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Roster {
  /** All players. */
  readonly get: Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
  /** All players that are known now, without waiting. `None` until the list has arrived, and during an outage. */
  readonly snapshot: Effect.Effect<Option.Option<ReadonlyArray<Player>>>
  /**
   * Whether the last list contained all players. `false` until a list has arrived after the login. Also `false` if
   * rows of the list could not be read, or if the list has fewer rows than its own total. Then a player who is not in
   * the roster may still be on the server.
   */
  readonly isComplete: Effect.Effect<boolean>
  /**
   * The players as soon as they are known, then again at every change, and when the first list of a later session has
   * arrived. A slow subscriber gets only the latest state. Ends and fails like `events`.
   */
  readonly changes: Stream.Stream<ReadonlyArray<Player>, LoginFailure>
  /** The player in a slot. */
  readonly byId: (id: PlayerId) => Effect.Effect<Option.Option<Player>, CommandError | ReplyError>
  /** The player with a GUID. A player who is still joining has no known GUID. */
  readonly byGuid: (guid: Guid) => Effect.Effect<Option.Option<Player>, CommandError | ReplyError>
  /** All players with a name. Upper and lower case differ, and several players can have the same name. */
  readonly byName: (name: string) => Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
}

/**
 * Implements `byId`, `byGuid` and `byName` with `get`. Use it to implement a roster yourself, as mocks do.
 *
 * @category constructors
 * @since 0.1.0
 */
export const lookups = (get: Roster["get"]): Pick<Roster, "byId" | "byGuid" | "byName"> => ({
  byId: (id) => Effect.map(get, Arr.findFirst((player) => player.id === id)),
  byGuid: (guid) => Effect.map(get, Arr.findFirst((player) => player.guid === guid)),
  byName: (name) => Effect.map(get, Arr.filter((player) => player.name === name))
})
