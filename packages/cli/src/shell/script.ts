/**
 * The shell without a terminal: standard input has one command per line, as in a script.
 */
import type * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as Readline from "node:readline"
import { noteUnderWay } from "../command/Clients.ts"
import type { Server } from "../connection/Servers.ts"
import type { UnderWay } from "../connection/UnderWay.ts"
import type { ExitCode } from "../ExitCode.ts"
import * as Failure from "../Failure.ts"
import type * as Format from "../output/Format.ts"
import { note, write } from "../output/Output.ts"
import { execute } from "./execute.ts"

/** The session of a shell. */
export interface Session {
  readonly rcon: RconClient.Service
  readonly server: Server
  /** Shows whether commands of the session are under way. */
  readonly underWay: UnderWay
}

/** Runs the commands one after the other. After a command that fails, the next one follows. */
export const script = (
  { rcon, server: { name, options: { flavour } }, underWay }: Session,
  context: Format.Context
): Effect.Effect<void, Failure.Reported | Failure.OutputError | Failure.UsageError> =>
  Effect.gen(function*() {
    const codes = new Array<ExitCode>()
    let count = 0
    const lines = Stream.fromAsyncIterable(
      Readline.createInterface({ input: process.stdin }),
      () => new Failure.UsageError({ message: "standard input cannot be read" })
    )
    yield* lines.pipe(
      Stream.map((line) => line.trim()),
      Stream.takeWhile((line) => line !== "quit" && line !== "exit"),
      Stream.filter((line) => line !== ""),
      Stream.runForEach((line) => {
        count++
        underWay.settle()
        return execute(rcon, line, context).pipe(
          Effect.mapError(Failure.explained(flavour)),
          Effect.onInterrupt(() => noteUnderWay(underWay.isAny ? [name] : [])),
          Effect.flatMap(write),
          Effect.catch((failure) => {
            if (failure._tag === "OutputClosed" || failure._tag === "OutputFailed") return Effect.fail(failure)
            codes.push(Failure.exitCode(failure))
            return note(`bercon: ${Failure.describe(failure)}`)
          })
        )
      })
    )
    if (codes.length > 0) return yield* new Failure.Reported({ code: Failure.ofSeveral(count, codes) })
  })
