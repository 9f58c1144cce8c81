import { RestartPlan, Rota } from "@bercon/operations"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Result, Schema } from "effect"

const at = { cron: "0 4 * * *", timeZone: "Europe/Berlin" }

const make = (input: Partial<RestartPlan.Input> = {}) =>
  Result.getOrThrow(RestartPlan.fromInput({ id: "nightly", at, ...input }))

const problem = (input: Partial<RestartPlan.Input>) => {
  const result = RestartPlan.fromInput({ id: "nightly", at, ...input })
  return Result.isFailure(result) ? result.failure.message : "it is valid"
}

const Json = Schema.fromJsonString(Schema.toCodecJson(RestartPlan.RestartPlan))

describe("a plan as data", () => {
  it("has defaults for everything but its id and its times, in a program and as JSON", () => {
    const plan = make()
    assert.deepStrictEqual(plan.warnings.map(Duration.toMinutes), [60, 30, 15, 5, 1])
    const text = JSON.stringify({ id: "nightly", at })
    assert.deepStrictEqual(Schema.decodeSync(Json)(text), plan)
  })

  it("is the same after it was written as JSON, in which durations are readable text", () => {
    const plan = make({
      servers: ["altis", "stratis"],
      at: { once: "2026-03-28T04:00:00+01:00", timeZone: "Europe/Berlin" },
      warnings: ["90 seconds", "1 day", 1500],
      lock: "2 minutes",
      kick: { before: 0 }
    })
    const text = Schema.encodeSync(Json)(plan)
    assert.deepStrictEqual(Schema.decodeSync(Json)(text), plan)
    assert.deepInclude(JSON.parse(text), {
      at: { once: "2026-03-28T03:00:00.000Z", timeZone: "Europe/Berlin" },
      warnings: ["90 seconds", "1 days", "1500 millis"],
      lock: "2 minutes",
      kick: { before: "0 days", reason: "Restart" }
    })
  })

  const refused: ReadonlyArray<readonly [Partial<RestartPlan.Input>, string]> = [
    [{ id: "" }, "id must be a text of 1 to 64 characters (got \"\")"],
    [{ id: "x".repeat(65) }, "id must be a text of 1 to 64 characters (got \"xxxx"],
    [{ id: "a\ud800" }, "id must be a text without lone surrogates (got \"a\\ud800\")"],
    [{ servers: ["\udc00"] }, "the id of a server must be a text without lone surrogates (got \"\\udc00\")"],
    [{ servers: [] }, "servers must be \"all\" or ids of servers, at least one"],
    [{ servers: ["altis", ""] }, "servers must be \"all\" or ids of servers"],
    [
      { at: { cron: "0 25 * * *", timeZone: "UTC" } },
      "cron must be a cron expression such as \"0 4 * * *\" (got \"0 25 * * *\""
    ],
    [{ at: { cron: "0 4 31 2 *", timeZone: "UTC" } }, "(got \"0 4 31 2 *\", which matches none)"],
    [{ at: { cron: "0 4 * * *", timeZone: "Mars/Base" } }, "timeZone must be a time zone such as \"Europe/Berlin\""],
    [
      { at: { cron: "0 4 * * *", timeZone: undefined! } },
      "timeZone must be a time zone such as \"Europe/Berlin\" (got undefined)"
    ],
    [{ at: { once: "soon" } }, "once must be a time (got \"soon\")"],
    [
      { warnings: Array.from({ length: 33 }, (_, index) => `${index + 1} minutes` as const) },
      "warnings must be a list of 0 to 32 elements (got 33)"
    ],
    [{ warnings: ["500 millis"] }, "a warning must be a duration from 1 second to 1 day (got 500ms)"],
    [{ warnings: ["25 hours"] }, "a warning must be a duration from 1 second to 1 day (got 1d 1h)"],
    [
      { warnings: ["soon" as Duration.Input] },
      "a warning must be a duration from 1 second to 1 day (got \"soon\")"
    ],
    [{ lock: "2 days" }, "lock must be a duration from 0 to 1 day (got 2d)"],
    [{ kick: { before: "2 days" } }, "kick.before must be a duration from 0 to 1 day"],
    [{ kick: { before: 0, reason: "two\nlines" } }, "kick.reason must be one line"],
    [{ text: " " }, "text must be one line that is not empty"],
    [{ text: "Restart in {remainig}" }, "text may contain {remaining} and {time} (got {remainig} in"],
    [{ locale: "not a language" }, "locale must be a language tag such as \"en\" or \"pt-BR\""],
    [{ command: "restart" as never }, "command must be \"shutdown\" or \"restartServer\" (got \"restart\")"],
    [{ latest: "25 hours" }, "latest must be a duration from 30 seconds to 1 day (got 1d 1h)"],
    [{ latest: 0 }, "latest must be a duration from 30 seconds to 1 day (got 0)"],
    [{ goneWithin: "2 hours" }, "goneWithin must be a duration from 1 second to 1 hour"],
    [{ backWithin: 0 }, "backWithin must be a duration from 1 second to 1 day (got 0)"],
    [{ tries: 0 }, "tries must be an integer from 1 to 10 (got 0)"]
  ]

  it.each(
    refused.map(([input, message]) => [message, input] as const)
  )("is refused if a value is not allowed: %s", (message, input) => {
    assert.include(problem(input), message)
    assert.include(problem(input), "plan ")
  })

  it("is refused if a value is of another type or not finite", () => {
    assert.include(problem({ id: ["x"] as unknown as string }), "id must be a text of 1 to 64 characters (got [\"x\"])")
    assert.include(
      problem({ id: 7 as never, at: { once: "never" } }),
      "id must be a text of 1 to 64 characters (got 7)"
    )
    assert.include(
      problem({ at: { ...at, cron: 4 as never } }),
      "cron must be a cron expression such as \"0 4 * * *\" (got 4)"
    )
    assert.include(problem({ text: 7 as never }), "text must be one line that is not empty (got 7)")
    assert.include(problem({ lock: "Infinity" }), "lock must be a duration from 0 to 1 day (got Infinity)")
    assert.include(
      problem({ lock: "soon" as Duration.Input }),
      "lock must be a duration from 0 to 1 day (got \"soon\")"
    )
  })

  /** Values that TypeScript would refuse, and the message. */
  const others: ReadonlyArray<readonly [field: string, input: unknown, message: string]> = [
    ["a plan", null, "a plan must be an object (got null)"],
    ["a plan", "nightly", "a plan must be an object (got \"nightly\")"],
    ["id", { id: Symbol("x") }, "id must be a text of 1 to 64 characters (got Symbol(x))"],
    ["servers", { servers: "altis" }, "servers must be \"all\" or ids of servers"],
    ["servers", { servers: 7 }, "servers must be \"all\" or ids of servers"],
    ["servers", { servers: ["altis", 7] }, "none of them empty (got [\"altis\",7])"],
    ["at", { at: undefined }, "at must be { cron, timeZone } or { once } (got undefined)"],
    ["at", { at: "0 4 * * *" }, "at must be { cron, timeZone } or { once } (got \"0 4 * * *\")"],
    ["once", { at: { once: undefined } }, "once must be a time (got undefined)"],
    ["once", { at: { once: true } }, "once must be a time (got true)"],
    ["once", { at: { once: [2026] } }, "once must be a time (got [2026])"],
    ["timeZone", { at: { once: 0, timeZone: ["UTC"] } }, "(got [\"UTC\"])"],
    ["timeZone", { at: { ...at, timeZone: 5n } }, "(got 5n)"],
    ["cron", { at: { ...at, cron: 5n } }, "(got 5n)"],
    [
      "onDstOverlap",
      { at: { ...at, onDstOverlap: "" } },
      "onDstOverlap must be \"earlier\", \"later\" or \"both\" (got \"\")"
    ],
    ["warnings", { warnings: "1 minute" }, "warnings must be a list of 0 to 32 elements (got \"1 minute\")"],
    ["warnings", { warnings: 5 }, "warnings must be a list of 0 to 32 elements (got 5)"],
    ["warnings", { warnings: [null] }, "a warning must be a duration from 1 second to 1 day (got null)"],
    ["text", { text: ["Restart"] }, "text must be one line"],
    ["locale", { locale: ["en"] }, "locale must be a language tag such as \"en\" or \"pt-BR\" (got [\"en\"])"],
    ["locale", { locale: 7n }, "locale must be a language tag such as \"en\" or \"pt-BR\" (got 7n)"],
    ["lock", { lock: true }, "lock must be a duration from 0 to 1 day (got true)"],
    ["kick", { kick: "10 seconds" }, "kick must be { before, reason } (got \"10 seconds\")"],
    ["kick", { kick: null }, "kick must be { before, reason } (got null)"],
    ["kick.before", { kick: {} }, "kick.before must be a duration from 0 to 1 day (got undefined)"],
    ["kick.reason", { kick: { before: 0, reason: 7 } }, "kick.reason must be one line that is not empty (got 7)"],
    ["command", { command: ["shutdown"] }, "command must be \"shutdown\" or \"restartServer\" (got [\"shutdown\"])"],
    ["skipWhenEmpty", { skipWhenEmpty: "no" }, "skipWhenEmpty must be true or false (got \"no\")"],
    ["latest", { latest: "soon" }, "latest must be a duration from 30 seconds to 1 day (got \"soon\")"],
    ["goneWithin", { goneWithin: [60] }, "goneWithin must be a duration from 1 second to 1 hour (got [60])"],
    ["backWithin", { backWithin: false }, "backWithin must be a duration from 1 second to 1 day (got false)"],
    ["tries", { tries: "3" }, "tries must be an integer from 1 to 10 (got \"3\")"]
  ]

  it.each(others)("is refused if %s is of another type: %s", (_, input, message) => {
    const whole = typeof input === "object" && input !== null ? { id: "nightly", at, ...input } : input
    const result = RestartPlan.fromInput(whole as RestartPlan.Input)
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) assert.include(result.failure.message, message)
  })

  it("has the values that were checked, also if the input changes meanwhile", () => {
    let reads = 0
    const times = {
      get once() {
        return reads++ === 0 ? "2026-03-28T03:00:00Z" : "soon"
      }
    }
    const servers = ["altis"]
    const plan = make({ at: times, servers })
    servers.push("")
    assert.deepStrictEqual(plan.at, { once: DateTime.makeUnsafe("2026-03-28T03:00:00Z") })
    assert.deepStrictEqual(plan.servers, ["altis"])
  })

  it("that is refused in a program is also refused as JSON", () => {
    const text = JSON.stringify({ id: "nightly", at, tries: 11 })
    const result = Schema.decodeResult(Json)(text)
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) {
      assert.include(result.failure.message, "tries must be an integer from 1 to 10 (got 11)")
    }
    assert.isTrue(Result.isFailure(Schema.decodeResult(Json)(JSON.stringify({ id: "a", at, latest: "whenever" }))))
  })
})

