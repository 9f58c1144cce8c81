/**
 * The entity of a game server. It owns the server's one RCON session, on one runner of the cluster.
 *
 * **Details**
 *
 * The first call activates the entity on the runner that has the lock of its shard. The entity then logs in. It ends, and
 * closes its session, in three cases: it was unused for `maxIdleTime`, its runner stops, or its shard moves. The next runner
 * gets the lock of the shard only after the session is closed. So a server never has two sessions while locks hold.
 *
 * If the definition of the server changes (see `Servers`), the entity closes the session and starts the next one. To its users
 * this looks like a move. If the feed of a session dies, the defect is logged, and the next session starts 5 seconds later. That
 * looks like a move, too.
 *
 * Each session of the entity is an *activation* with a unique name. A command names the activation that it is for. Any other
 * activation refuses the command, and the named one refuses a second delivery. Otherwise a command could run twice, because
 * Effect Cluster delivers a call again if the runner or the connection is lost.
 *
 * No call is stored, so the message storage of Effect Cluster may be `MessageStorage.layerNoop`. An entity remembers its last
 * 4,096 calls that must not run twice, its last 4,096 other calls, and all running calls.
 *
 * **Example** (A runner with one server)
 *
 * ```ts
 * import * as NodeTransport from "@bercon/client/NodeTransport"
 * import { ServerEntity, Servers } from "@bercon/cluster"
 * import { Layer, Redacted } from "effect"
 *
 * // The runner still needs a cluster, `Embedded.layer` for example.
 * const runner = ServerEntity.layer({ maxIdleTime: "10 minutes" }).pipe(
 *   Layer.provide(Servers.layerRecord({
 *     altis: {
 *       transport: NodeTransport.make({ host: "203.0.113.7", port: 2306 }),
 *       options: { password: Redacted.make("secret") }
 *     }
 *   }))
 * )
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import * as CommandError from "@bercon/session/CommandError"
import { InvalidOptions, LoginFailure } from "@bercon/session/LoginFailure"
import * as Session from "@bercon/session/Session"
import { Transport } from "@bercon/session/Transport"
import { CommandErrors, Monotonic } from "@bercon/session/unstable"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import * as Cluster from "effect/cluster/Sharding"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Formatter from "effect/Formatter"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Feed from "./internal/feed.ts"
import * as SessionFeed from "./internal/sessionFeed.ts"
import type { Sharding } from "./internal/sharding.ts"
import { type Server, Servers, ServerUnknown } from "./Servers.ts"
import { ShardLocks } from "./ShardLocks.ts"
import * as Wire from "./Wire.ts"

/**
 * Effect Cluster's own service, which each member of a cluster has.
 *
 * @category services
 * @since 0.1.0
 */
export type { Sharding } from "./internal/sharding.ts"

/**
 * The calls of the entity.
 *
 * @category models
 * @since 0.1.0
 */
export const ServerEntity = Entity.make("@bercon/Server", [
  Rpc.make("Command", {
    payload: Wire.Command,
    success: Schema.Uint8Array,
    error: Schema.Union([CommandError.CommandError, Wire.CallLost])
  }),
  Rpc.make("Withdraw", { payload: { call: Schema.String } }),
  Rpc.make("Feed", { success: Wire.FeedItem, stream: true })
  // A runner that stops interrupts its calls: a feed does not end by itself, and a command can take its whole timeout.
]).annotateRpcs(ClusterSchema.InterruptOnTermination, true)

/**
 * Options of the entities of a runner.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long a session stays after its last user has left, at least 0. Default 1 minute. */
  readonly maxIdleTime?: Duration.Input | undefined
  /**
   * Interval of the heartbeats to users of a session, from 100 milliseconds to 1 minute. Default 1 second. A longer interval
   * costs less processor time. But if a runner is lost without breaking its connections, users detect that only after two
   * intervals or more.
   */
  readonly heartbeat?: Duration.Input | undefined
}

/** Time between a defect and the next activation, in milliseconds. A recurring defect must not flood the server with logins. */
const PAUSE = 5000

/** How many of the last calls of each kind are remembered: those that must not run twice, and the others. */
const REMEMBERED = 4096

