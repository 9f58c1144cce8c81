import { FleetError, ServerList, ShardLocks, type Wire } from "@bercon/cluster"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Logger, Option, Random, Stream } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"
import * as SharedStore from "./sharedStore.ts"

const at = (port: number) => ({ host: "10.0.0.1", port, rosterInterval: "1 minute" as const })

/** A cluster of some runners that keep the list. */
const setup = Effect.fnUntraced(function*(...ports: ReadonlyArray<number>) {
  const cluster = yield* MemoryCluster.make()
  const store = SharedStore.make()
  const runners = new Map<number, MemoryCluster.Member>()
  /** Whether runners surely hold their locks. */
  const locks = { areHeld: true }
  const run = Effect.fnUntraced(function*(port: number, { layer }: ReturnType<typeof SharedStore.make> = store) {
    const keeper = ServerList.layerKeeper.pipe(
      Layer.provide(layer),
      Layer.provide(Layer.succeed(ShardLocks.ShardLocks, { isHeld: () => locks.areHeld }))
    )
    runners.set(port, yield* cluster.runnerOf(port, () => keeper))
  })
  for (const port of ports) yield* run(port)
  yield* TestRcon.passTime("5 seconds")
  const join = Effect.gen(function*() {
    const { sharding } = yield* cluster.consumer
    const layer = Layer.provide(ServerList.layer, Layer.succeed(Sharding.Sharding, sharding))
    return Context.get(yield* Layer.build(layer), ServerList.ServerList)
  })
  return { cluster, join, locks, run, runners, store: store.state }
})

const ids = (list: ServerList.Service) => TestRcon.passTime(Effect.map(list.servers, (servers) => [...servers.keys()]))

/** How often members have opened a feed. */
const feeds = ({ wire }: { readonly wire: ReadonlyArray<string> }) =>
  wire.filter((line) => line.includes(`"tag":"Feed"`)).length

const error = <A, E>(effect: Effect.Effect<A, E>) => TestRcon.passTime(Effect.flip(effect))

