/**
 * A fleet over real UDP on Node, with servers from code, from configuration or from a file.
 *
 * **Details**
 *
 * The fleet, its sockets and the fiber that watches the file belong to the scope of the layer, and end with it.
 *
 * A file of servers is TOML, with a table for each server:
 *
 * ```toml
 * [servers.altis]
 * host = "203.0.113.7"
 * port = 2306
 * passwordVariable = "ALTIS_PASSWORD"
 *
 * [servers.stratis]
 * host = "203.0.113.7"
 * port = 2316
 * passwordFile = "secrets/stratis"
 * flavour = "BattlEye"
 * ```
 *
 * Each table needs `host` and `port`. For a fleet it also needs one of `password`, `passwordVariable` (read through `Config`)
 * and `passwordFile` (a path relative to the folder of the file of servers). A line break at the end of a password file is
 * ignored. `flavour` is `"auto"` (default), `"BattlEye"` or `"Reforger"`. Other fields are errors, so that a typing error is
 * noticed. The file is UTF-8 text of at most 1 MiB, a password file of at most 4 KiB.
 *
 * **Example** (Servers from a file that is watched)
 *
 * ```ts
 * import { Fleet } from "@bercon/fleet"
 * import * as NodeFleet from "@bercon/fleet/NodeFleet"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const fleet = yield* Fleet.Fleet
 *   yield* fleet.say("Restart in five minutes")
 * }).pipe(Effect.provide(NodeFleet.layerFile("servers.toml", { watch: true })))
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as NodeTransport from "@bercon/client/NodeTransport"
import * as Cause from "effect/Cause"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Fleet from "./Fleet.ts"
import { type InvalidServer, ServersFileError } from "./FleetError.ts"
import * as Problem from "./internal/problem.ts"
import * as File from "./internal/serversFile.ts"

/**
 * Makes a fleet over UDP in the caller's scope. See `Fleet.make`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (servers: Fleet.Servers = {}): Effect.Effect<Fleet.Service<never>, InvalidServer, Scope.Scope> =>
  Fleet.make({ servers, transport: NodeTransport.make })

/**
 * Provides the fleet that {@link make} makes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (servers: Fleet.Servers = {}): Layer.Layer<Fleet.Fleet, InvalidServer> =>
  Layer.effect(Fleet.Fleet, make(servers))

/**
 * Provides a fleet as {@link layer} does, with servers from configuration.
 *
 * **Example** (Servers from variables)
 *
 * ```ts
 * import * as NodeFleet from "@bercon/fleet/NodeFleet"
 * import { Config } from "effect"
 *
 * const server = (name: string) => ({
 *   host: Config.String(`${name}_HOST`),
 *   port: Config.Port(`${name}_PORT`),
 *   password: Config.Redacted(`${name}_PASSWORD`)
 * })
 *
 * const layer = NodeFleet.layerConfig({ altis: server("ALTIS"), stratis: server("STRATIS") })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  servers: Config.Wrap<Readonly<Record<string, Fleet.Server>>>
): Layer.Layer<Fleet.Fleet, InvalidServer | Config.ConfigError> =>
  Fleet.layerConfig({ servers, transport: NodeTransport.make })

/**
 * A server in a file.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileServer extends Pick<Fleet.Server, "host" | "port" | "flavour"> {
  /**
   * Reads the password from its source: the file of servers, a variable, or another file. `None` if there is no source. Fails if
   * the variable is not set or the password file cannot be read.
   */
  readonly password: Effect.Effect<Option.Option<Redacted.Redacted>, ServersFileError>
}

/**
 * Reads the servers in a file, by their ids, in the order of the file. Ids that are whole numbers, such as `10`, come first, in
 * ascending order. Use it in tools that need only some of the servers, or that ask a person for missing passwords. If fields
 * are invalid, the error names all of them.
 *
 * **Example** (The address of one server)
 *
 * ```ts
 * import * as NodeFleet from "@bercon/fleet/NodeFleet"
 * import { Effect } from "effect"
 *
 * const altis = Effect.map(NodeFleet.readFile("servers.toml"), (servers) => servers.get("altis"))
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const readFile = (path: string): Effect.Effect<ReadonlyMap<string, FileServer>, ServersFileError> =>
  Effect.map(File.readEntries(path), (entries) =>
    new Map(
      Array.from(entries, ([server, { password, ...address }]) => [server, {
        ...address,
        password: Effect.mapError(
          password,
          (problem) => new ServersFileError({ path, problems: [{ server, ...problem }] })
        )
      }])
    ))

/**
 * Options of a file of servers.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileOptions {
  /** Options of servers that do not set them in the file: `commandTimeout`, `rosterInterval`, `flavour` and so on. */
  readonly defaults?: Omit<Partial<Fleet.Server>, "host" | "port" | "password"> | undefined
  /**
   * Whether to apply changes of the file automatically, and the interval of checks: a positive duration, or `true` for 5
   * seconds. Password files are checked, too. A change is applied when two checks in a row have found it, so that a half-written
   * file is not applied. An invalid file does not change the fleet; it is logged as a warning. Default `false`.
   */
  readonly watch?: boolean | Duration.Input | undefined
}