describe("a value at the end of its range", () => {
  it.each<[string, Partial<RestartPlan.Input>]>([
    ["the shortest id", { id: "x" }],
    ["the longest id", { id: "x".repeat(64) }],
    ["one try", { tries: 1 }],
    ["ten tries", { tries: 10 }],
    ["no warnings", { warnings: [] }],
    ["32 warnings", { warnings: Array.from({ length: 32 }, (_, index) => `${index + 1} minutes` as const) }],
    ["the latest and the earliest warning", { warnings: ["1 second", "1 day"] }]
  ])("is allowed: %s", (_, input) => {
    assert.isTrue(Result.isSuccess(RestartPlan.fromInput({ id: "nightly", at, ...input })))
  })
})

describe("a warning", () => {
  const time = DateTime.makeUnsafe("2026-03-28T03:00:00Z")
  const text = (template: string, locale: string, remaining: Duration.Input) =>
    RestartPlan.textOf({
      plan: make({ text: template, locale }),
      server: "altis",
      time,
      remaining: Duration.fromInputUnsafe(remaining)
    })

  it.each(
    [
      ["en", "60 minutes", "Restart in 1 hour at 04:00"],
      ["en", "90 minutes", "Restart in 1 hour, 30 minutes at 04:00"],
      ["en", "1 second", "Restart in 1 second at 04:00"],
      ["de", "15 minutes", "Restart in 15 Minuten at 04:00"],
      ["ru", "5 minutes", "Restart in 5 минут at 04:00"],
      ["ru", "1 minute", "Restart in 1 минута at 04:00"]
    ] as const
  )("has the remaining time in the plan's language: %s, %s", (locale, remaining, expected) => {
    assert.strictEqual(text("Restart in {remaining} at {time}", locale, remaining), expected)
  })

  it("has the time in UTC if the plan has no time zone", () => {
    const plan = make({ at: { once: "2026-03-28T03:00:00Z" }, text: "{time}" })
    assert.strictEqual(RestartPlan.textOf({ plan, server: "altis", time, remaining: Duration.minutes(1) }), "03:00")
  })
})

