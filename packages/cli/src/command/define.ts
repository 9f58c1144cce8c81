/**
 * Defines a command of `bercon`: its name, help, arguments and handler.
 *
 * **Details**
 *
 * A new command is a file in `commands/` that calls `define`, `query` or `action`, and an entry in `commands/index.ts`. Its
 * handler reads the shared flags with `yield* bercon`, prints results with `Output` and everything else with `note`, and fails
 * with a `Failure`.
 *
 * Modules that only one command needs, and that take long to load, are imported when its handler runs:
 * `Effect.promise(() => import("../simulate/run.ts"))`.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { resolve, type Servers } from "../connection/Servers.ts"
import type { Failure } from "../Failure.ts"
import { bercon } from "../flags.ts"
import * as Output from "../output/Output.ts"
import { Quiet } from "../output/Progress.ts"

/** The help of a command. */
export interface About {
  /** One sentence, without a full stop at its end. */
  readonly description: string
  /** Command lines that work as they are, most useful first, and what each does. */
  readonly examples: ReadonlyArray<readonly [command: string, description: string]>
}

/** Makes a command. Its handler runs in a scope of its own, which closes before the process ends. */
export const define = <const Name extends string, const Config extends Command.Command.Config, E extends Failure>(
  name: Name,
  about: About,
  config: Config,
  handler: (
    input: Command.Command.Config.Infer<Config>
  ) => Effect.Effect<void, E, Scope.Scope | Effect.Services<typeof bercon>>
) =>
  Command.make(name, config, (input) =>
    handler(input).pipe(
      Effect.scoped,
      // `--log-level debug` shows the stack trace.
      Effect.tapCause((cause) => Effect.logDebug(cause))
    )).pipe(
      Command.withDescription(about.description),
      Command.withExamples(about.examples.map(([command, description]) => ({ command, description })))
    )

/** Calls `run` with the servers that the flags name, and provides the output that the flags ask for. */
export const withServers = <E, R>(run: (servers: Servers) => Effect.Effect<void, E, R>) =>
  Effect.gen(function*() {
    const flags = yield* bercon
    const servers = yield* resolve(flags)
    yield* run(servers).pipe(
      Effect.provide(Output.layer({ format: flags.format, labelled: servers.labelled })),
      Effect.provideService(Quiet, flags.quiet)
    )
  })
