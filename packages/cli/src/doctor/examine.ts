/**
 * The work of the command `doctor`. The command imports this module when it runs.
 */
import type * as NodeRcon from "@bercon/client/NodeRcon"
import * as Effect from "effect/Effect"
import { ExitCode } from "../ExitCode.ts"
import { type Check, note, problem } from "./Check.ts"
import * as Configuration from "./configuration.ts"
import * as Connection from "./connection.ts"
import * as Folder from "./folder.ts"
import { probe } from "./probe.ts"

export { exitCode, view } from "./Check.ts"

/** Looks at the configuration of a server: a file, or a folder. */
export const configuration = (path: string, gamePort: number | undefined): ReadonlyArray<Check> =>
  Configuration.checks(Folder.examine(path, gamePort))

/** Examines the connection to a server, with this number of keepalives. */
export const connection = (options: NodeRcon.Options, keepalives: number): Effect.Effect<ReadonlyArray<Check>> =>
  Effect.map(probe(options, keepalives), Connection.checks)

/** The finding that the connection was not checked. It is a problem, unless a problem in the `configuration` explains it. */
export const notTried = (
  { message }: { readonly message: string },
  configuration: ReadonlyArray<Check>
): Check => {
  const text = `the connection was not tried: ${message}`
  return configuration.some(({ status }) => status === "problem")
    ? note("server", text)
    : problem("server", ExitCode.usage, text)
}
