/**
 * Finds and reads the file of servers. It is the file that a fleet reads, see `NodeFleet`.
 */
import type { ServersFileError } from "@bercon/fleet/FleetError"
import type * as NodeFleet from "@bercon/fleet/NodeFleet"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import process from "node:process"

/** The value of a variable. An empty value counts as not set: orchestrators pass it for a variable that is left out. */
export const variable = (name: string): Effect.Effect<Option.Option<string>> =>
  Config.String(name).pipe(
    Effect.map((value) => value === "" ? Option.none() : Option.some(value)),
    Effect.orElseSucceed(() => Option.none<string>())
  )

/** The same as {@link variable}, for a secret. */
export const redactedVariable = (name: string): Effect.Effect<Option.Option<Redacted.Redacted>> =>
  Effect.map(variable(name), Option.map((value) => Redacted.make(value)))

/** The platform's folder for configuration: that of XDG, `%APPDATA%`, or `~/Library/Application Support`. */
const configurationFolder = Effect.gen(function*() {
  const xdg = yield* variable("XDG_CONFIG_HOME")
  // The specification of XDG requires that relative paths are ignored.
  if (Option.isSome(xdg) && Path.isAbsolute(xdg.value)) return xdg.value
  switch (process.platform) {
    case "win32":
      return Option.getOrElse(yield* variable("APPDATA"), () => Path.join(Os.homedir(), "AppData", "Roaming"))
    case "darwin":
      return Path.join(Os.homedir(), "Library", "Application Support")
    default:
      return Path.join(Os.homedir(), ".config")
  }
})

/** The path of the file of servers if neither `--config` nor `BERCON_CONFIG` names one. */
const usualPath: Effect.Effect<string> = Effect.map(
  configurationFolder,
  (folder) => Path.join(folder, "bercon", "servers.toml")
)

/** The content of a file of servers. */
export interface Profiles {
  readonly path: string
  readonly servers: ReadonlyMap<string, NodeFleet.FileServer>
}

/** The path of the file of servers, and whether `--config` or `BERCON_CONFIG` named it. */
export const path = (
  config: Option.Option<string>
): Effect.Effect<{ readonly path: string; readonly named: boolean }> =>
  Effect.gen(function*() {
    const chosen = Option.isSome(config) ? config : yield* variable("BERCON_CONFIG")
    return Option.isSome(chosen)
      ? { path: chosen.value, named: true }
      : { path: yield* usualPath, named: false }
  })

/** Reads the file of servers. `None` if no file is named and the usual path has no file. */
export const read = (config: Option.Option<string>): Effect.Effect<Option.Option<Profiles>, ServersFileError> =>
  Effect.gen(function*() {
    const file = yield* path(config)
    if (!file.named && !Fs.existsSync(file.path)) return Option.none()
    const { readFile } = yield* Effect.promise(() => import("@bercon/fleet/NodeFleet"))
    return Option.some({ path: file.path, servers: yield* readFile(file.path) })
  })
