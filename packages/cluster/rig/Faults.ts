/** The faults that the rig injects, and the promises of `@bercon/cluster` for each. */
import { Effect } from "effect"
import type { Duration } from "effect"
import type { Postgres, PostgresUnavailable } from "./Postgres.ts"
import type { Runners } from "./Runners.ts"

/** The promises for one fault in addition to those for all. */
export interface Promises {
  /** Maximum time without an answer of a server, in milliseconds. */
  readonly commands?: number
  /** Maximum time without a message of a server, in milliseconds. */
  readonly messages?: number
  /** No session moves or logs in again. */
  readonly stays?: boolean
}

export interface Fault {
  readonly title: string
  readonly inject: (
    cluster: { readonly postgres: Postgres; readonly runners: Runners }
  ) => Effect.Effect<void, PostgresUnavailable>
  /** How long the servers are observed after the fault. */
  readonly after: Duration.Input
  readonly promises: Promises
}

const away = (duration: Duration.Input): Fault["inject"] => ({ postgres }) =>
  Effect.andThen(postgres.stop, Effect.andThen(Effect.sleep(duration), postgres.start))

const frozen = (duration: Duration.Input): Fault["inject"] => ({ runners }) =>
  runners.use((runner) => Effect.andThen(runner.freeze, Effect.andThen(Effect.sleep(duration), runner.thaw)))

export const all = {
  kill: {
    title: "`kill -9` of a runner",
    inject: ({ runners }) => runners.take((runner) => runner.kill),
    after: "15 seconds",
    promises: { commands: 4000, messages: 6000 }
  },
  terminate: {
    title: "SIGTERM of a runner",
    inject: ({ runners }) => runners.take((runner) => runner.terminate),
    after: "10 seconds",
    promises: { commands: 3000, messages: 3000 }
  },
  add: { title: "a runner is added", inject: ({ runners }) => runners.add, after: "15 seconds", promises: {} },
  freeze: {
    title: "a runner frozen for 30 s (SIGSTOP)",
    inject: frozen("30 seconds"),
    after: "15 seconds",
    promises: {}
  },
  hang: {
    // The locks expire in this time: the servers move, and the runner detects that after it wakes up.
    title: "a runner frozen for 90 s (SIGSTOP)",
    inject: frozen("90 seconds"),
    after: "15 seconds",
    promises: {}
  },
  database: {
    title: "Postgres away for 30 s",
    inject: away("30 seconds"),
    after: "60 seconds",
    promises: { stays: true }
  },
  both: {
    // The restart frees the locks of the frozen runner, so others take its servers over before it wakes up.
    title: "a runner frozen for 20 s, and Postgres restarted meanwhile",
    inject: ({ postgres, runners }) =>
      runners.use((runner) =>
        runner.freeze.pipe(
          Effect.andThen(postgres.stop),
          Effect.andThen(postgres.start),
          Effect.andThen(Effect.sleep("20 seconds")),
          Effect.andThen(runner.thaw)
        )
      ),
    after: "20 seconds",
    promises: {}
  },
  restart: { title: "Postgres restarted", inject: away(0), after: "60 seconds", promises: { stays: true } }
} as const satisfies { readonly [name: string]: Fault }

export type Name = keyof typeof all

export const names = Object.keys(all) as ReadonlyArray<Name>
