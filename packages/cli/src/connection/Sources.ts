/**
 * The sources of a server's address and password: variables, flags, the server's own configuration.
 */
import type { Flavour } from "@bercon/client/Flavour"
import type { ServersFileError } from "@bercon/fleet/FleetError"
import { SystemError } from "@bercon/fleet/unstable"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import process from "node:process"
import { usage, UsageError } from "../Failure.ts"
import type { Flags } from "../flags.ts"
import { quoted } from "../output/quoted.ts"
import * as Password from "./Password.ts"
import { portOf } from "./port.ts"
import * as Profiles from "./Profiles.ts"
import * as ServerCfg from "./ServerCfg.ts"

/** The fields of a server that one source has. */
export interface Source {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly flavour?: Flavour | "auto" | undefined
  readonly password?: Effect.Effect<Option.Option<Redacted.Redacted>, UsageError | ServersFileError> | undefined
  /** The flag or variable that sets a field in this source: `--port`, `BERCON_PORT`. */
  readonly nameOf?: ((field: Field) => string) | undefined
}

/** A field that one source can override in another. */
export type Field = "host" | "port" | "password"

/** The flags or variables that set the fields of `source`, except for fields that `stronger` sets, too. */
export const namesIn = (source: Source, stronger: Source): ReadonlyArray<string> =>
  (["host", "port", "password"] as const).flatMap((field) => {
    const name = source[field] === undefined || stronger[field] !== undefined ? undefined : source.nameOf?.(field)
    return name === undefined ? [] : [name]
  })

const requirePort = (text: string, where: string): Effect.Effect<number, UsageError> => {
  const port = portOf(text)
  return port === undefined
    ? usage(`${where} must be a number from 1 to 65535 (got ${quoted(text)})`)
    : Effect.succeed(port)
}

const FLAVOURS = ["auto", "BattlEye", "Reforger"] as const

const flavourOf = (text: string): Effect.Effect<Flavour | "auto", UsageError> => {
  const flavour = FLAVOURS.find((name) => name.toLowerCase() === text.toLowerCase())
  return flavour === undefined
    ? usage(`BERCON_FLAVOUR must be one of ${FLAVOURS.join(", ")} (got ${quoted(text)})`)
    : Effect.succeed(flavour)
}

/** `BERCON_HOST`, `BERCON_PORT`, `BERCON_PASSWORD`, `BERCON_FLAVOUR`. */
export const fromVariables: Effect.Effect<Source, UsageError> = Effect.gen(function*() {
  const [host, port, password, flavour] = yield* Effect.all([
    Profiles.variable("BERCON_HOST"),
    Profiles.variable("BERCON_PORT"),
    Profiles.redactedVariable("BERCON_PASSWORD"),
    Profiles.variable("BERCON_FLAVOUR")
  ])
  return {
    host: Option.getOrUndefined(host),
    port: Option.isSome(port) ? yield* requirePort(port.value, "BERCON_PORT") : undefined,
    flavour: Option.isSome(flavour) ? yield* flavourOf(flavour.value) : undefined,
    password: Option.isSome(password) ? Effect.succeed(password) : undefined,
    nameOf: (field) => `BERCON_${field.toUpperCase()}`
  }
})

/** `--host`, `--port`, `--password`, `--password-file`, `--flavour`. */
export const fromFlags = (flags: Flags): Effect.Effect<Source, UsageError> =>
  Effect.gen(function*() {
    const { flavour, host, password, passwordFile, port } = flags
    if (Option.isSome(password) && Option.isSome(passwordFile)) {
      return yield* usage("give --password or --password-file, not both")
    }
    return {
      host: Option.getOrUndefined(host),
      port: Option.isSome(port) ? yield* requirePort(String(port.value), "--port") : undefined,
      flavour: Option.getOrUndefined(flavour),
      password: Option.isSome(password)
        ? Effect.succeed(password)
        : Option.isSome(passwordFile)
        // Read once for all servers, because standard input can be read only once.
        ? yield* Effect.cached(
          // A terminal would show the typed password. The prompt does not.
          passwordFile.value === "-" && process.stdin.isTTY
            ? Effect.succeedNone
            : Effect.map(Password.fromFile(passwordFile.value), Option.some)
        )
        : undefined,
      nameOf: (field) => `--${field}`
    }
  })

/** `--server-cfg`: the path of a file, or of a folder. Of a folder, the file that a running server uses is read. */
export const fromServerCfg = (path: string): Effect.Effect<Source, UsageError> =>
  Effect.gen(function*() {
    const file = yield* Effect.try({
      try: () => Fs.statSync(path).isDirectory() ? ServerCfg.candidates(path)[0]?.path : path,
      catch: (cause) =>
        new UsageError({ message: `--server-cfg: ${path} cannot be read (${SystemError.reason(cause)})` })
    })
    if (file === undefined) {
      return yield* usage(
        `--server-cfg: there is no beserver.cfg or beserver_x64.cfg in ${path}. Name the folder that the server's -BEpath names`
      )
    }
    const text = yield* Effect.try({
      try: () => Fs.readFileSync(file, "utf8"),
      catch: (cause) =>
        new UsageError({ message: `--server-cfg: ${file} cannot be read (${SystemError.reason(cause)})` })
    })
    const cfg = ServerCfg.parse(file, text)
    if (Option.isNone(cfg.port)) {
      return yield* usage(`--server-cfg: there is no RConPort in ${file}. Without it the server has no RCON`)
    }
    if (Option.isNone(cfg.password)) {
      return yield* usage(`--server-cfg: there is no RConPassword in ${file}. Without it the server has no RCON`)
    }
    return {
      // RConIP is an address of the server's machine, unless it is the wildcard.
      host: Option.getOrUndefined(Option.filter(cfg.ip, (ip) => ip !== "0.0.0.0")),
      port: yield* requirePort(cfg.port.value, `RConPort in ${file}`),
      password: Effect.succeed(cfg.password)
    }
  })
