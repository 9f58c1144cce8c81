/**
 * Commands that have a server do something.
 */
import type { ActionOptions } from "@bercon/client/Commands"
import type * as RconClient from "@bercon/client/RconClient"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ServerFailure } from "../Failure.ts"
import * as Flags from "../flags.ts"
import { Output } from "../output/Output.ts"
import * as View from "../output/View.ts"
import * as Clients from "./Clients.ts"
import { type About, define, withServers } from "./define.ts"

/** What came of an action. */
export const Outcome = Schema.Struct({
  /** The name of the command. */
  action: Schema.String,
  /** To whom or what it was done, if to anybody. */
  target: Schema.optionalKey(Schema.String),
  /** Whether there was evidence of its effect. `false`: the server has taken it, and more is not known. */
  confirmed: Schema.Boolean,
  /** What the server replied, mostly nothing. */
  reply: Schema.String
})

/** What came of an action. */
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
  text: sentence
})

/** For actions of whose effect the server gives evidence. */
const confirmWithin = Flags.duration("confirm-within").pipe(
  Flag.withDescription("How long to wait for evidence of the effect; 0 is not at all. Default 5s"),
  Flag.withDefault(Duration.seconds(5))
)

/** What is done to one server. Outcomes that it has emitted are printed even if it fails afterwards. */
export type Doing = (
  rcon: RconClient.Service,
  emit: (outcome: Omit<Outcome, "action">) => Effect.Effect<void>
) => Effect.Effect<void, ServerFailure>

/** Does something to all servers that the flags name, and prints what came of it. */
export const perform = (action: string, doing: Doing) =>
  withServers((servers) =>
    Effect.gen(function*() {
      const output = yield* Output
      const clients = yield* Clients.connect(servers)
      const answers = yield* Clients.ask<Outcome>(
        clients,
        (rcon, emit) => doing(rcon, (outcome) => emit({ action, ...outcome }))
      )
      yield* output.format === "raw"
        ? Clients.report(
          answers.map((answer) => ({ ...answer, rows: answer.rows.map(({ reply }) => reply) })),
          output.printRaw,
          servers
        )
        : Clients.report(answers, (parts) => output.print(view, parts), servers)
    })
  )

/** A command that has arguments, and of whose effect the server gives evidence. */
export const action = <const Name extends string, const Config extends Command.Command.Config>(
  name: Name,
  about: About,
  config: Config,
  doing: (
    input: Command.Command.Config.Infer<Config>,
    /** The options for the client, and whether its success is evidence. */
    evidence: { readonly options: ActionOptions; readonly confirmed: boolean }
  ) => Doing
) =>
  define(name, about, { ...config, confirmWithin }, (input) => {
    const { confirmWithin } = input as { readonly confirmWithin: Duration.Duration }
    const confirmed = Duration.isPositive(confirmWithin)
    return perform(name, doing(input, { options: confirmed ? { confirmWithin } : {}, confirmed }))
  })

/** A command without arguments, of whose effect the server gives no evidence. */
export const plain = <const Name extends string>(
  name: Name,
  about: About,
  doing: (rcon: RconClient.Service) => Effect.Effect<string, ServerFailure>
) =>
  define(
    name,
    about,
    {},
    () => perform(name, (rcon, emit) => Effect.flatMap(doing(rcon), (reply) => emit({ confirmed: false, reply })))
  )
