/** What can happen to a cluster. */
import { Effect } from "effect"
import type { Duration } from "effect"
import type { Postgres, PostgresUnavailable } from "./Postgres.ts"
import type { Runners } from "./Runners.ts"

export interface Fault {
  readonly title: string
  readonly inject: (
    cluster: { readonly postgres: Postgres; readonly runners: Runners }
  ) => Effect.Effect<void, PostgresUnavailable>
  /** How long it is observed after that. */
  readonly after: Duration.Input
}

const away = (duration: Duration.Input): Fault["inject"] => ({ postgres }) =>
  Effect.andThen(postgres.stop, Effect.andThen(Effect.sleep(duration), postgres.start))

export const all = {
  kill: {
    title: "`kill -9` of a runner",
    inject: ({ runners }) => runners.take((runner) => runner.kill),
    after: "15 seconds"
  },
  terminate: {
    title: "SIGTERM of a runner",
    inject: ({ runners }) => runners.take((runner) => runner.terminate),
    after: "10 seconds"
  },
  add: { title: "a runner is added", inject: ({ runners }) => runners.add, after: "10 seconds" },
  freeze: {
    title: "a runner frozen for 30 s (SIGSTOP)",
    inject: ({ runners }) =>
      runners.use((runner) => Effect.andThen(runner.freeze, Effect.andThen(Effect.sleep("30 seconds"), runner.thaw))),
    after: "15 seconds"
  },
  database: { title: "Postgres restarts after 30 s", inject: away("30 seconds"), after: "60 seconds" },
  restart: { title: "Postgres restarts at once", inject: away(0), after: "60 seconds" }
} as const satisfies { readonly [name: string]: Fault }

export type Name = keyof typeof all

export const isName = (name: string): name is Name => Object.hasOwn(all, name)

export const names: ReadonlyArray<Name> = Object.keys(all).filter(isName)
