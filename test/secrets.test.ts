/**
 * Tests that no error, log, span, metric, status or service of a program contains the password, not even in one of the
 * usual encodings.
 */
import { type CommandError, LoginFailure, RconClient, Session, Transport } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { Fleet } from "@bercon/fleet"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { SimulatedNetwork, SimulatedServer, TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Config, ConfigProvider, Effect, Exit, Layer, Redacted, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Util from "node:util"
import { cases, type Failure, produce, tagOf } from "../packages/client/test/failures.ts"
import { tap } from "../packages/session/test/support/Scenario.ts"
import * as Exposure from "./exposure.ts"

const SECRET = "Xk9-\"Zebra\"/Quoll?ü"
const password = Redacted.make(SECRET)

describe("the search", () => {
  const bytes = new TextEncoder().encode(SECRET)
  const datagram = Buffer.concat([Buffer.from("BE...."), bytes, Buffer.from("!")])
  it.each([
    ["plain", `the password is ${SECRET}.`],
    ["escaped", JSON.stringify({ password: SECRET })],
    ["escaped", JSON.stringify(JSON.stringify({ password: SECRET }))],
    ["percent-encoded", `?password=${encodeURIComponent(SECRET)}`],
    ["hexadecimal", datagram.toString("hex")],
    ["hexadecimal", Util.inspect(datagram)],
    ["base64", datagram.toString("base64")],
    ["base64", datagram.subarray(1).toString("base64url")],
    ["base64", datagram.subarray(2).toString("base64")],
    ["bytes", Util.inspect(Uint8Array.from(datagram))],
    ["bytes", JSON.stringify(Uint8Array.from(datagram))],
    ["bytes", JSON.stringify(datagram)]
  ])("finds a secret in this form: %s", (form, text) => {
    assert.strictEqual(Exposure.formOf(SECRET, text), form)
    assert.isUndefined(Exposure.formOf("another secret", text))
  })
})

/**
 * Runs an effect and records what it shows. Fails if the records contain the password, or fewer logs, spans or metrics
 * than `least`.
 */
const hidden = <A, E, R, L, F>(
  layer: Layer.Layer<L, F>,
  run: (exposure: Exposure.Exposure) => Effect.Effect<A, E, R | L>,
  least: { readonly logs?: number; readonly spans?: number; readonly metrics?: number } = {}
) =>
  Effect.gen(function*() {
    const exposure = Exposure.make()
    const result = yield* run(exposure).pipe(Effect.provide(layer), exposure.watch)
    const counts = yield* exposure.counts
    for (const [kind, count] of Object.entries(least)) {
      assert.isAtLeast(counts[kind as keyof typeof counts], count, `${kind} were recorded`)
    }
    assert.deepStrictEqual(Exposure.leaks(yield* exposure.texts, SECRET), [])
    return result
  })

/** Runs an effect, records its exit, and returns the exit. */
const end = <A, E, R>(exposure: Exposure.Exposure, effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    exposure.record("exit", exit)
    if (Exit.isFailure(exit)) {
      exposure.record("cause", exit.cause)
      for (const reason of exit.cause.reasons) {
        exposure.record("error", Cause.isFailReason(reason) ? reason.error : reason)
      }
    }
    return exit
  })

