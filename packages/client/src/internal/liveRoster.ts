/**
 * Keeps the roster up to date: follows events, and reads the list of players at an interval, and when only the list can
 * show who is on the server.
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Status } from "@bercon/session/Status"
import { Alarm, Broadcast, Monotonic } from "@bercon/session/unstable"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { type CommandError, SessionClosed } from "../CommandError.ts"
import type { Player, PlayerId } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import { lookups, type Roster } from "../Roster.ts"
import { PlayerIdentified, type ServerEvent } from "../ServerEvent.ts"
import { isComplete, type Table } from "../Table.ts"
import { make as commandError } from "./commandError.ts"
import { Identification } from "./identification.ts"
import { isNamed, type OccupantOf } from "./playerTarget.ts"
import { complainer, reported } from "./reported.ts"
import * as State from "./roster.ts"
import { trusted } from "./trusted.ts"

export interface LiveRoster {
  readonly roster: Roster
  /** The known players on the server by slot, possibly not all. */
  readonly known: ReadonlyMap<PlayerId, Player>
  /** The occupant of a slot, as far as known. */
  readonly occupantOf: OccupantOf
  /** The last list of this session; `undefined` until it has arrived. */
  readonly list: () => Table<Player> | undefined
  /** Adds `known` and `knownAt` to an event of a player who has left. */
  readonly describe: (event: ServerEvent) => ServerEvent
  /** Processes the next event. */
  readonly observe: (event: ServerEvent) => void
  /** Publishes the players who have been identified since the last call. */
  readonly announce: () => void
  /** The query for the list. The roster learns from its result. */
  readonly playerTable: Effect.Effect<Table<Player>, CommandError | ReplyError>
  /** Begins to read the list: now, then at the interval and when only the list can show who is on the server. */
  readonly begin: () => void
  /** Stops reading, and ends the stream of changes. */
  readonly close: (exit: Exit.Exit<void, LoginFailure>) => void
}

/**
 * Minimum time from the end of a query to the next automatic one, in milliseconds, so that many gaps do not cause many
 * queries.
 */
const REST = 1000

/**
 * Time until a failed query is repeated, in milliseconds. It applies only while the roster needs a list, and if the
 * interval of queries is not shorter.
 */
const RETRY = 5000

/**
 * Maximum number of events that are kept during a query for the list. If there are more, the list is read again.
 */
const SINCE_CAPACITY = 4096

/** A query for the list that has no result yet. */
interface Asked {
  /** The events since the query, which may be newer than the list. */
  readonly since: Array<ServerEvent>
  missed: boolean
}

