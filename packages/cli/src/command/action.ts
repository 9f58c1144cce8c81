/**
 * Commands that make a server do something.
 */
import type { ActionOptions } from "@bercon/client/Commands"
import type * as RconClient from "@bercon/client/RconClient"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ExitCode } from "../ExitCode.ts"
import * as Failure from "../Failure.ts"
import * as Flags from "../flags.ts"
import { quoted } from "../output/quoted.ts"
import * as SafeText from "../output/SafeText.ts"
import * as View from "../output/View.ts"
import * as Clients from "./Clients.ts"
import { type About, define, withServers } from "./define.ts"

/** The outcome of an action. */
export const Outcome = Schema.Struct({
  /** The name of the command. */
  action: Schema.String,
  /** The player, ban or setting, if the action has one. */
  target: Schema.optionalKey(Schema.String),
  /** Whether there was evidence of the effect. `false`: the command was sent, and its effect is not known. */
  confirmed: Schema.Boolean,
  /** The server's reply, usually empty. */
  reply: Schema.String
})

/** The outcome of an action. */
export type Outcome = typeof Outcome.Type

const sentence = ({ action, confirmed, reply, target }: Outcome): string =>
  `${action}${target === undefined ? "" : ` ${target}`}: ${confirmed ? "done" : "sent"}${
    reply === "" ? "" : ` (${reply})`
  }`

const view = View.make(Outcome, {
  columns: [
    { key: "action", title: "Action", cell: ({ action }) => action },
    { key: "target", title: "Target", cell: ({ target }) => target },
    { key: "confirmed", title: "Confirmed", cell: ({ confirmed }) => String(confirmed) },
    { key: "reply", title: "Reply", cell: ({ reply }) => reply }
  ],
  text: sentence,
  isProse: true,
  raw: ({ reply }) => reply
})

/** The flag of actions that wait for evidence of their effect. */
const confirmWithin = Flags.duration("confirm-within").pipe(
  Flag.withDescription("How long to wait for evidence of the effect; 0 does not wait. Default 5s"),
  Flag.withDefault(Duration.seconds(5))
)

/** Receives the reports of an action while it works on a server, and gives its time limit. */
export interface Report {
  /** An outcome, which is printed even if the action fails afterwards. */
  readonly emit: (outcome: Omit<Outcome, "action">) => Effect.Effect<void>
  /** How much of the work is done. */
  readonly count: (done: number, total: number) => Effect.Effect<void>
  /** Time limit of an action on a number of targets: `--timeout`, plus the same again for every ten targets. */
  readonly patience: (targets: number) => Duration.Duration
}

/** An action on one server. */
export type Doing = (rcon: RconClient.Service, report: Report) => Effect.Effect<void, Failure.ServerFailure>

/** Performs an action on all servers that the flags name, and prints the outcomes. */
export const perform = (action: string, doing: Doing) =>
  withServers((servers) =>
    Effect.gen(function*() {
      const { timeout } = yield* Flags.bercon
      const patience = (targets: number) => Duration.times(timeout, 1 + Math.floor(targets / 10))
      const clients = yield* Clients.make(servers)
      yield* Clients.act(
        clients,
        view,
        (rcon, { count, emit }) => doing(rcon, { emit: (outcome) => emit({ action, ...outcome }), count, patience })
      )
    })
  )

/** A part of an action on several targets. */
export interface Step {
  /** The labels of its targets, usually one. */
  readonly targets: ReadonlyArray<string>
  /** Whether its success is evidence of the effect. */
  readonly confirmed: boolean
  readonly doing: Effect.Effect<string, Failure.ServerFailure>
}

const labelOf = ({ targets }: Step): string => {
  const [first = ""] = targets
  return targets.length === 1 ? SafeText.line(first) : `${SafeText.line(first)} and ${targets.length - 1} more`
}

/** Whether every target would have this failure. */
const isImpossible = (failure: Failure.ServerFailure): boolean =>
  failure._tag === "CommandError" && IMPOSSIBLE.has(failure.reason._tag)

const IMPOSSIBLE: ReadonlySet<string> = new Set([
  "InvalidCommand",
  "CommandDisallowed",
  "UnknownCommand",
  "Unsupported"
])

