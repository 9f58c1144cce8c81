/**
 * How a runner finds out what it needs to log in to a game server, from the server's id alone.
 *
 * **Details**
 *
 * Ids are yours: `"altis-1"`, say. An id is all that crosses the network and all that a cluster stores; host and password
 * stay on the runners, each of which reads them from its own configuration.
 *
 * **Example** (Servers from the environment: `ALTIS_1_HOST`, `ALTIS_1_PORT`, `ALTIS_1_PASSWORD`)
 *
 * ```ts
 * import { Servers } from "@bercon/cluster"
 * import * as NodeTransport from "@bercon/session/NodeTransport"
 * import { Config, ConfigProvider, Effect } from "effect"
 *
 * const ServersFromEnv = Servers.layer((id) =>
 *   Config.all({ host: Config.String("host"), port: Config.Port("port"), password: Config.Redacted("password") }).pipe(
 *     Effect.provideService(
 *       ConfigProvider.ConfigProvider,
 *       ConfigProvider.fromEnv().pipe(ConfigProvider.constantCase, ConfigProvider.nested(id))
 *     ),
 *     Effect.map(({ host, password, port }) => ({
 *       transport: NodeTransport.make({ host, port }),
 *       options: { password }
 *     })),
 *     Effect.mapError((error) => new Servers.ServerUnknown({ id, problem: error.message }))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Session from "@bercon/session/Session"
import type { Transport } from "@bercon/session/Transport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/**
 * Where a server is, and how to log in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server {
  readonly transport: Transport["Service"]
  readonly options: Session.Options
}

/**
 * There is no server with this id, or its configuration is not complete. `problem` says what is missing; it crosses the
 * network, so it must not contain a password.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServerUnknown extends Schema.TaggedError<ServerUnknown>("@bercon/cluster/ServerUnknown")("ServerUnknown", {
  id: Schema.String,
  problem: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const server = `this runner has no game server ${JSON.stringify(this.id)}`
    return this.problem === undefined ? server : `${server}: ${this.problem}`
  }
}

/**
 * Finds the server that has an id. Asked each time a runner takes over a server, so that a new password counts from then on.
 *
 * @category services
 * @since 0.1.0
 */
export class Servers extends Context.Service<Servers, {
  /** Finds a server by its id. Fails with `ServerUnknown` if there is none of this id. */
  readonly get: (id: string) => Effect.Effect<Server, ServerUnknown>
}>()("@bercon/cluster/Servers") {}

/**
 * Provides the servers that a function finds.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (get: Servers["Service"]["get"]): Layer.Layer<Servers> => Layer.succeed(Servers, { get })

/**
 * Provides the servers of a record, by their ids.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRecord = (servers: Readonly<Record<string, Server>>): Layer.Layer<Servers> =>
  layer((id) => Object.hasOwn(servers, id) ? Effect.succeed(servers[id]!) : Effect.fail(new ServerUnknown({ id })))
