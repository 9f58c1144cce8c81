/**
 * Steps of tests of sequence numbers.
 */
import { assert } from "@effect/vitest"
import { SequenceNumbers } from "../../src/internal/sequenceNumbers.ts"

/** Takes a number and sends it `sends` times, a second apart, the last time at `at`. */
export const send = (numbers: SequenceNumbers, at: number, sends = 1): number => {
  const number = numbers.take(at)
  assert(number !== undefined, "no number is available")
  for (let i = sends - 1; i >= 0; i--) numbers.sent(number, at - 1000 * i)
  return number
}

/** A complete reply to a number that is not in use. */
export const stray = (numbers: SequenceNumbers, number: number, now: number) =>
  numbers.stray(number, now, now - numbers.firstSentAt(number))

/** When the number that `prepare` returns becomes available. */
export const availableAt = (prepare: (numbers: SequenceNumbers) => number): number => {
  const numbers = new SequenceNumbers()
  return numbers.quarantinedUntil(prepare(numbers))
}
