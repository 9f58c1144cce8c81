/**
 * Computes the times of a plan, which are called its occurrences.
 */
import * as Cron from "effect/Cron"
import type { Utc } from "effect/DateTime"
import * as DateTime from "effect/DateTime"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Checks from "./checks.ts"

/** The field `at` of a plan. */
export type Times =
  | {
    readonly cron: string
    readonly timeZone: string
    readonly onDstOverlap?: Cron.DstOverlapPolicy
  }
  | { readonly once: Utc; readonly timeZone?: string }

export interface Calendar {
  /** Calendars with equal keys have the same times. */
  readonly key: string
  /** The first occurrence after `time`, both in milliseconds since 1970; `undefined` if no occurrence follows. */
  readonly after: (time: number) => number | undefined
}

const parse = (times: Extract<Times, { cron: string }>) =>
  Cron.parse(times.cron, times.timeZone, { onDstOverlap: times.onDstOverlap })

/** Makes the calendar of a plan. Throws if the cron expression or its time zone is not valid. */
export const make = (times: Times): Calendar => {
  if ("once" in times) {
    const at = times.once.epochMilliseconds
    return { key: JSON.stringify([at]), after: (time) => at > time ? at : undefined }
  }
  const cron = Result.getOrThrow(parse(times))
  // A search takes 0.1 ms in most time zones, and most searches find the same occurrence. So the last one found is kept.
  let from = Infinity
  let next = -Infinity
  return {
    key: JSON.stringify([times.cron, times.timeZone, times.onDstOverlap ?? "earlier"]),
    after: (time) => {
      if (time < from || time >= next) {
        from = time
        next = Cron.next(cron, time).getTime()
      }
      return next
    }
  }
}

const OVERLAPS = ["earlier", "later", "both"] as const

const zoneProblem = (timeZone: string): string | undefined =>
  typeof timeZone === "string" && Option.isSome(DateTime.zoneFromString(timeZone))
    ? undefined
    : `timeZone must be a time zone such as "Europe/Berlin" ${Checks.got(timeZone)}`

const cronProblem = (times: Extract<Times, { cron: string }>): string | undefined => {
  const described = Formatter.format(times.cron)
  if (typeof times.cron !== "string") return `cron must be a cron expression such as "0 4 * * *" (got ${described})`
  const parsed = parse(times)
  if (Result.isFailure(parsed)) {
    return `cron must be a cron expression such as "0 4 * * *" (got ${described}: ${parsed.failure.message})`
  }
  // `Cron.next` searches some years ahead, and throws if it finds no time.
  const first = Result.try(() => Cron.next(parsed.success, 0))
  return Result.isFailure(first) ? `cron must match some time (got ${described}, which matches none)` : undefined
}

/** Describes why the times are not valid, or returns `undefined`. */
export const problemOf = (times: Times): string | undefined => {
  const notAnObject = Checks.object("at", times, "{ cron, timeZone } or { once }")
  if (notAnObject !== undefined) return notAnObject
  if ("once" in times) {
    if (!DateTime.isDateTime(times.once)) return `once must be a time ${Checks.got(times.once)}`
    return times.timeZone === undefined ? undefined : zoneProblem(times.timeZone)
  }
  // A caller in plain JavaScript can leave out the time zone of a cron expression. `Cron` would use that of the machine.
  return zoneProblem(times.timeZone) ??
    (times.onDstOverlap === undefined ? undefined : Checks.choice("onDstOverlap", times.onDstOverlap, OVERLAPS)) ??
    cronProblem(times)
}
