/**
 * The times at which servers restart, and the warnings for their players.
 *
 * **Details**
 *
 * A plan is data: these servers restart at these times, and players are warned before. `Plans` carries it out. Each time of a
 * plan is called an occurrence.
 *
 * The times follow a cron expression in a time zone, or there is only one time. When clocks are put forward, an occurrence in
 * the skipped hour takes place an hour later (03:30 for 02:30). When clocks are put back, an occurrence in the repeated hour
 * takes place once, in the first of the two hours by default (see `onDstOverlap`). A plan handles one occurrence at a time on
 * a server: occurrences whose time comes while an earlier one is postponed, or not over, are skipped.
 *
 * An occurrence has these steps, in this order:
 *
 * 1. Warnings, at the times before the restart that `warnings` lists. A warning is left out if it is late by more than half of
 *    its time: the 60-minute warning, for example, if it is late by more than 30 minutes. If several warnings are due, only the
 *    last one is announced.
 * 2. `lock`: players can no longer join. If the occurrence does not take place after all, the server is unlocked.
 * 3. `kick`: all players are kicked.
 * 4. The command. The evidence that it worked is that the server goes offline and comes back. If the server is still online
 *    after `goneWithin`, the command is sent again, up to `tries` times in all.
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
 * @stability stable
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Calendar from "./internal/plans/calendar.ts"
import * as Checks from "./internal/plans/checks.ts"
import * as Text from "./internal/plans/text.ts"
import type { InvalidPlan } from "./PlanError.ts"

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
  /** A name such as `"Europe/Berlin"`, or an offset such as `"+01:00"`. */
  timeZone: Schema.String,
  /** The choice if a time occurs twice, because clocks are put back. Default `"earlier"`. */
  onDstOverlap: Schema.optionalKey(Schema.Literals(["earlier", "later", "both"]))
})

/**
 * One time, for a plan that takes place once.
 *
 * @category models
 * @since 0.1.0
 */
