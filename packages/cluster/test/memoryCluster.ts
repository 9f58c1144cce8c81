/**
 * A cluster in memory: several runners in one process, with locks, and connections that carry JSON and can be cut.
 */
import { RunnerWatch, ServerEntity, Servers, ShardLocks } from "@bercon/cluster"
import type { Transport } from "@bercon/session"
import { Clock, Context, Duration, Effect, Exit, Layer, Option, Queue, Scope } from "effect"
import {
  ClusterError,
  MachineId,
  MessageStorage,
  type Runner,
  RunnerAddress,
  RunnerHealth,
  Runners,
  RunnerServer,
  RunnerStorage,
  type ShardId,
  Sharding,
  ShardingConfig
} from "effect/cluster"
import { RpcClient, RpcClientError, type RpcMessage, RpcSerialization, RpcServer } from "effect/rpc"

interface Host {
  readonly write: (connection: number, message: RpcMessage.FromClientEncoded) => Effect.Effect<void>
  readonly disconnects: Queue.Queue<number>
}

interface Connection {
  readonly port: number
  readonly respond: (message: RpcMessage.FromServerEncoded) => Effect.Effect<void>
  readonly fail: Effect.Effect<void>
}

/** A runner. Its port identifies it. */
export interface Member {
  readonly port: number
  /** Stops the runner, like SIGTERM. */
  readonly stop: Effect.Effect<void>
  /** Ends the runner, like `kill -9`: it sends nothing more, its connections break, and the database frees its locks. */
  readonly kill: Effect.Effect<void>
  /** Ends the runner, like a power failure of its machine: as `kill`, but its connections do not break. */
  readonly vanish: Effect.Effect<void>
}

const lost = new RpcClientError.RpcClientError({
  reason: new RpcClientError.RpcClientDefect({ message: "connection lost", cause: "connection lost" })
})

const keyOf = ({ group, id }: ShardId.ShardId): string => `${group}:${id}`

const defaults = {
  shardsPerGroup: 8,
  refreshAssignmentsInterval: "1 second",
  runnerHealthCheckInterval: "2 seconds",
  shardLockRefreshInterval: "2 seconds",
  shardLockExpiration: "9 seconds",
  simulateRemoteSerialization: true
} as const

