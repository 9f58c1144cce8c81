/**
 * The servers of a command: logs in to all of them at once, and asks each.
 *
 * **Details**
 *
 * A server that cannot be reached delays and hides no other. What failed is told on standard error, and in the exit code at
 * the end.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import * as NodeRcon from "@bercon/client/NodeRcon"
import type * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Server, Servers } from "../connection/Servers.ts"
import type { ExitCode } from "../ExitCode.ts"
import * as Failure from "../Failure.ts"
import type { Part } from "../output/Format.ts"
import { note } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"

/** A server and its client, or why there is none. */
export interface Client {
  readonly server: Server
  readonly rcon: Result.Result<RconClient.Service, LoginFailure>
}

/** What a server answered, or why it did not. */
export interface Answer<out A> {
  readonly server: Server
  readonly result: Result.Result<A, Failure.ServerFailure>
}

/** Logs in to all servers at once. The sessions last as long as the scope. */
export const connect = ({ servers }: Servers): Effect.Effect<ReadonlyArray<Client>, never, Scope.Scope> =>
  Progress.during(
    servers.map(({ name }) => name),
    (done) =>
      Effect.forEach(servers, (server) =>
        NodeRcon.make(server.options).pipe(
          Effect.result,
          Effect.map((rcon): Client => ({ server, rcon })),
          Effect.ensuring(done(server.name))
        ), { concurrency: "unbounded" })
  )

/** Asks all servers at once. */
export const ask = <A, R>(
  clients: ReadonlyArray<Client>,
  question: (rcon: RconClient.Service, server: Server) => Effect.Effect<A, Failure.ServerFailure, R>
): Effect.Effect<ReadonlyArray<Answer<A>>, never, R> =>
  Progress.during(
    clients.map(({ server }) => server.name),
    (done) =>
      Effect.forEach(clients, ({ rcon, server }) =>
        Effect.fromResult(rcon).pipe(
          Effect.flatMap((rcon) => question(rcon, server)),
          Effect.result,
          Effect.map((result): Answer<A> => ({ server, result })),
          Effect.ensuring(done(server.name))
        ), { concurrency: "unbounded" })
  )

/** Answers as the formats take them. */
export const parts = <A, Row>(
  answers: ReadonlyArray<Answer<A>>,
  rows: (answer: A) => ReadonlyArray<Row>
): ReadonlyArray<Part<Row>> =>
  answers.map(({ result, server }) =>
    Result.match(result, {
      onFailure: (failure) => ({
        server: server.name,
        rows: [],
        error: { message: failure.message, exitCode: Failure.exitCode(failure) }
      }),
      onSuccess: (answer) => ({ server: server.name, rows: rows(answer) })
    })
  )

/**
 * Fails if servers have failed. With one server, it is that failure; with several, each was told on standard error, and the
 * exit code is what remains.
 */
export const conclude = Effect.fnUntraced(function*(
  answers: ReadonlyArray<Answer<unknown>>,
  labelled: boolean
): Effect.fn.Return<void, Failure.ServerFailure | Failure.Reported> {
  const codes = new Array<ExitCode>()
  for (const { result, server } of answers) {
    if (Result.isSuccess(result)) continue
    if (!labelled) return yield* Effect.fail(result.failure)
    yield* note(`bercon: ${server.name}: ${Failure.describe(result.failure)}`)
    codes.push(Failure.exitCode(result.failure))
  }
  if (codes.length > 0) return yield* new Failure.Reported({ code: Failure.ofSeveral(answers.length, codes) })
})
