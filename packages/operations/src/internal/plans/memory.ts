/**
 * The records of plans in the `KeyValueStore`.
 *
 * | key                         | value                                     | written by          |
 * | --------------------------- | ----------------------------------------- | ------------------- |
 * | `plan/PLAN`                 | a plan that was added                     | `add`               |
 * | `program/SERVER`            | the plans of the program for the server   | the server's driver |
 * | `order/N/PLAN/SERVER`       | an occurrence that is aborted or moved    | `abort`, `postpone` |
 * | `progress/N/PLAN/SERVER`    | the progress of a plan                    | the server's driver |
 * | `turns/N/ROTA/SERVER`       | the turn of a rota                        | the server's driver |
 *
 * A server has a record `program` from its first driver on until it is removed from the fleet. The record shows other processes
 * that the server is driven. The progress of plans stays when the server is removed, so that no warning is repeated if the
 * server comes back. A record of progress has a few hundred bytes.
 *
 * `N` is the length of the name that follows. So any two keys differ, whatever characters the names contain.
 *
 * A `KeyValueStore` has no compare-and-set. So orders, which a command in another process writes, and progress, which the
 * driver writes, have different keys.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { PlanStoreError } from "../../PlanError.ts"
import { RestartPlan } from "../../RestartPlan.ts"
import { storeProblem } from "../storeProblem.ts"
import { Order, Progress } from "./progress.ts"
import { Turns } from "./turns.ts"

type Stored<A> = Effect.Effect<A, PlanStoreError>

/** The result for a value that exists, but cannot be read. */
export type Unreadable = "unreadable"

/** The records of one kind: one for each plan, or rota, on each server. */
interface Record<in out A> {
  readonly get: (plan: string, server: string) => Stored<A | Unreadable | undefined>
  readonly set: (plan: string, server: string, value: A) => Stored<void>
  readonly remove: (plan: string, server: string) => Stored<void>
  /** The servers that have a record of this plan. */
  readonly servers: (plan: string) => Stored<ReadonlyArray<string>>
}

export interface Memory {
  readonly progress: Record<Progress>
  readonly orders: Record<Order>
  readonly turns: Record<Turns>
  /** The plans that were added. Those that cannot be read are left out. */
  readonly plans: Stored<ReadonlyArray<RestartPlan>>
  /**
   * The plans of all programs that drive servers, each id once: for a command, which does not have these plans itself. If two
   * records have a plan with the same id, the record that was written last counts. (The record of a server that is no longer
   * driven may still exist.)
   */
  readonly programs: Stored<ReadonlyArray<RestartPlan>>
  /** Records that a server is driven, and the plans of the program that drives it. */
  readonly setProgram: (server: string, plans: ReadonlyArray<RestartPlan>) => Stored<void>
  /** The servers that any program drives. */
  readonly driven: Stored<ReadonlySet<string>>
  /** Records that a server is no longer driven. */
  readonly removeProgram: (server: string) => Stored<void>
  readonly addPlan: (plan: RestartPlan) => Stored<void>
  /** Whether this plan was added, and can be read. */
  readonly isAdded: (id: string) => Stored<boolean>
  /** The ids of the plans that were added, also of those that cannot be read. */
  readonly added: Stored<ReadonlyArray<string>>
  /** Removes a plan. The records of its progress and its orders stay. */
  readonly removePlan: (id: string) => Stored<void>
}

const storeError = (error: KeyValueStore.KeyValueStoreError): PlanStoreError =>
  new PlanStoreError({
    operation: error.method,
    problem: storeProblem(error),
    cause: error,
    ...(error.key !== undefined && { key: error.key })
  })

export const make = (shared: KeyValueStore.KeyValueStore): Memory => {
  const store = KeyValueStore.prefix(shared, "bercon/plans/")

  const read = <A, I>(schema: Schema.Codec<A, I>) => {
    const decode = Schema.decodeResult(Schema.fromJsonString(Schema.toCodecJson(schema)))
    return (key: string): Stored<A | Unreadable | undefined> =>
      Effect.flatMap(Effect.mapError(store.get(key), storeError), (text): Effect.Effect<A | Unreadable | undefined> => {
        if (text === undefined) return Effect.undefined
        const decoded = decode(text)
        return Result.isSuccess(decoded)
          ? Effect.succeed(decoded.success)
          : Effect.as(
            Effect.logError(`the record "${key}" of the plans cannot be read`, decoded.failure),
            "unreadable"
          )
      })
  }

  const write = <A, I>(schema: Schema.Codec<A, I>) => {
    const encode = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(schema)))
    return (key: string, value: A): Stored<void> =>
      Effect.mapError(Effect.suspend(() => store.set(key, encode(value))), storeError)
  }

  const remove = (key: string): Stored<void> => Effect.mapError(store.remove(key), storeError)

  const keysFrom = (start: string) =>
    Effect.map(
      Effect.mapError(store.keys, storeError),
      (keys) => keys.flatMap((key) => key.startsWith(start) ? [key.slice(start.length)] : []).sort()
    )

  const record = <A, I>(kind: string, schema: Schema.Codec<A, I>): Record<A> => {
    const get = read(schema)
    const set = write(schema)
    const start = (plan: string) => `${kind}/${plan.length}/${plan}/`
    return {
      get: (plan, server) => get(start(plan) + server),
      set: (plan, server, value) => set(start(plan) + server, value),
      remove: (plan, server) => remove(start(plan) + server),
      servers: (plan) => keysFrom(start(plan))
    }
  }

  const getPlan = read(RestartPlan)
  const setPlan = write(RestartPlan)
  const added = keysFrom("plan/")
  const Program = Schema.Struct({ begun: Schema.Number, plans: Schema.Array(RestartPlan) })
  const getProgram = read(Program)
  const setProgram = write(Program)

  return {
    progress: record("progress", Progress),
    orders: record("order", Order),
    turns: record("turns", Turns),
    plans: Effect.gen(function*() {
      const plans = new Array<RestartPlan>()
      for (const id of yield* added) {
        const plan = yield* getPlan(`plan/${id}`)
        if (plan !== undefined && plan !== "unreadable") plans.push(plan)
      }
      return plans
    }),
    programs: Effect.gen(function*() {
      const found = yield* Effect.forEach(yield* keysFrom("program/"), (server) => getProgram(`program/${server}`))
      const programs = found.filter((program) => typeof program === "object").sort((a, b) => a.begun - b.begun)
      const plans = new Map(programs.flatMap((program) => program.plans.map((plan) => [plan.id, plan] as const)))
      return [...plans.values()]
    }),
    setProgram: (server, plans) =>
      Effect.flatMap(Clock.currentTimeMillis, (begun) => setProgram(`program/${server}`, { begun, plans })),
    driven: Effect.map(keysFrom("program/"), (servers) => new Set(servers)),
    removeProgram: (server) => remove(`program/${server}`),
    addPlan: (plan) => setPlan(`plan/${plan.id}`, plan),
    isAdded: (id) => Effect.map(getPlan(`plan/${id}`), (plan) => typeof plan === "object"),
    added,
    removePlan: (id) => remove(`plan/${id}`)
  }
}
