/**
 * Checks arguments that indicate a defect of the program if they are out of range.
 */
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"

export const concurrency = (given: number | "unbounded"): RangeError | undefined =>
  given === "unbounded" || (Number.isInteger(given) && given >= 1)
    ? undefined
    : new RangeError(`concurrency must be an integer from 1, or "unbounded" (got ${Formatter.format(given)})`)

export const duration = (name: string, given: Duration.Input | undefined): RangeError | undefined =>
  given === undefined || Option.exists(Duration.fromInput(given), Duration.isGreaterThan(Duration.zero))
    ? undefined
    : new RangeError(`${name} must be a positive duration (got ${Formatter.format(given)})`)