export const make = (options: {
  readonly query: Effect.Effect<Table<Player>, CommandError | ReplyError>
  readonly status: Effect.Effect<Status>
  /** Whether the events so far are those of the current session. */
  readonly isOfThisSession: Effect.Effect<boolean>
  /** In milliseconds. */
  readonly interval: number
  readonly clock: Clock.Clock
  readonly context: Context.Context<never>
  /** Publishes the events that the roster constructs. */
  readonly publish: (event: ServerEvent) => void
}): LiveRoster => {
  const now = () => Monotonic.millis(options.clock)
  const state = State.make(() => options.clock.currentTimeMillisUnsafe())
  const identification = new Identification()
  const current = (): ReadonlyArray<Player> | undefined => state.list === undefined ? undefined : State.list(state)
  const broadcast = new Broadcast<ReadonlyArray<Player>, LoginFailure>({ capacity: 1, greeting: current })
  /**
   * Maximum time from the end of a query to the next, in milliseconds: `Infinity` if events show who is on the server,
   * less while only a list can show it.
   */
  let patience = REST
  /** When the last query for the list ended, with a list or an error; `Infinity` before `begin`. */
  let listedAt = Infinity
  const { interval, isOfThisSession } = options
  /** The last published list; `undefined` until the list of this session has arrived. */
  let published: ReadonlyArray<Player> | undefined

  const doubt = (): void => {
    patience = REST
    alarm.reset()
  }

  const follow = (consequence: State.Consequence): void => {
    if (consequence === "Doubtful") doubt()
    if (consequence === "None") return
    const players = current()
    const isNew = players !== undefined && (published === undefined || !State.isSame(players, published))
    published = players
    if (isNew) broadcast.publish(players)
  }

  const announce = (): void => {
    for (const player of identification.identified(state.players, state.list !== undefined, now())) {
      options.publish(trusted(PlayerIdentified, { _tag: "PlayerIdentified", player }))
    }
  }

  const lists = new Set<Asked>()
  const playerTable = Effect.suspend(() => {
    const asked: Asked = { since: [], missed: false }
    lists.add(asked)
    return options.query.pipe(
      Effect.tap((table) =>
        Effect.sync(() => {
          follow(State.replace(state, table, asked.since))
          if (asked.missed) doubt()
          identification.listed(now())
          announce()
        })
      ),
      Effect.ensuring(Effect.sync(() => lists.delete(asked)))
    )
  })

  /** The current query for the list, shared by all callers: interrupting one caller does not affect the others. */
  let asking: Fiber.Fiber<Table<Player>, CommandError | ReplyError> | undefined
  const ask = Effect.suspend(() => {
    if (asking !== undefined) return outcomeOf(asking)
    const fiber = asking = Effect.runForkWith(options.context)(playerTable)
    fiber.addObserver(() => {
      asking = undefined
    })
    return outcomeOf(fiber)
  })

  /** The players, if they are known and there is a session. */
  const snapshot = Effect.flatMap(
    options.status,
    ({ _tag }) =>
      Effect.map(isOfThisSession, (isOfThisSession) => _tag === "Online" && isOfThisSession ? current() : undefined)
  )

  const get: Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError> = Effect.flatMap(
    snapshot,
    (players) => {
      if (players !== undefined) return Effect.succeed(players)
      return Effect.flatMap(ask, () => {
        const players = current()
        // Another outage can make a list out of date as soon as it arrives.
        return players === undefined ? get : Effect.succeed(players)
      })
    }
  )

  /** The outcome of a query. Only the closing client interrupts a query, so the caller then gets `SessionClosed`. */
  const outcomeOf = (fiber: Fiber.Fiber<Table<Player>, CommandError | ReplyError>) =>
    Effect.flatMap(Fiber.await(fiber), (exit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? Effect.fail(commandError("players", new SessionClosed({ sends: 0 })))
        : exit)

  const complain = complainer("cannot read the list of players")

  const list = Effect.suspend(() => {
    const isDoubtful = patience < Infinity
    // If the events during the query raise a doubt, the list is read once more.
    patience = Infinity
    return ask.pipe(
      Effect.catch((error) => {
        if (isDoubtful) patience = Math.min(patience, RETRY)
        return complain(error)
      }),
      Effect.andThen(Effect.sync(() => {
        listedAt = now()
      }))
    )
  })

  const alarm: Alarm = new Alarm(options.context, {
    wakeAt: () => listedAt + Math.max(REST, Math.min(interval, patience)),
    ring: () => reported("the roster has died and will no longer be updated", list)
  })

  return {
    roster: {
      get,
      snapshot: Effect.map(snapshot, Option.fromUndefinedOr),
      isComplete: Effect.map(
        isOfThisSession,
        (isOfThisSession) => isOfThisSession && state.list !== undefined && isComplete(state.list)
      ),
      changes: broadcast.values,
      ...lookups(get)
    },
    known: state.players,
    list: () => state.list,
    occupantOf: (slot) => State.occupantOf(state, slot),
    describe: (event) => {
      if (event._tag !== "PlayerDisconnected" && event._tag !== "PlayerKicked") return event
      const known = state.players.get(event.player.id)
      if (known === undefined || !isNamed(known, event.player)) return event
      const knownAt = DateTime.makeUnsafe(state.updatedAt.get(known.id) ?? 0)
      return Object.assign(Object.create(Object.getPrototypeOf(event)), event, { known, knownAt })
    },
    announce,
    observe: (event) => {
      if (!State.isNews(event)) return
      for (const asked of lists) {
        // The list that arrives is from the session after the outage, so earlier events do not matter.
        if (event._tag === "Gap" && event.cause === "Reconnected") {
          asked.since.length = 0
          asked.missed = false
        } else if (asked.since.length < SINCE_CAPACITY) asked.since.push(event)
        else asked.missed = true
      }
      follow(State.observe(state, event))
    },
    playerTable,
    begin: () => {
      listedAt = -Infinity
      alarm.reset()
    },
    close: (exit) => {
      alarm.stop()
      asking?.interruptUnsafe()
      broadcast.close(exit)
    }
  }
}
