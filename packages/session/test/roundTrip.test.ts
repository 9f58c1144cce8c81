import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { INITIAL_TIMEOUT, MAXIMUM_TIMEOUT, MINIMUM_TIMEOUT, RoundTrip } from "../src/internal/roundTrip.ts"

const measured = (...milliseconds: ReadonlyArray<number>) => {
  const roundTrip = new RoundTrip()
  for (const each of milliseconds) roundTrip.measure(each)
  return roundTrip
}

const Times = Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })))

describe("the timeout", () => {
  it("has a length of one second until the first measurement", () => {
    const roundTrip = new RoundTrip()
    assert.strictEqual(roundTrip.timeout, 1000)
    assert.strictEqual(roundTrip.smoothed, undefined)
  })

  it("is three times the first measurement (RFC 6298, 2.2)", () => {
    const { smoothed, timeout } = measured(300)
    assert.strictEqual(smoothed, 300)
    assert.strictEqual(timeout, 900)
  })

  it("follows the mean and four times the variation (RFC 6298, 2.3)", () => {
    const { smoothed, timeout } = measured(300, 380)
    assert.strictEqual(smoothed, 310)
    // The variation was 150. It becomes three quarters of that plus a quarter of the difference of 80.
    assert.strictEqual(timeout, 310 + 4 * (150 * 3 / 4 + 80 / 4))
  })

  it("falls to the mean if all measurements are equal, but not below 200 ms", () => {
    assert.closeTo(measured(...Array.from({ length: 100 }, () => 400)).timeout, 400, 1)
    assert.strictEqual(measured(...Array.from({ length: 100 }, () => 5)).timeout, MINIMUM_TIMEOUT)
  })

  it("forgets a slow measurement", () => {
    const { smoothed, timeout } = measured(2000, ...Array.from({ length: 50 }, () => 20))
    assert.closeTo(smoothed!, 20, 5)
    assert.strictEqual(timeout, MINIMUM_TIMEOUT)
  })

  it.prop("is from 200 ms to 3 s, whatever the measurements", [Times], ([times]) => {
    const { timeout } = measured(...times)
    assert.isAtLeast(timeout, MINIMUM_TIMEOUT)
    assert.isAtMost(timeout, MAXIMUM_TIMEOUT)
  })

  it.prop("is at least the mean, up to 3 s", [Times], ([times]) => {
    const { smoothed = 0, timeout } = measured(...times)
    assert.isAtLeast(timeout, Math.min(smoothed, MAXIMUM_TIMEOUT))
  })

  it("doubles each time it passes without a reply, up to a second", () => {
    const roundTrip = measured(100)
    const timeouts = Array.from({ length: 4 }, () => {
      roundTrip.backOff()
      return roundTrip.timeout
    })
    assert.deepStrictEqual(timeouts, [600, INITIAL_TIMEOUT, INITIAL_TIMEOUT, INITIAL_TIMEOUT])
  })

  it("that is longer than a second is not doubled", () => {
    const roundTrip = measured(600)
    assert.strictEqual(roundTrip.timeout, 1800)
    roundTrip.backOff()
    assert.strictEqual(roundTrip.timeout, 1800)
  })

  it("that was doubled follows the next measurement again", () => {
    const roundTrip = measured(10)
    roundTrip.backOff()
    roundTrip.backOff()
    assert.strictEqual(roundTrip.timeout, 800)
    roundTrip.measure(10)
    assert.strictEqual(roundTrip.timeout, MINIMUM_TIMEOUT)
  })
})
