/**
 * Many servers in one process, each by an id.
 *
 * **Details**
 *
 * Every server has a client of its own, in a scope of its own. Clients are started, not awaited: the fleet is there at once,
 * and commands wait for the login of their server, for their timeout at most. A server that is down, has another password
 * or does not exist shows in its `status` and in the log. It delays no other server.
 *
 * A login is tried for ever (`loginTimeout: "Infinity"`, unless the server's options differ). But a refused password, or an
 * address that is not valid, ends the session of that server for good, unless its option `retryRefused` is set; `replace`
 * starts a new one.
 *
 * Effect's `RcMap` and `LayerMap` keep a resource for as long as somebody uses it. A fleet does the opposite: it logs in
 * before anybody asks, and a server that is removed is closed while others hold its client. So it is built on scopes alone.
 *
 * **Example** (Everybody on every server)
 *
 * ```ts
 * import { Fleet } from "@bercon/fleet"
 * import { Effect } from "effect"
 *
 * const population = Effect.gen(function*() {
 *   const fleet = yield* Fleet.Fleet
 *   const { failures, successes } = Fleet.partition(yield* fleet.players({ timeout: "5 seconds" }))
 *   for (const [id, cause] of failures) yield* Effect.logWarning(`no answer from ${id}`, cause)
 *   return new Map(Array.from(successes, ([id, players]) => [id, players.length]))
 * })
 * ```
 *
 * @since 0.1.0
 */
import type { ActionError } from "@bercon/client/ActionError"
import type { CommandError } from "@bercon/client/CommandError"
import type { SayOptions } from "@bercon/client/Commands"
import type { LoginFailure } from "@bercon/client/LoginFailure"
import type { Player } from "@bercon/client/Player"
import * as RconClient from "@bercon/client/RconClient"
import type { ReplyError } from "@bercon/client/ReplyError"
import type { ServerEvent, Tag } from "@bercon/client/ServerEvent"
import type { Status } from "@bercon/client/Status"
import * as Transport from "@bercon/client/Transport"
import type * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { DuplicateServer, FleetUnavailable, InvalidServer, UnknownServer } from "./FleetError.ts"
import { makeFleet } from "./internal/makeFleet.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The address of a server, and the options of the client and its session. `loginTimeout` is infinite by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerSettings extends Omit<RconClient.Options, "password"> {
  /** Host name or IP address. */
  readonly host: string
  /** The server's `RConPort`, 1 to 65535. Not the port that players connect to. */
  readonly port: number
  /** The local address or name to send from, for machines with several. Default: the system decides. */
  readonly bind?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
}

/**
 * The settings of a server, and its password.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server extends ServerSettings, Pick<RconClient.Options, "password"> {}

/**
 * Servers by id. An id is any text that is not empty.
 *
 * @category models
 * @since 0.1.0
 */
export type Servers = Readonly<Record<string, Server>>

/**
 * An event, and the id of the server on which it happened.
 *
 * @category models
 * @since 0.1.0
 */
export interface FleetEvent {
  readonly server: string
  readonly event: ServerEvent
}

/**
 * The status of a server, and its id.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusChange {
  readonly server: string
  readonly status: Status
}

/**
 * One result for each server, by id, in the order of the fleet. A failure of one server, also a defect, is its own.
 *
 * @category models
 * @since 0.1.0
 */
export type Results<A, E> = ReadonlyMap<string, Exit.Exit<A, E>>

/**
 * Which servers are asked, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface ForEachOptions {
  /** Ids of the servers to ask. An id that the fleet does not have fails with `UnknownServer` in the results. Default: all. */
  readonly servers?: ReadonlyArray<string> | ReadonlySet<string> | undefined
  /** How many servers are asked at once: from 1, or `"unbounded"`, the default. */
  readonly concurrency?: number | "unbounded" | undefined
  /** How long each server has, from its own start on: a positive duration. Then its result is a `TimeoutError`. Default: no limit. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * What to run for a server: a program that asks for an `RconClient`, or a function of the client and the server's id.
 *
 * @category models
 * @since 0.1.0
 */
export type Program<A, E, R> =
  | Effect.Effect<A, E, R>
  | ((rcon: RconClient.Service, id: string) => Effect.Effect<A, E, R>)

/**
 * Ids of the servers that a change added, removed and restarted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly replaced: ReadonlyArray<string>
}

/**
 * What a fleet offers. Changes of it (`add`, `remove`, `replace`, `reconcile`) run one after the other. A change that has
 * begun is completed; after the fleet is closed it is interrupted. A session that is slow to close, or fails to, delays no
 * other server: only the next session of its own id waits for it, and the end of the fleet.
 */
