import { ServerEntity, Servers, Wire } from "@bercon/cluster"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { entityOf, join, listen, online, PASSWORD, provided, setup, texts } from "./oneServer.ts"

describe("a call that Effect Cluster delivers again", () => {
  it.effect("is not run by another activation", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1, 2)
      const { activation, entity } = yield* entityOf(cluster)
      yield* network.change({ latency: "500 millis" })
      const call = yield* Effect.forkChild(
        entity.Command({
          activation,
          call: "a call",
          text: "say -1 once",
          repeatable: false,
          withdrawable: false,
          timeout: 20_000
        }),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("600 millis")
      assert.include(yield* texts(server), "say -1 once")
      yield* owner().kill
      yield* TestRcon.passTime("30 seconds")
      assert.instanceOf(yield* Effect.flip(Fiber.join(call)), Wire.CallLost)
      assert.isAtLeast(cluster.wire.filter((line) => line.includes("say -1 once")).length, 2)
      assert.strictEqual((yield* texts(server)).filter((text) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect.each([true, false])(
    "is not run a second time by the same activation (repeatable: %s)",
    (repeatable) =>
      Effect.gen(function*() {
        const { cluster, server } = yield* setup(1)
        const { activation, entity } = yield* entityOf(cluster)
        const call = {
          activation,
          call: "a call",
          text: "say -1 once",
          repeatable,
          withdrawable: false,
          timeout: 20_000
        }
        yield* TestRcon.passTime(entity.Command(call))
        assert.instanceOf(yield* TestRcon.passTime(Effect.flip(entity.Command(call))), Wire.CallLost)
        assert.deepStrictEqual((yield* texts(server)).filter((text) => text === "say -1 once"), ["say -1 once"])
      }).pipe(Effect.scoped, provided)
  )
})

describe("the session of an entity", () => {
  it.effect("is followed by another one some time after a defect in its feed", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const clock = yield* Clock.Clock
      // The first two heartbeats die. No other timer has their interval.
      const heartbeat = 1234
      let deaths = 2
      const deadly: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
        sleep: (duration: Duration.Duration) =>
          Effect.tap(
            clock.sleep(duration),
            () => Duration.toMillis(duration) === heartbeat && deaths-- > 0 ? Effect.die("a defect") : Effect.void
          )
      })
      const { cluster, network, server } = yield* setup()
      const layer = Layer.provide(
        ServerEntity.layer({ heartbeat }),
        Servers.layerRecord({
          altis: {
            transport: network.transport(server.address),
            options: { password: Redacted.make(PASSWORD) },
            generation: "one"
          }
        })
      )
      yield* cluster.runnerOf(1, () => layer).pipe(
        Effect.provideService(Clock.Clock, deadly),
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("4 seconds")
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(yield* TestRcon.passTime(session.command("version")), "1.220")
      const login = "RCon admin logged in"
      assert.deepStrictEqual(
        heard.map((text) => text.replace(/ #.*\)/, "")),
        [login, "gap Reconnected undefined", login, "gap Reconnected undefined", login]
      )
      const defect = "the feed of a game server failed. A new session follows,a defect"
      assert.deepStrictEqual(logged.filter((line) => line.includes("feed")), [defect, defect])
      const times = (yield* server.logins).map(({ time }) => time)
      assert.lengthOf(times, 3)
      assert.isAtLeast(times[2]! - times[1]!, 5000)
    }).pipe(Effect.scoped, provided))

  it.effect("begins some time after a defect in the definition of the server", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const { cluster, network, server } = yield* setup()
      let reads = 0
      const definition = {
        transport: network.transport(server.address),
        options: { password: Redacted.make(PASSWORD) },
        get generation(): string {
          if (reads++ === 0) throw new Error("a defect")
          return "one"
        }
      }
      const layer = Layer.provide(ServerEntity.layer(), Servers.layerRecord({ altis: definition }))
      yield* cluster.runnerOf(1, () => layer).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      yield* TestRcon.passTime("4 seconds")
      assert.lengthOf(yield* server.logins, 0)
      const defect = "a session of a game server failed to begin,Error: a defect"
      assert.deepStrictEqual(logged.filter((line) => line.includes("defect")), [defect])
      yield* online(session)
      assert.lengthOf(yield* server.logins, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("fails if it dies at its start, and only the log of its runner has the reason", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const logger = Logger.layer([
        Logger.make(({ cause, message }) => logged.push(`${String(message)} ${Cause.pretty(cause)}`))
      ])
      const { cluster, network, server } = yield* setup()
      const options = {
        get password(): Redacted.Redacted {
          throw new Error(`a defect with ${PASSWORD}`)
        }
      }
      yield* cluster.runner(1, () => Effect.succeed({ transport: network.transport(server.address), options })).pipe(
        Effect.provide(logger)
      )
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      const failure = yield* Effect.flip(online(session))
      assert.include(failure.message, "the session failed to start. The log of its runner has the reason")
      assert.include(logged.join(), "the session of a game server failed to start")
      assert.include(logged.join(), "a defect with")
      assert.notInclude(cluster.wire.join(), PASSWORD)
    }).pipe(Effect.scoped, provided))
})
