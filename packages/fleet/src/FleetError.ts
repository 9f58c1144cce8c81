/**
 * Why a change of a fleet, or a look into it, failed.
 *
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
 * The fleet has no server of this id. `known` are the ids that it has.
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

  /** Trying again does not help, unless the server is added meanwhile. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The fleet has a server of this id already. Nothing was changed.
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
 * An option of a server has a value that is not allowed: its password is empty, say. Nothing was sent, and nothing was
 * changed.
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
 * The fleet's list of servers is kept elsewhere, and could not be read or changed in time. Only a fleet whose list is shared
 * by several machines fails with it; a fleet of one process has its list itself.
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
 * One thing that is wrong with a file of servers: in which server and field, if it is in one.
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
 * One thing that is wrong with a file of servers.
 *
 * @category models
 * @since 0.1.0
 */
export type FileProblem = typeof FileProblem.Type

/**
 * A file of servers could not be used: it cannot be read, it is not TOML, or a server in it is not valid. `problems` has all
 * that is wrong with it. A running fleet was not changed.
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

  /** The file can be corrected. */
  get isRetryable(): boolean {
    return false
  }
}
