import { type RemoteSession, ServerEntity, Servers, ShardLocks, Wire } from "@bercon/cluster"
import { CommandError } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, PubSub, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import { join, online, PASSWORD, provided, setup, texts } from "./oneServer.ts"

/** A runner whose server `altis` has a definition that the test changes. */
const serve = Effect.gen(function*() {
  const logged: Array<string> = []
  const { cluster, network, server } = yield* setup()
  const changes = yield* PubSub.unbounded<void>()
  const first: Servers.Server = {
    transport: network.transport(server.address),
    options: { password: Redacted.make(PASSWORD), textFallback: "windows-1252" },
    generation: "one"
  }
  const state: {
    definition: Effect.Effect<Servers.Server, Servers.ServerUnknown>
    changes: Stream.Stream<void>
    isHeld: boolean
  } = { definition: Effect.succeed(first), changes: Stream.fromPubSub(changes), isHeld: true }
  const run = ServerEntity.layer().pipe(
    Layer.provide(Layer.succeed(Servers.Servers, {
      get: () => Effect.suspend(() => state.definition),
      changes: () => Stream.suspend(() => state.changes)
    })),
    Layer.provide(Layer.succeed(ShardLocks.ShardLocks, { isHeld: () => state.isHeld }))
  )
  yield* cluster.runnerOf(1, () => run).pipe(
    Effect.provide(Logger.layer([
      Logger.make(({ cause, message }) => logged.push(`${String(message)} ${Cause.pretty(cause)}`))
    ]))
  )
  yield* TestRcon.passTime("5 seconds")
  /** Uses another definition from now on. */
  const change = (definition: typeof state.definition) =>
    Effect.andThen(
      Effect.suspend(() => {
        state.definition = definition
        return PubSub.publish(changes, undefined)
      }),
      TestRcon.passTime("2 seconds")
    )
  const joined = (options?: RemoteSession.Options) =>
    Effect.map(join(cluster, "altis", options), ({ session }) => session)
  const logins = Effect.map(server.logins, ({ length }) => length)
  return { change, changes, cluster, first, joined, logged, logins, server, state }
})

/** Calls the entity of the server directly. */
const entityOf = Effect.fnUntraced(function*(cluster: Effect.Success<typeof serve>["cluster"]) {
  const { sharding } = yield* cluster.consumer
  const entity = (yield* Effect.provideService(ServerEntity.client, Sharding.Sharding, sharding))("altis")
  const command = { call: "a call", text: "version", repeatable: true, withdrawable: true, timeout: 5000 }
  return { entity, command }
})

describe("a server whose definition changes", () => {
  it.effect("keeps its session for a definition of the same name, and has a new one for any other definition", () =>
    Effect.gen(function*() {
      const { change, first, joined, logins } = yield* serve
      const session = yield* joined({ generation: "one" })
      yield* online(session)
      assert.strictEqual(session.decode(new Uint8Array([0xc0])), "À")
      yield* change(Effect.succeed(first))
      assert.strictEqual(yield* logins, 1)
      yield* change(Effect.succeed({ ...first, generation: "two" }))
      assert.strictEqual(yield* logins, 2)
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      yield* online(yield* joined({ generation: "two" }))
      const { generation: _, ...nameless } = first
      for (const times of [3, 4]) {
        yield* change(Effect.succeed(nameless))
        assert.strictEqual(yield* logins, times)
      }
    }).pipe(Effect.scoped, provided))

  it.effect("has a session for a change that happened during the first lookup", () =>
    Effect.gen(function*() {
      const { changes, first, joined, state } = yield* serve
      state.definition = Effect.suspend(() => {
        state.definition = Effect.succeed({ ...first, generation: "two" })
        return Effect.as(PubSub.publish(changes, undefined), first)
      })
      yield* online(yield* joined({ generation: "two" }))
    }).pipe(Effect.scoped, provided))

  it.effect("stays online after following its changes has died", () =>
    Effect.gen(function*() {
      const { joined, logged, logins, state } = yield* serve
      state.changes = Stream.die("a defect")
      yield* online(yield* joined())
      yield* TestRcon.passTime("30 seconds")
      assert.strictEqual(yield* logins, 1)
      assert.include(logged.join("\n"), `changes of game server "altis" are no longer followed`)
    }).pipe(Effect.scoped, provided))

  it.effect("has its next session even if closing the socket of the previous one dies", () =>
    Effect.gen(function*() {
      const { change, first, joined, state } = yield* serve
      const dies = Effect.addFinalizer(() => Effect.die("a defect"))
      const open = Effect.tap(first.transport.open, () => dies)
      state.definition = Effect.succeed({ ...first, transport: { ...first.transport, open } })
      yield* online(yield* joined())
      yield* change(Effect.succeed({ ...first, generation: "two" }))
      yield* online(yield* joined({ generation: "two" }))
    }).pipe(Effect.scoped, provided))
})

