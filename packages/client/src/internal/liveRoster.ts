/**
 * The roster at work: it listens to events, and has the list of players asked for when only that can tell.
 */
import * as Broadcast from "@bercon/session/Broadcast"
import type { CommandError } from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import type * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Player, PlayerId } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import type { Roster } from "../Roster.ts"
import type { ServerEvent } from "../ServerEvent.ts"
import type { Table } from "../Table.ts"
import * as State from "./roster.ts"

export interface LiveRoster {
  readonly roster: Roster
  /** Those who are known to be there, by slot, perhaps not all. */
  readonly known: ReadonlyMap<PlayerId, Player>
  /** All who are there; `undefined` while that is not known. */
  readonly players: () => ReadonlyMap<PlayerId, Player> | undefined
  /** Takes the next event. */
  readonly observe: (event: ServerEvent) => void
  /** The query it was made with, from whose result the roster learns. */
  readonly playerTable: Effect.Effect<Table<Player>, CommandError | ReplyError>
  /** Asks for the list now, at the interval, and when it is in doubt. Never ends. */
  readonly keep: Effect.Effect<never>
  /** Ends the changes. */
  readonly close: (exit: Exit.Exit<void, LoginFailure>) => void
}

/** The least time between two lists, so that a storm of gaps does not become one of queries. */
const REST = "1 second"

export const make = (
  query: Effect.Effect<Table<Player>, CommandError | ReplyError>,
  interval: Duration.Input
): LiveRoster => {
  const state = State.make()
  const current = (): ReadonlyArray<Player> | undefined => state.complete ? State.list(state) : undefined
  const broadcast = Broadcast.make<ReadonlyArray<Player> | undefined, LoginFailure>({ capacity: 1, greeting: current })
  const doubt = Latch.makeUnsafe()
  let published: ReadonlyArray<Player> | undefined

  const follow = (consequence: State.Consequence): void => {
    if (consequence === "Doubtful") doubt.openUnsafe()
    const players = consequence === "None" ? undefined : current()
    if (players === undefined || Equal.equals(players, published)) return
    published = players
    broadcast.publish(players)
  }

  /** For each list that was asked for and is not there yet, what has happened since. */
  const asked = new Set<Array<ServerEvent>>()
  const playerTable = Effect.suspend(() => {
    const since: Array<ServerEvent> = []
    asked.add(since)
    return query.pipe(
      // The events that came while the list was on its way may be newer than the list.
      Effect.tap(({ rows }) => Effect.sync(() => follow(State.replace(state, rows, since)))),
      Effect.ensuring(Effect.sync(() => asked.delete(since)))
    )
  })

  const get = Effect.suspend(() => {
    const players = current()
    return players === undefined ? Effect.map(playerTable, () => State.list(state)) : Effect.succeed(players)
  })

  let complaint: string | undefined
  /** Of outages the session tells; what is said here is that the server will not do it, and once. */
  const complain = (error: CommandError | ReplyError): Effect.Effect<void> => {
    if (error._tag === "CommandError" && error.execution !== "NotExecuted") return Effect.void
    if (error._tag === "CommandError" && error.reason._tag === "NotConnected") return Effect.void
    if (error.message === complaint) return Effect.void
    complaint = error.message
    return Effect.logWarning(`cannot keep track of who is on the server: ${error.message}`)
  }

  return {
    roster: {
      get,
      changes: Stream.filter(broadcast.values, Predicate.isNotUndefined),
      byId: (id) => Effect.map(get, Arr.findFirst((player) => player.id === id)),
      byGuid: (guid) => Effect.map(get, Arr.findFirst((player) => player.guid === guid)),
      byName: (name) => Effect.map(get, Arr.filter((player) => player.name === name))
    },
    known: state.players,
    players: () => state.complete ? state.players : undefined,
    observe: (event) => {
      for (const since of asked) if (since.length < State.CAPACITY) since.push(event)
      follow(State.observe(state, event))
    },
    playerTable,
    keep: doubt.close.pipe(
      Effect.andThen(Effect.catch(playerTable, complain)),
      Effect.andThen(Effect.sleep(REST)),
      Effect.andThen(Effect.timeoutOption(doubt.await, interval)),
      Effect.forever
    ),
    close: broadcast.close
  }
}
