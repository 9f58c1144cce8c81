/**
 * Checks a ban policy, and fills in the defaults.
 */
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { BanEntry } from "../../BanEntry.ts"
import { type BanPolicy, type Enforcement, InvalidPolicy, MAX_CAPACITY } from "../../BanPolicy.ts"
import { DEFAULT_MARK, markedReason } from "./mark.ts"

/** A checked policy, with defaults for its absent options. Times are in milliseconds. */
export interface BanSettings {
  readonly enforcement: Enforcement
  readonly capacity: number
  readonly maxAge: number
  readonly checkInterval: number
  readonly write: boolean
  readonly mark: string
  readonly orphans: "Keep" | "Remove"
  readonly kickReason: NonNullable<BanPolicy["kickReason"]>
}

const ENFORCEMENTS: ReadonlySet<Enforcement> = new Set(["Kick", "BanOnJoin", "List"])

export const make = (policy: BanPolicy, server?: string): Result.Result<BanSettings, InvalidPolicy> => {
  const mark = policy.mark ?? DEFAULT_MARK
  const settings: BanSettings = {
    enforcement: policy.enforcement ?? "List",
    capacity: policy.capacity ?? 1000,
    maxAge: millis(policy.maxAge ?? Infinity),
    checkInterval: millis(policy.checkInterval ?? "5 minutes"),
    write: policy.write ?? true,
    mark,
    orphans: policy.orphans ?? "Keep",
    kickReason: policy.kickReason ?? kickReason(mark)
  }
  const problem = problemOf(settings, policy)
  return problem === undefined
    ? Result.succeed(settings)
    : Result.fail(new InvalidPolicy({ problem, ...(server !== undefined && { server }) }))
}

const problemOf = (
  { capacity, checkInterval, enforcement, mark, maxAge, orphans }: BanSettings,
  policy: BanPolicy
): string | undefined => {
  if (!ENFORCEMENTS.has(enforcement)) {
    return `\`enforcement\` must be "Kick", "BanOnJoin" or "List" (got ${JSON.stringify(enforcement)})`
  }
  if (!(Number.isInteger(capacity) && capacity >= 0 && capacity <= MAX_CAPACITY)) {
    return `\`capacity\` must be an integer from 0 to ${MAX_CAPACITY} (got ${capacity})`
  }
  if (!(maxAge > 0)) return `\`maxAge\` must be a positive duration (got ${Formatter.format(policy.maxAge)})`
  if (!(checkInterval >= 10_000 && checkInterval < Infinity)) {
    return `\`checkInterval\` must be finite and at least 10 seconds (got ${Formatter.format(policy.checkInterval)})`
  }
  if (!/^[\w-]{1,16}$/.test(mark)) {
    return `\`mark\` must be 1 to 16 letters, digits, "-" and "_" (got ${JSON.stringify(mark)})`
  }
  if (orphans !== "Keep" && orphans !== "Remove") {
    return `\`orphans\` must be "Keep" or "Remove" (got ${JSON.stringify(orphans)})`
  }
  return undefined
}

const millis = (input: Duration.Input): number =>
  Option.match(Duration.fromInput(input), { onNone: () => NaN, onSome: Duration.toMillis })

/** The default reason of a kick. */
export const kickReason =
  (mark: string) => ({ id, reason }: BanEntry, remaining: Duration.Duration | "permanent"): string => {
    const left = remaining === "permanent" ? "permanent" : `${formatShort(remaining)} left`
    return markedReason({ id, reason: reason === "" ? `(${left})` : `${reason} (${left})` }, mark)
  }

const UNITS = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"]] as const

/** A duration in its two largest units, rounded up to minutes: `6d 23h`, `59min`. */
const formatShort = (duration: Duration.Duration): string => {
  let left = Math.max(60_000, Math.ceil(Duration.toMillis(duration) / 60_000) * 60_000)
  const words: Array<string> = []
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) words.push(`${count}${unit}`)
  }
  return words.slice(0, 2).join(" ")
}
