/**
 * The entity of a game server: it has the server's one RCON session, on whichever runner of the cluster it is.
 *
 * **Details**
 *
 * The entity is activated by the first call to it, on the runner that has the lock of its shard, and logs in. It ends, and
 * closes its session, when nobody has used it for `maxIdleTime`; when its runner ends; and when its shard moves to another
 * runner, which gets the lock only after the session is closed. So there is never a second session while locks hold.
 *
 * If the definition of its server changes (see `Servers`), it closes the session and begins the next one: for those who use
 * it, the session has moved.
 *
 * Each activation, and each session after such a change, has a name. A command is run by the one it was made for and by no
 * other, since Effect Cluster delivers a call again if the runner it was sent to is gone.
 *
 * No call is stored. The engine's message storage may be `MessageStorage.layerNoop`.
 *
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
 * The cluster that an entity is in: Effect Cluster's own service.
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
  // A runner that ends does not wait for them: a feed never ends by itself, and a command can take its whole timeout.
]).annotateRpcs(ClusterSchema.InterruptOnTermination, true)

/**
 * Options of the entities of a runner.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long a session stays after the last one who used it has gone. Default 1 minute. */
  readonly maxIdleTime?: Duration.Input | undefined
  /**
   * How often those who use a session get a sign of life of it, from 100 milliseconds to 1 minute. Default 1 second. A rarer
   * one costs less processor time, and the loss of a runner whose connections do not break is noticed later: after two at
   * least.
   */
  readonly heartbeat?: Duration.Input | undefined
}

/** How many of the latest calls are remembered: those that must not run twice, and the others. */
const REMEMBERED = { unrepeatable: 4096, repeatable: 256 } as const

/** Remembers the latest names. Returns whether a name is new. */
const remembering = (capacity: number) => {
  const names = new Set<string>()
  return (name: string): boolean => {
    if (names.has(name)) return false
    names.add(name)
    if (names.size > capacity) names.delete(names.values().next().value!)
    return true
  }
}

/** Sends nothing while the lock of the server's shard may have expired: another runner may have the server then. */
const fenced = (transport: Transport["Service"], isHeld: () => boolean): Transport["Service"] => ({
  peer: transport.peer,
  open: Effect.map(transport.open, ({ listen, send }) => ({
    listen,
    send: (datagram) => {
      if (isHeld()) send(datagram)
    }
  }))
})

/** A session of the server, or why there can be none. */
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

/** Begins an activation, which ends with the scope. */
const activate = Effect.fnUntraced(function*(
  { heartbeat, name }: { readonly heartbeat: number; readonly name: string },
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
      ? yield* SessionFeed.make(heading, opened.success)
      : SessionFeed.failed(heading, opened.failure)
  }
  return activation
})

/** The activation of the entity, which another one follows if the definition of its server changes. */
const activations = Effect.fnUntraced(function*(heartbeat: number) {
  const { entityId, shardId } = yield* Entity.CurrentAddress
  const { host, port } = yield* Entity.CurrentRunnerAddress
  const { getSnowflake } = yield* Cluster.Sharding
  const { isHeld } = yield* ShardLocks
  const servers = yield* Servers
  const scope = yield* Effect.scope
  const lock = Semaphore.makeUnsafe(1)
  const begun = Latch.makeUnsafe(false)
  let current: Activation | undefined
  let ownScope = yield* Scope.fork(scope)

  const look = Effect.catchDefect(servers.get(entityId), (defect) =>
    Effect.andThen(
      Effect.logError(`looking up game server ${JSON.stringify(entityId)} failed`, defect),
      // The defect stays here: what it says may be secret.
      new ServerUnknown({ id: entityId, problem: "looking it up failed, see the log of the runner" })
    ))
  const begin = lock.withPermit(Effect.gen(function*() {
    const found = yield* Effect.result(look)
    const generation = generationOf(found)
    if (current !== undefined && generation !== undefined && generation === current.generation) return
    // The next session sends nothing before the former one is closed.
    yield* Effect.catchDefect(
      Scope.close(ownScope, Exit.void),
      (defect) => Effect.logError("closing the former session of a game server failed", defect)
    )
    ownScope = yield* Scope.fork(scope)
    const name = `${host}:${port}/${yield* getSnowflake}`
    current = yield* Scope.provide(activate({ heartbeat, name }, found, () => isHeld(shardId)), ownScope)
    begun.openUnsafe()
  }))
  // A change that comes while the server is looked up is not missed.
  yield* Stream.runForEach(servers.changes(entityId), () => begin).pipe(
    Effect.catchDefect((defect) =>
      Effect.logError(`changes of game server ${JSON.stringify(entityId)} are not followed any more`, defect)
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* Effect.forkScoped(begin, { startImmediately: true })

  return {
    current: () => current,
    /** The feed of the activation that there is, as soon as there is one. */
    feed: Stream.unwrap(Effect.map(begun.await, () => current!.feed))
  }
})

const handlers = Effect.fnUntraced(function*(heartbeat: number) {
  const { current, feed } = yield* activations(heartbeat)
  // Many calls of one kind must not make the entity forget those of the other.
  const isFirstRepeatable = remembering(REMEMBERED.repeatable)
  const isFirstUnrepeatable = remembering(REMEMBERED.unrepeatable)
  /** The calls that may be withdrawn, and whether they are still valid. */
  const valid = new Map<string, boolean>()

  return ServerEntity.of({
    Command: ({ payload: { activation, call, epoch, repeatable, text, timeout, withdrawable } }) =>
      Effect.suspend((): Effect.Effect<Uint8Array, CommandError.CommandError | Wire.CallLost> => {
        const meant = current()
        const isFirst = repeatable ? isFirstRepeatable : isFirstUnrepeatable
        // A second delivery would not know whether the first one has sent the command.
        if (meant?.name !== activation || !isFirst(call)) return Effect.fail(new Wire.CallLost({}))
        if (Result.isFailure(meant.opened)) {
          const closed = new CommandError.SessionClosed({ sends: 0, cause: meant.opened.failure })
          return Effect.fail(CommandErrors.make(text, closed))
        }
        const run = meant.opened.success.commandBytes(text, {
          repeatable,
          epoch,
          timeout,
          isCurrent: withdrawable ? () => valid.get(call) === true : undefined
        })
        if (!withdrawable) return run
        valid.set(call, true)
        return Effect.ensuring(run, Effect.sync(() => valid.delete(call)))
      }),
    Withdraw: ({ payload: { call } }) =>
      Effect.sync(() => {
        if (valid.has(call)) valid.set(call, false)
      }),
    Feed: () => feed
  })
})

/**
 * Makes this runner one that can have the sessions of game servers. Dies if `heartbeat` is out of its range.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<never, never, Sharding | Servers> => {
  const heartbeat = Monotonic.duration(options?.heartbeat ?? Feed.HEARTBEAT)
  if (!(heartbeat >= 100 && heartbeat <= 60_000)) {
    const given = Formatter.format(options?.heartbeat)
    return Layer.effectDiscard(
      Effect.die(new RangeError(`heartbeat must be from 100 milliseconds to 1 minute (got ${given})`))
    )
  }
  return ServerEntity.toLayer(handlers(heartbeat), {
    // A command that waits for its server delays no other.
    concurrency: "unbounded",
    maxIdleTime: options?.maxIdleTime ?? "1 minute",
    // A defect is its caller's. It must not end the session of everybody else.
    disableFatalDefects: true
  })
}

/**
 * The calls of a server's entity, wherever it is.
 *
 * @category constructors
 * @since 0.1.0
 */
export const client = ServerEntity.client
