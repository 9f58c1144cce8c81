/**
 * The entity of a game server: it has the server's one RCON session, on whichever runner of the cluster it is.
 *
 * **Details**
 *
 * The entity is activated by the first call to it, on the runner that has the lock of its shard, and logs in. It ends, and
 * closes its session, when nobody has used it for `maxIdleTime`; when its runner ends; and when its shard moves to another
 * runner, which gets the lock only after the session is closed. So there is never a second session while locks hold.
 *
 * Each activation has a name. A command is run by the activation it was made for and by no other, since Effect Cluster
 * delivers a call again if the runner it was sent to is gone.
 *
 * No call is stored. The engine's message storage may be `MessageStorage.layerNoop`.
 *
 * This module and `RunnerWatch` are the only ones that name Effect Cluster, all of which is marked unstable.
 *
 * @since 0.1.0
 */
import * as CommandError from "@bercon/session/CommandError"
import { InvalidOptions, LoginFailure } from "@bercon/session/LoginFailure"
import type { Message } from "@bercon/session/Message"
import * as Session from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import { Transport } from "@bercon/session/Transport"
import { Broadcast, CommandErrors } from "@bercon/session/unstable"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import * as Cluster from "effect/cluster/Sharding"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Servers } from "./Servers.ts"
import { ShardLocks } from "./ShardLocks.ts"
import * as Wire from "./Wire.ts"

/**
 * The cluster that an entity is in: Effect Cluster's own service.
 *
 * @category services
 * @since 0.1.0
 */
export type Sharding = Cluster.Sharding

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
}

/** How often a feed gives a sign of life, in milliseconds. */
export const HEARTBEAT = 1000

/** How many elements a reader of a feed may be behind before it loses the oldest. */
const FEED_CAPACITY = 4096

/** How many commands that must not run twice are remembered. */
const REMEMBERED = 4096

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

const open = Effect.fnUntraced(function*(id: string, isHeld: () => boolean) {
  const found = yield* Effect.result((yield* Servers).get(id))
  if (Result.isFailure(found)) {
    return yield* new LoginFailure({ reason: new InvalidOptions({ problem: found.failure.message }) })
  }
  const { options, transport } = found.success
  const session = yield* Effect.provideService(Session.start(options), Transport, fenced(transport, isHeld))
  return { session, textFallback: options.textFallback }
})

const feedOf = Effect.fnUntraced(function*(
  activation: string,
  { session, textFallback }: Effect.Success<ReturnType<typeof open>>
) {
  let status = yield* session.status
  let epoch = yield* session.epoch
  let greeting: typeof Wire.Message.Type | undefined
  /** Whether the next message is the first since the last login. */
  let isGreeting = true
  const state = () => Wire.State.make({ epoch, status })
  const feed = new Broadcast<Wire.FeedItem>({
    capacity: FEED_CAPACITY,
    overflow: () => Wire.Gap.make({ cause: "Overflow" }),
    greeting: () =>
      Wire.Hello.make({
        activation,
        state: state(),
        ...(greeting !== undefined && { greeting }),
        ...(textFallback !== undefined && { textFallback })
      })
  })
  const tell = Effect.map(session.epoch, (now) => {
    epoch = now
    feed.publish(state())
  })

  yield* session.messages.pipe(
    Stream.runForEach((item) => {
      if (item._tag === "Message") {
        const message = onWire(item)
        if (isGreeting && !item.late) {
          greeting = message
          isGreeting = false
        }
        feed.publish(message)
        return Effect.void
      }
      const { cause, missed } = item
      const gap = () => feed.publish(Wire.Gap.make({ cause, ...(missed !== undefined && { missed }) }))
      if (cause !== "Reconnected") return Effect.sync(gap)
      greeting = undefined
      isGreeting = true
      // The new epoch is known before what is said in it.
      return Effect.map(tell, gap)
    }),
    // How the session ends is its last status.
    Effect.ignoreCause,
    Effect.forkScoped({ startImmediately: true })
  )
  yield* session.statusChanges.pipe(
    Stream.runForEach((next: Status) => {
      status = next
      return tell
    }),
    Effect.forkScoped({ startImmediately: true })
  )
  const beat = Effect.flatMap(session.status, (now) => {
    status = now
    return tell
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(beat, HEARTBEAT)))
  return feed.values
})

const onWire = ({ late, payload, receivedAt, sequence }: Message) =>
  Wire.Message.make({ late, payload, receivedAt, sequence })

/**
 * The feed of a server that cannot be logged in to at all.
 *
 * It does not end: who reads it does, and an entity in use is not made anew.
 */
const failedFeed = (activation: string, failure: LoginFailure): Stream.Stream<Wire.FeedItem> =>
  Stream.concat(
    Stream.succeed(Wire.Hello.make({
      activation,
      state: Wire.State.make({ epoch: 0, status: { _tag: "Closed", exit: Exit.fail(failure) } })
    })),
    Stream.never
  )

const handlers = Effect.gen(function*() {
  const { entityId, shardId } = yield* Entity.CurrentAddress
  const locks = yield* ShardLocks
  const runner = yield* Entity.CurrentRunnerAddress
  const sharding = yield* Cluster.Sharding
  const activation = `${runner.host}:${runner.port}/${yield* sharding.getSnowflake}`
  const opened = yield* Effect.result(open(entityId, () => locks.isHeld(shardId)))
  const feed = Result.isSuccess(opened)
    ? yield* feedOf(activation, opened.success)
    : failedFeed(activation, opened.failure)
  /** The calls that must not run twice, oldest first. */
  const delivered = new Set<string>()
  /** The calls that may be withdrawn, and whether they are still valid. */
  const valid = new Map<string, boolean>()

  return ServerEntity.of({
    Command: ({ payload: { activation: meant, call, epoch, repeatable, text, timeout, withdrawable } }) =>
      Effect.suspend((): Effect.Effect<Uint8Array, CommandError.CommandError | Wire.CallLost> => {
        if (meant !== activation || delivered.has(call)) return Effect.fail(new Wire.CallLost({}))
        if (!repeatable) {
          delivered.add(call)
          if (delivered.size > REMEMBERED) delivered.delete(delivered.values().next().value!)
        }
        if (Result.isFailure(opened)) {
          const closed = new CommandError.SessionClosed({ sends: 0, cause: opened.failure })
          return Effect.fail(CommandErrors.make(text, closed))
        }
        const run = opened.success.session.commandBytes(text, {
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
 * Makes this runner one that can have the sessions of game servers.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<never, never, Sharding | Servers> =>
  ServerEntity.toLayer(handlers, {
    // A command that waits for its server delays no other.
    concurrency: "unbounded",
    maxIdleTime: options?.maxIdleTime ?? "1 minute",
    // A defect is its caller's. It must not end the session of everybody else.
    disableFatalDefects: true
  })

/**
 * The calls of a server's entity, wherever it is.
 *
 * @category constructors
 * @since 0.1.0
 */
export const client = ServerEntity.client

/**
 * A name that nobody else in the cluster has.
 *
 * @category constructors
 * @since 0.1.0
 */
export const uniqueName: Effect.Effect<string, never, Sharding> = Effect.gen(function*() {
  const { getSnowflake } = yield* Cluster.Sharding
  // Members that only use the cluster may count their snowflakes alike.
  return `${yield* getSnowflake}-${yield* Random.nextInt}`
})