describe("the list of servers", () => {
  it.effect.each(["stop", "kill", "vanish"] as const)(
    "outlives each of its runners (%s)",
    (end) =>
      Effect.gen(function*() {
        const { join, run, runners } = yield* setup(1, 2)
        const list = yield* join
        yield* TestRcon.passTime(list.add("altis", at(1)))
        for (const port of [3, 4]) {
          // Two runners end, one in each round. One of them has kept the list.
          yield* run(port)
          yield* TestRcon.passTime("2 seconds")
          const [oldest, runner] = runners.entries().next().value!
          runners.delete(oldest)
          yield* runner[end]
          yield* TestRcon.passTime(list.add(`server-${port}`, at(port)))
          yield* TestRcon.passTime("10 seconds")
        }
        assert.deepStrictEqual(yield* ids(list), ["altis", "server-3", "server-4"])
        assert.deepStrictEqual(yield* ids(yield* join), ["altis", "server-3", "server-4"])
      }).pipe(Effect.scoped)
  )

  it.effect("sends a member each change, or at least the last one if the member's connection broke", () =>
    Effect.gen(function*() {
      const { join, cluster } = yield* setup(1)
      const [one, other] = [yield* join, yield* join]
      yield* TestRcon.passTime("1 second")
      const seen: Array<string> = []
      yield* other.changes.pipe(
        Stream.runForEach((servers) => Effect.sync(() => seen.push([...servers.keys()].join(" ")))),
        Effect.forkScoped({ startImmediately: true })
      )
      for (const id of ["a", "b", "c"]) {
        yield* TestRcon.passTime(one.add(id, at(1)))
        yield* TestRcon.passTime("100 millis")
      }
      yield* TestRcon.passTime(other.remove("b"))
      assert.deepStrictEqual(seen, ["", "a", "a b", "a b c", "a c"])
      yield* cluster.cut(1)
      yield* TestRcon.passTime("50 millis")
      for (let i = 0; i < 50; i++) yield* TestRcon.passTime(one.replace("a", at(i + 1)))
      yield* TestRcon.passTime("3 seconds")
      const servers = yield* other.servers
      assert.strictEqual(servers.get("a")?.settings.port, 50)
    }).pipe(Effect.scoped))

  it.effect("gives a member the current servers, even if the member has missed a change", () =>
    Effect.gen(function*() {
      const { cluster, join } = yield* setup(1)
      const [one, other] = [yield* join, yield* join]
      yield* TestRcon.passTime("1 second")
      yield* cluster.cut(1)
      yield* TestRcon.passTime("50 millis")
      const [heard, now] = yield* TestRcon.passTime(
        Effect.andThen(one.add("altis", at(1)), Effect.zip(other.servers, other.latest))
      )
      assert.deepStrictEqual([...heard.keys()], [])
      assert.deepStrictEqual([...now.keys()], ["altis"])
    }).pipe(Effect.scoped))

  it.effect("is changed as it is now, even by a member that has missed a change", () =>
    Effect.gen(function*() {
      const { cluster, join } = yield* setup(1)
      const [one, other] = [yield* join, yield* join]
      /** Runs an effect of the other member right after a change that it has not heard of. */
      const unheard = <A, E, E2>(change: Effect.Effect<void, E2>, effect: Effect.Effect<A, E>) =>
        Effect.gen(function*() {
          yield* TestRcon.passTime("1 second")
          yield* cluster.cut(1)
          yield* TestRcon.passTime("50 millis")
          return yield* TestRcon.passTime(Effect.andThen(change, effect))
        })
      const add = one.add("altis", at(1))
      yield* unheard(add, other.remove("altis"))
      const changes = yield* unheard(add, other.reconcile({}))
      assert.deepStrictEqual(changes, { added: [], removed: ["altis"], replaced: [] })
      yield* TestRcon.passTime(add)
      yield* unheard(one.remove("altis"), other.add("altis", at(2)))
      const failed = yield* Effect.flip(unheard(one.remove("altis"), other.remove("altis")))
      assert.instanceOf(failed, FleetError.UnknownServer)
    }).pipe(Effect.scoped))

  it.effect("fails all changes while no runner keeps it, even those without effect, but not `begin`", () =>
    Effect.gen(function*() {
      const { join, runners } = yield* setup(1)
      const list = yield* join
      const servers = { altis: at(1) }
      yield* TestRcon.passTime(list.begin(servers))
      yield* runners.get(1)!.kill
      yield* TestRcon.passTime("1 second")
      for (const change of [list.add("altis", at(1)), list.remove("stratis"), Effect.asVoid(list.reconcile(servers))]) {
        const failed = yield* error<void, unknown>(change)
        assert.instanceOf(failed, FleetError.FleetUnavailable)
        assert.strictEqual(failed.execution, "NotExecuted")
      }
      // It was changed before, and stays so.
      yield* TestRcon.passTime(list.begin({}))
    }).pipe(Effect.scoped))

  it.effect("is unknown, but not empty, while no runner keeps it", () =>
    Effect.gen(function*() {
      const { join, run } = yield* setup()
      const list = yield* join
      const fail = Effect.forEach([list.servers, list.latest, list.add("altis", at(1))], Effect.flip, {
        concurrency: "unbounded"
      })
      const failing = yield* Effect.forkChild(fail, { startImmediately: true })
      yield* TestRcon.passTime("21 seconds")
      for (const failed of yield* Fiber.join(failing)) {
        assert.instanceOf(failed, FleetError.FleetUnavailable)
        assert.strictEqual(
          failed.message,
          "the list of servers is not available: no runner that keeps it has answered. " +
            "It was not changed: trying again is safe"
        )
      }
      const latest = yield* Effect.forkChild(list.latest, { startImmediately: true })
      yield* TestRcon.passTime("5 seconds")
      yield* run(1)
      yield* TestRcon.passTime("10 seconds")
      assert.deepStrictEqual([...(yield* Fiber.join(latest)).keys()], [])
    }).pipe(Effect.scoped))

  it.effect("cannot be changed while its store is out of order, and stays the same for members that have it", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const { cluster, join, store } = yield* setup(1).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      const list = yield* join
      yield* TestRcon.passTime(list.add("altis", at(1)))
      const [unread, unstored] = ["cannot be read from the store", "cannot be stored"]
      for (
        const [mode, problem, logs] of [
          ["away", "it cannot be read from the store", [unstored, unread]],
          ["hanging", "it cannot be read from the store", [unstored, unread]],
          ["full", "the store did not confirm the change", [unstored]],
          ["broken", "no runner that keeps it has answered", []]
        ] as const
      ) {
        logged.length = 0
        store.mode = mode
        const failed = yield* error(list.add("stratis", at(2)))
        assert.instanceOf(failed, FleetError.FleetUnavailable)
        assert.strictEqual(failed.execution, "MaybeExecuted")
        assert.include(failed.message, `${problem}. It may have been changed`)
        assert.deepStrictEqual(
          [...new Set(logged.map((line) => line.split(",")[0]))],
          logs.map((what) => `the list of servers ${what}`)
        )
        assert.deepStrictEqual(yield* ids(list), ["altis"])
        store.mode = "there"
        yield* TestRcon.passTime(list.latest)
      }
      yield* TestRcon.passTime(list.add("stratis", at(2)))
      assert.deepStrictEqual(yield* ids(list), ["altis", "stratis"])
      // A later release of this package must find the list.
      assert.deepStrictEqual([...store.values.keys()], ["@bercon/cluster/servers"])
      assert.strictEqual(feeds(cluster), 1)
    }).pipe(Effect.scoped))

  it.effect("cannot be changed by a runner that may have lost it to another one", () =>
    Effect.gen(function*() {
      const { join, locks, store } = yield* setup(1)
      const list = yield* join
      yield* TestRcon.passTime(list.add("altis", at(1)))
      locks.areHeld = false
      const failed = yield* error(list.add("stratis", at(2)))
      assert.include(failed.message, "its runner cannot reach the database. It may have been changed")
      assert.strictEqual(store.writes.length, 1)
      locks.areHeld = true
      yield* TestRcon.passTime(list.add("stratis", at(2)))
    }).pipe(Effect.scoped))

  it.effect("is followed with one feed, whose heartbeats show that the runner is there, even if the list is unknown at first", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const { cluster, join, store } = yield* setup(1).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      store.mode = "away"
      const list = yield* join
      yield* TestRcon.passTime("15 seconds")
      store.mode = "there"
      // Members ask several times a second, but the outage is logged once.
      assert.lengthOf(logged.filter((line) => line.includes("the list of servers cannot be read")), 1)
      assert.deepStrictEqual(yield* ids(list), [])
      const before = feeds(cluster)
      yield* TestRcon.passTime("10 minutes")
      assert.strictEqual(feeds(cluster), before)
    }).pipe(Effect.scoped))

  it.effect("is changed once by a change whose outcome was lost, even if other members have changed it since", () =>
    Effect.gen(function*() {
      const { cluster, join, store } = yield* setup(1)
      const [one, other] = [yield* join, yield* join]
      yield* TestRcon.passTime(one.add("altis", at(1)))
      yield* TestRcon.passTime("1 second")
      yield* cluster.loseAnswer
      const replaced = yield* Effect.forkChild(one.replace("altis", at(2)), { startImmediately: true })
      yield* TestRcon.passTime("1 second")
      yield* TestRcon.passTime(other.replace("altis", at(3)))
      yield* TestRcon.passTime("20 seconds")
      yield* Fiber.join(replaced)

      yield* cluster.loseAnswer
      const added = yield* Effect.forkChild(one.add("malden", at(4)), { startImmediately: true })
      yield* TestRcon.passTime("1 second")
      yield* TestRcon.passTime(other.replace("malden", at(5)))
      yield* TestRcon.passTime("20 seconds")
      yield* Fiber.join(added)

      yield* cluster.loseAnswer
      const reconciled = yield* Effect.forkChild(one.reconcile({ stratis: at(6) }), { startImmediately: true })
      yield* TestRcon.passTime("1 second")
      yield* TestRcon.passTime(other.add("tanoa", at(7)))
      yield* TestRcon.passTime("20 seconds")
      assert.deepStrictEqual(yield* Fiber.join(reconciled), {
        added: ["stratis"],
        removed: ["altis", "malden"],
        replaced: []
      })
      assert.deepStrictEqual(yield* ids(other), ["stratis", "tanoa"])
      assert.strictEqual(store.writes.length, 7)
    }).pipe(Effect.scoped))

  it.effect("reports a change as uncertain if its outcome was lost and more than 100 changes have followed", () =>
    Effect.gen(function*() {
      const { cluster, join } = yield* setup(1)
      const [one, other] = [yield* join, yield* join]
      yield* TestRcon.passTime(one.add("altis", at(1)))
      yield* TestRcon.passTime("1 second")
      yield* cluster.loseAnswer
      const replaced = yield* Effect.forkChild(Effect.flip(one.replace("altis", at(2))), { startImmediately: true })
      yield* TestRcon.passTime("1 second")
      for (let port = 3; port <= 103; port++) yield* TestRcon.passTime(other.replace("altis", at(port)))
      yield* TestRcon.passTime("20 seconds")
      const failed = yield* Fiber.join(replaced)
      assert.instanceOf(failed, FleetError.FleetUnavailable)
      assert.strictEqual(failed.execution, "MaybeExecuted")
      assert.strictEqual((yield* other.servers).get("altis")?.settings.port, 103)
    }).pipe(Effect.scoped))

  it.effect("is not replaced by an empty list for members that have it", () =>
    Effect.gen(function*() {
      const { join, run, runners, store } = yield* setup(1)
      const logged: Array<string> = []
      const list = yield* join.pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      yield* TestRcon.passTime(list.add("altis", at(1)))
      // The next runner has a separate store.
      yield* runners.get(1)!.stop
      yield* run(2, SharedStore.make())
      yield* TestRcon.passTime("10 seconds")
      const newcomer = yield* join
      assert.deepStrictEqual(yield* ids(newcomer), [])
      // After the first change, the two lists have the same revision.
      for (const id of ["a", "b"]) {
        yield* TestRcon.passTime(newcomer.add(id, at(1)))
        yield* TestRcon.passTime("2 seconds")
        assert.deepStrictEqual(yield* ids(list), ["altis"])
        const failed = yield* error(list.add("stratis", at(2)))
        assert.include(failed.message, "another list has taken its place")
        assert.include(failed.message, "It was not changed")
      }
      assert.deepStrictEqual(yield* ids(newcomer), ["a", "b"])
      assert.lengthOf(logged.filter((line) => line.includes("this member keeps the old list of servers")), 1)
      assert.strictEqual(store.writes.length, 1)
      // A runner with the right store takes over.
      yield* runners.get(2)!.stop
      yield* run(3)
      yield* TestRcon.passTime("10 seconds")
      yield* TestRcon.passTime(list.add("stratis", at(2)))
      yield* runners.get(3)!.stop
      const failed = yield* error(list.add("malden", at(3)))
      assert.include(failed.message, "no runner that keeps it has answered")
    }).pipe(Effect.scoped))

  it.effect("has at most 4,096 servers", () =>
    Effect.gen(function*() {
      const { join } = yield* setup(1)
      const list = yield* join
      const many = Object.fromEntries(Array.from({ length: 4097 }, (_, i) => [`server-${i}`, at(1)]))
      const failed = yield* error(list.reconcile(many))
      assert.strictEqual(
        failed.message,
        `server "server-4096": the list of servers must not have more than 4096`
      )
    }).pipe(Effect.scoped), 20_000)
})

