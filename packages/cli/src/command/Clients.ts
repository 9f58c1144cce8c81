/**
 * The servers of a command: logs in to each, and sends each the same question.
 *
 * **Details**
 *
 * All servers are served at the same time, each as soon as it is logged in to, so that a server that cannot be reached
 * delays no other. Failures are printed on standard error, and determine the exit code at the end.
 */
import * as NodeRcon from "@bercon/client/NodeRcon"
import type * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Server, Servers } from "../connection/Servers.ts"
import * as Failure from "../Failure.ts"
import type { Part } from "../output/Format.ts"
import { note } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"

/** A server and its session. */
export interface Client {
  readonly name: string
  /**
   * The client of the server, logged in when it is first needed. A failed login is tried again the next time it is needed,
   * unless a further try cannot help: then it fails again without sending anything.
   */
  readonly login: Effect.Effect<RconClient.Service, Failure.ServerFailure>
}

/** The answer of a server, entry by entry, and the failure that ended it early. */
export interface Answer<out Row> {
  readonly server: string
  readonly rows: ReadonlyArray<Row>
  readonly failure?: Failure.ServerFailure
}

const client = ({ name, options }: Server, scope: Scope.Scope): Client => {
  let known: Effect.Effect<RconClient.Service, Failure.ServerFailure> | undefined
  const login = Effect.gen(function*() {
    const session = yield* Scope.fork(scope)
    return yield* NodeRcon.make(options).pipe(
      Scope.provide(session),
      Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(session, exit)),
      Effect.tap((rcon) => Effect.sync(() => known = Effect.succeed(rcon))),
      Effect.tapError((failure) => Effect.sync(() => known = failure.isRetryable ? undefined : Effect.fail(failure)))
    )
  })
  return { name, login: Effect.suspend(() => known ?? login) }
}

/** The clients of all servers. Nothing is sent yet. The sessions last as long as the scope. */
export const make = ({ servers, unusable }: Servers): Effect.Effect<ReadonlyArray<Client>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => [
    ...servers.map((server) => client(server, scope)),
    ...unusable.map(({ failure, name }) => ({ name, login: Effect.fail(failure) }))
  ])

/**
 * A question to one server, or an action on it. Entries that it has passed to `emit` are printed even if it fails afterwards.
 * With `count` it reports how much of the work is done.
 */
export type Question<in out Row> = (
  rcon: RconClient.Service,
  emit: (...rows: ReadonlyArray<Row>) => Effect.Effect<void>,
  count: (done: number, total: number) => Effect.Effect<void>,
  server: string
) => Effect.Effect<void, Failure.ServerFailure>

/** Sends a question to all servers at the same time. */
export const ask = <Row>(
  clients: ReadonlyArray<Client>,
  question: Question<Row>
): Effect.Effect<ReadonlyArray<Answer<Row>>> =>
  Progress.during(
    clients.map(({ name }) => name),
    (progress) =>
      Effect.forEach(clients, ({ login, name }) => {
        const rows = new Array<Row>()
        const emit = (...more: ReadonlyArray<Row>) => Effect.sync(() => void rows.push(...more))
        return login.pipe(
          Effect.flatMap((rcon) => question(rcon, emit, (done, total) => progress.count(name, done, total), name)),
          Effect.match({
            onFailure: (failure): Answer<Row> => ({ server: name, rows, failure }),
            onSuccess: (): Answer<Row> => ({ server: name, rows })
          }),
          Effect.ensuring(progress.done(name))
        )
      }, { concurrency: "unbounded" })
  )

/** Prints on standard error why one of several servers failed. */
export const noteFailure = (server: string, failure: Failure.ServerFailure): Effect.Effect<void> =>
  note(Failure.lines(failure, server))

/** Prints the answers in the order of the servers, and fails as {@link conclude} does. */
export const report = Effect.fnUntraced(function*<Row>(
  answers: ReadonlyArray<Answer<Row>>,
  print: (parts: ReadonlyArray<Part<Row>>) => Effect.Effect<void, Failure.OutputError>,
  { labelled }: Servers
): Effect.fn.Return<void, Failure.ServerFailure | Failure.Reported | Failure.OutputError> {
  const isSomething = labelled || answers.some(({ failure, rows }) => failure === undefined || rows.length > 0)
  if (isSomething) {
    yield* print(answers.map(({ failure, rows, server }) => ({
      server,
      rows,
      ...(failure !== undefined && { error: { message: failure.message, exitCode: Failure.exitCode(failure) } })
    })))
  }
  if (labelled) {
    for (const { failure, server } of answers) if (failure !== undefined) yield* noteFailure(server, failure)
  }
  yield* conclude(answers.map(({ failure }) => failure), labelled)
})

/**
 * Fails if servers failed; `failures` has an entry for each server. A single server fails with its failure. Failures of
 * several, which are printed already, become an exit code.
 */
export const conclude = (
  failures: ReadonlyArray<Failure.ServerFailure | undefined>,
  labelled: boolean
): Effect.Effect<void, Failure.ServerFailure | Failure.Reported> => {
  const failed = failures.filter((failure) => failure !== undefined)
  const [first] = failed
  if (first === undefined) return Effect.void
  return Effect.fail(
    labelled
      ? new Failure.Reported({ code: Failure.ofSeveral(failures.length, failed.map(Failure.exitCode)) })
      : first
  )
}
