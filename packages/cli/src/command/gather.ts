/**
 * Works on several servers at the same time, and prints what each contributes.
 *
 * **Details**
 *
 * Entries are printed as soon as they arrive, in the order in which the servers answer. A slow server does not delay the
 * others. A format that is one document (`json`, a table over all servers) is printed at the end, in the order of the servers.
 * If the command is interrupted, for example by Ctrl-C, the entries received so far are printed. With several servers, standard
 * error shows each failure at once and, after an interruption, the names of the servers that had not finished.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Failure from "../Failure.ts"
import { type Gathered, note, Output } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"
import type { View } from "../output/View.ts"

/** How a server contributes to a result. */
export interface Contribution<in Row> {
  /** Entries, which are printed even if the work on the server fails afterwards. */
  readonly emit: (...rows: ReadonlyArray<Row>) => Effect.Effect<void>
  /** How much of the work on the server is done. */
  readonly count: (done: number, total: number) => Effect.Effect<void>
}

/** Servers that contribute to a result. */
export interface Contributors {
  readonly names: ReadonlyArray<string>
  /** Whether entries are labelled with their server. */
  readonly labelled: boolean
}

/** Prints the entries received so far, after an interruption. */
const interrupted = <Row>({ labelled, names }: Contributors, finished: ReadonlySet<string>, { end }: Gathered<Row>) =>
  Effect.gen(function*() {
    yield* Effect.ignore(end)
    const open = names.filter((name) => !finished.has(name))
    if (!labelled || open.length === 0) return
    yield* note(
      `bercon: interrupted after ${finished.size} of ${names.length} servers: no complete answer from ${
        open.join(", ")
      }`
    )
  })

/**
 * Works on all servers, and prints their entries. If servers failed, it fails as `conclude` describes.
 */
export const gather = <Row>(
  contributors: Contributors,
  view: View<Row>,
  work: (server: string, contribution: Contribution<Row>) => Effect.Effect<void, Failure.ServerFailure>
): Effect.Effect<void, Failure.ServerFailure | Failure.Reported | Failure.OutputError, Output> =>
  Effect.gen(function*() {
    const { labelled, names } = contributors
    const gathered = (yield* Output).gather(view, names)
    const finished = new Set<string>()
    const failures = new Map<string, Failure.ServerFailure>()
    const all = Progress.during(names, (progress) =>
      Effect.forEach(names, (server) => {
        const add = (rows: ReadonlyArray<Row>, failure?: Failure.ServerFailure) => {
          const error = failure && { error: { message: failure.message, exitCode: Failure.exitCode(failure) } }
          return Effect.andThen(progress.erase, gathered.add({ server, rows, ...error }))
        }
        return work(server, {
          emit: (...rows) => add(rows),
          count: (done, total) => progress.count(server, done, total)
        }).pipe(
          Effect.matchEffect({
            onSuccess: () => add([]),
            onFailure: (failure) => {
              failures.set(server, failure)
              // Without labels there is a single server. Its failure is printed when the command ends.
              return labelled ? Effect.andThen(add([], failure), noteFailure(server, failure)) : Effect.void
            }
          }),
          Effect.andThen(Effect.sync(() => void finished.add(server))),
          Effect.ensuring(progress.done(server))
        )
      }, { concurrency: "unbounded", discard: true }))
    yield* Effect.onInterrupt(all, () => interrupted(contributors, finished, gathered))
    const outcome = yield* Effect.result(conclude(names.map((name) => failures.get(name)), labelled))
    yield* Effect.catchTag(gathered.end, "OutputClosed", () => closed(outcome))
    yield* Effect.fromResult(outcome)
  })

/**
 * Ends the command after the reader of the output has closed it. By itself this is no failure. If a server failed, its failure
 * gives the exit code, and is printed on standard error unless it is there already.
 */
const closed = (outcome: Result.Result<void, Failure.ServerFailure | Failure.Reported>) =>
  Result.isSuccess(outcome)
    ? Effect.fail(new Failure.OutputClosed({}))
    : Effect.andThen(
      outcome.failure._tag === "Reported" ? Effect.void : note(Failure.lines(outcome.failure)),
      Effect.fail(new Failure.OutputClosed({ code: Failure.exitCode(outcome.failure) }))
    )

/** Prints on standard error why one of several servers failed. */
export const noteFailure = (server: string, failure: Failure.ServerFailure): Effect.Effect<void> =>
  note(Failure.lines(failure, server))

/**
 * Fails if servers failed. `failures` has an entry for each server, `undefined` if the server did not fail. If entries are
 * labelled, the failures have been printed already, and the error is only an exit code. Otherwise there is a single server, and
 * the error is its failure.
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
