import { ShardLocks } from "@bercon/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Fiber, Layer, Option } from "effect"
import { ClusterError, RunnerAddress, RunnerStorage, ShardId, ShardingConfig } from "effect/cluster"
import { TestClock } from "effect/testing"

const self = RunnerAddress.make("10.1.0.1", 1)
const shards = [ShardId.make("default", 1), ShardId.make("default", 2)] as const
const [first, second] = shards
const keyOf = ({ group, id }: ShardId.ShardId): string => `${group}:${id}`

/** A database that can be slow or away, hang, lose its locks, and give one to another runner. */
const database = Effect.gen(function*() {
  const held = new Set<string>()
  const foreign = new Set<string>()
  const state = {
    mode: "there" as "there" | "slow" | "away" | "dying" | "interrupting" | "hanging",
    held,
    foreign,
    /** Whether the database answers requests for locks. */
    gives: true,
    /** How many of the next requests fail. */
    failures: 0,
    requests: 0
  }
  const refused = Effect.fail(new ClusterError.PersistenceError({ cause: "connection refused" }))
  const asked = <A>(answer: () => A): Effect.Effect<A, ClusterError.PersistenceError> =>
    Effect.suspend(() => {
      state.requests++
      return state.failures-- > 0 ? refused : state.mode === "there"
        ? Effect.sync(answer)
        : state.mode === "slow"
        // The database executes the request at once, but answers late.
        ? Effect.suspend(() => Effect.delay(Effect.succeed(answer()), "100 millis"))
        : state.mode === "away"
        ? refused
        : state.mode === "dying"
        // The engine's storage dies if it cannot open its connection for locks anew.
        ? Effect.die("connection refused")
        : state.mode === "interrupting"
        // The engine's storage interrupts the requests that wait for a connection that took too long to open.
        ? Effect.interrupt
        : Effect.never
    })
  const clock = yield* Clock.Clock
  let stoodStill = 0n
  const ownClock: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + stoodStill
  })
  const memory = Context.get(yield* Layer.build(RunnerStorage.layerMemory), RunnerStorage.RunnerStorage)
  const storage: RunnerStorage.RunnerStorage["Service"] = {
    ...memory,
    acquire: (_, ids) =>
      asked(() =>
        Array.from(ids).filter((id) => {
          if (!foreign.has(keyOf(id))) held.add(keyOf(id))
          return held.has(keyOf(id))
        })
      ).pipe(
        Effect.when(Effect.sync(() => state.gives)),
        Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
      ),
    refresh: (_, ids) => asked(() => Array.from(ids).filter((id) => held.has(keyOf(id)))),
    release: (_, id) => asked(() => void held.delete(keyOf(id))),
    releaseAll: () => asked(() => held.clear())
  }
  const context = yield* Layer.build(ShardLocks.layer.pipe(
    Layer.provide(Layer.succeed(RunnerStorage.RunnerStorage, storage)),
    Layer.provide(ShardingConfig.layer({ shardLockExpiration: "1 minute" }))
  )).pipe(Effect.provideService(Clock.Clock, ownClock))
  const locked = Context.get(context, RunnerStorage.RunnerStorage)
  return {
    state,
    storage: locked,
    isHeld: Context.get(context, ShardLocks.ShardLocks).isHeld,
    /** Lets time pass while the process stands still. */
    standStill: (seconds: number) =>
      Effect.sync(() => {
        stoodStill += BigInt(seconds) * 1_000_000_000n
      }),
    /** Confirms locks like the engine. Returns the shards that count as held: none after a failure. */
    refresh: (ids: ReadonlyArray<ShardId.ShardId> = shards) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Effect.orElseSucceed(locked.refresh(self, ids), () => []))
        yield* TestClock.adjust("3 seconds")
        return (yield* Fiber.join(fiber)).map(keyOf)
      })
  }
})

/** A database whose locks this runner holds. */
const holder = Effect.tap(database, ({ storage }) => storage.acquire(self, shards))