/** Members change the list at the same time, while runners end in every way and the store is sometimes not available. */
const churn = Effect.gen(function*() {
  const { cluster, join, run, runners, store } = yield* setup(1, 2)
  const members = [yield* join, yield* join, yield* join]
  yield* TestRcon.passTime(members[0]!.add("shared", at(1)))
  let port = 2
  let added = 0
  let replaced = 1
  /** Outcomes of replacing the server `shared`, by the port that the replacement has. */
  const replacements = new Map<number, Exit.Exit<void, unknown>>()
  const outcomes = new Map<string, { add: Exit.Exit<void, unknown>; remove?: Exit.Exit<void, unknown> }>()
  const act = (list: ServerList.Service) =>
    Effect.gen(function*() {
      const id = `server-${added++}`
      const other = ++replaced
      replacements.set(other, yield* Effect.exit(list.replace("shared", at(other))))
      const add = yield* Effect.exit(list.add(id, at(1)))
      outcomes.set(id, { add })
      if (!(yield* Random.nextBoolean)) return
      outcomes.set(id, { add, remove: yield* Effect.exit(list.remove(id)) })
    })
  for (let round = 0; round < 25; round++) {
    yield* Effect.forEach(members, (list) => Effect.forkScoped(act(list)))
    yield* TestRcon.passTime(yield* Random.nextIntBetween(0, 300))
    const [oldest, runner] = runners.entries().next().value!
    switch (yield* Random.nextIntBetween(0, 6)) {
      case 0:
        yield* cluster.cut(oldest)
        break
      case 1:
        store.mode = yield* Random.choice(["away", "hanging"] as const)
        break
      case 2:
      case 3:
        yield* run(++port)
        runners.delete(oldest)
        yield* runner[yield* Random.choice(["stop", "kill", "vanish"] as const)]
        break
      default:
    }
    yield* TestRcon.passTime(yield* Random.nextIntBetween(0, 8000))
    store.mode = "there"
  }
  yield* TestRcon.passTime("1 minute")
  return { added, members, outcomes, replacements, store }
})

