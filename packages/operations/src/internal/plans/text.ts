/**
 * Texts for players: templates, and durations in their language.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Checks from "./checks.ts"

const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]] as const

/** A duration as text: `"30 minutes"`. It is written in the largest unit that divides it exactly. */
export const DurationText = Schema.String.pipe(
  Schema.decodeTo(Schema.Duration, {
    decode: SchemaGetter.transformEffect((text: string) =>
      Option.match(Duration.fromInput(text as Duration.Input), {
        onNone: () =>
          Effect.fail(new SchemaIssue.InvalidValue({ message: "must be a duration such as \"30 minutes\"" }, text)),
        onSome: Effect.succeed
      })
    ),
    encode: SchemaGetter.transform((duration) => {
      const millis = Duration.toMillis(duration)
      const [unit, size] = UNITS.find(([, size]) => millis % size === 0) ?? ["milli", 1]
      return `${millis / size} ${unit}s`
    })
  })
)

/** Rounds the remaining time for players: to minutes from two minutes on, otherwise to seconds. */
export const rounded = (millis: number): Duration.Duration => {
  const unit = millis >= 120_000 ? 60_000 : 1000
  return Duration.millis(Math.max(0, Math.round(millis / unit) * unit))
}

/** Formats a duration, rounded to seconds, in a language: `1 hour, 30 minutes`. */
export const formatDuration = (duration: Duration.Duration, locale: string): string => {
  let rest = Math.round(Duration.toSeconds(duration)) * 1000
  const parts = new Array<string>()
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 || (unit === "second" && parts.length === 0)) {
      parts.push(new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count))
    }
  }
  return new Intl.ListFormat(locale, { type: "unit", style: "long" }).format(parts)
}

const formatTime = (time: DateTime.Utc, timeZone: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone
  }).format(DateTime.toDateUtc(time))

const PLACEHOLDER = /\{([^{}]*)\}/g

/** Fills in `{remaining}` and `{time}`. */
export const render = (
  template: string,
  locale: string,
  { remaining, time, timeZone }: {
    readonly remaining: Duration.Duration
    readonly time: DateTime.Utc
    readonly timeZone: string
  }
): string =>
  template.replace(
    PLACEHOLDER,
    (_, name) => name === "remaining" ? formatDuration(remaining, locale) : formatTime(time, timeZone, locale)
  )

/** Describes why a template or a locale is not valid, or returns `undefined`. */
export const problemOf = (template: string, locale: string): string | undefined => {
  const problem = Checks.line("text", template)
  if (problem !== undefined) return problem
  for (const [placeholder, name] of template.matchAll(PLACEHOLDER)) {
    if (name !== "remaining" && name !== "time") {
      return `text may contain {remaining} and {time} (got ${placeholder} in ${JSON.stringify(template)})`
    }
  }
  return typeof locale === "string" && Result.isSuccess(Result.try(() => Intl.getCanonicalLocales(locale)))
    ? undefined
    : `locale must be a language tag such as "en" or "pt-BR" ${Checks.got(locale)}`
}
