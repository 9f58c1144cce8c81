/**
 * A day in a cluster on lossy networks: game servers restart, runners end in every way, connections break.
 */
import { ClusterRcon, ServerEntity, Servers } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Clock, Effect, Layer, Random, Redacted, Result } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"

const PASSWORD = Redacted.make("secret")
const SERVERS = 2
const QUARTERS = 24 * 4

/** A quarter of an hour, in milliseconds. */
const QUARTER = 15 * 60_000

/** Longer intervals than usual, because timers of a second would make a simulated day slow. */
const shardingConfig = {
  refreshAssignmentsInterval: "1 minute",
  runnerHealthCheckInterval: "1 minute",
  shardLockRefreshInterval: "2 minutes",
  shardLockExpiration: "5 minutes",
  entityMessagePollInterval: "1 hour",
  sendRetryInterval: "5 seconds"
} as const

const day = Effect.gen(function*() {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  // `ShardLocks` has a timer with an interval of a second, which would double the time of this test. Other tests,
  // in which sessions move to another runner, use `ShardLocks`.
  const cluster = yield* MemoryCluster.make({ shardingConfig, shardLocks: false })
  const servers = new Map<string, SimulatedServer.SimulatedServer["Service"]>()
  for (let i = 1; i <= SERVERS; i++) {
    const id = `server-${i}`
    const onCommand = (text: string) => text.startsWith("echo") ? `${id}: ${text}` : undefined
    servers.set(id, yield* SimulatedServer.make({ password: PASSWORD, host: `10.0.0.${i}`, onCommand }))
  }
  const runners: Array<MemoryCluster.Member> = []
  let port = 0
  const begin = Effect.gen(function*() {
    runners.push(
      yield* cluster.runnerOf(++port, (gate) =>
        Layer.provide(
          ServerEntity.layer({ heartbeat: "1 minute" }),
          Servers.layer((id) =>
            Effect.succeed({
              transport: gate(network.transport(servers.get(id)!.address)),
              options: { password: PASSWORD, loginTimeout: "Infinity", keepaliveInterval: "44 seconds" }
            })
          )
        ))
    )
  })
  yield* begin
  yield* begin
  yield* TestRcon.passTime("2 minutes")
  const { sharding } = yield* cluster.consumer

  const heard = new Map<string, number>()
  const clients = yield* Effect.forEach(servers.keys(), (id) =>
    Effect.gen(function*() {
      const rcon = yield* ClusterRcon.start(id, { rosterInterval: "Infinity" })
      yield* rcon.on("Unrecognized", ({ text }) =>
        Effect.sync(() => heard.set(`${id} ${text}`, (heard.get(`${id} ${text}`) ?? 0) + 1)))
      return { id, rcon }
    })).pipe(Effect.provideService(Sharding.Sharding, sharding))

  let answered = 0
  const failures: Array<string> = []
  let moves = 0
  for (let quarter = 0; quarter < QUARTERS; quarter++) {
    const begun = yield* Clock.currentTimeMillis
    const text = `echo ${quarter}`
    for (const { id, rcon } of clients) {
      yield* servers.get(id)!.emit(`message ${quarter}`)
      const reply = yield* TestRcon.passTime(Effect.result(rcon.command(text)))
      if (Result.isFailure(reply)) failures.push(`${id} ${quarter} ${reply.failure.message}`)
      else {
        answered++
        assert.strictEqual(reply.success, `${id}: ${text}`)
      }
    }
    switch (quarter % 6) {
      case 1:
        for (const server of servers.values()) yield* server.restart({ downtime: "2 minutes" })
        break
      case 2:
        yield* cluster.cut(runners[0]!.port)
        break
      case 3:
      case 5: {
        yield* begin
        yield* TestRcon.passTime("2 minutes")
        yield* runners.shift()![yield* Random.choice(["stop", "kill", "vanish"] as const)]
        moves++
        break
      }
      default:
    }
    yield* TestRcon.passTime(begun + QUARTER - (yield* Clock.currentTimeMillis))
  }
  yield* TestRcon.passTime("15 minutes")
  return { answered, clients, failures, heard, moves, servers }
})

it.effect("all commands of a day are answered, and each server has one session", () =>
  Effect.gen(function*() {
    const { answered, clients, failures, heard, moves, servers } = yield* Random.withSeed(day, "a day")
    assert.isAtLeast(moves, 30)
    // Each fault is repaired before the next quarter of an hour begins.
    assert.deepStrictEqual(failures, [])
    assert.strictEqual(answered, QUARTERS * SERVERS)
    for (const { id, rcon } of clients) assert.strictEqual((yield* rcon.status)._tag, "Online", id)
    assert.deepStrictEqual([...heard.values()].filter((times) => times > 1), [])
    assert.isAbove(heard.size, QUARTERS * SERVERS * 0.95)
    for (const [id, server] of servers) {
      assert.lengthOf(yield* server.sessions, 1, id)
      // A second after the login of the next session, the address of the previous one must be silent.
      const logins = (yield* server.logins).filter(({ admin }) => admin !== undefined)
      assert.isAtLeast(logins.length, 20)
      const commands = yield* server.commands
      logins.forEach(({ address }, i) => {
        const next = logins.slice(i + 1).find((login) => login.address !== address)
        if (next === undefined) return
        assert.deepStrictEqual(
          commands.filter((command) => command.address === address && command.time > next.time + 1000),
          [],
          id
        )
      })
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.fresh(SimulatedNetwork.layer({ loss: 0.1, latency: "40 millis", seed: "a day" })))
  ), 120_000)
