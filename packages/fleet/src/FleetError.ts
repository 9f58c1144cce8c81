/**
 * Errors of a fleet.
 *
 * **Example** (Add a server, or replace it)
 *
 * ```ts
 * import { Fleet } from "@bercon/fleet"
 * import { Effect } from "effect"
 *
 * const put = Effect.fnUntraced(function*(id: string, server: Fleet.Server) {
 *   const fleet = yield* Fleet.Fleet
 *   return yield* fleet.add(id, server).pipe(
 *     Effect.catchTag("DuplicateServer", () => fleet.replace(id, server)),
 *     Effect.tapError(({ message }) => Effect.logWarning(message))
 *   )
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const quoted = (id: string): string => JSON.stringify(id)

const NAMED = 20

const listed = (ids: ReadonlyArray<string>): string => {
  if (ids.length === 0) return "The fleet has no servers"
  const names = ids.slice(0, NAMED).map(quoted).join(", ")
  return `The fleet has ${names}${ids.length > NAMED ? ` and ${ids.length - NAMED} more` : ""}`
}

/**
 * The fleet has no server with this id. `known` contains its ids.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownServer extends Schema.TaggedError<UnknownServer>("@bercon/fleet/UnknownServer")("UnknownServer", {
  id: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `unknown server ${quoted(this.id)}. ${listed(this.known)}`
  }

  /** Trying again helps only after the server is added. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The fleet already has a server with this id. Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class DuplicateServer
  extends Schema.TaggedError<DuplicateServer>("@bercon/fleet/DuplicateServer")("DuplicateServer", {
    id: Schema.String
  })
{
  override get message(): string {
    return `the fleet already has a server ${quoted(this.id)}. Use \`replace\` to change its options, or another id`
  }

  /** Trying again does not help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * An option of a server is invalid: its password is empty, for example. Nothing was sent, and nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidServer extends Schema.TaggedError<InvalidServer>("@bercon/fleet/InvalidServer")("InvalidServer", {
  id: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `server ${quoted(this.id)}: ${this.problem}`
  }

  /** Trying again with the same options does not help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The fleet's list of servers could not be read or changed in time. Only a fleet that shares its list with other machines
 * fails with this error.
 *
 * @category errors
 * @since 0.1.0
 */
export class FleetUnavailable
  extends Schema.TaggedError<FleetUnavailable>("@bercon/fleet/FleetUnavailable")("FleetUnavailable", {
    problem: Schema.String,
    /** Whether the list was changed: `"NotExecuted"`, or `"MaybeExecuted"` if the outcome of the change did not arrive. */
    execution: Schema.Literals(["NotExecuted", "MaybeExecuted"])
  })
{
  override get message(): string {
    return `the list of servers is not available: ${this.problem}. ${
      this.execution === "NotExecuted"
        ? "It was not changed: trying again is safe"
        : "It may have been changed: read it before trying again"
    }`
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return this.execution === "NotExecuted"
  }
}

/**
 * A problem with a file of servers, and the server and field that it concerns, if any.
 *
 * @category models
 * @since 0.1.0
 */
export const FileProblem = Schema.Struct({
  server: Schema.optionalKey(Schema.String),
  field: Schema.optionalKey(Schema.String),
  problem: Schema.String
})

/**
 * A problem with a file of servers.
 *
 * @category models
 * @since 0.1.0
 */
export type FileProblem = typeof FileProblem.Type

/**
 * A file of servers is invalid: it cannot be read, it is not TOML, or it contains an invalid server. In the last case,
 * `problems` contains all invalid fields or, if there are none, all passwords that cannot be read. A running fleet was not
 * changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServersFileError
  extends Schema.TaggedError<ServersFileError>("@bercon/fleet/ServersFileError")("ServersFileError", {
    path: Schema.String,
    problems: Schema.Array(FileProblem)
  })
{
  override get message(): string {
    const lines = this.problems.map(({ field, problem, server }) =>
      [...(server === undefined ? [] : [`server ${quoted(server)}`]), ...(field === undefined ? [] : [field]), problem]
        .join(": ")
    )
    return lines.length === 1
      ? `${this.path}: ${lines[0]}`
      : `${this.path}:\n${lines.map((line) => `- ${line}`).join("\n")}`
  }

  /** Trying again helps only after the file is corrected. */
  get isRetryable(): boolean {
    return false
  }
}