export const Once = Schema.Struct({
  once: Schema.DateTimeUtcFromString,
  /** The time zone of the time in warnings (`{time}`). Default `"UTC"`. */
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

const COMMANDS = ["shutdown", "restartServer"] as const

const Fields = Schema.Struct({
  id: Schema.String,
  servers: withDefault(Checks.Servers, "all"),
  at: Schema.Union([Recurring, Once]),
  warnings: withDefault(Schema.Array(Text.DurationText), DEFAULT_WARNINGS),
  text: withDefault(Schema.String, DEFAULT_TEXT),
  locale: withDefault(Schema.String, "en"),
  lock: Schema.optionalKey(Text.DurationText),
  kick: Schema.optionalKey(Schema.Struct({ before: Text.DurationText, reason: Schema.String })),
  command: withDefault(Schema.Literals(COMMANDS), "shutdown"),
  skipWhenEmpty: withDefault(Schema.Boolean, false),
  latest: withDefault(Text.DurationText, Duration.minutes(5)),
  goneWithin: withDefault(Text.DurationText, Duration.minutes(1)),
  backWithin: withDefault(Text.DurationText, Duration.minutes(10)),
  tries: withDefault(Schema.Int, 3)
})

/**
 * A plan that has been checked. In JSON, durations are text such as `"30 minutes"`, and fields that have a default can be left
 * out.
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
 * A plan as a program writes it. All fields except `id` and `at` have a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Input {
  /** The name of the plan: 1 to 64 characters. Its progress is stored under this name. */
  readonly id: string
  /** The servers that restart: ids of the fleet, or `"all"`. Default `"all"`. */
  readonly servers?: "all" | ReadonlyArray<string> | undefined
  /** The times of the restarts. */
  readonly at:
    | typeof Recurring.Type
    | { readonly once: DateTime.DateTime.Input; readonly timeZone?: string | undefined }
  /** The times of warnings before the restart: up to 32, each from 1 second to 1 day. Default {@link DEFAULT_WARNINGS}. */
  readonly warnings?: ReadonlyArray<Duration.Input> | undefined
  /**
   * The text of a warning: one line. `{remaining}` becomes the remaining time (`1 hour`), and `{time}` the time of the restart
   * in the plan's time zone (`04:00`), both in the format of `locale`. Default {@link DEFAULT_TEXT}. For other texts, use the
   * option `text` of `Plans`.
   */
  readonly text?: string | undefined
  /** The language of `{remaining}` and `{time}`, such as `"de"` or `"pt-BR"`. Default `"en"`. */
  readonly locale?: string | undefined
  /**
   * How long before the restart the server is locked: 0 to 1 day. Default: never. A lock has no effect on DayZ.
   */
  readonly lock?: Duration.Input | undefined
  /**
   * The kick of all players. `before`: how long before the restart, 0 to 1 day. `reason`: one line, default `"Restart"`.
   * Default: players are not kicked.
   *
   * Kicks are tried until 30 seconds after the time of the restart, or until 30 seconds after the first try if that is later.
   * They always end 15 seconds before `latest` is over, so that the command can be sent in time. If the list of players cannot
   * be read by then, the server restarts without kicks, and the event `StepFailed` is published.
   */
  readonly kick?: { readonly before: Duration.Input; readonly reason?: string | undefined } | undefined
  /**
   * The command. `"shutdown"`: the process of the server ends, and the service or panel that watches it starts it again. All
   * servers support this command. `"restartServer"`: the server restarts itself (Arma 3 only). Default `"shutdown"`.
   */
  readonly command?: "shutdown" | "restartServer" | undefined
  /**
   * Whether warnings and the restart are left out if the server is empty. A server whose players are unknown does not count as
   * empty. Default `false`.
   */
  readonly skipWhenEmpty?: boolean | undefined
  /**
   * The maximum delay of a restart if this program was not running, or the server was offline, at the planned time: 30
   * seconds to 1 day. After that, the occurrence is left out. Default 5 minutes.
   */
  readonly latest?: Duration.Input | undefined
  /** The time after the command within which the server must go offline: 1 second to 1 hour. Default 1 minute. */
  readonly goneWithin?: Duration.Input | undefined
  /**
   * The time for which the server may be offline before `NotBack` is published, and the interval at which it is published
   * again: 1 second to 1 day. Default 10 minutes.
   */
  readonly backWithin?: Duration.Input | undefined
  /** The number of times that the command is sent if the server does not go offline: 1 to 10. Default 3. */
  readonly tries?: number | undefined
}

/**
 * Checks a plan and fills in the defaults. The error names the value and what is allowed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromInput = (input: Input): Result.Result<RestartPlan, InvalidPlan> =>
  Checks.checked("plan", input, read, problemOf)

const read = (input: Input): RestartPlan => {
  const { kick, lock } = input
  return {
    id: input.id,
    servers: Checks.serversOf(input.servers ?? "all"),
    at: timesOf(input.at),
    warnings: Checks.list(input.warnings ?? DEFAULT_WARNINGS, Checks.duration),
    text: input.text ?? DEFAULT_TEXT,
    locale: input.locale ?? "en",
    ...(lock !== undefined && { lock: Checks.duration(lock) }),
    ...(kick !== undefined && { kick: kickOf(kick) }),
    command: input.command ?? "shutdown",
    skipWhenEmpty: input.skipWhenEmpty ?? false,
    latest: Checks.duration(input.latest ?? "5 minutes"),
    goneWithin: Checks.duration(input.goneWithin ?? "1 minute"),
    backWithin: Checks.duration(input.backWithin ?? "10 minutes"),
    tries: input.tries ?? 3
  }
}

const timesOf = (at: Input["at"]): RestartPlan["at"] => {
  if (!Predicate.isObject(at)) return at
  if ("once" in at) {
    const { once, timeZone } = at
    return { once: Checks.time(once), ...(timeZone !== undefined && { timeZone }) }
  }
  const { cron, onDstOverlap, timeZone } = at
  return { cron, timeZone, ...(onDstOverlap !== undefined && { onDstOverlap }) }
}

const kickOf = (kick: NonNullable<Input["kick"]>): NonNullable<RestartPlan["kick"]> =>
  Predicate.isObject(kick) ? { before: Checks.duration(kick.before), reason: kick.reason ?? "Restart" } : kick

const problemOf = (plan: typeof Fields.Type): string | undefined =>
  Checks.id(plan.id) ??
    Checks.servers(plan.servers) ??
    Calendar.problemOf(plan.at) ??
    Checks.count("warnings", plan.warnings, 0, 32) ??
    Checks.first(plan.warnings, (lead) => Checks.range("a warning", lead, "1 second", "1 day")) ??
    Text.problemOf(plan.text, plan.locale) ??
    (plan.lock === undefined ? undefined : Checks.range("lock", plan.lock, 0, "1 day")) ??
    (plan.kick === undefined ? undefined : kickProblem(plan.kick)) ??
    Checks.choice("command", plan.command, COMMANDS) ??
    Checks.boolean("skipWhenEmpty", plan.skipWhenEmpty) ??
    Checks.range("latest", plan.latest, "30 seconds", "1 day") ??
    Checks.range("goneWithin", plan.goneWithin, "1 second", "1 hour") ??
    Checks.range("backWithin", plan.backWithin, "1 second", "1 day") ??
    Checks.integer("tries", plan.tries, 1, 10)

const kickProblem = (kick: NonNullable<typeof Fields.Type["kick"]>): string | undefined =>
  Checks.object("kick", kick, "{ before, reason }") ??
    Checks.range("kick.before", kick.before, 0, "1 day") ??
    Checks.line("kick.reason", kick.reason)

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
  /** The time until the restart, rounded: to minutes from two minutes on, otherwise to seconds. */
  readonly remaining: Duration.Duration
}

/**
 * Makes the text of a warning from the template and the locale of its plan.
 *
 * @category texts
 * @since 0.1.0
 */
export const textOf = ({ plan, remaining, time }: Warning): string =>
  Text.render(plan.text, plan.locale, { remaining, time, timeZone: plan.at.timeZone ?? "UTC" })

/**
 * Formats a duration in a language: 90 minutes are `1 hour, 30 minutes` for `"en"`, and `1 Stunde, 30 Minuten` for `"de"`. For
 * functions that make their own warnings (the option `text` of `Plans`).
 *
 * @category texts
 * @since 0.1.0
 */
export const formatDuration: (duration: Duration.Duration, locale: string) => string = Text.formatDuration

// -----------------------------------------------------------------------------
// occurrences
// -----------------------------------------------------------------------------

/**
 * The first time of a plan after `time`, or `undefined` if no time follows. Calls of `abort` and `postpone` are not considered.
 *
 * @category times
 * @since 0.1.0
 */
export const occurrenceAfter = (plan: RestartPlan, time: DateTime.Utc): DateTime.Utc | undefined => {
  const found = Calendar.make(plan.at).after(time.epochMilliseconds)
  return found === undefined ? undefined : DateTime.makeUnsafe(found)
}
