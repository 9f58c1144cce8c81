/**
 * The times at which servers restart, and the warnings of their players.
 *
 * **Details**
 *
 * A plan is data: at these times these servers restart, announced. `Plans` carries it out.
 *
 * The times follow a cron expression in a time zone, or there is one time. On a day with daylight saving time, a time in the
 * hour that is skipped is moved behind it (02:30 becomes 03:30); a time in the hour that is repeated takes place the first time
 * (`onDstOverlap`). A plan has at most one occurrence under way on a server: occurrences that come while an earlier one is
 * postponed or not over are over with it.
 *
 * Of each occurrence, in this order:
 *
 * 1. Warnings, at the times before the restart that `warnings` has. A warning that is late by more than half of that time is left
 *    out. If several are due, only the last is announced.
 * 2. `lock`: players can no longer join. If the occurrence does not take place after all, the server is unlocked.
 * 3. `kick`: all players are kicked.
 * 4. The command. It is sent once. Its evidence is that the server goes and comes back. If the server stays for `goneWithin`,
 *    the command is sent again, `tries` times in all.
 *
 * **Example** (Every night at four in Berlin)
 *
 * ```ts
 * import type { RestartPlan } from "@bercon/operations"
 *
 * const nightly: RestartPlan.Input = {
 *   id: "nightly",
 *   at: { cron: "0 4 * * *", timeZone: "Europe/Berlin" },
 *   text: "Neustart in {remaining}, um {time} Uhr",
 *   locale: "de",
 *   lock: "1 minute",
 *   kick: { before: "10 seconds", reason: "Neustart" }
 * }
 * ```
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Calendar from "./internal/plans/calendar.ts"
import * as Checks from "./internal/plans/checks.ts"
import * as Text from "./internal/plans/text.ts"
import { InvalidPlan } from "./PlanError.ts"

// -----------------------------------------------------------------------------
// times
// -----------------------------------------------------------------------------

/**
 * Recurring times, as a cron expression of five fields (minute, hour, day, month, weekday) or six (second first), read by
 * `effect/Cron`.
 *
 * @category models
 * @since 0.1.0
 */
export const Recurring = Schema.Struct({
  cron: Schema.String,
  /** As `"Europe/Berlin"`, or an offset as `"+01:00"`. */
  timeZone: Schema.String,
  /** The choice for a time that occurs twice, because clocks are put back. Default `"earlier"`. */
  onDstOverlap: Schema.optionalKey(Schema.Literals(["earlier", "later", "both"]))
})

/**
 * One time.
 *
 * @category models
 * @since 0.1.0
 */
export const Once = Schema.Struct({
  once: Schema.DateTimeUtcFromString,
  /** The time zone in which texts show the time. Default `"UTC"`. */
  timeZone: Schema.optionalKey(Schema.String)
})

// -----------------------------------------------------------------------------
// plans
// -----------------------------------------------------------------------------

/**
 * The default times of warnings before a restart: 60, 30, 15, 5 and 1 minutes.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_WARNINGS: ReadonlyArray<Duration.Duration> = [60, 30, 15, 5, 1].map((minutes) =>
  Duration.minutes(minutes)
)

/**
 * The default text of warnings.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_TEXT = "Restart in {remaining}"

const withDefault = <S extends Schema.Constraint>(schema: S, value: NoInfer<S["Type"]>) =>
  Schema.withDecodingDefaultTypeKey<S>(Effect.succeed(value))(schema)

const Fields = Schema.Struct({
  id: Schema.String,
  servers: withDefault(Checks.Servers, "all"),
  at: Schema.Union([Recurring, Once]),
  warnings: withDefault(Schema.Array(Text.DurationText), DEFAULT_WARNINGS),
  text: withDefault(Schema.String, DEFAULT_TEXT),
  locale: withDefault(Schema.String, "en"),
  lock: Schema.optionalKey(Text.DurationText),
  kick: Schema.optionalKey(Schema.Struct({ before: Text.DurationText, reason: Schema.String })),
  command: withDefault(Schema.Literals(["shutdown", "restartServer"]), "shutdown"),
  skipWhenEmpty: withDefault(Schema.Boolean, false),
  latest: withDefault(Text.DurationText, Duration.minutes(5)),
  goneWithin: withDefault(Text.DurationText, Duration.minutes(1)),
  backWithin: withDefault(Text.DurationText, Duration.minutes(10)),
  tries: withDefault(Schema.Int, 3)
})

/**
 * A plan that has been checked. As JSON, durations are text such as `"30 minutes"`, and what has a default can be left out.
 *
 * {@link Input} documents the fields.
 *
 * @category models
 * @since 0.1.0
 */
