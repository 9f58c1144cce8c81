/**
 * Clients on mock sessions, whose replies and messages the test determines.
 */
import { Guid, Player, RconClient, type ServerEvent } from "@bercon/client"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "./mockSession.ts"

export const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")

/** A row of a list of players. */
export const row = (slot: number, name: string) => `${slot}   203.0.113.9:2304      16   ${GUID}(OK) ${name}`

/** A row that cannot be read. */
export const unread = (slot: number) => `${slot}   203.0.113.9:2304      16   what is this`

/** A list of players. */
export const players = (...lines: ReadonlyArray<string>) =>
  ["Players on server:", "[#] [IP Address]:[Port] [Ping] [GUID] [Name]", "-----", ...lines].join("\n")

/** A list of one player, in slot 7. */
export const PLAYERS = players(row(7, "Bob"), "(1 players in total)")

export const bob = Player.PlayerId.make(7)

export const within = { confirmWithin: "1 second" } as const

/** A client on a mock session, in the test's scope. */
export const start = Effect.fnUntraced(function*(options?: RconClient.ClientOptions) {
  const session = yield* MockSession.make()
  const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye", ...options }), session.layer)
  return { session, rcon }
})

/**
 * A client whose server has these replies to `players` and `bans`, and an empty reply to every other command. An event
 * has shown that Ann is in slot 0.
 */
export const startWith = Effect.fnUntraced(function*(list: string, bans = "") {
  const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
  const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
  session.reply = (text) => text === "players" ? list : text === "bans" ? bans : ""
  yield* session.say("Player #0 Ann (203.0.113.9:2304) connected")
  /** Runs an action. Returns `"done"`, or the tag of the reason if it fails. */
  const run = Effect.fnUntraced(function*<E extends { readonly reason: { readonly _tag: string } }>(
    action: Effect.Effect<unknown, E>
  ) {
    const fiber = yield* Effect.forkChild(
      Effect.match(action, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "done" })
    )
    yield* TestClock.adjust("2 minutes")
    return yield* Fiber.join(fiber)
  })
  const sent = () => session.sent.map(([text]) => text).filter((text) => text !== "players" && text !== "bans")
  return { session, rcon, run, sent }
})

/** Collects events from now on. `take` returns those that have arrived since the last `take`. */
export const listen = Effect.fnUntraced(function*(rcon: RconClient.RconClient["Service"]) {
  const events: Array<ServerEvent.ServerEvent> = []
  const fiber = yield* rcon.events.pipe(
    Stream.runForEach((event) => Effect.sync(() => events.push(event))),
    Effect.forkChild({ startImmediately: true })
  )
  return { fiber, take: Effect.andThen(MockSession.settle, Effect.sync(() => events.splice(0))) }
})

/** The kinds of events. */
export const tags = (events: ReadonlyArray<ServerEvent.ServerEvent>) => events.map((event) => event._tag)
