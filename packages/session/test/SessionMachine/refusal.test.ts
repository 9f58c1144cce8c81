import { Packet } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { Bench } from "../support/Bench.ts"

describe("a refused login", () => {
  it.each([["secret", undefined], [" secret", true], ["secret\n", true]] as const)(
    "with the password %j fails with `isPadded` only if the password begins or ends with white space",
    (password, isPadded) => {
      const bench = new Bench({ password: Redacted.make(password) }).until(0)
      bench.machine.opened(0)
      bench.until(20).receive(Packet.loginResult(false))
      const { status } = bench.machine
      assert(status._tag === "Closed" && status.exit._tag === "Failure")
      const failure = status.exit.cause.reasons[0]
      assert(failure?._tag === "Fail" && failure.error.reason._tag === "LoginRefused")
      assert.strictEqual(failure.error.reason.isPadded, isPadded)
      assert.strictEqual("isPadded" in failure.error.reason, isPadded !== undefined)
    }
  )
})

describe("a refused login with `retryRefused`", () => {
  /** The tag of the cause that the status contains. */
  const causeOf = ({ machine: { status } }: Bench) =>
    status._tag === "Connecting" || status._tag === "Reconnecting" ? status.cause._tag : undefined

  it.each([30_000, 1000])(
    "is shown in the status once, and tried again every 5 s until it is accepted, if `maxReconnectDelay` is %d ms",
    (maxReconnectDelay) => {
      const bench = new Bench({ retryRefused: true, loginTimeout: Infinity, maxReconnectDelay }).until(0)
      bench.machine.opened(0)
      bench.until(20).news()
      bench.receive(Packet.loginResult(false))
      assert.deepStrictEqual(bench.news(), ["Connecting"])
      assert.strictEqual(causeOf(bench), "LoginRefused")
      assert.deepStrictEqual(bench.until(5019).news(), [])
      assert.deepStrictEqual(bench.until(5020).news(), ["send Login"])
      bench.receive(Packet.loginResult(false))
      assert.deepStrictEqual(bench.until(10_019).news(), [])
      assert.deepStrictEqual(bench.until(10_020).news(), ["send Login"])
      bench.receive(Packet.loginResult(true))
      assert.deepStrictEqual(bench.news(), ["Online"])
    }
  )

  it.each([["Online", 3000], ["Reconnecting", 9000]] as const)(
    "ends a doubted session whose status is %s, and is shown in the status once",
    (status, at) => {
      const bench = Bench.online({ retryRefused: true })
      bench.submit("once", { repeatable: false })
      bench.until(at).news()
      assert.strictEqual(bench.machine.status._tag, status)
      bench.receive(Packet.loginResult(false))
      assert.deepStrictEqual(bench.news(), ["settle once: SessionLost", "Reconnecting: LoginRefused"])
      assert.strictEqual(causeOf(bench), "LoginRefused")
      assert.deepStrictEqual(bench.until(at + 4999).news(), [])
      assert.deepStrictEqual(bench.until(at + 5000).news(), ["send Login"])
    }
  )
})
