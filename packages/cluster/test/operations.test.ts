/**
 * Bans and restart plans in a cluster: one runner carries them out, and another runner continues if that runner ends.
 */
import { ClusterFleet, ClusterSingleton, Embedded, type Fleet } from "@bercon/cluster"
import { BanBook, BanEnforcement, Plans } from "@bercon/operations"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Logger, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryCluster from "./memoryCluster.ts"
import * as SharedStore from "./sharedStore.ts"

const PASSWORD = Redacted.make("secret")

const START = Date.UTC(2026, 2, 28, 3, 54, 50)

/** The program of every runner. It still needs a fleet and a store. */
const Operations = Layer.merge(
  Plans.layerFleet({
    restarts: [{
      id: "nightly",
      at: { cron: "0 4 * * *", timeZone: "UTC" },
      warnings: ["5 minutes", "3 minutes", "1 minute"],
      command: "restartServer"
    }]
  }),
  BanEnforcement.layerFleet().pipe(Layer.provide(BanBook.layer({ refreshInterval: "5 seconds" })))
)

const target = "4fc867abf98b934e9e7eeaf15170258c" as BanBook.NewBan["target"]

/** Game servers at 10.0.0.1 and so on, and the settings with which a fleet finds them. */
const gameServers = Effect.fnUntraced(function*(count: number) {
  const servers = yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index + 1),
    (number) => SimulatedServer.make({ host: `10.0.0.${number}`, password: PASSWORD })
  )
  return { servers, settings: Object.fromEntries(servers.map(({ address }, index) => [`server${index}`, address])) }
})

const actions = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(
    server.executions,
    (executions) => executions.map(({ text }) => text).filter((text) => text.startsWith("say") || text.startsWith("#"))
  )

/** Checks that a server got each warning once, and one restart. */
const checkNight = Effect.fnUntraced(function*(server: SimulatedServer.SimulatedServer["Service"]) {
  assert.deepStrictEqual(yield* actions(server), [
    "say -1 Restart in 5 minutes",
    "say -1 Restart in 3 minutes",
    "say -1 Restart in 1 minute",
    "#restartserver"
  ])
})

const runnerOptions = (transport: ClusterFleet.RunnerOptions["transport"]): ClusterFleet.RunnerOptions => ({
  transport,
  password: () => Effect.succeed(PASSWORD),
  maxIdleTime: "10 seconds"
})

const provided = Effect.provide(Layer.fresh(SimulatedNetwork.layer()))

describe("bans and plans", () => {
  it.effect("are carried out in a cluster of one process", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(START)
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const { servers, settings } = yield* gameServers(2)
      const cluster = ClusterFleet.layerRunner(runnerOptions((server) => network.transport(server))).pipe(
        Layer.provideMerge(Embedded.layer)
      )
      const program = Layer.merge(Operations, BanBook.layer()).pipe(
        Layer.provide(ClusterFleet.layer({ servers: settings })),
        Layer.provide(cluster)
      )
      const context = yield* TestRcon.passTime(Layer.build(program))
      yield* Context.get(context, BanBook.BanBook).add({ target, reason: "teamkilling", by: "Miller" })
      yield* TestRcon.passTime("7 minutes")
      for (const server of servers) {
        yield* checkNight(server)
        assert.deepStrictEqual((yield* server.world).bans.map((ban) => ban.target), [target])
      }
    }).pipe(Effect.scoped, provided))

  /** Two runners with the same program and the same store. `owners`: the runners that have begun the program, in order. */
  const twoRunners = Effect.fnUntraced(function*(settings: Readonly<Record<string, Fleet.ServerSettings>>) {
    const network = yield* SimulatedNetwork.SimulatedNetwork
    const cluster = yield* MemoryCluster.make()
    const { layer: store } = SharedStore.make()
    const owners = new Array<number>()
    const run = (port: number) =>
      cluster.runnerOf(port, (gate) =>
        ClusterSingleton.layer(
          "operations",
          Layer.mergeAll(Layer.effectDiscard(Effect.sync(() => owners.push(port))), Operations).pipe(
            Layer.provide(ClusterFleet.layer({ servers: settings }))
          )
        ).pipe(
          Layer.merge(ClusterFleet.layerRunner(runnerOptions((server) => gate(network.transport(server))))),
          Layer.provide(store)
        ))
    return { owners, runners: new Map([[1, yield* run(1)], [2, yield* run(2)]]), store }
  })

  it.effect.each(
    [
      { when: "between two warnings", after: "80 seconds" },
      { when: "while the server restarts", after: "312 seconds" }
    ] as const
  )("are carried out once, and by another runner after kill -9 $when", ({ after }) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(START)
      const { servers: [server], settings } = yield* gameServers(1)
      const { owners, runners, store } = yield* twoRunners(settings)
      yield* TestRcon.passTime(after)
      assert.strictEqual(owners.length, 1)
      yield* runners.get(owners[0]!)!.kill
      // Another process, such as `bercon`, adds a ban.
      yield* Effect.scoped(Effect.gen(function*() {
        const book = yield* BanBook.make()
        yield* book.add({ target, reason: "teamkilling", by: "Miller" })
      })).pipe(Effect.provide(store))
      yield* TestRcon.passTime("3 minutes")
      if (after === "80 seconds") yield* TestRcon.passTime("4 minutes")
      assert.strictEqual(new Set(owners).size, 2)
      yield* checkNight(server!)
      assert.deepStrictEqual((yield* server!.world).bans.map((ban) => ban.target), [target])
    }).pipe(Effect.scoped, provided))
})

describe("a program on one runner of a cluster", () => {
  it.effect("starts again 10 seconds after it failed, died or interrupted itself, and not after its runner ended", () =>
    Effect.gen(function*() {
      const began = new Array<number>()
      const program = Layer.effectDiscard(Effect.gen(function*() {
        began.push(yield* Clock.currentTimeMillis)
        if (began.length === 1) return yield* Effect.fail("the database is away")
        if (began.length === 2) return yield* Effect.die("a bug")
        if (began.length === 3) return yield* Effect.interrupt
        if (began.length === 5) return yield* Effect.never
      }))
      const logged = new Array<string>()
      const run = Layer.build(ClusterSingleton.layer("program", program).pipe(Layer.provide(Embedded.layer))).pipe(
        Effect.andThen(TestClock.adjust("1 hour")),
        Effect.scoped,
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      yield* run
      assert.deepStrictEqual(began, [0, 10_000, 20_000, 30_000])
      // Its runner ends while the program is being built.
      yield* run
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(began.slice(4), [3_600_000])
      assert.lengthOf(logged.filter((line) => line.includes("It starts again in 10 seconds")), 3)
    }))
})
