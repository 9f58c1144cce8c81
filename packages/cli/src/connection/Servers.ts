/**
 * Finds the servers of a command, and how to log in to them. Later sources override earlier ones: a profile in the file of
 * servers or the configuration of the server itself, variables, flags.
 */
import type * as NodeRcon from "@bercon/client/NodeRcon"
import type { ServersFileError } from "@bercon/fleet/FleetError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { usage, type UsageError } from "../Failure.ts"
import { type Flags, namesOf } from "../flags.ts"
import { note } from "../output/Output.ts"
import { quoted, quotedList } from "../output/quoted.ts"
import * as Password from "./Password.ts"
import * as Profiles from "./Profiles.ts"
import { fromFlags, fromServerCfg, fromVariables, namesIn, type Source } from "./Sources.ts"

/** A server that a command is for. */
export interface Server {
  /** The name of its profile, or `host:port`. */
  readonly name: string
  /** Its profile, if it has one. */
  readonly profile?: {
    /** The flags and variables that give the server another address than its profile does. Usually empty. */
    readonly movedBy: ReadonlyArray<string>
  } | undefined
  readonly options: NodeRcon.Options & { readonly loginTimeout: Duration.Duration }
  /** Whether `--wait` is given: then the login is tried again, even while the host's name has no address. */
  readonly isPatient: boolean
}

/** A server whose password cannot be read, or is missing. */
export interface Unusable {
  readonly name: string
  readonly failure: UsageError | ServersFileError
}

/** The servers that a command is for. */
export interface Servers {
  readonly servers: ReadonlyArray<Server>
  /** Servers to which no login is possible. Empty if only one server is named, because that one fails at once. */
  readonly unusable: ReadonlyArray<Unusable>
  /** Whether results are labelled with their server: if several are named, or `--all` is given. */
  readonly labelled: boolean
}

const NO_SERVER =
  "no server is given: use --host and --port, or BERCON_HOST and BERCON_PORT, or --profile with a file of servers"

/** Merges the sources of one server: the first that has a field counts. Asks for the password if no source has it. */
const merged = Effect.fnUntraced(function*(
  flags: Flags,
  profile: string | undefined,
  sources: ReadonlyArray<Source>
): Effect.fn.Return<Server, UsageError | ServersFileError> {
  const first = <K extends keyof Source>(key: K): Source[K] =>
    sources.find((source) => source[key] !== undefined)?.[key]
  const host = first("host")
  const port = first("port")
  if (port === undefined) {
    return yield* usage(host === undefined ? NO_SERVER : `the port of ${host} is missing: use --port or BERCON_PORT`)
  }
  const name = profile ?? `${host?.includes(":") === true ? `[${host}]` : host ?? LOCAL}:${port}`
  const password = yield* Effect.flatMap(
    first("password") ?? Effect.succeedNone,
    (password) => Option.isSome(password) ? Effect.succeed(password) : Password.ask(name)
  )
  if (Option.isNone(password)) {
    return yield* usage(
      `the password of ${name} is missing: set BERCON_PASSWORD, use --password-file (- is standard input), or a profile that has it`
    )
  }
  const flavour = first("flavour")
  return {
    name,
    profile: profile === undefined ? undefined : { movedBy: movedBy(sources) },
    options: {
      host: host ?? LOCAL,
      port,
      password: password.value,
      ...(flavour !== undefined && { flavour }),
      ...(Option.isSome(flags.bind) && { bind: { address: flags.bind.value } }),
      loginTimeout: Option.getOrElse(flags.wait, () => flags.timeout),
      commandTimeout: flags.timeout
    },
    isPatient: Option.isSome(flags.wait)
  }
})

const LOCAL = "127.0.0.1"

/** The flags and variables that override the address of the profile. The profile is the last of the `sources`. */
const movedBy = (sources: ReadonlyArray<Source>): ReadonlyArray<string> =>
  (["host", "port"] as const).flatMap((field) => {
    const source = sources.find((source) => source[field] !== undefined)
    const own = sources.at(-1)?.[field] ?? (field === "host" ? LOCAL : undefined)
    const name = source?.nameOf?.(field)
    return name !== undefined && source?.[field] !== own ? [name] : []
  })