describe("a server whose lookup dies", () => {
  it.effect("has a session that has failed, with the reason only in the log of its runner", () =>
    Effect.gen(function*() {
      const { cluster, joined, logged, state } = yield* serve
      state.definition = Effect.die(`a defect with ${PASSWORD}`)
      const failure = yield* Effect.flip(online(yield* joined()))
      const problem = `this runner has no game server "altis": the lookup failed. The log of its runner has the reason`
      assert.strictEqual(failure.message, problem)
      assert.include(logged.join("\n"), `looking up game server "altis" failed`)
      assert.notInclude(cluster.wire.join(), PASSWORD)
      // A command of a member that has not heard of the failure yet.
      const { command, entity } = yield* entityOf(cluster)
      const [, activation = ""] = /"activation":"([^"]+)"/.exec(cluster.wire.join())!
      const error = yield* TestRcon.passTime(Effect.flip(entity.Command({ ...command, activation })))
      assert.instanceOf(error, CommandError.CommandError)
      assert.deepStrictEqual([error.reason._tag, error.execution], ["SessionClosed", "NotExecuted"])
      assert.include(error.message, problem)
    }).pipe(Effect.scoped, provided))

  it.effect("refuses commands before its first lookup has ended", () =>
    Effect.gen(function*() {
      const { cluster, state } = yield* serve
      state.definition = Effect.never
      const { command, entity } = yield* entityOf(cluster)
      const error = yield* TestRcon.passTime(Effect.flip(entity.Command({ ...command, activation: "any" })))
      assert.instanceOf(error, Wire.CallLost)
    }).pipe(Effect.scoped, provided))
})

describe("the runner of a server", () => {
  it.effect("sends nothing while its lock may have expired", () =>
    Effect.gen(function*() {
      const { joined, server, state } = yield* serve
      const session = yield* joined()
      yield* online(session)
      state.isHeld = false
      const command = session.command("say -1 hello", { timeout: "2 seconds" })
      assert.strictEqual((yield* TestRcon.passTime(Effect.flip(command))).reason._tag, "NoReply")
      assert.notInclude(yield* texts(server), "say -1 hello")
      state.isHeld = true
      yield* TestRcon.passTime(command)
    }).pipe(Effect.scoped, provided))

  it.effect("remembers no withdrawal of a call that it does not run", () =>
    Effect.gen(function*() {
      const { cluster, joined } = yield* serve
      yield* online(yield* joined())
      const { command, entity } = yield* entityOf(cluster)
      const [, activation = ""] = /"activation":"([^"]+)"/.exec(cluster.wire.join())!
      yield* TestRcon.passTime(entity.Withdraw({ call: command.call }))
      yield* TestRcon.passTime(entity.Command({ ...command, activation }))
    }).pipe(Effect.scoped, provided))

  it.effect("refuses options out of their range", () =>
    Effect.gen(function*() {
      const { cluster } = yield* setup()
      const start = (options: ServerEntity.Options) =>
        Effect.exit(cluster.runnerOf(1, () => Layer.provide(ServerEntity.layer(options), Servers.layerRecord({}))))
      const valid: ReadonlyArray<ServerEntity.Options> = [
        { heartbeat: 100 },
        { heartbeat: 60_000 },
        {},
        { maxIdleTime: 0 },
        { maxIdleTime: "Infinity" }
      ]
      for (const options of valid) assert.isTrue(Exit.isSuccess(yield* start(options)))
      const heartbeats = [99, 60_001, Number.NaN].map((heartbeat) =>
        [
          { heartbeat },
          `heartbeat must be from 100 milliseconds to 1 minute (got ${heartbeat})`
        ] as const
      )
      const idleTimes = [-1, Number.NaN].map((maxIdleTime) =>
        [
          { maxIdleTime },
          `maxIdleTime must be a duration of at least 0 (got ${maxIdleTime})`
        ] as const
      )
      for (const [options, problem] of [...heartbeats, ...idleTimes]) {
        const exit = yield* start(options)
        assert(Exit.isFailure(exit))
        assert.deepStrictEqual(Cause.squash(exit.cause), new RangeError(problem))
      }
    }).pipe(Effect.scoped, provided))
})