/** Makes a function that remembers the last names, and returns whether a name is new. */
const remembering = () => {
  const names = new Set<string>()
  return (name: string): boolean => {
    if (names.has(name)) return false
    names.add(name)
    if (names.size > REMEMBERED) names.delete(names.values().next().value!)
    return true
  }
}

/** Sends nothing while the lock of the server's shard may have expired, because another runner may own the server then. */
const fenced = (transport: Transport["Service"], isHeld: () => boolean): Transport["Service"] => ({
  peer: transport.peer,
  open: Effect.map(transport.open, ({ listen, send }) => ({
    listen,
    send: (datagram) => {
      if (isHeld()) send(datagram)
    }
  }))
})

/** A session of the server, or the reason why it could not start, and its feed. */
interface Activation {
  readonly name: string
  readonly generation: string | undefined
  readonly opened: Result.Result<Session.Session["Service"], LoginFailure>
  readonly feed: Stream.Stream<Wire.FeedItem>
}

type Found = Result.Result<Server, ServerUnknown>

const generationOf = (found: Found): string | undefined =>
  Result.isSuccess(found) ? found.success.generation : found.failure.generation

const start = (found: Found, isHeld: () => boolean) => {
  if (Result.isFailure(found)) {
    return Effect.fail(new LoginFailure({ reason: new InvalidOptions({ problem: found.failure.message }) }))
  }
  const { options, transport } = found.success
  return Effect.provideService(Session.start(options), Transport, fenced(transport, isHeld))
}

/** Starts an activation, which ends when the scope closes. */
const activate = Effect.fnUntraced(function*(
  { heartbeat, name, onDefect }: {
    readonly heartbeat: number
    readonly name: string
    readonly onDefect: Effect.Effect<void>
  },
  found: Found,
  isHeld: () => boolean
) {
  const generation = generationOf(found)
  const textFallback = Result.isSuccess(found) ? found.success.options.textFallback : undefined
  const heading = {
    activation: name,
    heartbeat,
    ...(generation !== undefined && { generation }),
    ...(textFallback !== undefined && { textFallback })
  }
  const opened = yield* Effect.result(Effect.catchDefect(start(found, isHeld), (defect) =>
    Effect.andThen(
      Effect.logError("the session of a game server failed to start", defect),
      new LoginFailure({
        reason: new InvalidOptions({ problem: "the session failed to start. The log of its runner has the reason" })
      })
    )))
  const activation: Activation = {
    name,
    generation,
    opened,
    feed: Result.isSuccess(opened)
      ? yield* SessionFeed.make(heading, opened.success, onDefect)
      : SessionFeed.failed(heading, opened.failure)
  }
  return activation
})

/**
 * The current activation of the entity. Another one replaces it if the definition of the server changes, and after a defect in
 * the definition or in the activation's feed.
 */
