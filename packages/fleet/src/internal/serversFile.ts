/**
 * Reads the servers of a fleet from a file in TOML. Only `NodeFleet` imports this.
 */
import { Flavour } from "@bercon/client/Flavour"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { parse, TomlError } from "smol-toml"
import type { Server, Servers } from "../Fleet.ts"
import { type FileProblem, ServersFileError } from "../FleetError.ts"

const sources = ["password", "passwordVariable", "passwordFile"] as const

const NonEmpty = Schema.String.check(Schema.makeFilter((text: string) => text !== "" || "must not be empty"))

const Entry = Schema.Struct({
  host: NonEmpty,
  port: Schema.Finite.check(
    Schema.makeFilter((port: number) =>
      Number.isInteger(port) && port >= 1 && port <= 65_535 || `must be an integer from 1 to 65535 (got ${port})`
    )
  ),
  password: Schema.optionalKey(Schema.RedactedFromValue(NonEmpty)),
  passwordVariable: Schema.optionalKey(NonEmpty),
  passwordFile: Schema.optionalKey(NonEmpty),
  flavour: Schema.optionalKey(Schema.Literals(["auto", ...Flavour.literals]))
})

const Entries = Schema.Struct({
  servers: Schema.Record(
    Schema.String,
    Entry.check(
      Schema.makeFilter((entry: typeof Entry.Type) => {
        const given = sources.filter((source) => entry[source] !== undefined)
        return given.length === 1 ||
          `needs exactly one of password, passwordVariable and passwordFile (got ${given.join(" and ") || "none"})`
      })
    )
  )
})

const decode = Schema.decodeUnknownResult(Entries, { errors: "all", onExcessProperty: "error" })

// Never the input: it may be a password.
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey"
      ? "is missing"
      : issue._tag === "UnexpectedKey"
      ? `is not a known field (known: ${Object.keys(Entry.fields).join(", ")})`
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

/** What a text says of servers, without their passwords from elsewhere. */
const entriesOf = (text: string): Result.Result<typeof Entries.Type, ReadonlyArray<FileProblem>> => {
  let document: unknown
  try {
    document = parse(text, { unsafeKeyBehaviour: "throw" })
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    // The rest of the message is an excerpt, which may show a password.
    const [problem = ""] = cause.message.split("\n")
    return Result.fail([{ problem: `line ${cause.line}, column ${cause.column}: ${problem}` }])
  }
  return Result.mapError(
    decode(document),
    ({ issue }) =>
      format(issue).issues.map(({ message, path = [] }) => problemAt(path, message.replace(/^Expected /, "must be ")))
  )
}

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown error"

const readText = (path: string): Effect.Effect<string, string> =>
  Effect.tryPromise({
    try: (signal) => Fs.readFile(path, { encoding: "utf8", signal }),
    catch: (cause) => `cannot be read (${codeOf(cause)})`
  })

const passwordOf = (folder: string, entry: typeof Entry.Type): Effect.Effect<Redacted.Redacted, FileProblem> => {
  const { password, passwordFile, passwordVariable } = entry
  if (password !== undefined) return Effect.succeed(password)
  if (passwordVariable !== undefined) {
    return Effect.mapError(
      Config.Redacted(passwordVariable),
      () => ({ field: "passwordVariable", problem: `the variable ${passwordVariable} is not set` })
    )
  }
  const path = Path.resolve(folder, passwordFile ?? "")
  return readText(path).pipe(
    // Editors end a file with a line break.
    Effect.map((text) => Redacted.make(text.replace(/\r?\n$/, ""))),
    Effect.mapError((problem) => ({ field: "passwordFile", problem: `${path} ${problem}` }))
  )
}

/** The servers in a file. Fails with all that is wrong with it. */
export const read = Effect.fnUntraced(
  function*(path: string, defaults?: Partial<Server>): Effect.fn.Return<Servers, ServersFileError> {
    const failed = (problems: ReadonlyArray<FileProblem>) => new ServersFileError({ path, problems })
    const text = yield* Effect.mapError(readText(path), (problem) => failed([{ problem }]))
    const { servers } = yield* Effect.mapError(Effect.fromResult(entriesOf(text)), failed)
    const problems = new Array<FileProblem>()
    const read = new Array<readonly [string, Server]>()
    for (const [id, entry] of Object.entries(servers)) {
      const password = yield* Effect.result(passwordOf(Path.dirname(path), entry))
      if (Result.isFailure(password)) problems.push({ server: id, ...password.failure })
      else {
        const { flavour, host, port } = entry
        read.push([id, {
          ...defaults,
          host,
          port,
          password: password.success,
          ...(flavour !== undefined && { flavour })
        }])
      }
    }
    if (problems.length > 0) return yield* failed(problems)
    return Object.fromEntries(read)
  }
)