describe("the occurrences of a plan", () => {
  const after = (plan: RestartPlan.RestartPlan, time: string) => {
    const found = RestartPlan.occurrenceAfter(plan, DateTime.makeUnsafe(time))
    return found && DateTime.formatIso(found)
  }
  const half = { cron: "30 2 * * *", timeZone: "Europe/Berlin" }

  it("take place once on a day with a skipped hour", () => {
    const plan = make({ at: half })
    assert.strictEqual(after(plan, "2026-03-28T01:30:00Z"), "2026-03-29T01:30:00.000Z")
    assert.strictEqual(after(plan, "2026-03-29T01:30:00Z"), "2026-03-30T00:30:00.000Z")
  })

  it.each(
    [
      ["earlier", ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]],
      ["later", ["2026-10-25T01:30:00.000Z", "2026-10-26T01:30:00.000Z"]],
      ["both", ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]]
    ] as const
  )("follow `onDstOverlap` on a day with a repeated hour: %s", (onDstOverlap, [first, second]) => {
    const plan = make({ at: { ...half, onDstOverlap } })
    assert.strictEqual(after(plan, "2026-10-24T00:30:00Z"), first)
    assert.strictEqual(after(plan, first), second)
  })

  it("end after the time of `once`", () => {
    const plan = make({ at: { once: "2026-03-28T03:00:00Z" } })
    assert.strictEqual(after(plan, "2026-03-28T02:59:59Z"), "2026-03-28T03:00:00.000Z")
    assert.isUndefined(after(plan, "2026-03-28T03:00:00Z"))
  })
})

