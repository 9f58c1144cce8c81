/**
 * Commands that ask servers for something and print the answer, once or again and again.
 */
import type { Flavour } from "@bercon/client/Flavour"
import type * as RconClient from "@bercon/client/RconClient"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { ExitCode } from "../ExitCode.ts"
import * as Failure from "../Failure.ts"
import * as Flags from "../flags.ts"
import { note, Output } from "../output/Output.ts"
import { replies, type View } from "../output/View.ts"
import * as Clients from "./Clients.ts"
import { type About, define, withServers } from "./define.ts"

/** The flags of commands that can be repeated. */
export const repetition = {
  repeat: Flags.integer("repeat", 1).pipe(
    Flag.withDescription("How many times to ask, in one session"),
    Flag.withMetavar("times"),
    Flag.optional
  ),
  interval: Flags.duration("interval").pipe(
    Flag.withDescription(
      "How long to wait between two rounds. Default 1s. Given without --repeat: repeats until Ctrl-C"
    ),
    Flag.optional
  )
}

/** The values of the flags of a repetition. */
export interface Repetition {
  readonly repeat: Option.Option<number>
  readonly interval: Option.Option<Duration.Duration>
}

/** Exit codes of failures that the next round would have, too. */
const FINAL: ReadonlySet<ExitCode> = new Set([ExitCode.usage, ExitCode.refused, ExitCode.output])

/** Runs `round` as often as the flags require. A failed round ends the repetition only if the next one would fail in the same way. */
export const repeated = Effect.fnUntraced(function*<E extends Failure.Failure, R>(
  { interval, repeat }: Repetition,
  round: Effect.Effect<void, E, R>
) {
  const times = Option.getOrElse(repeat, () => Option.isSome(interval) ? Infinity : 1)
  if (times === 1) return yield* round
  const codes = new Array<ExitCode>()
  for (let count = 0; count < times; count++) {
    if (count > 0) yield* Effect.sleep(Option.getOrElse(interval, () => Duration.seconds(1)))
    const result = yield* Effect.result(round)
    if (Result.isSuccess(result)) continue
    const { failure } = result
    const code = Failure.exitCode(failure)
    if (failure._tag === "OutputClosed" || FINAL.has(code)) return yield* Effect.fail(failure)
    if (failure._tag !== "Reported") yield* note(Failure.lines(failure))
    codes.push(code)
  }
  if (codes.length > 0) return yield* new Failure.Reported({ code: Failure.ofSeveral(times, codes) })
})

/** A question, and how its answer is shown. */
export interface Query<Row> extends About {
  readonly ask: (rcon: RconClient.Service) => Effect.Effect<ReadonlyArray<Row>, Failure.ServerFailure>
  readonly view: View<Row>
  /** The command whose reply is the answer in the server's own words, for the format `raw`. */
  readonly raw: (flavour: Flavour) => string
}

/** Defines a command that asks for something. */
export const query = <const Name extends string, Row>(name: Name, { ask, raw, view, ...about }: Query<Row>) =>
  define(name, about, repetition, (input) =>
    withServers((servers) =>
      Effect.gen(function*() {
        const output = yield* Output
        const clients = yield* Clients.make(servers)
        const round = output.format === "raw"
          ? Clients.ask(clients, replies, (rcon, { emit }) =>
            Effect.flatMap(rcon.flavour, (flavour) => rcon.command(raw(flavour))).pipe(Effect.flatMap(emit)))
          : Clients.ask(clients, view, (rcon, { emit }) =>
            Effect.flatMap(ask(rcon), (rows) =>
              emit(...rows)))
        yield* repeated(input, round)
      })
    ))
