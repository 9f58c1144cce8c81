/**
 * A client, a server and a network between them, in one layer.
 *
 * All three live in the scope of the layer. Their modules document the bounds of their buffers. {@link passTime} passes
 * virtual time.
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
 *     yield* TestRcon.passTime("1 second")
 *     const texts = (yield* server.executions).map(({ text }) => text)
 *     assert.include(texts, "say -1 welcome, Miller")
 *   }).pipe(Effect.provide(TestRcon.layer())))
 * ```
 *
 * @stability stable
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
import * as Stream from "effect/Stream"
import type * as TestClock from "effect/testing/TestClock"
import { settle } from "./internal/settle.ts"
import { DEFAULT_PASSWORD } from "./ServerMachine.ts"
import * as SimulatedNetwork from "./SimulatedNetwork.ts"
import * as SimulatedServer from "./SimulatedServer.ts"

/**
 * The options of a server and a network. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface TransportOptions {
  readonly server?: SimulatedServer.Options | undefined
  readonly network?: SimulatedNetwork.Options | undefined
}

/**
 * The options of the layer. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends TransportOptions {
  /** Default: the server's password, and no time limit for the login. */
  readonly client?: Partial<RconClient.Options> | undefined
}

/**
 * Provides a `SimulatedServer` on a new `SimulatedNetwork`, which the test controls, and a `Transport` to it.
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
    // The network is new, so no address can be in use.
    Layer.orDie
  )
}

/**
 * Provides everything that {@link layerTransport} provides, and the `RconClient` that the program under test needs,
 * logged in.
 *
 * **Details**
 *
 * Under `TestClock` the layer passes as much time as the login takes: none if the network neither delays nor loses
 * datagrams. After a minute it stops waiting, and the client continues to log in. The client's random choices follow
 * from the network's seed: the same seed gives the same run.
 *
 * Fails if the login fails, or if an option of the client is invalid. To test a program that handles such a failure,
 * build `RconClient.layer` on {@link layerTransport}.
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
 * Makes a server on the network in the context, and a client that is logged in to it. Call it once for each server,
 * with different addresses. The defaults are those of {@link layer}; the client's random choices follow from the
 * server's address.
 *
 * Fails if the login fails, or if an option of the client is invalid. Dies if the address is in use.
 *
 * **Example** (Two servers)
 *
 * ```ts
 * import { SimulatedNetwork, TestRcon } from "@bercon/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const altis = yield* TestRcon.make({ server: { host: "10.0.0.1" } })
 *   const stratis = yield* TestRcon.make({ server: { host: "10.0.0.2" } })
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
  // The network's seed also decides the session's random choices. `make` does not know the seed.
  const rcon = yield* Random.withSeed(client, `${options.network?.seed ?? 0} ${peer}`)
  const settled = rcon.statusChanges.pipe(Stream.filter(({ _tag }) => _tag !== "Connecting"), Stream.runHead)
  yield* Effect.ignore(passTime(settled))
  const status = yield* rcon.status
  if (status._tag === "Closed") yield* status.exit
  return rcon
})

/** `TestClock`, if that is the clock in the context. */
const testClock: Effect.Effect<TestClock.TestClock | undefined> = Effect.clockWith((clock) =>
  Effect.succeed("adjust" in clock ? clock as TestClock.TestClock : undefined)
)

const DEFAULT_WITHIN = "1 minute"

/** Passes a duration. */
const pass = Effect.fnUntraced(function*(duration: Duration.Input): Effect.fn.Return<void> {
  const clock = yield* testClock
  yield* settle
  yield* clock === undefined ? Effect.sleep(duration) : clock.adjust(duration)
})

/** Passes time until an effect has ended. */
const passUntil = Effect.fnUntraced(function*<A, E, R>(
  effect: Effect.Effect<A, E, R>,
  within: Duration.Input
): Effect.fn.Return<A, E | Cause.TimeoutError, R> {
  if (!Duration.isFinite(Duration.fromInputUnsafe(within))) {
    throw new RangeError("`within` must be finite: otherwise a test could wait forever")
  }
  const clock = yield* testClock
  const limited = Effect.timeout(effect, within)
  if (clock === undefined) return yield* limited
  const fiber = yield* Effect.forkChild(limited, { startImmediately: true })
  yield* settle
  if (fiber.pollUnsafe() === undefined) {
    // The clock wakes one sleeper after the other and lets each run as far as it can. If it is interrupted, it stops at
    // the current time.
    const passing = yield* Effect.forkChild(clock.adjust(within))
    fiber.addObserver(() => passing.interruptUnsafe())
    yield* Fiber.await(passing)
  }
  return yield* Fiber.join(fiber)
})

/**
 * Passes time: a duration, or as long as an effect takes.
 *
 * **When to use**
 *
 * Use `passTime("1 minute")` instead of `TestClock.adjust`, which waits only for the fibers that it wakes itself. Other
 * fibers (a program that the test has just forked, the handler of a player's chat) would run only after the clock has
 * moved. A command could then be retransmitted although its reply is already there, and be executed twice.
 *
 * Use `passTime(rcon.players)` for the test's own commands if the network delays or loses datagrams. The reply arrives
 * only when time passes, and without `passTime` no time passes while the test waits for it.
 *
 * **Details**
 *
 * All fibers run as far as they can now. Then the `TestClock` jumps from one scheduled wake-up to the next, and all
 * fibers that it woke run as far as they can before it continues. So a long time costs no more than the wake-ups in it.
 * `passTime(0)` lets the other fibers run without passing time. On a real clock, `passTime` waits.
 *
 * With an effect, the clock stops when the effect ends, and the result is the effect's. If the effect takes longer than
 * `within` (default one minute), it is interrupted, and `passTime` fails with `TimeoutError`. Dies with a `RangeError`
 * if `within` is infinite.
 *
 * **Example** (Waiting for an answer)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { TestRcon } from "@bercon/testing"
 * import { assert, it } from "@effect/vitest"
 * import { Effect } from "effect"
 *
 * it.effect("the server is empty", () =>
 *   Effect.gen(function*() {
 *     const rcon = yield* RconClient.RconClient
 *     assert.deepStrictEqual(yield* TestRcon.passTime(rcon.players), [])
 *     yield* TestRcon.passTime("1 day")
 *   }).pipe(Effect.provide(TestRcon.layer({ network: { latency: "80 millis" } }))))
 * ```
 *
 * @category time
 * @since 0.1.0
 */
export function passTime(duration: Duration.Input): Effect.Effect<void>
export function passTime<A, E, R>(
  effect: Effect.Effect<A, E, R>,
  within?: Duration.Input
): Effect.Effect<A, E | Cause.TimeoutError, R>
export function passTime<A, E, R>(
  subject: Duration.Input | Effect.Effect<A, E, R>,
  within: Duration.Input = DEFAULT_WITHIN
): Effect.Effect<void> | Effect.Effect<A, E | Cause.TimeoutError, R> {
  return Effect.isEffect(subject) ? passUntil(subject, within) : pass(subject)
}
