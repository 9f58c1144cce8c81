/**
 * The operations of operators: `next`, and the orders `abort` and `postpone`.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import { InvalidPlan, type PlanStoreError } from "../../PlanError.ts"
import type { NewTime, OnServers, Ordered, Upcoming } from "../../Plans.ts"
import { type Context, utc } from "./context.ts"
import { appointedAt, beginningOf, type Compiled, endOfAborted, nextOf, pendingOf, type Recorded } from "./decide.ts"
import * as Progress from "./progress.ts"

/** The next occurrence of a plan on a server, or `undefined` if no occurrence is left. */
const upcoming = (
  plan: Compiled,
  server: string,
  { isDriven, order, progress: found }: Recorded & { readonly isDriven: boolean },
  now: number
): Upcoming | undefined => {
  const begin = Progress.begin(plan.calendar.key, beginningOf(plan, now))
  let progress = typeof found === "object" ? found : begin
  if (progress.restart !== undefined) {
    const { occurrence, time } = progress.restart
    return {
      plan: plan.plan.id,
      server,
      occurrence: utc(occurrence),
      time: utc(time),
      state: "Restarting",
      warnings: []
    }
  }
  if (progress.calendar !== plan.calendar.key) progress = begin
  while (true) {
    const next = nextOf(plan, progress, order)
    if (next === undefined) return undefined
    const { appointment: { occurrence, time }, isAborted } = next
    const isMissed = now > time + plan.latest
    if (isAborted || isMissed) {
      const finished = isAborted
        ? endOfAborted(progress, next.appointment, now)
        : Math.max(occurrence, now - plan.latest - 1)
      progress = Progress.finish(progress, finished, false)
      continue
    }
    const recorded = progress.appointment
    const isAppointed = recorded?.occurrence === occurrence && recorded.time === time
    const pending = pendingOf(plan, isAppointed ? recorded : appointedAt(plan, progress, next.appointment, now))
    return {
      plan: plan.plan.id,
      server,
      occurrence: utc(occurrence),
      time: utc(time),
      state: isDriven ? "Planned" : "NotDriven",
      warnings: pending
        .filter((lead) => now <= time - lead / 2)
        .map((lead) => ({ lead: Duration.millis(lead), at: utc(time - lead) }))
    }
  }
}

/** The servers of an operation, and all servers that are driven. */
interface Chosen {
  readonly servers: Iterable<string>
  readonly driven: ReadonlySet<string>
}

const serversOf = Effect.fnUntraced(function*(
  { memory }: Context,
  { plan }: Compiled,
  { servers }: OnServers
): Effect.fn.Return<Chosen, PlanStoreError> {
  const driven = yield* memory.driven
  if (servers !== undefined) return { driven, servers: new Set(servers) }
  if (plan.servers !== "all") return { driven, servers: plan.servers }
  // Every driver carries out a plan that was added, even if it has not begun its record of the plan yet.
  if (yield* memory.isAdded(plan.id)) return { driven, servers: driven }
  return { driven, servers: (yield* memory.progress.servers(plan.id)).filter((server) => driven.has(server)) }
})

const upcomingNow = Effect.fnUntraced(function*(
  { memory }: Context,
  plan: Compiled,
  server: string,
  isDriven: boolean
): Effect.fn.Return<Upcoming | undefined, PlanStoreError> {
  const progress = yield* memory.progress.get(plan.plan.id, server)
  const order = yield* memory.orders.get(plan.plan.id, server)
  const now = yield* Clock.currentTimeMillis
  return upcoming(plan, server, { isDriven, progress, order: order === "unreadable" ? undefined : order }, now)
})

export const next = Effect.fnUntraced(function*(context: Context, plan: Compiled, options: OnServers) {
  const { driven, servers } = yield* serversOf(context, plan, options)
  const found = yield* Effect.forEach(servers, (server) => upcomingNow(context, plan, server, driven.has(server)))
  return found.filter((one) => one !== undefined)
})

/** Moves the next occurrence to another time, or cancels it if `timeOf` returns `undefined`. */
const order = Effect.fnUntraced(function*<E>(
  context: Context,
  plan: Compiled,
  options: OnServers,
  timeOf: (next: Upcoming) => Effect.Effect<number | undefined, E>
): Effect.fn.Return<Ordered, PlanStoreError | E> {
  const changed = new Array<Upcoming>()
  const restarting = new Array<string>()
  const { driven, servers } = yield* serversOf(context, plan, options)
  for (const server of servers) {
    yield* context.exclusively(
      plan.plan.id,
      server,
      Effect.gen(function*() {
        const next = yield* upcomingNow(context, plan, server, driven.has(server))
        if (next === undefined) return
        if (next.state === "Restarting") return void restarting.push(server)
        const time = yield* timeOf(next)
        const occurrence = next.occurrence.epochMilliseconds
        yield* context.memory.orders.set(plan.plan.id, server, {
          calendar: plan.calendar.key,
          occurrence,
          ...(time !== undefined && { time })
        })
        // A driver in another process may have begun the restart meanwhile.
        const progress = yield* context.memory.progress.get(plan.plan.id, server)
        if (typeof progress === "object" && progress.restart?.occurrence === occurrence) {
          return void restarting.push(server)
        }
        const ordered = time === undefined ? next : yield* upcomingNow(context, plan, server, driven.has(server))
        if (ordered !== undefined) changed.push(ordered)
      })
    )
  }
  return { changed, restarting }
})

export const abort = (context: Context, plan: Compiled, options: OnServers) =>
  order(context, plan, options, () => Effect.undefined)

export const postpone = (context: Context, plan: Compiled, time: NewTime, options: OnServers) =>
  order(context, plan, options, (next) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const to = "to" in time
        ? Option.some(time.to)
        : Option.flatMap(Duration.fromInput(time.by), (by) =>
          DateTime.make(next.time.epochMilliseconds + Duration.toMillis(by)))
      if (Option.isSome(to) && to.value.epochMilliseconds > now) {
        return to.value.epochMilliseconds
      }
      const problem = Option.match(to, {
        onNone: () =>
          `the new time must be before the year 275760 (got ${Formatter.format(time)})`,
        onSome: (to) => `the new time must be in the future (got ${DateTime.formatIso(to)})`
      })
      return yield* new InvalidPlan({ kind: "plan", id: plan.plan.id, problem })
    }))
