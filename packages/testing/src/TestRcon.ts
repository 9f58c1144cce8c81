/**
 * A server, a network and the way there, in one layer.
 *
 * @since 0.1.0
 */
import * as Transport from "@bercon/session/Transport"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as SimulatedNetwork from "./SimulatedNetwork.ts"
import * as SimulatedServer from "./SimulatedServer.ts"

/**
 * What the layer is made with. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly server?: SimulatedServer.Options | undefined
  readonly network?: SimulatedNetwork.Options | undefined
}

/**
 * Provides a `SimulatedServer` on a `SimulatedNetwork` of its own, both for the test to steer, and a `Transport` to it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
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
  Effect.andThen(Effect.repeat(Effect.yieldNow, { times: SETTLED }), TestClock.adjust(duration))

/** In how many turns of the scheduler everybody is through. A login, the longest way there is, takes a few dozen. */
const SETTLED = 500
