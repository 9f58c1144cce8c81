import { ClusterRcon, type Servers, ShardLocks } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"
import { join, listen, online, PASSWORD, provided, setup, texts } from "./oneServer.ts"

/**
 * The ways in which a runner ends. `seen`: after this time users have detected the end, and no other runner owns the session
 * yet. `within`: seconds until another runner owns it.
 */
const ends = {
  "is stopped": { end: (runner: MemoryCluster.Member) => runner.stop, seen: "10 millis", within: 5 },
  "is killed": { end: (runner: MemoryCluster.Member) => runner.kill, seen: "5 seconds", within: 15 },
  vanishes: { end: (runner: MemoryCluster.Member) => runner.vanish, seen: "5 seconds", within: 15 }
} as const

describe.each(Object.entries(ends))("when the runner %s", (_, { end, seen, within }) => {
  it.effect("the session moves, with a gap and a new epoch, and the old session sends nothing more", () =>
    Effect.gen(function*() {
      const { cluster, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* session.epoch, 1)
      const statuses: Array<string> = []
      yield* session.statusChanges.pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => statuses.push(_tag))),
        Effect.forkScoped({ startImmediately: true })
      )
      const first = owner()
      yield* end(first)
      yield* TestRcon.passTime(`${within} seconds`)
      assert.notStrictEqual(owner().port, first.port)
      assert.deepStrictEqual(statuses, ["Online", "Reconnecting", "Online"])
      assert.strictEqual(yield* session.epoch, 2)
      const logins = yield* server.logins
      assert.strictEqual(logins.length, 2)
      yield* server.emit("after the move")
      yield* TestRcon.passTime("2 minutes")
      assert.deepStrictEqual(heard.map((text) => text.replace(/#\d \(.*\)/, "#")), [
        "RCon admin # logged in",
        "gap Reconnected undefined",
        "RCon admin # logged in",
        "after the move"
      ])
      // After the login of the new session, the old one has sent nothing, and no further session has started.
      const old = logins[0]!.address
      const late = (yield* server.commands).filter(({ address, time }) => address === old && time > logins[1]!.time)
      assert.deepStrictEqual(late, [])
      assert.strictEqual((yield* server.logins).length, 2)
      assert.strictEqual((yield* server.sessions).length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("the roster of a client is complete again after the move", () =>
    Effect.gen(function*() {
      const { cluster, network, owner } = yield* setup(1, 2)
      // The client gets the feed of the next runner before that runner has logged in.
      yield* network.change({ latency: "50 millis" })
      const { sharding } = yield* cluster.consumer
      const client = Effect.provideService(ClusterRcon.make("altis"), Sharding.Sharding, sharding)
      const { roster } = yield* TestRcon.passTime(client)
      yield* TestRcon.passTime("5 seconds")
      assert.isTrue(yield* roster.isComplete)
      yield* end(owner())
      yield* TestRcon.passTime("20 seconds")
      assert.isTrue(yield* roster.isComplete)
      assert.isTrue(Option.isSome(yield* roster.snapshot))
    }).pipe(Effect.scoped, provided))

  it.effect("a command that must not run twice fails as maybe executed, and a repeatable one is sent again", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.change({ latency: "500 millis" })
      const once = yield* Effect.forkChild(session.command("say -1 once", { repeatable: false }), {
        startImmediately: true
      })
      const again = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
      yield* TestRcon.passTime("600 millis")
      assert.include(yield* texts(server), "say -1 once")
      yield* end(owner())
      yield* TestRcon.passTime("30 seconds")
      const lost = yield* Effect.flip(Fiber.join(once))
      assert.strictEqual(lost.reason._tag, "SessionLost")
      assert.strictEqual(lost.execution, "MaybeExecuted")
      assert.strictEqual(yield* Fiber.join(again), "1.220")
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual((yield* server.commands).filter(({ text }) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("a command that the server may have run fails as maybe executed if the next runner cannot send it", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.change({ latency: "500 millis" })
      const command = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
      yield* TestRcon.passTime("600 millis")
      assert.include(yield* texts(server), "version")
      yield* server.stop()
      yield* end(owner())
      yield* TestRcon.passTime("30 seconds")
      const failed = yield* Effect.flip(Fiber.join(command))
      assert.strictEqual(failed.execution, "MaybeExecuted", failed.message)
    }).pipe(Effect.scoped, provided))

  it.effect("a command for the previous epoch is not sent, and a command for any epoch waits for the next runner", () =>
    Effect.gen(function*() {
      const { cluster, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      yield* online(session)
      const epoch = yield* session.epoch
      yield* end(owner())
      // No other runner has the server yet.
      yield* TestRcon.passTime(seen)
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      const old = yield* Effect.forkChild(session.command("kick 0", { epoch }), { startImmediately: true })
      const waiting = yield* Effect.forkChild(session.command("say -1 once", { repeatable: false }), {
        startImmediately: true
      })
      yield* TestRcon.passTime("30 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(old))).reason._tag, "NotConnected")
      yield* Fiber.join(waiting)
      const sent = yield* texts(server)
      assert.notInclude(sent, "kick 0")
      assert.strictEqual(sent.filter((text) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))
})

describe("when the database restarts", () => {
  it.effect("the session stays, and its lock is taken again", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const cluster = yield* MemoryCluster.make({ shardingConfig: ShardLocks.shardingConfig })
      const server = yield* SimulatedServer.make({ password: Redacted.make(PASSWORD) })
      const servers: Servers.Servers["Service"]["get"] = () =>
        Effect.succeed({
          transport: network.transport(server.address),
          options: { password: Redacted.make(PASSWORD) }
        })
      for (const port of [1, 2]) yield* cluster.runner(port, servers)
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      for (const downtime of ["0 seconds", "30 seconds"] as const) {
        const locks = new Map(cluster.locks)
        yield* TestRcon.passTime(cluster.restartDatabase(downtime))
        assert.strictEqual(yield* TestRcon.passTime(session.command("version")), "1.220")
        yield* TestRcon.passTime("2 minutes")
        assert.deepStrictEqual(cluster.locks, locks)
      }
      assert.deepStrictEqual(heard.filter((text) => text.startsWith("gap")), [])
      assert.strictEqual((yield* server.logins).length, 1)
    }).pipe(Effect.scoped, provided))
})
