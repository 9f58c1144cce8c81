/**
 * Two hundred servers on lossy networks: restarted, added, removed and replaced for ten minutes.
 */
import { Fleet, ServerEvent } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Metric, Random, Scope, Stream } from "effect"

const SERVERS = 200
const MINUTES = 10

const pick = <A>(values: ReadonlyArray<A>) =>
  Effect.map(Random.nextIntBetween(0, values.length - 1), (index) => values[index]!)

/** Simulates a minute of random changes, restarts and players. */
const minute = Effect.fnUntraced(function*(number: number, counts: Record<string, number>) {
  const fleet = yield* Fleet.Fleet
  const simulation = yield* TestFleet.TestFleet
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  for (let i = 0; i < 8; i++) {
    const id = yield* pick(yield* fleet.ids)
    const { server } = yield* simulation.get(id)
    yield* server.restart({ downtime: `${yield* Random.nextIntBetween(5, 180)} seconds` })
    count("restarts")
  }
  for (let i = 0; i < 4; i++) {
    yield* fleet.remove(yield* pick(yield* fleet.ids))
    count("removals")
    const id = `added-${number}-${i}`
    yield* fleet.add(id, (yield* simulation.simulate(id)).options)
    count("additions")
  }
  for (let i = 0; i < 2; i++) {
    const id = yield* pick(yield* fleet.ids)
    yield* fleet.replace(id, (yield* simulation.get(id)).options)
    count("replacements")
  }
  for (let i = 0; i < 20; i++) {
    const { server } = yield* simulation.get(yield* pick(yield* fleet.ids))
    // Joining a server that is down fails.
    const exit = yield* Effect.exit(server.join({ name: `player ${number}-${i}` }))
    if (Exit.isSuccess(exit)) count("joins")
  }
  yield* TestRcon.passTime("1 minute")
})

it.effect(
  "two hundred servers: at the end every client is online and has the right players, and closing leaves no fiber",
  () =>
    Effect.gen(function*() {
      const fibers = { running: 0, most: 0 }
      const counted = Effect.provideService(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => {
          fibers.most = Math.max(fibers.most, ++fibers.running)
        },
        recordFiberEnd: () => {
          fibers.running--
        }
      })
      const simulationScope = yield* Scope.make()
      const layer = TestFleet.layer({
        servers: SERVERS,
        each: { network: { loss: 0.1, latency: "40 millis", jitter: "20 millis" } }
      })
      const context = yield* Layer.buildWithScope(layer, simulationScope).pipe(counted)
      const simulation = Context.get(context, TestFleet.TestFleet)
      const fleet = Context.get(context, Fleet.Fleet)
      const counts: Record<string, number> = {}

      // The latest status of each server, and the chat messages, from the streams of the fleet.
      const latest = new Map<string, string>()
      const chats = new Array<string>()
      yield* Effect.forkChild(
        Stream.runForEach(
          fleet.statusChanges,
          ({ server, status }) => Effect.sync(() => latest.set(server, status._tag))
        ),
        { startImmediately: true }
      )
      yield* Effect.forkChild(
        Stream.runForEach(fleet.events, ({ event, server }) =>
          Effect.sync(() => {
            if (ServerEvent.is("PlayerChat")(event)) chats.push(`${server} ${event.message}`)
          })),
        { startImmediately: true }
      )

      for (let number = 0; number < MINUTES; number++) {
        yield* minute(number, counts).pipe(Effect.provide(context), counted)
      }
      yield* TestRcon.passTime("5 minutes")
      assert.deepStrictEqual(
        { ...counts, joins: counts["joins"]! > 100 },
        { restarts: 80, removals: 40, additions: 40, replacements: 20, joins: true }
      )

      const ids = yield* fleet.ids
      assert.strictEqual(ids.length, SERVERS)
      for (const [id, { _tag }] of yield* fleet.status) assert.strictEqual(`${id} ${_tag}`, `${id} Online`)
      const { failures, successes } = Fleet.partition(yield* TestRcon.passTime(fleet.players()))
      assert.deepStrictEqual([...failures], [])
      const here = new Set(ids)
      for (const [id, { server }] of yield* simulation.all) {
        assert.deepStrictEqual([id, latest.get(id)], [id, here.has(id) ? "Online" : "Closed"])
        // A server ends the session of a removed client after 45 seconds.
        assert.deepStrictEqual([id, (yield* server.sessions).length], [id, here.has(id) ? 1 : 0])
        if (!here.has(id)) continue
        const world = yield* server.world
        assert.deepStrictEqual(
          [id, successes.get(id)?.map(({ name }) => name)],
          [id, world.players.map(({ name }) => name)]
        )
        if (world.players.length === 0) yield* server.join({ name: "Miller" })
        yield* server.chat((yield* server.world).players[0]!.slot, "Side", `I am on ${id}`)
      }
      yield* TestRcon.passTime("1 minute")
      assert.sameMembers(chats, ids.map((id) => `${id} I am on ${id}`))

      // Half of the clients are removed. Their servers end the sessions 45 seconds later.
      const gone = new Set(ids.slice(SERVERS / 2))
      yield* Effect.forEach(gone, fleet.remove)
      yield* TestRcon.passTime("1 second")
      for (const [id, { network, server }] of yield* simulation.all) {
        yield* network.change({ loss: 0, latency: 0, jitter: 0 })
        const before = (yield* network.statistics).toClient
        yield* server.emit("Is anybody there?")
        yield* TestRcon.passTime(0)
        const after = (yield* network.statistics).toClient
        const arrived = { delivered: after.delivered - before.delivered, refused: after.refused - before.refused }
        const expected = !here.has(id) ? [0, 0] : gone.has(id) ? [0, 1] : [1, 0]
        assert.deepStrictEqual([id, arrived.delivered, arrived.refused], [id, ...expected])
      }
      yield* Scope.close(simulationScope, Exit.void)
      yield* TestRcon.passTime(0)
      assert.isAbove(fibers.most, SERVERS)
      assert.strictEqual(fibers.running, 0)
    }).pipe(Random.withSeed("two hundred")),
  180_000
)
