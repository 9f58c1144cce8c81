/**
 * Who is on the server, kept up to date.
 *
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
 * The players on the server, by what its events tell and by its list, which the client asks for after each login, after a
 * gap in the events, and every `rosterInterval`.
 *
 * **Details**
 *
 * Players are in the order of their slots. Their pings and who is in the lobby are as of the last list. A slot that another
 * player has got holds another player: nothing of the one before is left.
 *
 * While the list is not known (after a login, until it has come, and while the session is down) looking into the roster
 * waits for it, and fails as `players` fails. Otherwise it takes no time and asks nobody.
 *
 * At most 1,024 players are kept, more than any game has slots.
 *
 * **Example** (Where somebody is)
 *
 * ```ts
 * import { Guid, RconClient } from "@bercon/client"
 * import { Effect, Option } from "effect"
 *
 * const isHere = Effect.fn(function*(guid: Guid.Guid) {
 *   const { roster } = yield* RconClient.RconClient
 *   return Option.isSome(yield* roster.byGuid(guid))
 * })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Roster {
  /** All of them. */
  readonly get: Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
  /**
   * All of them, as far as they are known now, without asking or waiting. `None` until the list has come, and
   * while there is no session.
   */
  readonly snapshot: Effect.Effect<Option.Option<ReadonlyArray<Player>>>
  /**
   * Whether the last list showed all players. `false` before the first one, if rows of it could not be read, or if it has
   * fewer rows than players. Then a player who is not in the roster may still be on the server.
   */
  readonly isComplete: Effect.Effect<boolean>
  /**
   * The players as soon as they are known, and whenever something about them changes. A slow subscriber gets only the latest
   * state. Ends and fails as `events` does.
   */
  readonly changes: Stream.Stream<ReadonlyArray<Player>, LoginFailure>
  /** Who is in a slot. */
  readonly byId: (id: PlayerId) => Effect.Effect<Option.Option<Player>, CommandError | ReplyError>
  /** Who has a GUID, as far as it is known: a player who is joining has none yet. */
  readonly byGuid: (guid: Guid) => Effect.Effect<Option.Option<Player>, CommandError | ReplyError>
  /** Names are told apart by case, and several players can have the same. */
  readonly byName: (name: string) => Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
}

/**
 * `byId`, `byGuid` and `byName` by `get`: for those who implement a roster themselves, as mocks do.
 *
 * @category constructors
 * @since 0.1.0
 */
export const lookups = (get: Roster["get"]): Pick<Roster, "byId" | "byGuid" | "byName"> => ({
  byId: (id) => Effect.map(get, Arr.findFirst((player) => player.id === id)),
  byGuid: (guid) => Effect.map(get, Arr.findFirst((player) => player.guid === guid)),
  byName: (name) => Effect.map(get, Arr.filter((player) => player.name === name))
})
