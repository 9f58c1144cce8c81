/**
 * Checks the values of plans and rotas. Each check returns `undefined`, or the problem: the field, the allowed values and the
 * value. JavaScript can pass values of any type, so the checks rely on no type.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InvalidPlan } from "../../PlanError.ts"

type Problem = string | undefined

/**
 * Reads and checks what a program wrote. `read` reads each field once, converts the values and fills in the defaults. It keeps
 * values that it cannot convert, and `problemOf` describes them.
 */
export const checked = <Input, A extends { readonly id: string }>(
  kind: InvalidPlan["kind"],
  input: Input,
  read: (input: Input) => A,
  problemOf: (value: A) => Problem
): Result.Result<A, InvalidPlan> => {
  const notAnObject = object(`a ${kind}`, input, "an object")
  if (notAnObject !== undefined) return Result.fail(new InvalidPlan({ kind, id: "", problem: notAnObject }))
  const value = read(input)
  const problem = problemOf(value)
  if (problem === undefined) return Result.succeed(value)
  return Result.fail(new InvalidPlan({ kind, id: text(value.id), problem }))
}

/** The servers of a plan or a rota. */
export const Servers = Schema.Union([Schema.Literal("all"), Schema.Array(Schema.String)])

const text = (value: unknown): string => typeof value === "string" ? value : Formatter.format(value)

export const got = (value: unknown): string => `(got ${Formatter.format(value)})`

/** Reads a duration. Keeps input that is not a duration, which `range` refuses. */
export const duration = (input: Duration.Input): Duration.Duration =>
  Option.getOrElse(Duration.fromInput(input), () => input as Duration.Duration)

/** Reads a list. Keeps input that is not a list, which `count` and `servers` refuse. */
export const list = <A, B>(input: ReadonlyArray<A>, read: (value: A) => B): ReadonlyArray<B> =>
  Array.isArray(input) ? input.map(read) : input as ReadonlyArray<never>

/** Reads the servers of a plan or a rota. */
export const serversOf = (input: "all" | ReadonlyArray<string>): "all" | ReadonlyArray<string> =>
  input === "all" ? input : list(input, (server) => server)

/**
 * Reads a time. Keeps input that is not a time, which the check of the times refuses. `DateTime.make` also reads `true` and
 * lists, as times of 1970.
 */
export const time = (input: DateTime.DateTime.Input): DateTime.Utc =>
  typeof input === "boolean" || Array.isArray(input)
    ? input as never
    : Option.match(DateTime.make(input), { onNone: () => input as DateTime.Utc, onSome: DateTime.toUtc })

export const object = (name: string, value: unknown, form: string): Problem =>
  Predicate.isObject(value) ? undefined : `${name} must be ${form} ${got(value)}`

export const id = (value: string): Problem =>
  typeof value !== "string" || value.length < 1 || value.length > 64
    ? `id must be a text of 1 to 64 characters ${got(value)}`
    // Such a text has no UTF-8, so it cannot be part of the name of a file.
    : value.isWellFormed()
    ? undefined
    : `id must be a text without lone surrogates ${got(value)}`

export const servers = (value: "all" | ReadonlyArray<string>): Problem =>
  value === "all"
    ? undefined
    : !Array.isArray(value) || value.length === 0 ||
        !value.every((server) => typeof server === "string" && server !== "")
    ? `servers must be "all" or ids of servers, at least one, none of them empty ${got(value)}`
    : first(value, (server) =>
      server.isWellFormed() ? undefined : `the id of a server must be a text without lone surrogates ${got(server)}`)

type End = 0 | `${number} ${Duration.Unit}`

/** Checks that a duration is from `from` to `to`. The problem shows both limits as they are written. */
export const range = (name: string, value: Duration.Duration, from: End, to: End): Problem =>
  Duration.isDuration(value) && Duration.toMillis(value) >= Duration.toMillis(from) &&
    Duration.toMillis(value) <= Duration.toMillis(to)
    ? undefined
    : `${name} must be a duration from ${from} to ${to} ${
      Duration.isDuration(value) ? `(got ${Duration.format(value)})` : got(value)
    }`

export const integer = (name: string, value: number, from: number, to: number): Problem =>
  Number.isInteger(value) && value >= from && value <= to
    ? undefined
    : `${name} must be an integer from ${from} to ${to} ${got(value)}`

export const count = (name: string, values: ReadonlyArray<unknown>, from: number, to: number): Problem =>
  Array.isArray(values) && values.length >= from && values.length <= to
    ? undefined
    : `${name} must be a list of ${from} to ${to} elements ${got(Array.isArray(values) ? values.length : values)}`

export const boolean = (name: string, value: boolean): Problem =>
  typeof value === "boolean" ? undefined : `${name} must be true or false ${got(value)}`

const either = (words: ReadonlyArray<string>): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

/** Checks that a value is one of the allowed ones. */
export const choice = <A extends string>(name: string, value: A, allowed: ReadonlyArray<A>): Problem =>
  allowed.includes(value) ? undefined : `${name} must be ${either(allowed.map((one) => `"${one}"`))} ${got(value)}`

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
