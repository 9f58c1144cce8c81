/**
 * When a plan's occurrences are.
 */
import * as Cron from "effect/Cron"
import type { Utc } from "effect/DateTime"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** The times of a plan, as in its schema. */
export type Times =
  | {
    readonly cron: string
    readonly timeZone: string
    readonly onDstOverlap?: Cron.DstOverlapPolicy
  }
  | { readonly once: Utc; readonly timeZone?: string }

export interface Calendar {
  /** Two calendars of equal keys have the same times. */
  readonly key: string
  /** The first time after this one, in milliseconds since 1970. */
  readonly after: (time: number) => number | undefined
}

const parse = (times: Extract<Times, { cron: string }>) =>
  Cron.parse(times.cron, times.timeZone, { onDstOverlap: times.onDstOverlap })

/** Dies if `problemOf` finds something. */
export const make = (times: Times): Calendar => {
  if ("once" in times) {
    const at = times.once.epochMilliseconds
    return { key: JSON.stringify([at]), after: (time) => at > time ? at : undefined }
  }
  const cron = Result.getOrThrow(parse(times))
  // A search takes a tenth of a millisecond and more, and most are for the same occurrence as the last.
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

export const problemOf = (times: Times): string | undefined => {
  if (times.timeZone !== undefined && Option.isNone(DateTime.zoneFromString(times.timeZone))) {
    return `timeZone must be a time zone such as "Europe/Berlin" (got ${JSON.stringify(times.timeZone)})`
  }
  if ("once" in times) return undefined
  const parsed = parse(times)
  const described = JSON.stringify(times.cron)
  if (Result.isFailure(parsed)) {
    return `cron must be a cron expression such as "0 4 * * *" (got ${described}: ${parsed.failure.message})`
  }
  // It looks some years ahead, and throws if it finds nothing.
  const first = Result.try(() => Cron.next(parsed.success, 0))
  return Result.isFailure(first) ? `cron must be a time that comes (got ${described}, which never does)` : undefined
}
