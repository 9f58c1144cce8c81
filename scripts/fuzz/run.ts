/**
 * Runs the cases of a target. Each case has its own seed, so that it can be repeated alone.
 */
import * as Random from "./random.ts"
import type { Target } from "./targets.ts"

export interface Failure {
  readonly index: number
  readonly input: unknown
  readonly error: unknown
}

/**
 * Maximum CPU time of a case, in milliseconds. Inputs are small, so a slower case means that the time grows too fast
 * with the size of the input.
 */
const SLOW = 2000

const seedOf = (name: string, seed: number, index: number): number => {
  let hash = seed ^ 0x9e3779b9
  for (const value of [index, ...Buffer.from(name)]) hash = Math.imul(hash ^ value, 0x85ebca6b) ^ (hash >>> 13)
  return hash
}

/** Runs one case. Returns its failure, or `undefined` if it passes. */
export const caseOf = async (
  target: Target,
  name: string,
  seed: number,
  index: number
): Promise<Failure | undefined> => {
  let input: unknown
  const before = process.cpuUsage()
  try {
    await target(Random.make(seedOf(name, seed, index)), (value) => {
      input = value
    })
  } catch (error) {
    return { index, input, error }
  }
  const { system, user } = process.cpuUsage(before)
  const took = (system + user) / 1000
  return took > SLOW ? { index, input, error: new Error(`the case took ${took.toFixed()} ms`) } : undefined
}

/** Runs `count` cases, or fewer if one fails. Returns that failure. */
export const cases = async (
  target: Target,
  name: string,
  seed: number,
  count: number
): Promise<Failure | undefined> => {
  for (let index = 0; index < count; index++) {
    const failure = await caseOf(target, name, seed, index)
    if (failure !== undefined) return failure
  }
  return undefined
}

/** Runs cases for `limit` seconds, or until one fails. Returns their number and the failure. */
export const seconds = async (
  target: Target,
  name: string,
  seed: number,
  limit: number
): Promise<{ readonly count: number; readonly failure: Failure | undefined }> => {
  const end = performance.now() + limit * 1000
  let count = 0
  do {
    const failure = await caseOf(target, name, seed, count)
    count++
    if (failure !== undefined) return { count, failure }
  } while (performance.now() < end)
  return { count, failure: undefined }
}
