import { RemoteSession, RunnerWatch, type Servers, ShardLocks } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch, Layer, Logger, Redacted } from "effect"
import { ClusterError, Runner, RunnerAddress, Runners, RunnerStorage, Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"

const PASSWORD = Redacted.make("secret")

/** Seconds from the death of one of three runners until all its sessions are on other runners. */
const silence = (watch: boolean, end: "kill" | "vanish", victim: 0 | 1 | 2) =>
  Effect.gen(function*() {
    const network = yield* SimulatedNetwork.SimulatedNetwork
    const cluster = yield* MemoryCluster.make({ watch, shardingConfig: ShardLocks.shardingConfig })
    const server = yield* SimulatedServer.make({ password: PASSWORD })
    const servers: Servers.Servers["Service"]["get"] = () =>
      Effect.succeed({ transport: network.transport(server.address), options: { password: PASSWORD } })
    const ports = [11, 21, 31]
    const runners = yield* Effect.forEach(ports, (port) => cluster.runner(port, servers))
    yield* TestRcon.passTime("5 seconds")
    const { sharding } = yield* cluster.consumer
    // Starts sessions until each runner owns one.
    for (let i = 0; new Set(cluster.sockets).size < ports.length; i++) {
      const session = yield* Effect.provideService(RemoteSession.start(`server-${i}`), Sharding.Sharding, sharding)
      yield* TestRcon.passTime(session.online)
    }
    yield* TestRcon.passTime("2 seconds")
    const before = cluster.sockets.length
    const lost = cluster.sockets.filter((port) => port === ports[victim]).length
    yield* runners[victim]![end]
    let seconds = 0
    while (cluster.sockets.length < before + lost && seconds < 200) {
      yield* TestRcon.passTime("500 millis")
      seconds += 0.5
    }
    return seconds
  }).pipe(Effect.scoped, Effect.provide(Layer.fresh(SimulatedNetwork.layer())))

describe("RunnerWatch", () => {
  it.effect.each(["kill", "vanish"] as const)(
    "moves a dead runner's servers within seconds, even if that runner had the health check (%s)",
    (end) =>
      Effect.gen(function*() {
        const watched = yield* Effect.forEach([0, 1, 2] as const, (victim) => silence(true, end, victim))
        for (const seconds of watched) assert.isAtMost(seconds, end === "kill" ? 4 : 6)
      }),
    60_000
  )

  it.effect(
    "is necessary: without it, the death of the runner with the health check costs about a minute",
    () =>
      Effect.gen(function*() {
        const alone = yield* Effect.forEach([0, 1, 2] as const, (victim) => silence(false, "kill", victim))
        const longest = Math.max(...alone)
        assert.isAbove(longest, 45)
        assert.isAtMost(longest, 75)
      }),
    60_000
  )

  /** The marks that a watch of four runners sets within `seconds`. `ping` gets the port of a runner and the round. */
  const watched = Effect.fnUntraced(function*(
    ping: (port: number, round: number) => Effect.Effect<void, string>,
    seconds: number,
    isHealthy: (port: number) => boolean = () => true
  ) {
    const marks: Array<string> = []
    const addresses = [0, 1, 2, 3].map((port) => RunnerAddress.make("10.1.0.1", port))
    let round = 0
    const layer = RunnerWatch.layer().pipe(Layer.provide([
      Layer.mock(Runners.Runners, {
        ping: (address) =>
          Effect.mapError(ping(address.port, round), () => new ClusterError.RunnerUnavailable({ address }))
      }),
      Layer.mock(RunnerStorage.RunnerStorage, {
        getRunners: Effect.sync(() => {
          round++
          return addresses.map((address) =>
            [Runner.make({ address, groups: ["default"], weight: 1 }), isHealthy(address.port)] as const
          )
        }),
        setRunnerHealth: ({ port }, healthy) => Effect.sync(() => marks.push(`${port} ${healthy}`))
      })
    ]))
    yield* Effect.scoped(Effect.andThen(Layer.build(layer), TestRcon.passTime(`${seconds + 0.5} seconds`)))
    return marks
  })
  const fails = (isMissed: boolean) => isMissed ? Effect.fail("no answer") : Effect.void

  it.effect("marks a runner after two unanswered pings in a row, and not after one", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* watched((port) => fails(port === 1), 1), [])
      assert.deepStrictEqual(yield* watched((port) => fails(port === 1), 2), ["1 false"])
      assert.deepStrictEqual(yield* watched((port, round) => fails(port === 1 && round % 2 === 1), 9), [])
      // Three runners miss one ping each.
      assert.deepStrictEqual(yield* watched((port, round) => fails(port === round), 9), [])
    }))

  it.effect("neither pings nor counts a runner that is marked", () =>
    Effect.gen(function*() {
      const pinged = new Set<number>()
      const ping = (port: number) => Effect.andThen(Effect.sync(() => pinged.add(port)), fails(port === 1))
      assert.deepStrictEqual(yield* watched(ping, 9, (port) => port !== 1), [])
      assert.sameMembers([...pinged], [0, 2, 3])
      // Two healthy runners are left. The one with the watch marks the other.
      assert.deepStrictEqual(yield* watched((port) => fails(port > 0), 2, (port) => port < 2), ["1 false"])
    }))

  it.effect("pings all runners at once", () =>
    Effect.gen(function*() {
      const marks = yield* watched((port) => port < 2 ? Effect.void : Effect.never, 4)
      assert.deepStrictEqual(marks, ["2 false", "3 false"])
    }))

  it.effect("does not wait for a ping that cannot be interrupted", () =>
    Effect.gen(function*() {
      const marks = yield* watched((port) => port === 3 ? Effect.uninterruptible(Effect.never) : Effect.void, 4)
      assert.include(marks, "3 false")
    }))

  it.effect("has at most one pending ping to each runner, and pings again as soon as that ping has ended", () =>
    Effect.gen(function*() {
      const network = yield* Latch.make()
      let [pending, most, answered] = [0, 0, 0]
      const ping = Effect.gen(function*() {
        most = Math.max(most, ++pending)
        yield* network.await
        pending--
        answered++
      })
      // The runner reaches only itself. The network comes back after a minute.
      const marks = yield* watched(
        (port, round) =>
          port > 0 ? Effect.uninterruptible(ping) : round < 30 ? Effect.void : Effect.asVoid(network.open),
        70
      )
      assert.deepStrictEqual([most, pending, marks], [3, 0, []])
      assert.isAtLeast(answered, 3 + 3 * 9)
    }))

  it.effect("logs a defect and goes on", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      let looks = 0
      const layer = RunnerWatch.layer().pipe(Layer.provide([
        Layer.mock(Runners.Runners, {}),
        Layer.mock(RunnerStorage.RunnerStorage, {
          getRunners: Effect.suspend(() => {
            looks++
            return Effect.die("a defect of the storage")
          })
        })
      ]))
      yield* Effect.scoped(Effect.andThen(Layer.build(layer), TestRcon.passTime("3500 millis"))).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      assert.strictEqual(looks, 3)
      assert.lengthOf(logged, 3)
    }))

  it.effect("rejects an interval that is out of its range", () =>
    Effect.gen(function*() {
      for (const interval of [0, 99, "2 minutes", "Infinity"] as const) {
        const layer = RunnerWatch.layer({ interval }).pipe(
          Layer.provide([Layer.mock(Runners.Runners, {}), Layer.mock(RunnerStorage.RunnerStorage, {})])
        )
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
        assert.include(String(exit), "interval must be from 100 milliseconds to 1 minute (got ")
      }
    }))

  it.effect("marks no runner if it reaches none of several others", () =>
    Effect.gen(function*() {
      const marked = (...isThere: ReadonlyArray<boolean>) =>
        watched((port) => fails(isThere[port] === false), 2, (port) => port < isThere.length)
      assert.deepStrictEqual(yield* marked(true, false, true), ["1 false"])
      assert.deepStrictEqual(yield* marked(true, false), ["1 false"])
      assert.deepStrictEqual(yield* marked(true, false, false), [])
      assert.deepStrictEqual(yield* marked(false), [])
      assert.deepStrictEqual(yield* marked(true, true, true), [])
    }))
})
