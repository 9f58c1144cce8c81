/**
 * Logs in to a server, for as long as the flags allow.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import * as NodeRcon from "@bercon/client/NodeRcon"
import type * as RconClient from "@bercon/client/RconClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Server } from "./Servers.ts"

type Login = Effect.Effect<RconClient.Service, LoginFailure, Scope.Scope>

/** A login that leaves nothing behind if it fails. */
const once = (options: NodeRcon.Options): Login =>
  Effect.gen(function*() {
    const session = yield* Scope.fork(yield* Effect.scope)
    return yield* NodeRcon.make(options).pipe(
      Scope.provide(session),
      Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(session, exit))
    )
  })

/** The minimum time for a further login, in milliseconds, even if the name gets its address just before the deadline. */
const LEAST = 5000

/** Whether another try may help because the host's name had no address, or no socket could be opened. */
const hasNoWay = ({ isRetryable, reason }: LoginFailure): boolean => reason._tag === "TransportFailure" && isRetryable

/**
 * Logs in to a server. The session lasts as long as the scope. With `--wait`, it tries again while the host's name has no
 * address. Without, it fails at once, because such a name is usually misspelled.
 */
export const login = ({ isPatient, options }: Pick<Server, "isPatient" | "options">): Login =>
  Effect.gen(function*() {
    const deadline = (yield* Clock.currentTimeMillis) + Duration.toMillis(options.loginTimeout)
    const again = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => once({ ...options, loginTimeout: Math.max(LEAST, deadline - now) })
    )
    return yield* Effect.catchIf(
      once(options),
      (failure) => isPatient && hasNoWay(failure),
      () =>
        Effect.retry(again, {
          while: hasNoWay,
          schedule: Schedule.spaced("1 second").pipe(Schedule.upTo({ duration: options.loginTimeout }))
        })
    )
  })

/** Logs in to a server, however long that takes. Fails only if trying again cannot help. */
export const loginAtLast = ({ options }: Pick<Server, "options">): Login =>
  once({ ...options, loginTimeout: "Infinity" })
