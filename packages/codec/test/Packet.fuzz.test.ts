/**
 * Decodes a million random and mutated strings of bytes. This test has a file of its own because it takes longer than
 * all other tests of `Packet`, and mutation testing runs without it.
 */
import { assert, describe, it } from "@effect/vitest"
import { check, strings } from "./packetFuzz.ts"
import { hex, random, seed, withSeed } from "./support.ts"

describe("any bytes", () => {
  const STRINGS = 1_000_000

  it(
    `are accepted exactly if they are a packet, and never make decode throw (${STRINGS} random and mutated strings)`,
    () => {
      const next = strings(random(seed))
      const reasons = new Set<string>()
      let accepted = 0
      // Without stack traces, which it does not need, this test is ten times faster.
      const limit = Error.stackTraceLimit
      let bytes: Uint8Array = new Uint8Array(0)
      try {
        Error.stackTraceLimit = 0
        for (let i = 0; i < STRINGS; i++) {
          bytes = next()
          for (const sender of ["client", "server"] as const) {
            const reason = check(sender, bytes)
            if (reason === undefined) accepted++
            else reasons.add(reason)
          }
        }
      } catch (error) {
        throw new Error(withSeed(`failed at ${hex(bytes)}`), { cause: error })
      } finally {
        Error.stackTraceLimit = limit
      }
      assert.strictEqual(reasons.size, 7, withSeed(`these reasons were reached: ${[...reasons].join(", ")}`))
      assert.isAbove(accepted, STRINGS / 10, withSeed("too few packets were accepted for a meaningful run"))
    },
    60_000
  )
})