export const RestartPlan = Fields.check(Schema.makeFilter((plan: typeof Fields.Type) => problemOf(plan) ?? true))

/**
 * A plan that has been checked.
 *
 * @category models
 * @since 0.1.0
 */
export type RestartPlan = typeof RestartPlan.Type

/**
 * A plan as it is written in a program. Everything but `id` and `at` has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Input {
  /** The name of the plan: 1 to 64 characters. Its progress is kept under this name. */
  readonly id: string
  /** The servers that restart: ids of the fleet, or `"all"`. Default `"all"`. */
  readonly servers?: "all" | ReadonlyArray<string> | undefined
  /** The times at which they restart. */
  readonly at:
    | typeof Recurring.Type
    | { readonly once: DateTime.DateTime.Input; readonly timeZone?: string | undefined }
  /** The times of warnings before the restart: up to 32, each from 1 second to 1 day. Default {@link DEFAULT_WARNINGS}. */
  readonly warnings?: ReadonlyArray<Duration.Input> | undefined
  /**
   * The text of a warning, one line. `{remaining}` is the time that is left (`1 hour`), `{time}` the time of the restart in the
   * plan's time zone (`04:00`), both as is usual in `locale`. Default {@link DEFAULT_TEXT}. For more than that, give `Plans` a
   * function.
   */
  readonly text?: string | undefined
  /** The language of `{remaining}` and `{time}`, as `"de"` or `"pt-BR"`. Default `"en"`. */
  readonly locale?: string | undefined
  /** The time before the restart at which the server is locked: 0 to 1 day. Without it the server stays open. DayZ does not lock. */
  readonly lock?: Duration.Input | undefined
  /**
   * The time before the restart at which all players are kicked: 0 to 1 day, and the reason, one line, default `"Restart"`. Without
   * it they stay. If the list of players cannot be read until 30 seconds after the time of the restart, it takes place without
   * kicks, and `StepFailed` is published.
   */
  readonly kick?: { readonly before: Duration.Input; readonly reason?: string | undefined } | undefined
  /**
   * The command. `"shutdown"`: the server's process ends, and the service or panel that watches it starts it again; every flavour
   * has this command. `"restartServer"`: the server restarts itself (Arma 3 only). Default `"shutdown"`.
   */
  readonly command?: "shutdown" | "restartServer" | undefined
  /** Whether an empty server is left alone: no warnings, no restart. A server whose players are unknown is not empty. Default `false`. */
  readonly skipWhenEmpty?: boolean | undefined
  /**
   * The longest delay of a restart if this program or the server was away at its time: 30 seconds to 1 day. After that, the occurrence is
   * left out. Default 5 minutes.
   */
  readonly latest?: Duration.Input | undefined
  /** The time after the command in which the server must go: 1 second to 1 hour. Default 1 minute. */
  readonly goneWithin?: Duration.Input | undefined
  /**
   * The time after which the absence of the server is reported (`NotBack`), and reported again: 1 second to 1 day. Default 10
   * minutes.
   */
  readonly backWithin?: Duration.Input | undefined
  /** The number of times that the command is sent if the server stays: 1 to 10. Default 3. */
  readonly tries?: number | undefined
}