export interface Service<out Unavailable = FleetUnavailable, in S extends ServerSettings = Server> {
  /** Ids of the servers, in the order in which they were added. */
  readonly ids: Effect.Effect<ReadonlyArray<string>>
  /** Settings of the servers, as they were given, without their passwords. */
  readonly servers: Effect.Effect<ReadonlyMap<string, ServerSettings>>
  /**
   * The client of a server. It works until the server is removed or replaced; its commands fail with reason `SessionClosed`
   * from then on.
   */
  readonly get: (id: string) => Effect.Effect<RconClient.Service, UnknownServer>

  /**
   * What happens on all servers from now on, on servers that are added later, too. Events of one server are in order. A
   * subscriber that is too slow loses the oldest events of the servers that it is behind with, and finds a `Gap` of that
   * server in their place. A server whose session ends has no more events; the stream goes on. Ends when the fleet is closed.
   */
  readonly events: Stream.Stream<FleetEvent>
  /**
   * Runs a handler for every event of a kind from now on, on all servers and on those that are added later, until the scope
   * closes. It gets the event, the client and the id of the server. On each server it runs as `on` of a client does: one
   * event after the other, or as many at once as `concurrency` says. So a slow handler for one server delays no other, and a
   * handler that fails is logged as an error with the server's id.
   *
   * The fiber ends when the fleet is closed; interrupting it removes the handler. Dies with a `RangeError` if `concurrency`
   * is not allowed.
   *
   * **Example** (A welcome on all servers)
   *
   * ```ts
   * import { Fleet } from "@bercon/fleet"
   * import { Effect } from "effect"
   *
   * const welcome = Effect.gen(function*() {
   *   const fleet = yield* Fleet.Fleet
   *   yield* fleet.on("PlayerConnected", ({ player }, rcon, id) => rcon.say(`${player.name} joins ${id}`))
   * })
   * ```
   */
  readonly on: <const T extends Tag, E, R>(
    tag: T,
    handler: (
      event: Extract<ServerEvent, { readonly _tag: T }>,
      rcon: RconClient.Service,
      id: string
    ) => Effect.Effect<unknown, E, R>,
    options?: {
      /** How many events of one server are handled at once: from 1, or `"unbounded"`. Default 1. */
      readonly concurrency?: number | "unbounded" | undefined
    }
  ) => Effect.Effect<Fiber.Fiber<void>, never, R | Scope.Scope>
  /** How the session of each server is doing now. */
  readonly status: Effect.Effect<ReadonlyMap<string, Status>>
  /**
   * How the session of each server is doing: now, and every change. The last status of a server that is removed or replaced
   * is `Closed` with a successful exit. Ends when the fleet is closed.
   */
  readonly statusChanges: Stream.Stream<StatusChange>

  /**
   * Runs a program for all servers, or some, at the same time. Never fails: each server has its own result. A dead server
   * takes the time of its own timeout (that of `options`, or that of the commands in it) and delays no other. Dies with a
   * `RangeError` if `concurrency` or `timeout` is not allowed.
   *
   * **Example** (A program for one server, run for all)
   *
   * ```ts
   * import { Fleet, RconClient } from "@bercon/fleet"
   * import { Effect } from "effect"
   *
   * const restart = Effect.gen(function*() {
   *   const rcon = yield* RconClient.RconClient
   *   yield* rcon.say("Restart now")
   *   yield* rcon.restartServer
   * })
   *
   * const restartTwo = Effect.gen(function*() {
   *   const fleet = yield* Fleet.Fleet
   *   return yield* fleet.forEach(restart, { servers: ["altis", "stratis"] })
   * })
   * ```
   */
  readonly forEach: <A, E, R>(
    program: Program<A, E, R>,
    options?: ForEachOptions
  ) => Effect.Effect<
    Results<A, E | UnknownServer | Cause.TimeoutError>,
    never,
    Exclude<R, RconClient.RconClient>
  >
  /** Asks who is on each server, as `players` of a client does. */
  readonly players: (
    options?: ForEachOptions
  ) => Effect.Effect<
    Results<ReadonlyArray<Player>, CommandError | ReplyError | UnknownServer | Cause.TimeoutError>
  >
  /** Announces a text on each server, as `say` of a client does. */
  readonly say: (
    text: string,
    options?: ForEachOptions & { readonly say?: SayOptions | undefined }
  ) => Effect.Effect<Results<string, CommandError | ActionError | UnknownServer | Cause.TimeoutError>>

