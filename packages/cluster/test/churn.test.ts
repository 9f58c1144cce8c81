/**
 * Runners start and end in every way while commands are pending on lossy networks.
 */
import { RemoteSession } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Random, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"

const PASSWORD = Redacted.make("secret")
const SERVERS = 4
const ROUNDS = 25

const idOf = (i: number) => `server-${i}`

const churn = Effect.gen(function*() {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const cluster = yield* MemoryCluster.make()
  const servers = new Map<string, SimulatedServer.SimulatedServer["Service"]>()
  for (let i = 0; i < SERVERS; i++) {
    const server = yield* SimulatedServer.make({
      password: PASSWORD,
      host: `10.0.0.${i + 1}`,
      onCommand: (text) => text.startsWith("echo") ? `${idOf(i)}: ${text}` : undefined
    })
    servers.set(idOf(i), server)
  }
  const get = (id: string) =>
    Effect.succeed({ transport: network.transport(servers.get(id)!.address), options: { password: PASSWORD } })

  let port = 0
  const runners: Array<MemoryCluster.Member> = []
  const begin = Effect.suspend(() => Effect.map(cluster.runner(++port, get), (runner) => runners.push(runner)))
  yield* begin
  yield* begin
  yield* begin

  const sessions = yield* Effect.forEach([0, 1], () =>
    Effect.gen(function*() {
      const { sharding } = yield* cluster.consumer
      return yield* Effect.forEach(servers.keys(), (id) =>
        Effect.map(
          Effect.provideService(RemoteSession.start(id), Sharding.Sharding, sharding),
          (session) => ({ id, session, heard: Array<string>() })
        ))
    }))
  const all = sessions.flat()
  for (const { heard, session } of all) {
    yield* session.messages.pipe(
      Stream.runForEach((item) => Effect.sync(() => item._tag === "Message" && heard.push(item.text))),
      Effect.forkScoped({ startImmediately: true })
    )
  }

  const outcomes: Array<
    {
      readonly id: string
      readonly text: string
      readonly repeatable: boolean
      readonly exit: Exit.Exit<string, unknown>
    }
  > = []
  let asked = 0
  const ask = ({ id, session }: (typeof all)[number]) => {
    const repeatable = asked % 2 === 0
    const text = `echo ${asked++}`
    return Effect.forkScoped(Effect.map(
      Effect.exit(session.command(text, { repeatable })),
      (exit) => outcomes.push({ id, text, repeatable, exit })
    ))
  }

  let said = 0
  for (let round = 0; round < ROUNDS; round++) {
    yield* Effect.forEach(all, ask)
    for (const server of servers.values()) yield* server.emit(`message ${said++}`)
    yield* TestRcon.passTime(yield* Random.nextIntBetween(1, 1000))
    const victim = runners[yield* Random.nextIntBetween(0, runners.length - 1)]!
    const what = yield* Random.nextIntBetween(0, 5)
    if (what === 0) yield* cluster.cut(victim.port)
    else if (what <= 3) {
      runners.splice(runners.indexOf(victim), 1)
      yield* what === 1 ? victim.stop : what === 2 ? victim.kill : victim.vanish
      yield* begin
    }
    yield* TestRcon.passTime(yield* Random.nextIntBetween(1000, 15_000))
  }
  yield* TestRcon.passTime("1 minute")
  return { all, asked, outcomes, runners: port, servers }
})

describe("a cluster whose runners come and go", () => {
  it.effect.each([1, 2])(
    "never gives a wrong answer, runs only repeatable commands more than once, and has one session for each server (seed %i)",
    (seed) =>
      Effect.gen(function*() {
        const { all, asked, outcomes, runners, servers } = yield* Random.withSeed(churn, seed)
        assert.isAbove(runners, 6)
        assert.strictEqual(outcomes.length, asked)
        const executed = new Map<string, number>()
        for (const [id, server] of servers) {
          for (const { text } of yield* server.executions) {
            const key = `${id}: ${text}`
            executed.set(key, (executed.get(key) ?? 0) + 1)
          }
        }
        let answered = 0
        let lost = 0
        for (const { exit, id, repeatable, text } of outcomes) {
          const times = executed.get(`${id}: ${text}`) ?? 0
          if (Exit.isSuccess(exit)) {
            answered++
            assert.strictEqual(exit.value, `${id}: ${text}`)
            assert.isAtLeast(times, 1)
          } else {
            lost++
            const error = Exit.findErrorOption(exit)
            const execution = error._tag === "Some" ? (error.value as { readonly execution: string }).execution : "none"
            assert.include(["NotExecuted", "MaybeExecuted"], execution)
            if (execution === "NotExecuted") assert.strictEqual(times, 0)
          }
          if (!repeatable) assert.isAtMost(times, 1, text)
        }
        assert.isAbove(answered, lost * 3)

        for (const [id, server] of servers) {
          // A second after the login of the next session, the previous one must send no more commands.
          const logins = yield* server.logins
          const commands = yield* server.commands
          logins.forEach(({ address }, i) => {
            const next = logins.slice(i + 1).find((login) => login.address !== address)
            if (next === undefined) return
            const late = commands.filter((command) => command.address === address && command.time > next.time + 1000)
            assert.deepStrictEqual(late, [], id)
          })
          assert.strictEqual((yield* server.sessions).length, 1)
        }
        for (const { heard, session } of all) {
          assert.strictEqual((yield* session.status)._tag, "Online")
          const messages = heard.filter((text) => text.startsWith("message"))
          assert.strictEqual(new Set(messages).size, messages.length)
          assert.isAbove(messages.length, ROUNDS / 4)
        }
      }).pipe(
        Effect.scoped,
        Effect.provide(Layer.fresh(SimulatedNetwork.layer({ loss: 0.05, latency: "40 millis", seed })))
      ),
    120_000
  )
})
