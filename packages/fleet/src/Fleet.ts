/**
 * Many servers in one process, each with an id.
 *
 * **Details**
 *
 * Each server has a separate client in a separate scope. Clients are started, not awaited: the fleet is ready at once, and
 * commands wait for the login of their server, at most for their timeout. If a server is down or refuses the password, its
 * `status` and the log show it. It delays no other server.
 *
 * Logins are retried without a limit (`loginTimeout: "Infinity"`, unless a server's options differ). A refused password or an
 * invalid address ends the session of a server for good; then `replace` starts a new one. With the option `retryRefused`, a
 * refused password is retried, too.
 *
 * A fleet belongs to the scope in which it was made. Closing the scope closes all sessions; streams and handlers end. Each
 * client has the bounds of `RconClient`. A slow subscriber of `events` loses events in the buffers of the clients, which count
 * them.
 *
 * The fleet does not use `RcMap` or `LayerMap`, which keep a resource only while it is used. A fleet logs in before the first
 * use, and closes a removed server even if its client is in use. So it uses scopes directly.
 *
 * **Example** (The number of players on every server)
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
 * @stability stable
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
  /**
   * The local address or host name, and the local port, to send from. Use it on machines with several addresses. Default: the
   * system chooses.
   */
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
 * Servers by id, in their order in the fleet. An id is any text except the empty one.
 *
 * In a JavaScript record, ids that are whole numbers, such as `"10"`, come first, in ascending order. A `Map` keeps the order
 * of all ids.
 *
 * @category models
 * @since 0.1.0
 */
export type Servers<S extends ServerSettings = Server> = Readonly<Record<string, S>> | ReadonlyMap<string, S>

/**
 * An event and the id of its server.
 *
 * @category models
 * @since 0.1.0
 */
export interface FleetEvent {
  readonly server: string
  readonly event: ServerEvent
}

/**
 * The status of a server and its id.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusChange {
  readonly server: string
  readonly status: Status
}

/**
 * The result of each server, by id, in the order of the option `servers`, or of the fleet if the option is absent. A failure or
 * defect of one server is only in its own result.
 *
 * @category models
 * @since 0.1.0
 */
export type Results<A, E> = ReadonlyMap<string, Exit.Exit<A, E>>

/**
 * Options of an operation on several servers.
 *
 * @category models
 * @since 0.1.0
 */
export interface ForEachOptions {
  /** Ids of the servers. An id that is not in the fleet gets the failure `UnknownServer` in the results. Default: all. */
  readonly servers?: ReadonlyArray<string> | ReadonlySet<string> | undefined
  /** Maximum number of servers at once: an integer from 1, or `"unbounded"`. Default `"unbounded"`. */
  readonly concurrency?: number | "unbounded" | undefined
  /**
   * Time limit for each server, from the start of its program: a positive duration. If it is exceeded, the result is a
   * `TimeoutError`. Default: no limit.
   */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A program to run for a server: an effect that requires `RconClient`, or a function of the client and the server's id.
 *
 * @category models
 * @since 0.1.0
 */
export type Program<A, E, R> =
  | Effect.Effect<A, E, R>
  | ((rcon: RconClient.Service, id: string) => Effect.Effect<A, E, R>)

/**
 * The ids of servers that a change added, removed and replaced.
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
 * The operations of a fleet. Changes (`add`, `remove`, `replace`, `reconcile`) run one after the other. A change that has
 * begun is completed even if its caller is interrupted. A change of a closed fleet is interrupted. If a session is
 * slow to close or fails to close, only its `remove`, the next session of the same id and the end of the fleet wait for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service<out Unavailable = FleetUnavailable, in S extends ServerSettings = Server> {
  /** Ids of the servers in their order. `add` puts a server at the end, and `reconcile` sets the order of all. */
  readonly ids: Effect.Effect<ReadonlyArray<string>>
  /** The given settings of the servers, without their passwords. */
  readonly servers: Effect.Effect<ReadonlyMap<string, ServerSettings>>
  /**
   * The client of a server. After the server is removed or replaced, its commands fail with reason `SessionClosed`.
   */
  readonly get: (id: string) => Effect.Effect<RconClient.Service, UnknownServer>

