/**
 * A client over real UDP on Node.
 *
 * A client belongs to the scope in which it was made. Closing the scope ends the session and closes the socket. The
 * bounds of its memory are those of `RconClient` and `Session`.
 *
 * **Example** (Options from the environment)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import * as NodeRcon from "@bercon/client/NodeRcon"
 * import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   yield* Console.log(yield* rcon.players)
 * })
 *
 * program.pipe(Effect.provide(NodeRcon.layerFromEnv()), NodeRuntime.runMain)
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as NodeTransport from "@bercon/session/NodeTransport"
import { Transport } from "@bercon/session/Transport"
import { Peer } from "@bercon/session/unstable"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import type * as Scope from "effect/Scope"
import { shortened } from "./internal/shortened.ts"
import * as RconClient from "./RconClient.ts"

/**
 * The server's address and password, and the options of the client and its session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends NodeTransport.Options, RconClient.Options {}

/**
 * Logs in and returns the client. The client logs in again after an outage, until the scope closes.
 *
 * **Example** (Several servers)
 *
 * ```ts
 * import * as NodeRcon from "@bercon/client/NodeRcon"
 * import { Effect, Redacted } from "effect"
 *
 * const password = Redacted.make("secret")
 *
 * const restartSoon = Effect.scoped(Effect.gen(function*() {
 *   const servers = yield* Effect.forEach([2306, 2316], (port) => NodeRcon.make({ host: "127.0.0.1", port, password }))
 *   yield* Effect.forEach(servers, (rcon) => rcon.say("Restart in five minutes"), { concurrency: "unbounded" })
 * }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options
): Effect.Effect<RconClient.RconClient["Service"], LoginFailure, Scope.Scope> =>
  Effect.provideService(RconClient.make(options), Transport, NodeTransport.make(options))

/**
 * Starts the login and returns the client at once, see `RconClient.start`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = (
  options: Options
): Effect.Effect<RconClient.RconClient["Service"], LoginFailure, Scope.Scope> =>
  Effect.provideService(RconClient.start(options), Transport, NodeTransport.make(options))

/**
 * Provides the client that {@link make} returns. The layer is built after the first login.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<RconClient.RconClient, LoginFailure> =>
  RconClient.layer(options).pipe(Layer.provide(NodeTransport.layer(options)))

/**
 * Provides the client that {@link start} returns. The layer is built at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (options: Options): Layer.Layer<RconClient.RconClient, LoginFailure> =>
  RconClient.layerStart(options).pipe(Layer.provide(NodeTransport.layer(options)))

/**
 * Provides a client like {@link layer}, with options from a `Config`.
 *
 * **Example** (Other names of variables)
 *
 * ```ts
 * import * as NodeRcon from "@bercon/client/NodeRcon"
 * import { Config } from "effect"
 *
 * const layer = NodeRcon.layerConfig({
 *   host: Config.String("RCON_HOST"),
 *   port: Config.Port("RCON_PORT"),
 *   password: Config.Redacted("RCON_PASSWORD"),
 *   keepaliveInterval: Config.Duration("RCON_KEEPALIVE").pipe(Config.withDefault("30 seconds"))
 * })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options: Config.Wrap<Options>
): Layer.Layer<RconClient.RconClient, LoginFailure | Config.ConfigError> =>
  Layer.unwrap(Effect.map(Config.unwrap(options), layer))

/** The text of a variable. `message`: the error if it is not set. */
const variable = (message: string) => Schema.String.annotate({ message })

const PortText = variable(`BERCON_PORT must be set to the server's RConPort, ${Peer.PORT_RANGE}`).pipe(
  Schema.decodeTo(Schema.Int, {
    decode: SchemaGetter.transformEffect((text: string) => {
      const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0
      const got = JSON.stringify(shortened(text))
      return Peer.isPort(port)
        ? Effect.succeed(port)
        : Effect.fail(
          new SchemaIssue.InvalidValue({ message: `BERCON_PORT must be ${Peer.PORT_RANGE} (got ${got})` })
        )
    }),
    encode: SchemaGetter.transform(String)
  })
)

/**
 * Reads the server's address and password from the environment: `BERCON_HOST` (default `127.0.0.1`), `BERCON_PORT`,
 * `BERCON_PASSWORD`. An error names the variable, what it must be and its value, except for the password.
 *
 * @category config
 * @since 0.1.0
 */
export const config: Config.Config<Pick<Options, "host" | "port" | "password">> = Config.all({
  // Full names, not nested ones, so that an error contains the name of the variable to set.
  host: Config.String("BERCON_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(PortText, "BERCON_PORT"),
  password: Config.schema(
    Schema.RedactedFromValue(variable("BERCON_PASSWORD must be set to the server's RConPassword")),
    "BERCON_PASSWORD"
  )
})

/**
 * Provides a client like {@link layer}, with host, port and password from {@link config}. Fails with `ConfigError` if
 * the port or the password is missing, or the port is invalid.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFromEnv = (
  options?: Omit<Options, "host" | "port" | "password">
): Layer.Layer<RconClient.RconClient, LoginFailure | Config.ConfigError> =>
  Layer.unwrap(Effect.map(config, (server) => layer({ ...options, ...server })))