/**
 * The file with the servers of a fleet.
 *
 * @category services
 * @since 0.1.0
 */
export class ServersFile extends Context.Service<ServersFile, {
  readonly path: string
  /**
   * Reads the file again. The fleet then has exactly the servers in the file. Restarts only the sessions of servers whose
   * options or password have changed. Removes servers that the program has added. If the file is invalid, `reload` fails and
   * changes nothing.
   */
  readonly reload: Effect.Effect<Fleet.Changes, ServersFileError>
}>()("@bercon/fleet/ServersFile") {}

const described = ({ added, removed, replaced }: Fleet.Changes): string =>
  Object.entries({ added, removed, restarted: replaced })
    .flatMap(([what, ids]) => ids.length === 0 ? [] : [`${what} ${ids.join(", ")}`])
    .join("; ")

/**
 * Makes a fleet over UDP with servers from a file, in the caller's scope.
 *
 * Fails with `ServersFileError` if the file is invalid. Dies with a `RangeError` if `watch` is not a positive duration.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeFile = Effect.fnUntraced(function*(path: string, options: FileOptions = {}): Effect.fn.Return<
  { readonly fleet: Fleet.Service<never>; readonly file: ServersFile["Service"] },
  ServersFileError,
  Scope.Scope
> {
  const { watch = false } = options
  const interval = watch === true ? "5 seconds" : watch
  const problem = interval === false ? undefined : Problem.duration("watch", interval)
  if (problem !== undefined) return yield* Effect.die(problem)
  const invalid = ({ id, problem }: InvalidServer) =>
    new ServersFileError({ path, problems: [{ server: id, problem }] })
  const lock = Semaphore.makeUnsafe(1)
  const read = File.read(path, options.defaults)

  const servers = yield* read
  const fleet = yield* Effect.mapError(make(servers), invalid)

  /** The last contents that were processed: servers that were applied or refused, or the problems of the file. */
  let settled: Fleet.Servers | string = servers

  const takeOver = (servers: Fleet.Servers) =>
    Effect.suspend(() => {
      settled = servers
      return Effect.mapError(fleet.reconcile(servers), invalid)
    }).pipe(
      Effect.tap((changes) =>
        described(changes) === "" ? Effect.void : Effect.logInfo(`${path} applied: ${described(changes)}`)
      )
    )

  const reload = lock.withPermit(Effect.flatMap(read, takeOver))

  if (interval !== false) {
    /** The contents that the last check found, if they are not processed yet. */
    let seen: Fleet.Servers | string | undefined

    const look = Effect.gen(function*() {
      const found = yield* Effect.match(read, { onFailure: ({ message }) => message, onSuccess: (servers) => servers })
      const isSeenTwice = Equal.equals(found, seen)
      seen = Equal.equals(found, settled) ? undefined : found
      if (seen === undefined || !isSeenTwice) return
      settled = found
      const stays = (problem: string) => Effect.logWarning(`the fleet was not changed: ${problem}`)
      yield* typeof found === "string"
        ? stays(found)
        : Effect.catch(takeOver(found), ({ message }) => stays(message))
    })
    yield* lock.withPermit(look).pipe(
      Effect.catchCauseIf(
        (cause) => !Cause.hasInterruptsOnly(cause),
        (cause) => Effect.logError(`a check of ${path} failed; the next check follows`, cause)
      ),
      Effect.delay(interval),
      Effect.forever,
      Effect.forkScoped
    )
  }

  return { fleet, file: ServersFile.of({ path, reload }) }
})

/**
 * Provides a fleet over UDP with servers from a file, and the {@link ServersFile} to read it again.
 *
 * Fails with `ServersFileError`, which names the file, the servers and the fields, if the file is invalid.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFile = (
  path: string,
  options?: FileOptions
): Layer.Layer<Fleet.Fleet | ServersFile, ServersFileError> =>
  Layer.effectContext(
    Effect.map(makeFile(path, options), ({ file, fleet }) =>
      Context.make(Fleet.Fleet, fleet).pipe(Context.add(ServersFile, file)))
  )