  /**
   * The events of all servers from subscription on, including servers that are added later. Events of one server are in order.
   * A subscriber that is too slow loses the oldest events of the servers whose events it did not read in time. In their place
   * it gets a `Gap` for each of these servers. The stream continues if the session of a server ends. It ends when the fleet is
   * closed.
   */
  readonly events: Stream.Stream<FleetEvent>
  /**
   * Runs a handler for every event of a kind, from now on until the scope closes, on all servers including those that are
   * added later. The handler gets the event, and the client and id of its server. For each server it runs like `on` of a
   * client: for one event after the other, or for up to `concurrency` events at once. So a slow handler for one server does
   * not delay the others. A failed handler is logged as an error with the server's id.
   *
   * The fiber ends when the fleet is closed; interrupting it removes the handler. Dies with a `RangeError` if `concurrency`
   * is out of its range.
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
      /** Maximum number of events of one server at once: an integer from 1, or `"unbounded"`. Default 1. */
      readonly concurrency?: number | "unbounded" | undefined
    }
  ) => Effect.Effect<Fiber.Fiber<void>, never, R | Scope.Scope>
  /** The current status of each server. */
  readonly status: Effect.Effect<ReadonlyMap<string, Status>>
  /**
   * The current status of each server, then its changes. The last status of a removed or replaced server is `Closed`, with a
   * successful exit unless its session had failed before. Ends when the fleet is closed.
   */
  readonly statusChanges: Stream.Stream<StatusChange>

  /**
   * Runs a program for all servers or for some of them, for at most `concurrency` servers at the same time. Never fails: each
   * server has its own result. A server that does not answer has its result after the timeout (that of `options`, or of the
   * commands in the program). Dies with a `RangeError` if `concurrency` or `timeout` is out of its range.
   *
   * **Example** (A program for one server, run for two)
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
  /** Queries the players of each server, like `players` of a client. */
  readonly players: (
    options?: ForEachOptions
  ) => Effect.Effect<
    Results<ReadonlyArray<Player>, CommandError | ReplyError | UnknownServer | Cause.TimeoutError>
  >
  /** Announces a text on each server, like `say` of a client. */
  readonly say: (
    text: string,
    options?: ForEachOptions & { readonly say?: SayOptions | undefined }
  ) => Effect.Effect<Results<string, CommandError | ActionError | UnknownServer | Cause.TimeoutError>>

  /** Adds a server, starts its client, and returns the client at once. */
  readonly add: (
    id: string,
    server: S
  ) => Effect.Effect<RconClient.Service, DuplicateServer | InvalidServer | Unavailable>
  /**
   * Removes a server and waits until its session is closed. Pending commands fail with reason `SessionClosed`. If the wait is
   * interrupted, the session is closed nevertheless.
   */
  readonly remove: (id: string) => Effect.Effect<void, UnknownServer | Unavailable>
  /**
   * Starts a new session of one server with these options, even if they are equal to the old ones, and begins to close the old
   * session. Returns the new client at once, which sends nothing before the old session is closed. Affects no other server.
   */
  readonly replace: (
    id: string,
    server: S
  ) => Effect.Effect<RconClient.Service, UnknownServer | InvalidServer | Unavailable>
  /**
   * Changes the fleet to exactly these servers, in their order: adds, removes and replaces servers. Those with equal options
   * keep their sessions. Returns when all new sessions are started; old ones may still be closing then. If a server is invalid,
   * `reconcile` fails and changes nothing.
   */
  readonly reconcile: (servers: Servers<S>) => Effect.Effect<Changes, InvalidServer | Unavailable>
}

/**
 * Many servers in one process, each with an id.
 *
 * @category services
 * @since 0.1.0
 */
export class Fleet extends Context.Service<Fleet, Service>()("@bercon/fleet/Fleet") {}

/**
 * Options of a fleet.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The initial servers. Default: none. */
  readonly servers?: Servers | undefined
  /** The transport to a server: `NodeTransport.make`, for example. */
  readonly transport: (server: Server, id: string) => Transport.Transport["Service"]
}

/**
 * Options of a fleet whose clients the caller makes.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientsOptions<S extends ServerSettings = Server> {
  /** The initial servers. Default: none. */
  readonly servers?: Servers<S> | undefined
  /**
   * Starts the client of a server in a separate scope, and returns it at once. The client must send nothing before `released`
   * completes, because the client that it replaces may still be closing.
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
 * Makes a fleet in the caller's scope. Closing the scope closes every session. Returns when every client is started, and does
 * not wait for the logins.
 *
 * Fails with `InvalidServer` if an option of a server is invalid.
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
 * Makes a fleet like {@link make}, with clients that the caller makes: on remote sessions, or mocks.
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
  options: Omit<Options, "servers"> & { readonly servers: Config.Wrap<Readonly<Record<string, Server>>> }
): Layer.Layer<Fleet, InvalidServer | Config.ConfigError> =>
  Layer.unwrap(Effect.map(Config.unwrap(options.servers), (servers) => layer({ ...options, servers })))

/**
 * Provides the client of one server of the fleet, for programs that require `RconClient`. The fleet owns the client.
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
 * Divides results into successes and failures.
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