/** The profiles that `--profile` names, or `BERCON_PROFILE` if no flag selects a server. */
const namedProfiles = Effect.fnUntraced(function*(flags: Flags): Effect.fn.Return<ReadonlyArray<string>, UsageError> {
  if (Option.isSome(flags.profile)) return yield* namesOf("--profile", flags.profile.value)
  if (flags.all || Option.isSome(flags.serverCfg) || Option.isSome(flags.host)) return []
  const list = yield* Profiles.variable("BERCON_PROFILE")
  return Option.isSome(list) ? yield* namesOf("BERCON_PROFILE", list.value) : []
})

/** Flags that contradict each other, or that would choose another server than the person means. */
const contradiction = (flags: Flags, named: ReadonlyArray<string>): string | undefined => {
  const several = flags.all || named.length > 1
  if (flags.all && Option.isSome(flags.profile)) return "give --profile or --all, not both"
  if ((flags.all || Option.isSome(flags.profile)) && Option.isSome(flags.serverCfg)) {
    return "--server-cfg is for one server: leave out --profile and --all"
  }
  if (several && (Option.isSome(flags.host) || Option.isSome(flags.port))) {
    return "--host and --port are for one server: leave them out, or name one profile"
  }
  return undefined
}

/** The profile that is used if no name is given: the only one, or the one called `default`. */
const unnamed = ({ servers }: Profiles.Profiles): string | undefined =>
  servers.has("default") ? "default" : servers.size === 1 ? Array.from(servers.keys())[0] : undefined

/** Reports the variables that override fields of a profile. The profile was named, so this may be an oversight. */
const tellOverriding = (profile: string, variables: Source, given: Source) => {
  const names = namesIn(variables, given)
  return names.length === 0
    ? Effect.void
    : note(`bercon: profile ${quoted(profile)} is used with ${names.join(" and ")} from the environment`)
}

/** The servers that flags, variables and files name. */
export const resolve = Effect.fnUntraced(function*(
  flags: Flags
): Effect.fn.Return<Servers, UsageError | ServersFileError> {
  const named = yield* namedProfiles(flags)
  const problem = contradiction(flags, named)
  if (problem !== undefined) return yield* usage(problem)
  const given = yield* fromFlags(flags)
  const variables = yield* fromVariables
  const one = (server: Server): Servers => ({ servers: [server], unusable: [], labelled: false })

  if (Option.isSome(flags.serverCfg)) {
    return one(yield* merged(flags, undefined, [given, variables, yield* fromServerCfg(flags.serverCfg.value)]))
  }
  const isNamed = flags.all || named.length > 0
  // A server that is named by its host does not need a profile.
  if (!isNamed && (given.host !== undefined || variables.host !== undefined)) {
    return one(yield* merged(flags, undefined, [given, variables]))
  }
  const file = yield* Profiles.read(flags.config)
  if (Option.isNone(file)) {
    if (!isNamed) return one(yield* merged(flags, undefined, [given, variables]))
    const { path } = yield* Profiles.path(flags.config)
    return yield* usage(
      `there is no file of servers at ${path}: name it with --config, or write it with \`bercon init\``
    )
  }

  const { path, servers } = file.value
  const unknown = named.filter((name) => !servers.has(name))
  if (unknown.length > 0) {
    return yield* usage(`unknown profile ${quotedList(unknown)}: ${path} has ${quotedList(servers.keys()) || "none"}`)
  }
  if (flags.all || named.length > 1) {
    // The variables are for a single server. The servers are merged one after the other, because `merged` may ask for a
    // password.
    const chosen = flags.all ? Array.from(servers.keys()) : named
    if (chosen.length === 0) return yield* usage(`${path} has no servers`)
    const [usable, unusable] = yield* Effect.partition(chosen, (name) =>
      Effect.mapError(
        merged(flags, name, [given, servers.get(name)!]),
        (failure): Unusable => ({ name, failure })
      ))
    return { servers: usable, unusable, labelled: true }
  }
  const [profile = unnamed(file.value)] = named
  if (profile === undefined) {
    return given.port !== undefined || variables.port !== undefined
      ? one(yield* merged(flags, undefined, [given, variables]))
      : yield* usage(`which server? ${path} has ${quotedList(servers.keys()) || "none"}: use --profile, or --all`)
  }
  if (named.length > 0) yield* tellOverriding(profile, variables, given)
  return one(yield* merged(flags, profile, [given, variables, servers.get(profile)!]))
})
