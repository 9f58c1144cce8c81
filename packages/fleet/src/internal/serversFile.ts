/**
 * Reads the servers of a fleet from a file in TOML. Only `NodeFleet` imports this.
 */
import { Flavour } from "@bercon/client/Flavour"
import { Peer } from "@bercon/client/unstable"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Path from "node:path"
import { parse, TomlError } from "smol-toml"
import type { Server } from "../Fleet.ts"
import { type FileProblem, ServersFileError } from "../FleetError.ts"
import { readText } from "./textFile.ts"

const sources = ["password", "passwordVariable", "passwordFile"] as const

const NonEmpty = Schema.String.annotate({ message: "must be a string" }).check(
  Schema.makeFilter((text: string) => text !== "" || "must not be empty")
)

const EntryFields = Schema.Struct({
  host: NonEmpty,
  port: Schema.Number.annotate({ message: "must be a number" }).check(
    Schema.makeFilter((port: number) => Peer.isPort(port) || `must be ${Peer.PORT_RANGE} (got ${port})`)
  ),
  password: Schema.optionalKey(Schema.RedactedFromValue(NonEmpty)),
  passwordVariable: Schema.optionalKey(NonEmpty),
  passwordFile: Schema.optionalKey(NonEmpty),
  flavour: Schema.optionalKey(Schema.Literals(["auto", ...Flavour.literals]))
})

/** Decodes a file. Each entry must contain one source of a password; if `least` is 0, it may contain none. */
const decoder = (least: 0 | 1) =>
  Schema.decodeUnknownResult(
    Schema.Struct({
      servers: Schema.Record(
        Schema.String,
        EntryFields.check(
          Schema.makeFilter((entry: typeof EntryFields.Type) => {
            const given = sources.filter((source) => entry[source] !== undefined)
            return given.length >= least && given.length <= 1 ||
              `needs exactly one of password, passwordVariable and passwordFile (got ${given.join(" and ") || "none"})`
          })
        )
      )
    }),
    { errors: "all", onExcessProperty: "error" }
  )

const decode = { withPasswords: decoder(1), asWritten: decoder(0) }

// Must not contain the input, which may be a password.
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey"
      ? "is missing"
      : issue._tag === "UnexpectedKey"
      ? `is not a known field (known: ${Object.keys(EntryFields.fields).join(", ")})`
      : SchemaIssue.defaultLeafHook(issue)
})

/** `[servers.altis]` is at the path `servers`, `altis`. */
const problemAt = (path: ReadonlyArray<unknown>, problem: string): FileProblem => {
  const [table, server, ...field] = path.map(String)
  if (table !== "servers") return { field: path.join("."), problem: "is not a known table (known: servers)" }
  if (server === undefined) {
    return { problem: `servers ${problem}: the file needs a table for each server, say [servers.altis]` }
  }
  return field.length === 0 ? { server, problem } : { server, field: field.join("."), problem }
}

/** Decodes the text of a file. Does not read passwords from variables and other files. */
const entriesOf = (
  text: string,
  passwords: keyof typeof decode
): Result.Result<Readonly<Record<string, typeof EntryFields.Type>>, ReadonlyArray<FileProblem>> => {
  let document: unknown
  try {
    document = parse(text, { unsafeKeyBehaviour: "throw" })
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    // The rest of the message is an excerpt, which may show a password.
    const [problem = ""] = cause.message.split("\n")
    return Result.fail([{ problem: `line ${cause.line}, column ${cause.column}: ${problem}` }])
  }
  return Result.mapBoth(decode[passwords](document), {
    onFailure: ({ issue }) =>
      format(issue).issues.map(({ message, path = [] }) => problemAt(path, message.replace(/^Expected /, "must be "))),
    onSuccess: ({ servers }) => servers
  })
}

/** Maximum size of a file of servers, in bytes: enough for several thousand servers. */
const FILE_LIMIT = 1_048_576

/** Maximum size of a password file, in bytes. */
const PASSWORD_LIMIT = 4096

/** Reads the password of an entry from its source. `None` if the entry contains no source. */
const passwordOf = (
  folder: string,
  entry: typeof EntryFields.Type
): Effect.Effect<Option.Option<Redacted.Redacted>, FileProblem> => {
  const { password, passwordFile, passwordVariable } = entry
  if (password !== undefined) return Effect.succeedSome(password)
  if (passwordVariable !== undefined) {
    return Effect.mapBoth(Config.Redacted(passwordVariable), {
      onFailure: () => ({ field: "passwordVariable", problem: `the variable ${passwordVariable} is not set` }),
      onSuccess: Option.some
    })
  }
  if (passwordFile === undefined) return Effect.succeedNone
  const path = Path.resolve(folder, passwordFile)
  return Effect.mapBoth(readText(path, PASSWORD_LIMIT), {
    onFailure: (problem) => ({ field: "passwordFile", problem: `${path} ${problem}` }),
    // Editors end a file with a line break.
    onSuccess: (text) => Option.some(Redacted.make(text.replace(/\r?\n$/, "")))
  })
}

/** A server in a file. Running `password` reads the password. */
export interface Entry extends Pick<Server, "host" | "port" | "flavour"> {
  readonly password: Effect.Effect<Option.Option<Redacted.Redacted>, FileProblem>
}

/** Reads the servers in a file. By default they need no sources of passwords. The error names all invalid fields. */
export const readEntries = Effect.fnUntraced(
  function*(
    path: string,
    passwords: keyof typeof decode = "asWritten"
  ): Effect.fn.Return<ReadonlyMap<string, Entry>, ServersFileError> {
    const failed = (problems: ReadonlyArray<FileProblem>) => new ServersFileError({ path, problems })
    const text = yield* Effect.mapError(readText(path, FILE_LIMIT), (problem) => failed([{ problem }]))
    const servers = yield* Effect.mapError(Effect.fromResult(entriesOf(text, passwords)), failed)
    const folder = Path.dirname(path)
    return new Map(
      Object.entries(servers).map(([id, entry]) => {
        const { flavour, host, port } = entry
        return [id, { host, port, ...(flavour !== undefined && { flavour }), password: passwordOf(folder, entry) }]
      })
    )
  }
)

/** Reads the servers in a file, with their passwords. The error names all passwords that cannot be read. */
export const read = Effect.fnUntraced(
  function*(path: string, defaults?: Partial<Server>): Effect.fn.Return<ReadonlyMap<string, Server>, ServersFileError> {
    const problems = new Array<FileProblem>()
    const read = new Array<readonly [string, Server]>()
    for (const [id, { password, ...entry }] of yield* readEntries(path, "withPasswords")) {
      const found = yield* Effect.result(password)
      if (Result.isFailure(found)) problems.push({ server: id, ...found.failure })
      else if (Option.isSome(found.success)) read.push([id, { ...defaults, ...entry, password: found.success.value }])
    }
    if (problems.length > 0) return yield* new ServersFileError({ path, problems })
    return new Map(read)
  }
)
