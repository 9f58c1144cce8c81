/**
 * A client and a server over real UDP on this machine, in one layer: `TestRcon` for tests that need sockets.
 *
 * **When to use**
 *
 * Use it to test a program with the production transport, or together with another process. For all other tests
 * `TestRcon` is faster and reproducible.
 *
 * **Gotchas**
 *
 * Time is real: use `it.live`, and wait for events (`rcon.waitFor`, `Effect.repeat`). Under `TestClock` no timeout and
 * no retransmission would ever be due.
 *
 * **Example** (A bot over sockets)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { SimulatedServer } from "@bercon/testing"
 * import * as NodeTestRcon from "@bercon/testing/NodeTestRcon"
 * import { assert, it } from "@effect/vitest"
 * import { Effect } from "effect"
 *
 * const bot = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
 * })
 *
 * it.live("greets over UDP", () =>
 *   Effect.gen(function*() {
 *     const rcon = yield* RconClient.RconClient
 *     const server = yield* SimulatedServer.SimulatedServer
 *     yield* bot
 *     const said = yield* rcon.waitFor("AdminChat", { trigger: server.join({ name: "Miller" }) })
 *     assert.strictEqual(said.message, "welcome, Miller")
 *   }).pipe(Effect.scoped, Effect.provide(NodeTestRcon.layer())))
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as NodeRcon from "@bercon/client/NodeRcon"
import * as RconClient from "@bercon/client/RconClient"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { EndpointError } from "./Endpoint.ts"
import * as NodeSimulatedServer from "./NodeSimulatedServer.ts"
import { DEFAULT_PASSWORD } from "./ServerMachine.ts"
import * as SimulatedServer from "./SimulatedServer.ts"

/**
 * Options of the server and the client. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Default: on `127.0.0.1`, at any free port. */
  readonly server?: NodeSimulatedServer.Options | undefined
  /** Default: the server's address and password. */
  readonly client?: Partial<NodeRcon.Options> | undefined
}

/**
 * Makes a server on real UDP, and a client that is logged in to it, in the caller's scope. Each call makes an
 * independent pair.
 *
 * Fails if the port cannot be bound, or if the login fails. Dies with a `RangeError` if an option of the server is out
 * of range.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<
  { readonly server: SimulatedServer.SimulatedServer["Service"]; readonly rcon: RconClient.RconClient["Service"] },
  EndpointError | LoginFailure,
  Scope.Scope
> {
  const server = yield* NodeSimulatedServer.make(options.server)
  const password = options.server?.password ?? DEFAULT_PASSWORD
  const rcon = yield* NodeRcon.make({ ...server.address, password, ...options.client })
  return { server, rcon }
})

/**
 * Provides the server and the client that {@link make} returns. The layer is ready when the client is logged in.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<RconClient.RconClient | SimulatedServer.SimulatedServer, EndpointError | LoginFailure> =>
  Layer.effectContext(
    Effect.map(
      make(options),
      ({ rcon, server }) =>
        Context.make(RconClient.RconClient, rcon).pipe(Context.add(SimulatedServer.SimulatedServer, server))
    )
  )
