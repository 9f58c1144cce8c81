/**
 * Makes the service `Plans`: connects plans, drivers, and the orders of operators (`abort` and `postpone`).
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { KeyValueStore } from "effect/persistence/KeyValueStore"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { DuplicatePlan, InvalidPlan, type PlanStoreError, UnknownPlan } from "../../PlanError.ts"
import type { PlanEvent } from "../../PlanEvent.ts"
import type { Options, Service } from "../../Plans.ts"
import * as RestartPlan from "../../RestartPlan.ts"
import * as Rota from "../../Rota.ts"
import { limitedStore } from "../limitedStore.ts"
import * as Checks from "./checks.ts"
import { type Context, makeExclusively } from "./context.ts"
import { compile, type Compiled } from "./decide.ts"
import * as Driver from "./driver.ts"
import * as Memory from "./memory.ts"
import * as Orders from "./orders.ts"
import { warnOfUndriven } from "./undriven.ts"

/** How many events a subscriber may be behind before it loses the oldest. */
const EVENT_CAPACITY = 1024

/** How long a plan with the time `once` is kept after that time, in milliseconds. */
const KEPT = Duration.toMillis("1 day")

/** Fails if two plans or two rotas have the same id. */
const unique = Effect.fnUntraced(function*(kind: InvalidPlan["kind"], values: ReadonlyArray<{ readonly id: string }>) {
  const ids = new Set<string>()
  for (const { id } of values) {
    if (ids.has(id)) return yield* new InvalidPlan({ kind, id, problem: "another one has the same id" })
    ids.add(id)
  }
})

/** The option `refresh` in milliseconds. Throws if it is out of range. */
const refreshOf = ({ refresh = "30 seconds" }: Options<unknown, unknown>): number => {
  const problem = Checks.range("refresh", Checks.duration(refresh), "1 second", "1 day")
  if (problem !== undefined) throw new RangeError(problem)
  return Duration.toMillis(refresh)
}

