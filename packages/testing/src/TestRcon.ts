/**
 * A client, a server and a network between them, in one layer.
 *
 * **Example** (A bot that greets)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { SimulatedServer, TestRcon } from "@bercon/testing"
 * import { assert, it } from "@effect/vitest"
 * import { Effect } from "effect"
 *
 * const bot = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
 * })
 *
 * it.effect("greets", () =>
 *   Effect.gen(function*() {
 *     const server = yield* SimulatedServer.SimulatedServer
 *     yield* bot
 *     yield* server.join({ name: "Miller" })
 *     yield* TestRcon.adjust("1 second")
 *     const texts = (yield* server.executions).map(({ text }) => text)
 *     assert.include(texts, "say -1 welcome, Miller")
 *   }).pipe(Effect.provide(TestRcon.layer())))
 * ```
 *
 * @since 0.1.0
 */
import * as RconClient from "@bercon/client/RconClient"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as Transport from "@bercon/session/Transport"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { settle } from "./internal/settle.ts"
import { DEFAULT_PASSWORD } from "./ServerMachine.ts"
import * as SimulatedNetwork from "./SimulatedNetwork.ts"
import * as SimulatedServer from "./SimulatedServer.ts"

/**
 * What a server and a network are made with. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransportOptions {
  readonly server?: SimulatedServer.Options | undefined
  readonly network?: SimulatedNetwork.Options | undefined
}

/**
 * What the layer is made with. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends TransportOptions {
  /** Default: the server's password, and as long for the login as it takes. */
  readonly client?: Partial<RconClient.Options> | undefined
}

/**
 * Provides a `SimulatedServer` on a `SimulatedNetwork` of its own, both for the test to steer, and a `Transport` to it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTransport = (
  options: TransportOptions = {}
): Layer.Layer<Transport.Transport | SimulatedServer.SimulatedServer | SimulatedNetwork.SimulatedNetwork> => {
  const transport = Layer.effect(
    Transport.Transport,
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      return network.transport(server.address)
    })
  )
  return transport.pipe(
    Layer.provideMerge(SimulatedServer.layer(options.server)),
    Layer.provideMerge(SimulatedNetwork.layer(options.network)),
    // Nobody else can have bound an address on this network.
    Layer.orDie
  )
}

/**
 * Provides what {@link layerTransport} does, and the `RconClient` that the program under test asks for, logged in.
 *
 * **Details**
 *
 * Under `TestClock` the layer lets as much time pass as the login takes: none where the network neither delays nor loses.
 * After a minute it gives up waiting, and the client goes on trying. The client leaves to chance what the network's seed says:
 * the same seed brings the same day again.
 *
 * Fails where the login does, and where the options of the client are none. To see a program deal with that, build
 * `RconClient.layer` on {@link layerTransport}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  | RconClient.RconClient
  | Transport.Transport
  | SimulatedServer.SimulatedServer
  | SimulatedNetwork.SimulatedNetwork,
  LoginFailure
> => Layer.effect(RconClient.RconClient, logIn(options)).pipe(Layer.provideMerge(layerTransport(options)))

/**
 * One of several servers on the network in the context, each at an address of its own, and a client that is logged in to it
 * as {@link layer} has it.
 *
 * Fails where the login does, and where the options of the client are none; dies where the address is taken.
 *
 * **Example** (Two servers)
 *
 * ```ts
 * import { SimulatedNetwork, TestRcon } from "@bercon/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const altis = yield* TestRcon.make({ server: { address: "10.0.0.1:2306" } })
 *   const stratis = yield* TestRcon.make({ server: { address: "10.0.0.2:2306" } })
 *   yield* altis.rcon.say("Join us on Stratis")
 *   yield* stratis.server.restart()
 * }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: Omit<Options, "network"> = {}): Effect.fn.Return<
  { readonly server: SimulatedServer.SimulatedServer["Service"]; readonly rcon: RconClient.Service },
  LoginFailure,
  SimulatedNetwork.SimulatedNetwork | Scope.Scope
> {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const server = yield* Effect.orDie(SimulatedServer.make(options.server))
  const rcon = yield* Effect.provideService(logIn(options), Transport.Transport, network.transport(server.address))
  return { server, rcon }
})

const logIn = Effect.fnUntraced(function*(options: Options) {
  const { peer } = yield* Transport.Transport
  const client = RconClient.start({
    password: options.server?.password ?? DEFAULT_PASSWORD,
    loginTimeout: "Infinity",
    ...options.client
  })
  // What the session leaves to chance belongs to the same day as what the network does.
  const rcon = yield* Random.withSeed(client, `${options.network?.seed ?? 0} ${peer}`)
  yield* settle
  for (let step = 0; step < LOGIN_STEPS; step++) {
    const status = yield* rcon.status
    if (status._tag === "Closed") return yield* Effect.as(status.exit, rcon)
    if (status._tag !== "Connecting") break
    yield* pass(LOGIN_STEP)
  }
  return rcon
})

/** A minute in all. */
const LOGIN_STEP = "100 millis"
const LOGIN_STEPS = 600

/** Lets time pass: on a `TestClock` at once, on a real clock as it does. */
const pass = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.clockWith((clock) =>
    "adjust" in clock ? TestClock.adjust(duration) : clock.sleep(Duration.fromInputUnsafe(duration))
  )

/**
 * Lets time pass under `TestClock`, after everybody has done what there is to do now. On a real clock it waits.
 *
 * **When to use**
 *
 * In place of `TestClock.adjust`, which waits only for what its own alarms set off. What the test itself has set off just
 * before (a program forked, a player's chat) would find that the clock has moved on meanwhile: past the time to repeat a
 * command that was answered at once, say, so that the server executes it twice.
 *
 * @category time
 * @since 0.1.0
 */
export const adjust = (duration: Duration.Input): Effect.Effect<void> => Effect.andThen(settle, pass(duration))

/**
 * Runs an effect and lets as much time pass as it takes, `within` (default one minute) at most; then it is interrupted, and
 * fails with `TimeoutError`.
 *
 * **When to use**
 *
 * For what a test itself asks of a client where the network has a latency or loses something. Without it the test would wait
 * for an answer that waits for the clock, which waits for the test.
 *
 * **Example**
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { TestRcon } from "@bercon/testing"
 * import { assert, it } from "@effect/vitest"
 * import { Effect } from "effect"
 *
 * it.effect("nobody is there", () =>
 *   Effect.gen(function*() {
 *     const rcon = yield* RconClient.RconClient
 *     assert.deepStrictEqual(yield* TestRcon.takeTime(rcon.players), [])
 *   }).pipe(Effect.provide(TestRcon.layer({ network: { latency: "80 millis" } }))))
 * ```
 *
 * @category time
 * @since 0.1.0
 */
export const takeTime = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  within: Duration.Input = "1 minute"
): Effect.Effect<A, E | Cause.TimeoutError, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.timeout(effect, within), { startImmediately: true })
    while (fiber.pollUnsafe() === undefined) yield* adjust(STEP)
    return yield* Fiber.join(fiber)
  })

/** As fine as a test can see when something was through. */
const STEP = "10 millis"