/**
 * Checks a plan and fills in the defaults. The error names the value and what is allowed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromInput = (input: Input): Result.Result<RestartPlan, InvalidPlan> => {
  const { at, kick, lock } = input
  const once = "once" in at ? DateTime.make(at.once) : undefined
  if (once?._tag === "None") {
    return Result.fail(new InvalidPlan({ id: input.id, problem: "`once` must be a time" }))
  }
  const plan: RestartPlan = {
    id: input.id,
    servers: input.servers ?? "all",
    at: once !== undefined
      ? { once: DateTime.toUtc(once.value), ...(at.timeZone !== undefined && { timeZone: at.timeZone }) }
      : at as typeof Recurring.Type,
    warnings: (input.warnings ?? DEFAULT_WARNINGS).map(Checks.duration),
    text: input.text ?? DEFAULT_TEXT,
    locale: input.locale ?? "en",
    ...(lock !== undefined && { lock: Checks.duration(lock) }),
    ...(kick !== undefined && { kick: { before: Checks.duration(kick.before), reason: kick.reason ?? "Restart" } }),
    command: input.command ?? "shutdown",
    skipWhenEmpty: input.skipWhenEmpty ?? false,
    latest: Checks.duration(input.latest ?? "5 minutes"),
    goneWithin: Checks.duration(input.goneWithin ?? "1 minute"),
    backWithin: Checks.duration(input.backWithin ?? "10 minutes"),
    tries: input.tries ?? 3
  }
  const problem = problemOf(plan)
  return problem === undefined ? Result.succeed(plan) : Result.fail(new InvalidPlan({ id: plan.id, problem }))
}

const problemOf = (plan: typeof Fields.Type): string | undefined =>
  Checks.id(plan.id) ??
    Checks.servers(plan.servers) ??
    Calendar.problemOf(plan.at) ??
    Checks.count("warnings", plan.warnings, 0, 32) ??
    Checks.first(plan.warnings, (lead) => Checks.range("a warning", lead, "1 second", "1 day")) ??
    Text.problemOf(plan.text, plan.locale) ??
    (plan.lock && Checks.range("lock", plan.lock, 0, "1 day")) ??
    (plan.kick && Checks.range("kick.before", plan.kick.before, 0, "1 day")) ??
    (plan.kick && Checks.line("kick.reason", plan.kick.reason)) ??
    Checks.range("latest", plan.latest, "30 seconds", "1 day") ??
    Checks.range("goneWithin", plan.goneWithin, "1 second", "1 hour") ??
    Checks.range("backWithin", plan.backWithin, "1 second", "1 day") ??
    Checks.integer("tries", plan.tries, 1, 10)

// -----------------------------------------------------------------------------
// warnings
// -----------------------------------------------------------------------------

/**
 * A warning that is about to be announced.
 *
 * @category models
 * @since 0.1.0
 */
export interface Warning {
  readonly plan: RestartPlan
  readonly server: string
  /** The time of the restart. */
  readonly time: DateTime.Utc
  /** The time until then: whole minutes from two minutes on, otherwise whole seconds. */
  readonly remaining: Duration.Duration
}

/**
 * The text of a warning by the plan's template and locale.
 *
 * @category texts
 * @since 0.1.0
 */
export const textOf = ({ plan, remaining, time }: Warning): string =>
  Text.render(plan.text, plan.locale, { remaining, time, timeZone: plan.at.timeZone ?? "UTC" })

/**
 * A duration as is usual in a language: `1 hour, 30 minutes`; `90 Minuten` are `1 Stunde, 30 Minuten`. For functions that write
 * their own warnings.
 *
 * @category texts
 * @since 0.1.0
 */
export const formatDuration: (duration: Duration.Duration, locale: string) => string = Text.formatDuration

// -----------------------------------------------------------------------------
// occurrences
// -----------------------------------------------------------------------------

/**
 * The first occurrence in a plan's calendar after a time; `undefined` after the last one. Orders of operators are not considered.
 *
 * @category times
 * @since 0.1.0
 */
export const occurrenceAfter = (plan: RestartPlan, time: DateTime.Utc): DateTime.Utc | undefined => {
  const found = Calendar.make(plan.at).after(time.epochMilliseconds)
  return found === undefined ? undefined : DateTime.makeUnsafe(found)
}
