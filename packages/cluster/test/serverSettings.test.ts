import { Wire } from "@bercon/cluster"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Logger, Metric, Redacted, Schema } from "effect"
import * as Settings from "../src/internal/serverSettings.ts"

const address = { host: "10.0.0.1", port: 2306 }

/** An option as the caller gives it, and what is stored of it: nothing if it is `undefined`. */
type Option = readonly [given: unknown, stored: unknown]

const plain = (...values: ReadonlyArray<unknown>): ReadonlyArray<Option> => values.map((value) => [value, value])

/** Durations in every form. */
const durations = [Duration.seconds(5), 7000, 6_500_000_000n, [8, 250_000_000], "9 seconds", {
  seconds: 10,
  milliseconds: 1
}]
  .map((given): Option => [given, Duration.fromInputUnsafe(given as Duration.Input)])

/** One of these options, or `undefined`, or no option. */
const oneOf = (options: ReadonlyArray<Option>): Arbitrary.Arbitrary<ReadonlyArray<Option>> => {
  const choices = [[], [[undefined, undefined] as const], ...options.map((option) => [option])]
  return Arbitrary.map(Arbitrary.schema(Schema.Literals([...choices.keys()])), (index) => choices[index]!)
}

/** Any of these options in an object. */
const group = (
  options: Readonly<Record<string, Arbitrary.Arbitrary<ReadonlyArray<Option>>>>
): Arbitrary.Arbitrary<readonly [readonly [given: object, stored: object]]> =>
  Arbitrary.map(Arbitrary.all(options), (chosen) => {
    const all = Object.entries(chosen).flatMap(([name, options]) => options.map((option) => [name, ...option] as const))
    const given = Object.fromEntries(all.map(([name, given]) => [name, given]))
    const stored = Object.fromEntries(all.flatMap(([name, , stored]) => stored === undefined ? [] : [[name, stored]]))
    return [[given, stored]]
  })

const duration = oneOf(durations)
const count = oneOf(plain(1, 200))
const settings = group({
  bind: group({ address: oneOf(plain("10.0.0.2")), port: oneOf(plain(0, 2310)) }),
  flavour: oneOf(plain("auto", "BattlEye", "Reforger")),
  rosterInterval: duration,
  banInterval: oneOf([...durations, ["never", "never"]]),
  replyWindow: group({ first: duration, quiet: duration, longest: oneOf([["Infinity", Duration.infinity]]) }),
  loginTimeout: duration,
  retryRefused: oneOf(plain(true, false)),
  commandTimeout: duration,
  keepaliveInterval: duration,
  maxInFlight: count,
  queueCapacity: count,
  messageCapacity: count,
  silenceTimeout: duration,
  reorderTimeout: duration,
  maxReconnectDelay: duration,
  textFallback: oneOf(plain("windows-1251"))
})

const ListedServer = Schema.toCodecJson(Wire.ListedServer)

describe("the settings of a server in the list", () => {
  it.effect.prop(
    "are what the caller gave, except the password, also after they were stored",
    [settings],
    ([[[given, stored]]]) =>
      Effect.gen(function*() {
        const server = { ...address, password: Redacted.make("secret"), ...given }
        const made = (yield* Settings.makeAll({ altis: server })).get("altis")!
        assert.deepStrictEqual(made, { ...address, ...stored })
        const text = JSON.stringify(
          yield* Schema.encodeEffect(ListedServer)(
            Wire.ListedServer.make({ id: "altis", generation: "one", settings: made })
          )
        )
        assert.deepStrictEqual((yield* Schema.decodeEffect(ListedServer)(JSON.parse(text))).settings, made)
      })
  )

  it.effect.each(
    [
      ["host", { host: 1 }],
      ["port", { port: "2306" }],
      ["bind", { bind: "10.0.0.2" }],
      ["address", { bind: { address: 1 } }],
      ["port", { bind: { port: 0.5 } }],
      ["flavour", { flavour: "other" }],
      ["rosterInterval", { rosterInterval: "soon" }],
      ["banInterval", { banInterval: "always" }],
      ["replyWindow.quiet", { replyWindow: { quiet: "short" } }],
      ["retryRefused", { retryRefused: "yes" }],
      ["maxInFlight", { maxInFlight: 0.5 }]
    ] as const
  )("are refused if %s cannot be stored or used: %j", ([name, bad]) =>
    Effect.gen(function*() {
      const server = { ...address, ...bad } as typeof address
      const error = yield* Effect.flip(Settings.make("altis", server))
      assert.strictEqual(error._tag, "InvalidServer")
      assert.include(error.message, `server "altis": `)
      assert.include(error.message, name)
    }))

  it.effect("are refused without an id", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Settings.make("", address))
      assert.strictEqual(error.message, `server "": the id must not be empty`)
    }))

  it.effect("are validated without a client: nothing is logged, and no metric has the server", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      yield* Settings.make("validated only", address).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(logged, [])
      assert.notInclude(JSON.stringify((yield* Metric.snapshot).map(({ attributes }) => attributes)), "validated only")
    }))

  it.effect("are refused for more than 4,096 servers", () =>
    Effect.gen(function*() {
      const many = new Map(Array.from({ length: 4097 }, (_, i) => [`server-${i}`, address]))
      const error = yield* Effect.flip(Settings.makeAll(many))
      assert.strictEqual(error.message, `server "server-4096": the list of servers must not have more than 4096`)
    }))
})
