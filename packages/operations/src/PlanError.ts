/**
 * Errors of plans.
 *
 * **Example** (Adding a plan that may exist already)
 *
 * ```ts
 * import { Plans } from "@bercon/operations"
 * import { Effect } from "effect"
 *
 * const update = Effect.gen(function*() {
 *   const plans = yield* Plans.Plans
 *   yield* plans.add({ id: "update", at: { once: "2026-12-24T04:00:00Z" } }).pipe(
 *     Effect.catchTag("DuplicatePlan", ({ message }) => Effect.logInfo(message))
 *   )
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const quoted = (id: string): string => JSON.stringify(id)

/**
 * A plan or a rota has a value that is not allowed, or the new time of a restart is not in the future. Nothing was changed,
 * except that `postpone` of several servers may have postponed the restarts of some of them before it failed. `kind`: whether
 * `id` is the id of a plan or of a rota.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPlan extends Schema.TaggedError<InvalidPlan>("@bercon/operations/InvalidPlan")("InvalidPlan", {
  kind: Schema.Literals(["plan", "rota"]),
  id: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.kind} ${quoted(this.id)}: ${this.problem}`
  }

  /** Trying again does not help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * A plan with this id exists already. Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class DuplicatePlan
  extends Schema.TaggedError<DuplicatePlan>("@bercon/operations/DuplicatePlan")("DuplicatePlan", {
    id: Schema.String
  })
{
  override get message(): string {
    return `there is a plan ${quoted(this.id)} already. Remove it first, or use another id`
  }

  /** Trying again does not help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * No plan has this id, or the plan cannot be removed because it is part of the program. `known`: the ids that can be used.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownPlan extends Schema.TaggedError<UnknownPlan>("@bercon/operations/UnknownPlan")("UnknownPlan", {
  id: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const known = this.known.length === 0 ? "There are none" : `There are ${this.known.map(quoted).join(", ")}`
    return `unknown plan ${quoted(this.id)}. ${known}`
  }

  /** Trying again does not help, unless the plan is added meanwhile. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The store could not read or write a record of the plans within 10 seconds. A write may have taken effect nevertheless. Until
 * the store works again, nothing is announced and no server is restarted.
 *
 * @category errors
 * @since 0.1.0
 */
export class PlanStoreError
  extends Schema.TaggedError<PlanStoreError>("@bercon/operations/PlanStoreError")("PlanStoreError", {
    operation: Schema.String,
    key: Schema.optionalKey(Schema.String),
    problem: Schema.String,
    cause: Schema.Defect()
  })
{
  override get message(): string {
    const of = this.key === undefined ? "" : ` ${quoted(this.key)}`
    return `the record${of} of the plans cannot be used (${this.operation}): ${this.problem}`
  }

  /** Trying again helps once the store works again. */
  get isRetryable(): boolean {
    return true
  }
}