describe("the password of a client", () => {
  it.effect.each(cases.map((one, index) => [`${index} ${one.reason}`, one] as const))(
    "is not in the error of case %s",
    ([, one]) =>
      Effect.gen(function*() {
        const error = yield* hidden(
          TestRcon.layerTransport({ server: { password, ...one.server } }),
          (exposure) =>
            Effect.map(
              end(exposure, Effect.flip(produce(one, { password }))),
              (exit) => Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
            )
        )
        assert.strictEqual(tagOf(error as Failure), one.reason)
      })
  )

  it.effect("is not in the error of an invalid option or of a refused login", () =>
    hidden(
      TestRcon.layerTransport({ server: { password: Redacted.make("another") } }),
      (exposure) =>
        Effect.gen(function*() {
          const attempts: ReadonlyArray<
            readonly [LoginFailure.LoginFailure["reason"]["_tag"], Partial<RconClient.Options>]
          > = [
            ["LoginRefused", { password }],
            ["InvalidOptions", { password: Redacted.make(`${SECRET}\0`) }],
            ["InvalidOptions", { password: Redacted.make(SECRET.repeat(200)) }],
            ["InvalidOptions", { password, keepaliveInterval: "1 minute" }],
            ["InvalidOptions", { password, maxInFlight: 1000 }]
          ]
          for (const [reason, options] of attempts) {
            const exit = yield* end(exposure, Effect.scoped(RconClient.make({ password, ...options })))
            const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
            assert.isTrue(Schema.is(LoginFailure.LoginFailure)(error) && error.reason._tag === reason)
          }
        })
    ))

  it.effect("is not shown during outages, refusals, and failures of sockets, with commands in between", () =>
    hidden(TestRcon.layerTransport({ server: { password } }), (exposure) =>
      Effect.gen(function*() {
        const network = yield* SimulatedNetwork.SimulatedNetwork
        const server = yield* SimulatedServer.SimulatedServer
        const tapped = tap(yield* Transport.Transport)
        const scope = yield* Scope.make()
        const rcon = yield* RconClient.start({
          password,
          loginTimeout: "Infinity",
          retryRefused: true,
          silenceTimeout: "3 seconds"
        }).pipe(Scope.provide(scope), Effect.provideService(Transport.Transport, tapped.transport))
        yield* rcon.statusChanges.pipe(
          Stream.runForEach((status) => Effect.sync(() => exposure.record("status", status))),
          Effect.forkChild({ startImmediately: true })
        )
        const commands: Array<CommandError.CommandError | undefined> = []
        const ask = Effect.forkChild(
          Effect.map(end(exposure, rcon.command("players", { repeatable: false, timeout: "4 seconds" })), (exit) => {
            const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
            commands.push(error as CommandError.CommandError | undefined)
          }),
          { startImmediately: true }
        )
        const troubles: ReadonlyArray<Effect.Effect<unknown>> = [
          server.refuse,
          server.restart({ downtime: "10 seconds" }),
          server.admit,
          server.goSilent,
          server.resume,
          network.change({ loss: 0.3, corruption: 0.3, duplication: 0.3 }),
          network.change({ loss: 0, corruption: 0, duplication: 0 }),
          network.fail({ write: "Unreachable" }),
          network.fail({ open: "HostUnresolved" }),
          network.breakSockets(),
          network.fail({}),
          tapped.break("fails"),
          Effect.sync(() => tapped.sending = "fails"),
          Effect.sync(() => tapped.sending = "none"),
          Effect.sync(() => tapped.opening = "fails"),
          tapped.break("fails"),
          Effect.sync(() => tapped.opening = "none"),
          server.stop(),
          server.start,
          server.onCommand((text) => text === "" ? undefined : { delay: "Infinity" }),
          Effect.sync(() => tapped.sending = "dies")
        ]
        for (const trouble of troubles) {
          yield* trouble
          yield* ask
          yield* TestRcon.passTime("40 seconds")
          exposure.record("status", yield* rcon.status)
        }
        exposure.record("services", [rcon, tapped.transport])
        yield* end(exposure, rcon.closed)
        yield* Scope.close(scope, Exit.void)
        yield* TestRcon.passTime("1 second")
        assert.strictEqual(commands.length, troubles.length)
        const reasons = new Set(commands.map((error) => error?.reason._tag))
        assert.includeMembers([...reasons], [undefined, "NoReply", "NotConnected", "SessionLost"])
      }), { logs: 20, spans: 10, metrics: 10 }))

  it.effect("is not in a session, its service, its layer or its defect", () =>
    hidden(TestRcon.layerTransport({ server: { password } }), (exposure) =>
      Effect.gen(function*() {
        const tapped = tap(yield* Transport.Transport)
        tapped.opening = "dies"
        yield* end(
          exposure,
          Effect.scoped(Session.make({ password })).pipe(Effect.provideService(Transport.Transport, tapped.transport))
        )
        const session = yield* Session.make({ password })
        exposure.record("service", session)
        exposure.record("layer", Layer.succeed(Session.Session, session))
        exposure.record("layer", RconClient.layer({ password }))
      })).pipe(Effect.scoped))

  it.effect("is not in the error of an invalid environment", () =>
    hidden(Layer.empty, (exposure) =>
      Effect.gen(function*() {
        const environments = [
          { BERCON_PASSWORD: SECRET },
          { BERCON_PASSWORD: SECRET, BERCON_PORT: "no port" },
          { BERCON_PASSWORD: `${SECRET}\0`, BERCON_PORT: "2306" }
        ]
        for (const env of environments) {
          const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
          const exit = yield* end(
            exposure,
            Effect.scoped(Layer.build(NodeRcon.layerFromEnv())).pipe(Effect.provide(provider))
          )
          assert.isTrue(Exit.isFailure(exit))
          const servers = {
            altis: {
              host: Config.succeed("127.0.0.1"),
              port: Config.Port("BERCON_PORT"),
              password: Config.Redacted("BERCON_PASSWORD")
            }
          }
          const fleet = yield* end(
            exposure,
            Effect.scoped(Layer.build(NodeFleet.layerConfig(servers))).pipe(Effect.provide(provider))
          )
          assert.isTrue(Exit.isFailure(fleet))
        }
      })))
})

describe("the passwords of a fleet", () => {
  it.effect("are in no log and no error of servers that are down, refuse the password or have invalid settings", () =>
    hidden(
      TestFleet.layer({
        each: { client: { password } },
        servers: {
          altis: { server: { password } },
          stratis: { server: { password } },
          refusing: { server: { password: Redacted.make("another") } }
        }
      }),
      (exposure) =>
        Effect.gen(function*() {
          const fleet = yield* Fleet.Fleet
          const simulation = yield* TestFleet.TestFleet
          const stratis = yield* simulation.get("stratis")
          const follow = <A, E>(what: string, stream: Stream.Stream<A, E>) =>
            stream.pipe(
              Stream.runForEach((value) => Effect.sync(() => exposure.record(what, value))),
              Effect.forkChild({ startImmediately: true })
            )
          yield* follow("status", fleet.statusChanges)
          yield* follow("event", fleet.events)
          exposure.record("results", yield* TestRcon.passTime(fleet.players({ timeout: "5 seconds" })))
          yield* stratis.server.stop()
          exposure.record("results", yield* TestRcon.passTime(fleet.say("hello", { timeout: "5 seconds" })))
          yield* end(exposure, fleet.add("altis", stratis.options))
          yield* end(exposure, fleet.add("x", { ...stratis.options, port: 0 }))
          yield* end(exposure, fleet.add("y", { ...stratis.options, password: Redacted.make(`${SECRET}\0`) }))
          yield* end(exposure, fleet.replace("nobody", stratis.options))
          yield* end(exposure, fleet.replace("altis", { ...stratis.options, password: Redacted.make(`${SECRET}!`) }))
          yield* TestClock.adjust("2 minutes")
          exposure.record("status", yield* fleet.status)
          exposure.record("servers", yield* fleet.servers)
          exposure.record("service", fleet)
        }),
      { logs: 5, spans: 3, metrics: 10 }
    ))
})
