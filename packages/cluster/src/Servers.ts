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
  /** A name of this definition of the server that no other definition has. Default: none. */
  readonly generation?: string | undefined
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
  problem: Schema.optionalKey(Schema.String),
  /** The name of the definition of the server that is not complete. */
  generation: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const server = `this runner has no game server ${JSON.stringify(this.id)}`
    return this.problem === undefined ? server : `${server}: ${this.problem}`
  }
}

/**
 * Finds the server that has an id.
 *
 * @category services
 * @since 0.1.0
 */
export class Servers extends Context.Service<Servers, {
  /** Asked each time a runner takes over a server, so that a new password counts from then on, and after each change. */
  readonly get: (id: string) => Effect.Effect<Server, ServerUnknown>
  /**
   * Emits whenever `get` has something new to say about a server: its session is closed, and another one begins. It is not if
   * `get` finds a server of the same `generation` as before.
   */
  readonly changes: (id: string) => Stream.Stream<unknown>
}>()("@bercon/cluster/Servers") {}

/**
 * Provides the servers that a function finds. They do not change while a runner has them.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (get: Servers["Service"]["get"]): Layer.Layer<Servers> =>
  Layer.succeed(Servers, { get, changes: () => Stream.never })

/**
 * What a runner adds to the settings in the list of servers.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListOptions {
  /** How datagrams get to a server and back: `NodeTransport.make`, for example. */
  readonly transport: (server: ServerSettings, id: string) => Transport["Service"]
  /**
   * Finds the password of a server: `(id) => Config.Redacted(`${id}_PASSWORD`)`, for example. The message of its error crosses
   * the network.
   */
  readonly password: (id: string) => Effect.Effect<Redacted.Redacted, { readonly message: string }>
}

/**
 * Provides the servers in the cluster's {@link ServerList}. A change of one begins another session of that server, and asks for
 * its password anew. `loginTimeout` is infinite by default.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerList = (options: ListOptions): Layer.Layer<Servers, never, ServerList> =>
  Layer.effect(
    Servers,
    Effect.map(ServerList, ({ changes }) => ({
      get: Effect.fnUntraced(function*(id): Effect.fn.Return<Server, ServerUnknown> {
        // It waits for the list, however long: a server that is not known yet is not one that is not there.
        const listed = Option.getOrUndefined(yield* Stream.runHead(changes))?.get(id)
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
 * Provides the servers of a record, by their ids.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRecord = (servers: Readonly<Record<string, Server>>): Layer.Layer<Servers> =>
  layer((id) => Object.hasOwn(servers, id) ? Effect.succeed(servers[id]!) : Effect.fail(new ServerUnknown({ id })))