/** Whether a change was made; `undefined` if that is unknown. */
const wasMade = (exit: Exit.Exit<void, unknown>): boolean | undefined => {
  if (Exit.isSuccess(exit)) return true
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return failure instanceof FleetError.FleetUnavailable && failure.execution === "MaybeExecuted" ? undefined : false
}

describe("while runners come and go and the store is away", () => {
  it.effect.each([1, 2])("no change is lost, and none is made twice (seed %i)", (seed) =>
    Effect.gen(function*() {
      const { added, members, outcomes, replacements, store } = yield* Random.withSeed(churn, seed)
      assert.strictEqual(outcomes.size, added)
      const history = store.writes.map((text) => JSON.parse(text) as Wire.Listing)
      history.forEach(({ changes, origin, revision }, i) => {
        assert.lengthOf(changes, Math.min(i + 1, 100))
        assert.strictEqual(revision, i + 1)
        assert.strictEqual(origin, history[0]!.origin)
      })
      const ports = history.map(({ servers }) => servers.find(({ id }) => id === "shared")!.settings.port)
      for (const [port, exit] of replacements) {
        const times = ports.filter((other, i) => other === port && ports[i - 1] !== port).length
        assert.isAtMost(times, 1, `port ${port}`)
        const isMade = wasMade(exit)
        if (isMade !== undefined) assert.strictEqual(times === 1, isMade, `port ${port}`)
      }
      const last = new Set(history.at(-1)!.servers.map(({ id }) => id).filter((id) => id !== "shared"))
      let sure = 0
      for (const [id, { add, remove }] of outcomes) {
        const appearances = history.map(({ servers }) => servers.some((server) => server.id === id))
        const times = appearances.filter((isThere, i) => isThere && appearances[i - 1] !== true).length
        assert.isAtMost(times, 1, id)
        const [isAdded, isRemoved] = [wasMade(add), remove === undefined ? false : wasMade(remove)]
        if (isAdded !== undefined) assert.strictEqual(times === 1, isAdded, id)
        if (times === 1 && isRemoved !== undefined) assert.strictEqual(last.has(id), !isRemoved, id)
        if (isAdded !== undefined && isRemoved !== undefined) sure++
      }
      assert.isAbove(sure, added / 2)
      for (const list of members) assert.sameMembers(yield* ids(list), ["shared", ...last])
    }).pipe(Effect.scoped), 60_000)
})