  /** Adds a server and starts its client, which it returns at once. */
  readonly add: (
    id: string,
    server: S
  ) => Effect.Effect<RconClient.Service, DuplicateServer | InvalidServer | Unavailable>
  /**
   * Removes a server, and waits until its session is closed. Commands that are pending fail with reason `SessionClosed`. If
   * the wait is interrupted, the session is closed all the same.
   */
  readonly remove: (id: string) => Effect.Effect<void, UnknownServer | Unavailable>
  /**
   * Starts another session of one server with these options, also if they are the same, and begins to close the old one.
   * Returns the new client at once. It sends nothing before the old one is closed. The other servers are not touched.
   */
  readonly replace: (
    id: string,
    server: S
  ) => Effect.Effect<RconClient.Service, UnknownServer | InvalidServer | Unavailable>
  /**
   * Makes the fleet have exactly these servers: adds, removes and replaces what differs. Servers with equal options are not
   * touched. Returns when all that is new is started: sessions may still be closing then. If a server is not valid it fails
   * and changes nothing.
   */
  readonly reconcile: (
    servers: Readonly<Record<string, S>>
  ) => Effect.Effect<Changes, InvalidServer | Unavailable>
}

/**
 * Many servers in one process, each by an id.
 *
 * @category services
 * @since 0.1.0
 */
export class Fleet extends Context.Service<Fleet, Service>()("@bercon/fleet/Fleet") {}

/**
 * What a fleet is made with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The servers to begin with. Default: none. */
  readonly servers?: Servers | undefined
  /** How datagrams get to a server and back: `NodeTransport.make`, for example. */
  readonly transport: (server: Server, id: string) => Transport.Transport["Service"]
}

/**
 * What a fleet is made with whose clients are made by the caller.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientsOptions<S extends ServerSettings = Server> {
  /** The servers to begin with. Default: none. */
  readonly servers?: Readonly<Record<string, S>> | undefined
  /**
   * Starts the client of a server in a scope of its own, and returns it at once. Nothing must be sent to the server before
   * `released` has ended: until then the client that this one replaces is still being closed.
   */
  readonly start: (
    server: S,
    id: string,
    released: Effect.Effect<void>
  ) => Effect.Effect<RconClient.Service, LoginFailure, Scope.Scope>
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * A fleet in the caller's scope: closing it closes every session. It is ready when every client is started, not logged in.
 *
 * Fails with `InvalidServer` if an option of a server is not valid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Effect.Effect<Service<never>, InvalidServer, Scope.Scope> =>
  fromClients({
    servers: options.servers,
    start: (server, id, released) => {
      const transport = options.transport(server, id)
      return Effect.provideService(
        RconClient.start({ loginTimeout: "Infinity", ...server }),
        Transport.Transport,
        Transport.Transport.of({ peer: transport.peer, open: Effect.andThen(released, transport.open) })
      )
    }
  })

/**
 * As {@link make}, with clients that the caller makes: on sessions that are somewhere else, or mocks.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromClients = <S extends ServerSettings = Server>(
  options: ClientsOptions<S>
): Effect.Effect<Service<never, S>, InvalidServer, Scope.Scope> => makeFleet(options)

/**
 * Provides the fleet that {@link make} makes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Fleet, InvalidServer> => Layer.effect(Fleet, make(options))

/**
 * Provides a fleet as {@link layer} does, with servers from configuration.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options: Omit<Options, "servers"> & { readonly servers: Config.Wrap<Servers> }
): Layer.Layer<Fleet, InvalidServer | Config.ConfigError> =>
  Layer.unwrap(Effect.map(Config.unwrap(options.servers), (servers) => layer({ ...options, servers })))

/**
 * Provides the client of one server of the fleet, for programs that ask for an `RconClient`. It belongs to the fleet.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = (id: string): Layer.Layer<RconClient.RconClient, UnknownServer, Fleet> =>
  Layer.effect(RconClient.RconClient, Effect.flatMap(Fleet, (fleet) => fleet.get(id)))

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

/**
 * Divides results into those of servers that succeeded and those of servers that failed.
 *
 * @category results
 * @since 0.1.0
 */
export const partition = <A, E>(
  results: Results<A, E>
): { readonly successes: ReadonlyMap<string, A>; readonly failures: ReadonlyMap<string, Cause.Cause<E>> } => {
  const successes = new Map<string, A>()
  const failures = new Map<string, Cause.Cause<E>>()
  for (const [id, exit] of results) {
    if (Exit.isSuccess(exit)) successes.set(id, exit.value)
    else failures.set(id, exit.cause)
  }
  return { successes, failures }
}