export const makePlans = Effect.fnUntraced(function*<E, R>(
  options: Options<E, R>
): Effect.fn.Return<Service, InvalidPlan, KeyValueStore | Scope.Scope | R> {
  const restarts = yield* Effect.forEach(
    options.restarts ?? [],
    (plan) => Effect.fromResult(RestartPlan.fromInput(plan))
  )
  const rotas = yield* Effect.forEach(options.rotas ?? [], (rota) => Effect.fromResult(Rota.fromInput(rota)))
  yield* unique("plan", restarts)
  yield* unique("rota", rotas)
  const { notBack } = options
  const environment = yield* Effect.context<R>()
  const memory = Memory.make(yield* limitedStore)
  const declared = restarts.map(compile)
  const isDeclared = (id: string) => declared.some(({ plan }) => plan.id === id)

  const plans: Effect.Effect<ReadonlyArray<Compiled>, PlanStoreError> = Effect.map(memory.plans, (added) => [
    ...declared,
    ...added.filter(({ id }) => !isDeclared(id)).map(compile)
  ])

  const context: Context = {
    memory,
    declared,
    plans,
    rotas,
    textOf: options.text ?? RestartPlan.textOf,
    notBack: (event) =>
      notBack === undefined ? Effect.void : Effect.suspend(() => notBack(event)).pipe(
        Effect.asVoid,
        Effect.catchCause((cause) => Effect.logError("the function `notBack` of the plans failed", cause)),
        Effect.provideContext(environment)
      ),
    scope: yield* Effect.scope,
    refresh: refreshOf(options),
    events: yield* PubSub.sliding<PlanEvent>(EVENT_CAPACITY),
    changes: yield* PubSub.sliding<void>(1),
    exclusively: makeExclusively()
  }
  yield* Effect.addFinalizer(() => PubSub.shutdown(context.events))
  const changed = PubSub.publish(context.changes, undefined)
  /** Held while a plan is added or removed, so that two calls with one id do not both find that the id is free. */
  const lock = Semaphore.makeUnsafe(1)

  /** The plans in force, and those of other programs with this store. `bercon plan` knows only plans of other programs. */
  const known = Effect.gen(function*() {
    const own = yield* plans
    const ids = new Set(own.map(({ plan }) => plan.id))
    const others = (yield* memory.programs).filter(({ id }) => !ids.has(id))
    return [...own, ...others.map(compile)]
  })

  const find = Effect.fnUntraced(function*(id: string): Effect.fn.Return<Compiled, UnknownPlan | PlanStoreError> {
    const all = yield* known
    const found = all.find(({ plan }) => plan.id === id)
    return found ?? (yield* new UnknownPlan({ id, known: all.map(({ plan }) => plan.id) }))
  })

  /** Removes the records of a plan on all servers. A record is not removed while a driver in this process decides from it. */
  const forget = Effect.fnUntraced(function*(id: string) {
    const { orders, progress } = memory
    const servers = new Set([...yield* progress.servers(id), ...yield* orders.servers(id)])
    for (const server of servers) {
      const both = Effect.andThen(progress.remove(id, server), orders.remove(id, server))
      yield* context.exclusively(id, server, both)
    }
  })

  /** Removes a plan and its records. The plan is removed first, so that no driver begins a new record of it. */
  const remove = (id: string) => Effect.andThen(memory.removePlan(id), forget(id))

  yield* Effect.forkScoped(warnOfUndriven(context))

  return {
    list: Effect.map(known, (all) => all.map(({ plan }) => plan)),
    add: Effect.fnUntraced(function*(input) {
      const plan = yield* Effect.fromResult(RestartPlan.fromInput(input))
      const now = yield* Clock.currentTimeMillis
      if ("once" in plan.at && plan.at.once.epochMilliseconds <= now) {
        return yield* new InvalidPlan({
          kind: "plan",
          id: plan.id,
          problem: `its time must be in the future (got ${DateTime.formatIso(plan.at.once)})`
        })
      }
      for (const plan of yield* memory.plans) {
        const isOld = "once" in plan.at && plan.at.once.epochMilliseconds < now - KEPT
        // An old plan is kept if it was postponed, or if its restart is not over.
        if (isOld && (yield* Orders.next(context, compile(plan), {})).length === 0) yield* remove(plan.id)
      }
      // A plan that cannot be read may be one of another version of this program: only `remove` deletes it.
      const ids = new Set([...(yield* known).map(({ plan }) => plan.id), ...yield* memory.added])
      if (ids.has(plan.id)) {
        return yield* new DuplicatePlan({ id: plan.id })
      }
      // Removes the records of an earlier plan with this id, if its removal was interrupted.
      yield* forget(plan.id)
      yield* memory.addPlan(plan)
      yield* changed
      return plan
    }, lock.withPermit),
    remove: Effect.fnUntraced(function*(id) {
      const known = yield* memory.added
      if (!known.includes(id)) return yield* new UnknownPlan({ id, known })
      yield* remove(id)
      yield* changed
    }, lock.withPermit),
    next: Effect.fnUntraced(function*(options = {}) {
      const wanted = options.plan === undefined ? yield* known : [yield* find(options.plan)]
      const found = yield* Effect.forEach(wanted, (plan) => Orders.next(context, plan, options))
      return found.flat().sort((a, b) => a.time.epochMilliseconds - b.time.epochMilliseconds)
    }),
    abort: (id, options = {}) =>
      Effect.flatMap(find(id), (plan) => Effect.ensuring(Orders.abort(context, plan, options), changed)),
    postpone: (id, time, options = {}) =>
      Effect.flatMap(find(id), (plan) => Effect.ensuring(Orders.postpone(context, plan, time, options), changed)),
    drive: (server, rcon) => Driver.drive(context, server, rcon),
    forget: (server) => memory.removeProgram(server),
    events: Stream.fromPubSub(context.events)
  }
})