describe("a rota as data", () => {
  const rota: Rota.Input = { id: "rules", every: "20 minutes", messages: ["one", "two"] }

  it("has defaults", () => {
    const made = Result.getOrThrow(Rota.fromInput(rota))
    assert.strictEqual(made.servers, "all")
    assert.isTrue(made.onlyWithPlayers)
    const decoded = Schema.decodeSync(Schema.fromJsonString(Schema.toCodecJson(Rota.Rota)))(JSON.stringify(rota))
    assert.deepStrictEqual(decoded, made)
  })

  const refused: ReadonlyArray<readonly [Partial<Rota.Input>, string]> = [
    [{ id: "" }, "id must be a text of 1 to 64 characters (got \"\")"],
    [{ id: 7 as never }, "id must be a text of 1 to 64 characters (got 7)"],
    [{ servers: [] }, "servers must be \"all\" or ids of servers"],
    [{ every: "500 millis" }, "every must be a duration from 1 second to 1 day (got 500ms)"],
    [{ messages: [] }, "messages must be a list of 1 to 256 elements (got 0)"],
    [{ messages: ["one", ""] }, "a message must be one line that is not empty (got \"\")"],
    [{ messages: ["one", 2 as never] }, "a message must be one line that is not empty (got 2)"],
    [{ messages: "one" as never }, "messages must be a list of 1 to 256 elements (got \"one\")"],
    [{ messages: undefined! }, "messages must be a list of 1 to 256 elements (got undefined)"],
    [{ servers: ["altis", 7 as never] }, "servers must be \"all\" or ids of servers"],
    [{ every: "soon" as never }, "every must be a duration from 1 second to 1 day (got \"soon\")"],
    [{ onlyWithPlayers: "no" as never }, "onlyWithPlayers must be true or false (got \"no\")"]
  ]

  it.each(
    refused.map(([input, message]) => [message, input] as const)
  )("is refused if a value is not allowed: %s", (message, input) => {
    const result = Rota.fromInput({ ...rota, ...input })
    assert.isTrue(Result.isFailure(result) && result.failure.message.includes(message))
  })

  it("is refused if it is no object", () => {
    const result = Rota.fromInput(null!)
    assert.isTrue(Result.isFailure(result) && result.failure.message.includes("a rota must be an object (got null)"))
  })
})
