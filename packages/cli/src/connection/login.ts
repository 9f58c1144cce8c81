/**
 * Logs in to a server, for as long as the flags allow.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import type * as NodeRcon from "@bercon/client/NodeRcon"
import * as NodeTransport from "@bercon/client/NodeTransport"
import * as RconClient from "@bercon/client/RconClient"
import { Transport } from "@bercon/client/Transport"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Server } from "./Servers.ts"
import type { UnderWay } from "./UnderWay.ts"

type Login = Effect.Effect<RconClient.Service, LoginFailure, Scope.Scope>

/** A login that leaves nothing behind if it fails. */
const once = (options: NodeRcon.Options, underWay?: UnderWay): Login =>
  Effect.gen(function*() {
    const session = yield* Scope.fork(yield* Effect.scope)
    const transport = NodeTransport.make(options)
    return yield* RconClient.make(options).pipe(
      Effect.provideService(Transport, underWay === undefined ? transport : underWay.of(transport)),
      Scope.provide(session),
      Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(session, exit))
    )
  })

/** The minimum time for another try, in milliseconds, even if the host name gets its address just before the deadline. */
const LEAST = 5000

/** Whether the host name had no address, or no socket could be opened, so that another try may help. */
const hasNoWay = ({ isRetryable, reason }: LoginFailure): boolean => reason._tag === "TransportFailure" && isRetryable

/**
 * Logs in to a server. The session lasts as long as the scope. If the host name has no address, or no socket can be opened, it
 * tries again with `--wait`. Without, it fails at once: the name is usually misspelled. `underWay` notes the commands of the
 * session.
 */
export const login = ({ isPatient, options }: Pick<Server, "isPatient" | "options">, underWay?: UnderWay): Login =>
  Effect.gen(function*() {
    const deadline = (yield* Clock.currentTimeMillis) + Duration.toMillis(options.loginTimeout)
    const again = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => once({ ...options, loginTimeout: Math.max(LEAST, deadline - now) }, underWay)
    )
    return yield* Effect.catchIf(
      once(options, underWay),
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
