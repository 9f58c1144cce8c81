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
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Server, Servers } from "../connection/Servers.ts"
import * as Failure from "../Failure.ts"
import type { Part } from "../output/Format.ts"
import { note } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"

/** A server, with its client or the reason for which the login failed. */
export interface Client {
  readonly server: Server
  readonly rcon: Result.Result<RconClient.Service, LoginFailure>
}

/** What a server answered, entry by entry, and why it did not go on. */
export interface Answer<out Row> {
  readonly server: Server
  readonly rows: ReadonlyArray<Row>
  readonly failure?: Failure.ServerFailure
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

/** Asks one server something. Entries that it has handed to `emit` are printed even if it fails afterwards. */
export type Question<in out Row> = (
  rcon: RconClient.Service,
  emit: (...rows: ReadonlyArray<Row>) => Effect.Effect<void>
) => Effect.Effect<void, Failure.ServerFailure>

/** Asks all servers at once. */
export const ask = <Row>(
  clients: ReadonlyArray<Client>,
  question: Question<Row>
): Effect.Effect<ReadonlyArray<Answer<Row>>> =>
  Progress.during(
    clients.map(({ server }) => server.name),
    (done) =>
      Effect.forEach(clients, ({ rcon, server }) => {
        const rows = new Array<Row>()
        return Effect.fromResult(rcon).pipe(
          Effect.flatMap((rcon) => question(rcon, (...more) => Effect.sync(() => void rows.push(...more)))),
          Effect.match({
            onFailure: (failure): Answer<Row> => ({ server, rows, failure }),
            onSuccess: (): Answer<Row> => ({ server, rows })
          }),
          Effect.ensuring(done(server.name))
        )
      }, { concurrency: "unbounded" })
  )

/** Tells on standard error why a server of several failed. */
export const tell = (server: Server, failure: Failure.ServerFailure): Effect.Effect<void> =>
  note(`bercon: ${server.name}: ${Failure.describe(failure)}`)

/** Prints what the servers answered, in the order of the servers, and fails as {@link conclude} does. */
export const report = Effect.fnUntraced(function*<Row>(
  answers: ReadonlyArray<Answer<Row>>,
  print: (parts: ReadonlyArray<Part<Row>>) => Effect.Effect<void, Failure.OutputClosed>,
  servers: Servers
): Effect.fn.Return<void, Failure.ServerFailure | Failure.Reported | Failure.OutputClosed> {
  const isSomething = servers.labelled || answers.some(({ failure, rows }) => failure === undefined || rows.length > 0)
  if (isSomething) {
    yield* print(answers.map(({ failure, rows, server }) => ({
      server: server.name,
      rows,
      ...(failure !== undefined && { error: { message: failure.message, exitCode: Failure.exitCode(failure) } })
    })))
  }
  if (servers.labelled) {
    for (const { failure, server } of answers) if (failure !== undefined) yield* tell(server, failure)
  }
  yield* conclude(answers, servers)
})

/**
 * Fails if servers have failed. With one server it is that failure; of several, which have been told, the exit code is what
 * remains.
 */
export const conclude = (
  answers: ReadonlyArray<Answer<unknown>>,
  { labelled, servers }: Servers
): Effect.Effect<void, Failure.ServerFailure | Failure.Reported> => {
  const failures = answers.flatMap(({ failure }) => failure === undefined ? [] : [failure])
  const [first] = failures
  if (first === undefined) return Effect.void
  return Effect.fail(
    labelled
      ? new Failure.Reported({ code: Failure.ofSeveral(servers.length, failures.map(Failure.exitCode)) })
      : first
  )
}
