/**
 * Runs 50 to 500 cases of each target of `pnpm fuzz`, always the same ones, and the cases that once failed.
 */
import { assert, describe, it } from "@effect/vitest"
import { caseOf, cases } from "../scripts/fuzz/run.ts"
import { targets } from "../scripts/fuzz/targets.ts"

/** The number of cases of slow targets, which have many inputs in a case or write a file. Other targets have 500. */
const counts: Readonly<Record<string, number>> = { init: 50, machine: 150, packet: 50, serversFile: 50 }

describe("random input", () => {
  it.each(Object.entries(targets))("passes all checks: %s", async (name, target) => {
    assert.isUndefined(await cases(target, name, 1, counts[name] ?? 500))
  }, 60_000)
})

/** Cases that failed, by target, seed and number. Each bug also has a test beside its module. */
const found: ReadonlyArray<readonly [name: string, seed: number, index: number]> = [
  // A closed session was online again after a late login reply.
  ["machine", 1_932_373_013, 1]
]

describe("a case that failed", () => {
  it.each(found)("passes now: %s, seed %d, case %d", async (name, seed, index) => {
    assert.isUndefined(await caseOf(targets[name]!, name, seed, index))
  })
})
