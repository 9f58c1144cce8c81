/**
 * Listens to the events of servers.
 *
 * **Details**
 *
 * After an outage it logs in again, however long that takes. If the first login to a server does not succeed within
 * `--timeout`, or `--wait`, the failure is reported, because the host or port may be wrong. If the failure is retryable, the
 * server is tried again as soon as a login to another one has succeeded. If no login succeeds, listening ends.
 */
import type * as RconClient from "@bercon/client/RconClient"
import type { ServerEvent } from "@bercon/client/ServerEvent"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { noteFailure } from "../command/gather.ts"
import { login, loginAtLast } from "../connection/login.ts"
import type { Server, Servers } from "../connection/Servers.ts"
import type * as Failure from "../Failure.ts"
import { note } from "../output/Output.ts"
import type { Progress } from "../output/Progress.ts"
import { inWords } from "../output/words.ts"

/** Finds out whether a first login to any of several servers succeeds: known after the first success, or the last failure. */
const makeFirstLogins = (servers: number) => {
  const decided = Deferred.makeUnsafe<boolean>()
  let undecided = servers
  return {
    anySucceeded: Deferred.await(decided),
    succeeded: Effect.sync(() => Deferred.doneUnsafe(decided, Exit.succeed(true))),
    failed: Effect.sync(() => --undecided === 0 && Deferred.doneUnsafe(decided, Exit.succeed(false)))
  }
}

/** The servers that are listened to. */
export interface Listening {
  readonly events: Stream.Stream<{ readonly server: string; readonly row: ServerEvent }>
  /** The failure of each server; `undefined` if it has not failed, or if a later login has succeeded. */
  readonly failures: Effect.Effect<ReadonlyArray<Failure.ServerFailure | undefined>>
}

/** Listens to servers. Prints outages on standard error and, if `labelled`, also failures. */
export const listen = (
  { labelled, servers, unusable }: Servers,
  banInterval: RconClient.Options["banInterval"],
  progress: Progress
): Listening => {
  const firstLogins = makeFirstLogins(servers.length)
  const failures = new Map<string, Failure.ServerFailure>()
  const tell = (server: string, text: string) => Effect.andThen(progress.erase, note(`bercon: ${server}: ${text}`))
  const failed = (server: string, failure: Failure.ServerFailure): Effect.Effect<void> => {
    failures.set(server, failure)
    return labelled ? Effect.andThen(progress.erase, noteFailure(server, failure)) : Effect.void
  }

  /** Logs in to a server. `undefined` if that has failed for good. */
  const firstLogin = (server: Server) =>
    login(server).pipe(
      Effect.tap(() => firstLogins.succeeded),
      Effect.catch((failure) =>
        Effect.gen(function*() {
          yield* progress.done(server.name)
          yield* failed(server.name, failure)
          yield* firstLogins.failed
          if (!failure.isRetryable || !(yield* firstLogins.anySucceeded)) return undefined
          yield* tell(server.name, "trying again until it answers")
          const rcon = yield* loginAtLast(server)
          failures.delete(server.name)
          yield* tell(server.name, "logged in")
          return rcon
        })
      ),
      Effect.tap(() => progress.done(server.name))
    )

  const eventsOf = (server: Server) =>
    Stream.unwrap(Effect.gen(function*() {
      const rcon = yield* firstLogin({ ...server, options: { ...server.options, banInterval } })
      if (rcon === undefined) return Stream.empty
      const outages = rcon.statusChanges.pipe(
        // The first status is that of the login. A closed session is printed as a failure.
        Stream.drop(1),
        Stream.filter(({ _tag }) => _tag !== "Closed"),
        Stream.runForEach((status) => tell(server.name, inWords(status)))
      )
      yield* Effect.forkScoped(outages)
      return Stream.map(rcon.events, (row) => ({ server: server.name, row }))
    })).pipe(
      // The streams of other servers go on.
      Stream.catch((failure) => Stream.fromEffectDrain(failed(server.name, failure)))
    )

  const unused = Stream.fromEffectDrain(
    Effect.forEach(unusable, ({ failure, name }) => failed(name, failure), { discard: true })
  )
  return {
    events: Stream.mergeAll([unused, ...servers.map(eventsOf)], { concurrency: "unbounded" }),
    failures: Effect.sync(() => [...servers, ...unusable].map(({ name }) => failures.get(name)))
  }
}
