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
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
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
 * After a minute it gives up waiting, and the client goes on trying. To test a login, build `RconClient.layer` on
 * {@link layerTransport}.
 *
 * Fails where the options of the client are none.
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
 * Fails where the options of the client are none; dies where the address is taken.
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
  const rcon = yield* RconClient.start({
    password: options.server?.password ?? DEFAULT_PASSWORD,
    loginTimeout: "Infinity",
    ...options.client
  })
  const clock = yield* Clock.Clock
  const pass = "adjust" in clock ? TestClock.adjust : Effect.sleep
  yield* settle
  for (let tries = 0; tries < LOGIN_TRIES && (yield* rcon.status)._tag === "Connecting"; tries++) {
    yield* pass(LOGIN_STEP)
  }
  return rcon
})

/** A minute in all. */
const LOGIN_STEP = "100 millis"
const LOGIN_TRIES = 600

/**
 * Lets time pass under `TestClock`, after everybody has done what there is to do now.
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
export const adjust = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.andThen(settle, TestClock.adjust(duration))

/** In how many turns of the scheduler everybody is through. A login, the longest way there is, takes a few dozen. */
const SETTLED = 500

const settle = Effect.repeat(Effect.yieldNow, { times: SETTLED })
