/**
 * Records everything that a program shows while it runs (logs, spans, metrics, errors), and searches the records for a
 * secret.
 */
import { Cause, Context, Effect, Formatter, Logger, Metric, References, Tracer } from "effect"
import * as Util from "node:util"

/** The texts that a program may show for a value. */
const shown = (value: unknown): ReadonlyArray<string> => {
  const texts = [
    String(value),
    Formatter.format(value),
    Util.inspect(value, {
      depth: Infinity,
      getters: true,
      maxArrayLength: null,
      maxStringLength: null,
      showHidden: true
    })
  ]
  if (value instanceof Error) texts.push(value.message, value.stack ?? "")
  if (Cause.isCause(value)) texts.push(Cause.pretty(value))
  try {
    texts.push(JSON.stringify(value) ?? "")
  } catch {
    // The value has a cycle, or contains a `bigint`. JSON represents neither.
  }
  return texts
}

/** Replaces the text that a dump may put between two bytes (spaces, colons, brackets, keys, `0x`) with one comma. */
const dump = (text: string): string => text.replaceAll(/"?\d+"?:|0x|[\s,:[\]{}]/g, ",").replaceAll(/,+/g, ",")

/** The form in which a text contains a secret; `undefined` if it does not. */
export const formOf = (secret: string, text: string): string | undefined => {
  const bytes = new TextEncoder().encode(secret)
  const hex = Buffer.from(bytes).toString("hex")
  if (text.includes(secret)) return "plain"
  if (text.includes(encodeURIComponent(secret))) return "percent-encoded"
  // Escaped as in JSON, and as in JSON within JSON.
  const escaped = JSON.stringify(secret)
  if (text.includes(escaped.slice(1, -1)) || text.includes(JSON.stringify(escaped).slice(3, -3))) return "escaped"
  for (const before of [0, 1, 2]) {
    // The first and the last characters are left out, because they also depend on the bytes around the secret.
    const base64 = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64").replace(/=+$/, "").slice(
      before + 1,
      -2
    )
    if (text.includes(base64) || text.includes(base64.replaceAll("+", "-").replaceAll("/", "_"))) return "base64"
  }
  const compact = dump(text)
  if (compact.replaceAll(",", "").toLowerCase().includes(hex)) return "hexadecimal"
  if (`,${compact},`.includes(`,${bytes.join(",")},`)) return "bytes"
  return undefined
}

/** A recorded text, and the place that showed it: a log, a span, a metric, or a recorded value. */
export type Shown = readonly [place: string, text: string]

/** The recorded texts that contain a secret: the place, the form of the secret, and the first 500 characters. */
export const leaks = (texts: ReadonlyArray<Shown>, secret: string): ReadonlyArray<string> => {
  const found = texts.flatMap(([place, text]) => {
    const form = formOf(secret, text)
    return form === undefined ? [] : [`${place}, ${form}: ${text.slice(0, 500)}`]
  })
  return [...new Set(found)]
}

/** A recording of what a program shows. */
export interface Exposure {
  /** Runs an effect, and records its logs of every level, its spans and its metrics. */
  readonly watch: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Records a value that the program can show: an error, a status, a service. */
  readonly record: (place: string, value: unknown) => void
  /** Number of recorded logs, spans and metrics. */
  readonly counts: Effect.Effect<{ readonly logs: number; readonly spans: number; readonly metrics: number }>
  /** All that was recorded until now. */
  readonly texts: Effect.Effect<ReadonlyArray<Shown>>
}

/** Starts an empty recording. */
export const make = (): Exposure => {
  const texts: Array<Shown> = []
  const spans: Array<Tracer.NativeSpan> = []
  const registry: Metric.MetricRegistry = new Map()
  let logs = 0
  const record = (place: string, value: unknown): void => {
    for (const text of shown(value)) texts.push([place, text])
  }
  const formats = [Logger.formatSimple, Logger.formatLogFmt, Logger.formatJson]
  const loggers = formats.map((format) =>
    Logger.map(format, (text) => {
      texts.push(["log", text])
    })
  )
  const objects = Logger.make(({ cause, fiber, message }) => {
    logs++
    record("log", message)
    record("log", cause)
    record("log", fiber.getRef(References.CurrentLogAnnotations))
  })
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const metrics = Metric.snapshot.pipe(Effect.provideService(Metric.MetricRegistry, registry))
  return {
    watch: (effect) =>
      effect.pipe(
        Effect.provide(Logger.layer([...loggers, objects])),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.provideContext(
          Context.make(Tracer.Tracer, tracer).pipe(Context.add(Metric.MetricRegistry, registry))
        )
      ),
    record,
    counts: Effect.map(metrics, ({ length }) => ({ logs, spans: spans.length, metrics: length })),
    texts: Effect.map(metrics, (metrics) => [
      ...texts,
      ...spans.flatMap(({ annotations, attributes, events, links, name, status }) =>
        [
          ...shown({ name, attributes, events, links, annotations, status }),
          ...status._tag === "Ended" && status.exit._tag === "Failure" ? shown(status.exit.cause) : []
        ].map((text): Shown => [`span ${name}`, text])
      ),
      ...shown(metrics).map((text): Shown => ["metrics", text])
    ])
  }
}