/** A database that has lost these locks, and has given the first to another runner. */
const loser = Effect.tap(holder, ({ state }) =>
  Effect.sync(() => {
    state.held.clear()
    state.foreign.add(keyOf(first))
  }))

const both = shards.map(keyOf)

describe("locks of shards", () => {
  for (const mode of ["away", "dying", "interrupting", "hanging"] as const) {
    it.effect(`count as held for a while if the database is ${mode}, until the engine gets a failure`, () =>
      Effect.gen(function*() {
        const { refresh, state } = yield* holder
        state.mode = mode
        // Each refresh takes 3 seconds of the test.
        for (let at = 0; at < 45; at += 3) assert.deepStrictEqual(yield* refresh(), both, `after ${at} s`)
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* refresh(), [])
      }))
  }

  it.effect("are taken again if they were lost", () =>
    Effect.gen(function*() {
      const { refresh, state } = yield* holder
      state.held.clear()
      assert.deepStrictEqual(yield* refresh(), both)
      assert.deepStrictEqual([...state.held], both)
    }))

  it.effect("are taken again if only one was lost", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, state } = yield* holder
      state.held.delete(keyOf(first))
      assert.sameMembers(yield* refresh(), both)
      assert.sameMembers([...state.held], both)
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
    }))

  it.effect("are confirmed although the first request fails", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, state } = yield* holder
      yield* TestClock.adjust("55 seconds")
      state.failures = 1
      assert.deepStrictEqual(yield* refresh(), both)
      yield* TestClock.adjust("55 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
    }))

  it.effect("cause no requests except those of the engine", () =>
    Effect.gen(function*() {
      const { state, storage } = yield* database
      yield* TestClock.adjust("10 seconds")
      yield* storage.acquire(self, shards)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(state.requests, 1)
    }))

  it.effect("let an engine without locks detect that the database is away", () =>
    Effect.gen(function*() {
      const { state, storage } = yield* database
      assert.deepStrictEqual(yield* storage.refresh(self, []), [])
      state.mode = "away"
      const probe = yield* Effect.forkChild(Effect.exit(storage.refresh(self, [])))
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(probe)))
    }))

  it.effect("no longer count as held as soon as one of them is too old", () =>
    Effect.gen(function*() {
      const { refresh, state, storage } = yield* database
      yield* storage.acquire(self, [first])
      yield* TestClock.adjust("30 seconds")
      yield* storage.acquire(self, [second])
      state.mode = "away"
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* refresh([second]), [keyOf(second)])
      assert.deepStrictEqual(yield* refresh(), [])
    }))

  it.effect("stay free after another runner has taken and released them, until the engine requests them", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, state, storage } = yield* loser
      assert.deepStrictEqual(yield* refresh(), [keyOf(second)])
      state.foreign.clear()
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([...state.held], [keyOf(second)])
      yield* storage.acquire(self, [first])
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
    }))

  it.effect("are not taken from another runner", () =>
    Effect.gen(function*() {
      const { isHeld, refresh } = yield* loser
      assert.deepStrictEqual(yield* refresh(), [keyOf(second)])
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
    }))

  it.effect("are surely held until the database reports them as lost, and not afterwards, even if it then does not answer", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, state } = yield* loser
      // Before the next confirmation, this runner cannot find out that a restart of the database has freed them.
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
      state.gives = false
      // The sessions stay for now, but send nothing.
      assert.deepStrictEqual(yield* refresh(), both)
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      state.gives = true
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
    }))

  it.effect("are surely held until they may have expired, and again once they are confirmed", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, storage } = yield* database
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      yield* storage.acquire(self, shards)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      yield* refresh([second])
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
    }))

  it.effect("are not surely held after the process has stood still, until they are confirmed anew", () =>
    Effect.gen(function*() {
      const { isHeld, standStill, state } = yield* holder
      yield* standStill(1)
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
      yield* standStill(3)
      // In the meantime the database was restarted, and another runner has taken the first lock.
      state.held.clear()
      state.foreign.add(keyOf(first))
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
      yield* standStill(3)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
    }))

  it.effect("are confirmed anew after a standstill during which the database could not be reached", () =>
    Effect.gen(function*() {
      const { isHeld, standStill, state } = yield* holder
      state.mode = "dying"
      yield* standStill(3)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      state.mode = "there"
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
      // No datagram was sent in the meantime, but the process has not stood still.
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
    }))

  it.effect("are surely held although the database takes long to answer for another lock", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, state } = yield* holder
      state.held.delete(keyOf(first))
      state.gives = false
      assert.deepStrictEqual(yield* refresh(), both)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
    }))

  it.effect("are confirmed after a standstill although the database does not answer for another lock", () =>
    Effect.gen(function*() {
      const { isHeld, standStill, state } = yield* holder
      state.held.delete(keyOf(first))
      state.gives = false
      yield* standStill(3)
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
    }))

  it.effect("are not surely held if the process stood still between a request and its answer", () =>
    Effect.gen(function*() {
      const { isHeld, standStill, state, storage } = yield* holder
      state.mode = "slow"
      const refreshing = yield* Effect.forkChild(storage.refresh(self, shards), { startImmediately: true })
      yield* standStill(3)
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(refreshing)
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
    }))

  it.effect("expire a minute after the request, not a minute after its late answer", () =>
    Effect.gen(function*() {
      const { isHeld, state, storage } = yield* holder
      yield* TestClock.adjust("30 seconds")
      state.mode = "slow"
      const refreshing = yield* Effect.forkChild(storage.refresh(self, shards), { startImmediately: true })
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(refreshing)
      yield* TestClock.adjust("59800 millis")
      assert.isTrue(isHeld(first))
      yield* TestClock.adjust("100 millis")
      assert.isFalse(isHeld(first))
    }))

  it.effect("are not taken again if they are released during a refresh", () =>
    Effect.gen(function*() {
      const { isHeld, state, storage } = yield* holder
      state.mode = "slow"
      const refreshing = yield* Effect.forkChild(storage.refresh(self, shards))
      yield* TestClock.adjust("50 millis")
      const releasing = yield* Effect.forkChild(storage.release(self, first))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(refreshing)
      yield* Fiber.join(releasing)
      assert.deepStrictEqual([[...state.held], shards.map(isHeld)], [[keyOf(second)], [false, true]])
      // The engine refreshes both, but has released one before the request is sent.
      const late = yield* Effect.forkChild(storage.refresh(self, shards))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* Fiber.join(late)).map(keyOf), [keyOf(second)])
      assert.deepStrictEqual([...state.held], [keyOf(second)])
    }))

  it.effect("are released again if a request that was executed late has taken one, and can be acquired later", () =>
    Effect.gen(function*() {
      const { isHeld, refresh, state, storage } = yield* holder
      yield* storage.release(self, first)
      // The database has executed an earlier request after its time limit.
      state.held.add(keyOf(first))
      assert.deepStrictEqual(yield* refresh([second]), [keyOf(second)])
      assert.deepStrictEqual([...state.held], [keyOf(second)])
      yield* storage.acquire(self, [first])
      assert.deepStrictEqual(yield* refresh(), both)
      assert.deepStrictEqual(shards.map(isHeld), [true, true])
    }))

  it.effect("can be released all at once", () =>
    Effect.gen(function*() {
      const { refresh, state, storage } = yield* holder
      yield* storage.releaseAll(self)
      assert.deepStrictEqual(yield* refresh(), [])
      assert.deepStrictEqual([...state.held], [])
    }))

  it.effect("are not held once they are released", () =>
    Effect.gen(function*() {
      const { isHeld, storage } = yield* holder
      yield* storage.release(self, first)
      assert.deepStrictEqual(shards.map(isHeld), [false, true])
      yield* storage.releaseAll(self)
      assert.deepStrictEqual(shards.map(isHeld), [false, false])
    }))
})