/**
 * Performs the steps of an action, one after the other. If a step fails with an `ActionError` other than `LookupFailed`, the
 * next steps are still tried. Any other failure, such as no answer from the server, ends the action.
 *
 * A single step fails with its own failure, several steps with `SomeFailed`. But if the first step has a failure that every
 * target would have, the action fails with that one.
 */
export const each = (
  action: string,
  steps: ReadonlyArray<Step>,
  { count, emit }: Omit<Report, "patience">
): Effect.Effect<void, Failure.ServerFailure> =>
  Effect.gen(function*() {
    const total = steps.reduce((sum, { targets }) => sum + targets.length, 0)
    const codes = new Array<ExitCode>()
    const lines = new Array<string>()
    let done = 0
    for (const [at, step] of steps.entries()) {
      if (total > 1) yield* count(done, total)
      done += step.targets.length
      const result = yield* Effect.result(step.doing)
      if (Result.isSuccess(result)) {
        for (const target of step.targets) yield* emit({ target, confirmed: step.confirmed, reply: result.success })
        continue
      }
      const { failure } = result
      if (steps.length === 1 || at === 0 && isImpossible(failure)) return yield* Effect.fail(failure)
      codes.push(Failure.exitCode(failure))
      lines.push(`${action} ${labelOf(step)}: ${failure.message}`)
      if (failure._tag === "ActionError" && failure.reason._tag !== "LookupFailed") continue
      const rest = steps.slice(at + 1)
      if (rest.length > 0) lines.push(`${action}: not tried: ${rest.map(labelOf).join(", ")}`)
      break
    }
    if (codes.length > 0) {
      return yield* new Failure.SomeFailed({ message: lines.join("\n"), code: Failure.ofSeveral(steps.length, codes) })
    }
  })

/** Changes bans, and then makes the server write them to its file, even if the change fails with `SomeFailed`. */
export const written = (
  rcon: RconClient.Service,
  change: Effect.Effect<void, Failure.ServerFailure>
): Effect.Effect<void, Failure.ServerFailure> =>
  Effect.matchEffect(change, {
    onSuccess: () => Effect.asVoid(rcon.writeBans),
    onFailure: (failure): Effect.Effect<void, Failure.ServerFailure> =>
      failure._tag === "SomeFailed"
        ? Effect.matchEffect(rcon.writeBans, {
          onSuccess: () => Effect.fail(failure),
          onFailure: ({ message }) =>
            Effect.fail(
              new Failure.SomeFailed({ code: failure.code, message: `${failure.message}\n--write: ${message}` })
            )
        })
        : Effect.fail(failure)
  })

/** Defines a command with arguments that waits for evidence of its effect. */
export const action = <const Name extends string, const Config extends Command.Command.Config>(
  name: Name,
  about: About,
  config: Config,
  doing: (
    input: Command.Command.Config.Infer<Config>,
    /** The options for the client, and whether the success of the action is evidence of its effect. */
    evidence: { readonly options: ActionOptions; readonly confirmed: boolean }
  ) => Doing
) =>
  define(name, about, { ...config, confirmWithin }, (input) => {
    const { confirmWithin } = input as { readonly confirmWithin: Duration.Duration }
    const confirmed = Duration.isPositive(confirmWithin)
    return perform(name, doing(input, { options: confirmed ? { confirmWithin } : {}, confirmed }))
  })

/** The text of a message, from its words on the command line. Fails if it is empty. */
export const messageOf = (command: string, words: ReadonlyArray<string>): Effect.Effect<string, Failure.UsageError> => {
  const text = words.join(" ")
  return text.trim() === ""
    ? Failure.usage(`${command} needs a text (got ${quoted(text)})`)
    : Effect.succeed(text)
}

/** Defines a command without arguments. The server gives no evidence of its effect. */
export const plain = <const Name extends string>(
  name: Name,
  about: About,
  doing: (rcon: RconClient.Service) => Effect.Effect<string, Failure.ServerFailure>
) =>
  define(
    name,
    about,
    {},
    () => perform(name, (rcon, { emit }) => Effect.flatMap(doing(rcon), (reply) => emit({ confirmed: false, reply })))
  )
