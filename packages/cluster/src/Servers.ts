/**
 * How a runner finds the address and the options of a game server from the server's id.
 *
 * **Details**
 *
 * You choose the ids, for example `"altis-1"`. Each runner reads the password from its own configuration, so the cluster never
 * sends one. A runner also reads the address from there, unless the server is in a `ServerList`.
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
 * @stability unstable
 * @since 0.1.0
 */
import type { ServerSettings } from "@bercon/fleet/Fleet"
import type * as Session from "@bercon/session/Session"
import type { Transport } from "@bercon/session/Transport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ServerList } from "./ServerList.ts"

/**
 * The address of a server, and the options of its session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server {
  readonly transport: Transport["Service"]
  readonly options: Session.Options
  /** A unique name of this definition of the server. Default: no name. */
  readonly generation?: string | undefined
}

/**
 * The runner has no server with this id, or its configuration is incomplete. `problem` describes what is missing. It crosses
 * the network, so it must not contain a password.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServerUnknown extends Schema.TaggedError<ServerUnknown>("@bercon/cluster/ServerUnknown")("ServerUnknown", {
  id: Schema.String,
  problem: Schema.optionalKey(Schema.String),
  /** The `generation` of the incomplete definition, if it has one. */
  generation: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const server = `this runner has no game server ${JSON.stringify(this.id)}`
    return this.problem === undefined ? server : `${server}: ${this.problem}`
  }
}

/**
 * Finds servers by their ids.
 *
 * @category services
 * @since 0.1.0
 */
export class Servers extends Context.Service<Servers, {
  /**
   * Finds a server. Called each time a runner takes the server over, and after each change, so that the runner uses the current
   * password.
   */
  readonly get: (id: string) => Effect.Effect<Server, ServerUnknown>
  /**
   * Emits when `get` may return another definition of a server. Its session is then closed and a new one started, unless the
   * `generation` of the definition is the same as before.
   */
  readonly changes: (id: string) => Stream.Stream<unknown>
}>()("@bercon/cluster/Servers") {}

/**
 * Provides the servers that a function finds. A running session does not notice changes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (get: Servers["Service"]["get"]): Layer.Layer<Servers> =>
  Layer.succeed(Servers, { get, changes: () => Stream.never })

/**
 * Options that a runner adds to the settings in the list of servers.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListOptions {
  /** The transport to a server: `NodeTransport.make`, for example. */
  readonly transport: (server: ServerSettings, id: string) => Transport["Service"]
  /**
   * Finds the password of a server: ``(id) => Config.Redacted(`${id}_PASSWORD`)``, for example. The message of its error crosses
   * the network, so it must not contain a password.
   */
  readonly password: (id: string) => Effect.Effect<Redacted.Redacted, { readonly message: string }>
}

/**
 * Provides the servers in the cluster's {@link ServerList}. After a change of a server its password is read again and a new
 * session starts. `loginTimeout` is infinite by default.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerList = (options: ListOptions): Layer.Layer<Servers, never, ServerList> =>
  Layer.effect(
    Servers,
    Effect.map(ServerList, ({ changes, latest }) => ({
      get: Effect.fnUntraced(function*(id): Effect.fn.Return<Server, ServerUnknown> {
        // Without the list, it is unknown whether the server exists. So this waits for the list without a limit.
        const listed = Option.getOrUndefined(yield* Stream.runHead(changes))?.get(id) ??
          // A member may use a new server before this runner's copy of the list contains it.
          (yield* Effect.eventually(latest)).get(id)
        if (listed === undefined) return yield* new ServerUnknown({ id })
        const { generation, settings } = listed
        const password = yield* Effect.mapError(
          options.password(id),
          ({ message }) => new ServerUnknown({ id, generation, problem: message })
        )
        return {
          transport: options.transport(settings, id),
          options: { loginTimeout: "Infinity", ...settings, password },
          generation
        }
      }),
      changes: (id) =>
        changes.pipe(
          Stream.map((listed) => listed.get(id)?.generation),
          Stream.changes,
          Stream.drop(1)
        )
    }))
  )

/**
 * Provides servers from a record of ids and servers.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRecord = (servers: Readonly<Record<string, Server>>): Layer.Layer<Servers> =>
  layer((id) => Object.hasOwn(servers, id) ? Effect.succeed(servers[id]!) : Effect.fail(new ServerUnknown({ id })))
