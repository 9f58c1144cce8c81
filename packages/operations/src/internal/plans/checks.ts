/**
 * Checks the values of plans and rotas. Each check returns `undefined`, or the problem: the field, the allowed values and the
 * value.
 */
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InvalidPlan } from "../../PlanError.ts"

type Problem = string | undefined

/** The error of an invalid plan or rota. JavaScript can pass an id that is not a text. */
export const invalid = (kind: InvalidPlan["kind"], id: unknown, problem: string): InvalidPlan =>
  new InvalidPlan({ kind, id: String(id), problem })

/** The servers of a plan or a rota. */
export const Servers = Schema.Union([Schema.Literal("all"), Schema.Array(Schema.String)])

const got = (value: unknown): string => `(got ${Formatter.format(value)})`

/** Reads a duration. Input that is not a duration becomes minus infinity, which `range` refuses. */
export const duration = (input: Duration.Input): Duration.Duration =>
  Option.getOrElse(Duration.fromInput(input), () => Duration.negativeInfinity)

export const id = (value: string): Problem =>
  typeof value === "string" && value.length >= 1 && value.length <= 64
    ? undefined
    : `id must be a text of 1 to 64 characters ${got(value)}`

export const servers = (value: "all" | ReadonlyArray<string>): Problem =>
  value === "all" || (value.length > 0 && value.every((server) => server !== ""))
    ? undefined
    : `servers must be "all" or ids of servers, at least one, none of them empty ${got(value)}`

type End = 0 | `${number} ${Duration.Unit}`

/** Checks that a duration is from `from` to `to`. The problem shows both limits as they are written. */
export const range = (name: string, value: Duration.Duration, from: End, to: End): Problem =>
  Duration.toMillis(value) >= Duration.toMillis(from) && Duration.toMillis(value) <= Duration.toMillis(to)
    ? undefined
    : `${name} must be a duration from ${from} to ${to} (got ${
      Duration.isFinite(value) ? Duration.format(value) : "a value that is not a finite duration"
    })`

export const integer = (name: string, value: number, from: number, to: number): Problem =>
  Number.isInteger(value) && value >= from && value <= to
    ? undefined
    : `${name} must be an integer from ${from} to ${to} ${got(value)}`

export const count = (name: string, values: ReadonlyArray<unknown>, from: number, to: number): Problem =>
  values.length >= from && values.length <= to
    ? undefined
    : `${name} must be a list of ${from} to ${to} elements (got ${values.length})`

/** Checks that a value is one of the allowed ones. */
export const choice = <A extends string>(name: string, value: A, allowed: ReadonlyArray<A>): Problem =>
  allowed.includes(value) ? undefined : `${name} must be ${allowed.map((one) => `"${one}"`).join(" or ")} ${got(value)}`

export const line = (name: string, value: string): Problem =>
  typeof value === "string" && value.trim() !== "" && !/[\r\n\0]/.test(value)
    ? undefined
    : `${name} must be one line that is not empty ${got(value)}`

/** Checks each value of a list. Returns the first problem. */
export const first = <A>(values: ReadonlyArray<A>, check: (value: A) => Problem): Problem => {
  for (const value of values) {
    const problem = check(value)
    if (problem !== undefined) return problem
  }
}