const activations = Effect.fnUntraced(function*(heartbeat: number) {
  const { entityId, shardId } = yield* Entity.CurrentAddress
  const { host, port } = yield* Entity.CurrentRunnerAddress
  const { getSnowflake } = yield* Cluster.Sharding
  const { isHeld } = yield* ShardLocks
  const servers = yield* Servers
  const scope = yield* Effect.scope
  const lock = Semaphore.makeUnsafe(1)
  /** Open while there is an activation with a feed. */
  const begun = Latch.makeUnsafe(false)
  /** Open after a defect, until the next activation begins. */
  const failed = Latch.makeUnsafe(false)
  let current: Activation | undefined
  let ownScope = yield* Scope.fork(scope)

  const look = Effect.catchDefect(servers.get(entityId), (defect) =>
    Effect.andThen(
      Effect.logError(`looking up game server ${JSON.stringify(entityId)} failed`, defect),
      // Only the log of the runner contains the defect, which may contain a secret.
      new ServerUnknown({ id: entityId, problem: "the lookup failed. The log of its runner has the reason" })
    ))
  const onDefect = Effect.sync(() => {
    begun.closeUnsafe()
    failed.openUnsafe()
  })
  const begin = lock.withPermit(Effect.gen(function*() {
    const found = yield* Effect.result(look)
    const generation = generationOf(found)
    if (begun.isOpen() && generation !== undefined && generation === current?.generation) return
    // The next session must send nothing before the previous one is closed.
    yield* Effect.catchDefect(
      Scope.close(ownScope, Exit.void),
      (defect) => Effect.logError("closing the previous session of a game server failed", defect)
    )
    ownScope = yield* Scope.fork(scope)
    const name = `${host}:${port}/${yield* getSnowflake}`
    const activation = activate({ heartbeat, name, onDefect }, found, () => isHeld(shardId))
    failed.closeUnsafe()
    current = yield* Scope.provide(activation, ownScope)
    if (!failed.isOpen()) begun.openUnsafe()
  })).pipe(
    Effect.catchDefect((defect) =>
      Effect.andThen(Effect.logError("a session of a game server failed to begin", defect), onDefect)
    )
  )
  // Subscribed before the first lookup, so that no change is missed.
  yield* Stream.runForEach(servers.changes(entityId), () => begin).pipe(
    Effect.catchDefect((defect) =>
      Effect.logError(`changes of game server ${JSON.stringify(entityId)} are no longer followed`, defect)
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* Effect.forkScoped(begin)
  yield* failed.await.pipe(
    Effect.andThen(Effect.sleep(PAUSE)),
    Effect.andThen(Effect.suspend(() => failed.isOpen() ? begin : Effect.void)),
    Effect.forever,
    Effect.forkScoped
  )

  return {
    current: () => current,
    /** The feed of the current activation. Before the first activation and after a defect, it waits for the next activation. */
    feed: Stream.unwrap(Effect.map(begun.await, () => current!.feed))
  }
})

const handlers = Effect.fnUntraced(function*(heartbeat: number) {
  const { current, feed } = yield* activations(heartbeat)
  // Separate memories: many calls of one kind must not make the entity forget calls of the other kind.
  const isFirstRepeatable = remembering()
  const isFirstUnrepeatable = remembering()
  /** The running calls by name: `true`, or `false` if the call was withdrawn. */
  const running = new Map<string, boolean>()

  return ServerEntity.of({
    Command: ({ payload: { activation, call, epoch, repeatable, text, timeout, withdrawable } }) =>
      Effect.suspend((): Effect.Effect<Uint8Array, CommandError.CommandError | Wire.CallLost> => {
        const meant = current()
        const isFirst = repeatable ? isFirstRepeatable : isFirstUnrepeatable
        // After a second delivery it is unknown whether the first one has sent the command.
        if (meant?.name !== activation || running.has(call) || !isFirst(call)) return Effect.fail(new Wire.CallLost({}))
        if (Result.isFailure(meant.opened)) {
          const closed = new CommandError.SessionClosed({ sends: 0, cause: meant.opened.failure })
          return Effect.fail(CommandErrors.make(text, closed))
        }
        const run = meant.opened.success.commandBytes(text, {
          repeatable,
          epoch,
          timeout,
          isCurrent: withdrawable ? () => running.get(call) === true : undefined
        })
        running.set(call, true)
        return Effect.ensuring(run, Effect.sync(() => running.delete(call)))
      }),
    Withdraw: ({ payload: { call } }) =>
      Effect.sync(() => {
        if (running.has(call)) running.set(call, false)
      }),
    Feed: () => feed
  })
})

/**
 * Lets this runner own sessions of game servers. Dies with a `RangeError` if an option is out of its range.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<never, never, Sharding | Servers> => {
  const heartbeat = Monotonic.duration(options?.heartbeat ?? Feed.HEARTBEAT)
  const maxIdleTime = Monotonic.duration(options?.maxIdleTime ?? "1 minute")
  const problem = !(heartbeat >= 100 && heartbeat <= 60_000)
    ? `heartbeat must be from 100 milliseconds to 1 minute (got ${Formatter.format(options?.heartbeat)})`
    : !(maxIdleTime >= 0)
    ? `maxIdleTime must be a duration of at least 0 (got ${Formatter.format(options?.maxIdleTime)})`
    : undefined
  if (problem !== undefined) return Layer.effectDiscard(Effect.die(new RangeError(problem)))
  return ServerEntity.toLayer(handlers(heartbeat), {
    // A command that waits for its server does not delay other commands.
    concurrency: "unbounded",
    maxIdleTime,
    // A defect in one call must not end the session for its other users.
    disableFatalDefects: true
  })
}

/**
 * Makes a function from a server's id to the calls of its entity, whichever runner the entity is on.
 *
 * @category constructors
 * @since 0.1.0
 */
export const client = ServerEntity.client