/** Makes a cluster without members, which lives in the caller's scope. */
export const make = Effect.fnUntraced(function*(options?: {
  readonly shardingConfig?: Partial<ShardingConfig.ShardingConfig["Service"]>
  /** Whether runners have `RunnerWatch`. Default `false`. */
  readonly watch?: boolean
  /** Whether runners keep their locks with `ShardLocks`. Default `true`. */
  readonly shardLocks?: boolean
}) {
  const config = { ...defaults, ...options?.shardingConfig }
  const lockExpiration = Duration.toMillis(Duration.fromInputUnsafe(config.shardLockExpiration))
  const hosts = new Map<number, Host>()
  const connections = new Map<number, Connection>()
  const dead = new Set<number>()
  const runners = new Map<number, Runner.Runner>()
  const healthy = new Set<number>()
  /** The last heartbeat of each runner. After `shardLockExpiration` without one, a runner is no longer a member. */
  const heartbeats = new Map<number, number>()
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const locks = new Map<string, number>()
  /** Whether the database is down. */
  let isAway = false
  const wire: Array<string> = []
  /** The runners that have opened sockets to game servers, in order. */
  const sockets: Array<number> = []
  let connected = 0
  let machines = 1

  const copy = <A>(message: A): A => {
    const text = JSON.stringify(message)
    wire.push(text)
    return JSON.parse(text) as A
  }

  // ---------------------------------------------------------------------------
  // the database
  // ---------------------------------------------------------------------------

  const storage = (self: number): RunnerStorage.RunnerStorage["Service"] => {
    // A dead runner changes nothing. Until its fibers end, it gets answers as if it were alone and had no locks.
    const query = <A>(run: () => A, otherwise: A): Effect.Effect<A, ClusterError.PersistenceError> =>
      Effect.suspend(() =>
        dead.has(self)
          ? Effect.succeed(otherwise)
          : isAway
          ? Effect.fail(new ClusterError.PersistenceError({ cause: "connection refused" }))
          : Effect.sync(run)
      )
    let itself: Runner.Runner | undefined
    return RunnerStorage.RunnerStorage.of({
      register: (runner, isHealthy) => {
        itself = runner
        return query(() => {
          runners.set(runner.address.port, runner)
          heartbeats.set(runner.address.port, now())
          if (isHealthy) healthy.add(runner.address.port)
          return MachineId.make(machines++)
        }, MachineId.make(0))
      },
      unregister: ({ port }) =>
        query(() => {
          runners.delete(port)
          healthy.delete(port)
        }, undefined),
      getRunners: Effect.suspend(() =>
        query(
          () =>
            Array.from(runners.values(), (runner) => [runner, healthy.has(runner.address.port)] as const).filter(
              ([{ address: { port } }]) => now() - heartbeats.get(port)! < lockExpiration
            ),
          itself === undefined ? [] : [[itself, true] as const]
        )
      ),
      setRunnerHealth: ({ port }, isHealthy) =>
        query(() => {
          if (isHealthy) healthy.add(port)
          else healthy.delete(port)
        }, undefined),
      acquire: ({ port }, shards) =>
        query(() =>
          Array.from(shards).filter((shard) => {
            const name = keyOf(shard)
            if (!locks.has(name)) locks.set(name, port)
            return locks.get(name) === port
          }), []),
      refresh: ({ port }, shards) =>
        query(() => {
          heartbeats.set(port, now())
          return Array.from(shards).filter((shard) => locks.get(keyOf(shard)) === port)
        }, []),
      release: ({ port }, shard) =>
        query(() => {
          if (locks.get(keyOf(shard)) === port) locks.delete(keyOf(shard))
        }, undefined),
      releaseAll: ({ port }) => query(() => freeLocks(port), undefined)
    })
  }
  /**
   * Stops the database for a while. All locks are lost. Until a second after the database is back, a test must pass time while it
   * closes a runner: the engine tries again to release the locks, and would otherwise wait forever.
   */
  const restartDatabase = (downtime: Duration.Input) =>
    Effect.suspend(() => {
      isAway = true
      locks.clear()
      return Effect.delay(Effect.sync(() => void (isAway = false)), downtime)
    })
  const freeLocks = (port: number): void => {
    for (const [shard, owner] of locks) if (owner === port) locks.delete(shard)
  }

  // ---------------------------------------------------------------------------
  // the wire
  // ---------------------------------------------------------------------------

  const codecFor = RpcSerialization.json.codecFor

  const serverProtocol = (port: number) =>
    RpcServer.Protocol.make(Effect.fnUntraced(function*(write) {
      const disconnects = yield* Queue.make<number>()
      hosts.set(port, { write, disconnects })
      yield* Effect.addFinalizer(() => Effect.sync(() => hosts.delete(port)))
      return {
        disconnects,
        send: (connection, response) =>
          Effect.suspend(() => {
            if (dead.has(port)) return Effect.void
            if (losesAnswer && response._tag === "Exit") {
              losesAnswer = false
              return Effect.void
            }
            return connections.get(connection)?.respond(copy(response)) ?? Effect.void
          }),
        end: () => Effect.void,
        clientIds: Effect.sync(() =>
          new Set(Array.from(connections).filter(([, to]) => to.port === port).map(([id]) => id))
        ),
        initialMessage: Effect.succeedNone,
        supportsAck: true,
        supportsTransferables: false,
        supportsSpanPropagation: true,
        supportsNotifications: true,
        codecFor
      }
    }))

  const clientProtocol = (self: number): Runners.RpcClientProtocol["Service"] => ({
    codecFor,
    make: ({ port }) =>
      RpcClient.Protocol.make(Effect.fnUntraced(function*(respond, clientIds) {
        const connection = connected++
        const asked = new Map<string | number, number>()
        connections.set(connection, {
          port,
          respond: (message) => {
            if (dead.has(self)) return Effect.void
            const client = "requestId" in message ? asked.get(message.requestId) : undefined
            return client === undefined
              ? Effect.forEach(Array.from(clientIds), (id) => respond(id, message), { discard: true })
              : respond(client, message)
          },
          fail: Effect.suspend(() =>
            Effect.forEach(
              Array.from(clientIds),
              (id) => respond(id, { _tag: "ClientProtocolError", error: lost }),
              { discard: true }
            )
          )
        })
        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            connections.delete(connection)
            const host = hosts.get(port)
            return host === undefined ? Effect.void : Queue.offer(host.disconnects, connection)
          })
        )
        return {
          send: (client, request) =>
            Effect.suspend((): Effect.Effect<void, RpcClientError.RpcClientError> => {
              if (request._tag === "Request") asked.set(request.id, client)
              if (vanished.has(port)) return Effect.void
              const host = hosts.get(port)
              if (host === undefined || dead.has(port) || dead.has(self)) return Effect.fail(lost)
              return host.write(connection, copy(request))
            }),
          supportsAck: true,
          supportsTransferables: false,
          codecFor
        }
      }))
  })
  const vanished = new Set<number>()
  /** Whether the next answer to a call gets lost. */
  let losesAnswer = false
  /** Loses the next answer to a call. The connection stays. */
  const loseAnswer = Effect.sync(() => void (losesAnswer = true))

  /** Breaks all connections to a runner, once. */
  const cut = (port: number) =>
    Effect.suspend(() =>
      Effect.forEach(
        Array.from(connections).filter(([, connection]) => connection.port === port),
        ([id, connection]) =>
          Effect.andThen(
            connection.fail,
            Effect.suspend(() => {
              const host = hosts.get(port)
              return host === undefined ? Effect.void : Queue.offer(host.disconnects, id)
            })
          ),
        { discard: true }
      )
    )

  // ---------------------------------------------------------------------------
  // members
  // ---------------------------------------------------------------------------

  const engine = (self: number) =>
    Layer.mergeAll(
      MessageStorage.layerNoop,
      Layer.provide(
        options?.shardLocks === false
          ? Layer.effect(RunnerStorage.RunnerStorage, RunnerStorage.RunnerStorage)
          : ShardLocks.layer,
        Layer.succeed(RunnerStorage.RunnerStorage, storage(self))
      ),
      Layer.succeed(RunnerHealth.RunnerHealth, { isAlive: ({ port }) => Effect.sync(() => !dead.has(port)) }),
      Layer.succeed(Runners.RpcClientProtocol, clientProtocol(self))
    )

  const scope = yield* Effect.scope

  const build = <A>(layer: Layer.Layer<A>) =>
    Effect.gen(function*() {
      const own = yield* Scope.fork(scope)
      const context = yield* Layer.buildWithMemoMap(layer, yield* Layer.makeMemoMap, own)
      return { context, close: Scope.close(own, Exit.void) }
    })

  /** Starts a runner that can own the sessions of all servers. `servers` finds the options of a server. */
  const runner = (port: number, servers: Servers.Servers["Service"]["get"]) =>
    runnerOf(port, (gate) =>
      Layer.provide(
        ServerEntity.layer({ maxIdleTime: "10 seconds" }),
        Servers.layer((id) =>
          Effect.map(servers(id), ({ options, transport }) => ({ options, transport: gate(transport) }))
        )
      ))

  /** Starts a runner with any layer. A transport that `gate` returns sends nothing after the end of the runner. */
  const runnerOf = Effect.fnUntraced(function*(
    port: number,
    layer: (gate: (transport: Transport.Transport["Service"]) => Transport.Transport["Service"]) => Layer.Layer<
      never,
      never,
      Sharding.Sharding
    >
  ) {
    const { close } = yield* build(
      layer((transport) => gated(port, transport)).pipe(
        Layer.merge(options?.watch === true ? RunnerWatch.layer() : Layer.empty),
        Layer.provideMerge(RunnerServer.layerWithClients),
        Layer.provide(Layer.effect(RpcServer.Protocol, serverProtocol(port))),
        Layer.provide(engine(port)),
        Layer.provide(ShardingConfig.layer({
          ...config,
          runnerAddress: Option.some(RunnerAddress.make("10.1.0.1", port))
        }))
      )
    )
    const die = Effect.suspend(() => {
      dead.add(port)
      freeLocks(port)
      // Closing the fibers of the dead runner does not affect other members. It only saves time.
      return Effect.forkIn(close, scope)
    })
    return {
      port,
      stop: close,
      kill: Effect.andThen(die, cut(port)),
      vanish: Effect.andThen(die, Effect.sync(() => void vanished.add(port)))
    } satisfies Member
  })

  const gated = (port: number, transport: Transport.Transport["Service"]): Transport.Transport["Service"] => ({
    peer: transport.peer,
    open: Effect.map(Effect.tap(transport.open, () => Effect.sync(() => sockets.push(port))), ({ listen, send }) => ({
      listen: (receiver) =>
        listen({
          ...receiver,
          receive: (datagram) => {
            if (!dead.has(port)) receiver.receive(datagram)
          }
        }),
      send: (datagram) => {
        if (!dead.has(port)) send(datagram)
      }
    }))
  })

  /** Joins as a member that only uses the cluster. */
  const consumer = Effect.map(
    build(
      RunnerServer.layerClientOnly.pipe(
        Layer.provide(engine(-1)),
        Layer.provide(ShardingConfig.layer({ ...config, runnerAddress: Option.none() }))
      )
    ),
    ({ context, close }) => ({ sharding: Context.get(context, Sharding.Sharding), close })
  )

  return { runner, runnerOf, consumer, cut, loseAnswer, restartDatabase, wire, locks, sockets }
})
