/**
 * Tries to log in before a server is written, and lets the person correct a mistyped password.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import type * as NodeRcon from "@bercon/client/NodeRcon"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { login } from "../connection/login.ts"
import * as Progress from "../output/Progress.ts"

/** The maximum number of passwords that are tried. */
const TRIES = 3

/** The last password that was tried, and why the login failed. */
export interface Tried {
  readonly password: Redacted.Redacted
  readonly failure: LoginFailure | undefined
}

/** The server, and how long to try. */
export interface Subject {
  readonly options: Omit<NodeRcon.Options, "password"> & { readonly loginTimeout: Duration.Duration }
  readonly isPatient: boolean
}

/** Logs in with a password. As long as it is empty or the server refuses it, tries the next one, which `askAgain` returns. */
export const tried = Effect.fnUntraced(function*(
  { isPatient, options }: Subject,
  first: Redacted.Redacted,
  /** Prints the problem, and asks for the next password. `None` if there is no terminal at which to ask. */
  askAgain: (problem: string) => Effect.Effect<Option.Option<Redacted.Redacted>>
): Effect.fn.Return<Tried> {
  let password = first
  for (let tries = 1;; tries++) {
    const result = yield* Progress.during(
      [`${options.host}:${options.port}`],
      () => Effect.result(Effect.scoped(login({ options: { ...options, password }, isPatient })))
    )
    if (Result.isSuccess(result)) return { password, failure: undefined }
    const { failure } = result
    const isWrong = failure.reason._tag === "LoginRefused" || Redacted.value(password) === ""
    if (!isWrong || tries === TRIES) return { password, failure }
    const next = yield* askAgain(`${failure.message}. Try again: try ${tries + 1} of ${TRIES}`)
    if (Option.isNone(next)) return { password, failure }
    password = next.value
  }
})
