/**
 * The flags that every command has, and the root of all commands.
 */
import { Peer } from "@bercon/client/unstable"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { usage, type UsageError } from "./Failure.ts"
import { formats } from "./output/Format.ts"
import { quoted } from "./output/quoted.ts"

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Reads `90s`, `1h30m`, `7d`, `forever`; a number alone is seconds. */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const written = text.replaceAll(/\s/g, "")
  if (written === "forever") return Option.some(Duration.infinity)
  const compact = /^[\d.]+$/.test(written) ? `${written}s` : written
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(compact)) return Option.none()
  const parts = compact.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)
  const millis = Array.from(parts).reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS],
    0
  )
  return Number.isFinite(millis) ? Option.some(Duration.millis(millis)) : Option.none()
}

/** The values that a flag allows, and how they are described to a person. */
export interface Allowed<in Value> {
  readonly isAllowed: (value: Value) => boolean
  readonly expected: string
}

const parsed = <Value>(
  name: string,
  metavar: string,
  parse: (text: string) => Option.Option<Value>,
  { expected, isAllowed }: Allowed<Value>
): Flag.Flag<Value> =>
  Flag.String(name).pipe(
    Flag.mapEffect((value) =>
      Option.match(Option.filter(parse(value), isAllowed), {
        onNone: () => Effect.fail(new CliError.InvalidValue({ option: name, value, expected, kind: "flag" })),
        onSome: Effect.succeed
      })
    ),
    Flag.withMetavar(metavar)
  )

const isText = (value: string): boolean => value.trim() !== ""

/** A flag whose value is a text. It must not be empty: perhaps a variable of a script is not set. */
export const text = (name: string, metavar: string, expected: string): Flag.Flag<string> =>
  parsed(name, metavar, Option.some, { isAllowed: isText, expected })

/** The same as {@link text}, for an argument. */
export const argument = (name: string, expected: string): Argument.Argument<string> =>
  Argument.String(name).pipe(
    Argument.mapEffect((value) =>
      isText(value)
        ? Effect.succeed(value)
        : Effect.fail(new CliError.InvalidValue({ option: name, value, expected, kind: "argument" }))
    )
  )

/** The names in a list such as `eu1,eu2`, each once. `source` is the flag or variable that has the list. */
export const namesOf = (source: string, list: string): Effect.Effect<ReadonlyArray<string>, UsageError> => {
  const names = list.split(",").map((name) => name.trim())
  return names.includes("")
    ? usage(`${source} has an empty name (got ${quoted(list)})`)
    : Effect.succeed([...new Set(names)])
}

/** A flag whose value is a duration. Default: any is allowed. */
export const duration = (
  name: string,
  allowed: Allowed<Duration.Duration> = {
    isAllowed: () => true,
    expected: "a duration such as 500ms, 90s, 2m, 1h30m or 7d"
  }
): Flag.Flag<Duration.Duration> => parsed(name, "duration", parseDuration, allowed)

const positive: Allowed<Duration.Duration> = {
  isAllowed: Duration.isPositive,
  expected: "a duration of more than 0, such as 500ms, 90s or 10m"
}

/** A flag whose value is a number. */
export const number = (name: string, allowed: Allowed<number>): Flag.Flag<number> =>
  parsed(name, "number", (text) => /^-?[\d.]+$/.test(text) ? Option.some(Number(text)) : Option.none(), allowed)

/** A flag whose value is an integer from `least` to `most`. */
export const integer = (name: string, least: number, most = Infinity): Flag.Flag<number> =>
  number(name, {
    isAllowed: (value) => Number.isSafeInteger(value) && value >= least && value <= most,
    expected: most === Infinity ? `an integer of ${least} or more` : `an integer from ${least} to ${most}`
  })

/** The flags that every command has. Most are optional: environment variables and files can give the values, too. */
const shared = {
  host: text("host", "name", "a host name or an IP address").pipe(
    Flag.withDescription("The server's name or address (BERCON_HOST). Default 127.0.0.1"),
    Flag.optional
  ),
  // Only `simulate` takes 0. All other commands refuse it when they look for the server.
  port: number("port", { isAllowed: (port) => Peer.isPort(port, 0), expected: "a port from 1 to 65535" }).pipe(
    Flag.withAlias("p"),
    Flag.withDescription("The server's RConPort (BERCON_PORT), not the port of the game"),
    Flag.optional
  ),
  password: Flag.Redacted("password").pipe(
    Flag.withDescription(
      "The server's RConPassword. Others on this machine can see it here. BERCON_PASSWORD, --password-file, a profile and the prompt are safer"
    ),
    Flag.optional
  ),
  passwordFile: text("password-file", "file", "the path of a file, or -").pipe(
    Flag.withDescription("A file that holds the password; - is standard input"),
    Flag.optional
  ),
  flavour: Flag.Literals("flavour", ["auto", "BattlEye", "Reforger"]).pipe(
    Flag.withDescription("The RCON of the server (BERCON_FLAVOUR). Default auto: detects it"),
    Flag.optional
  ),
  bind: text("bind", "address", "an IP address of this machine").pipe(
    Flag.withDescription("The local address to send from, for machines with several"),
    Flag.optional
  ),
  profile: Flag.String("profile").pipe(
    Flag.withAlias("P"),
    Flag.withDescription("A server of the file of servers, or several: eu1,eu2 (BERCON_PROFILE)"),
    Flag.withMetavar("names"),
    Flag.optional
  ),
  all: Flag.Boolean("all").pipe(Flag.withDescription("All servers of the file at once"), Flag.withDefault(false)),
  config: text("config", "file", "the path of a file").pipe(
    Flag.withDescription(
      "The file of servers (BERCON_CONFIG). Default: servers.toml in the folder bercon of your configuration"
    ),
    Flag.optional
  ),
  serverCfg: text("server-cfg", "path", "the path of a file or folder").pipe(
    Flag.withDescription("Takes port and password from this beserver*.cfg, or the one in this folder"),
    Flag.optional
  ),
  format: Flag.Literals("format", formats).pipe(
    Flag.withAlias("f"),
    Flag.withDescription("How to print the result. raw is the server's own words"),
    Flag.withDefault("table")
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Prints no progress on standard error, only failures"),
    Flag.withDefault(false)
  ),
  timeout: duration("timeout", positive).pipe(
    Flag.withDescription("How long to wait for the login, and for each answer. Default 10s"),
    Flag.withDefault(Duration.seconds(10))
  ),
  wait: duration("wait", positive).pipe(
    Flag.withDescription(
      "How long to try the first login if the server is still starting, such as 5m or forever. Default --timeout"
    ),
    Flag.optional
  )
}

/** The root of all commands. In the handler of a command, `yield* bercon` returns the flags. */
export const bercon = Command.make("bercon").pipe(
  Command.withSharedFlags(shared),
  Command.withDescription(
    "Administers BattlEye game servers (Arma 2 OA, Arma 3, DayZ, Arma Reforger and others) over RCON"
  ),
  Command.withExamples([
    { command: "bercon init", description: "Writes a profile of your server, so that no flags are needed" },
    {
      command: "bercon players --host 203.0.113.7 --port 2306",
      description: "Lists the players; asks for the password"
    },
    { command: "bercon kick Miller --reason \"Team killing\"", description: "Kicks, and waits for evidence" },
    { command: "bercon shell", description: "A session with live events" },
    { command: "bercon doctor", description: "Finds out why the connection does not work" }
  ])
)

/** The values of the shared flags. */
export type Flags = Effect.Success<typeof bercon>
