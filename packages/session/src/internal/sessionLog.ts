/**
 * Writes the log of a session: one line for each change of status, and reminders while an outage lasts.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { OutageCause } from "../LoginFailure.ts"
import type { Outage, Status } from "../Status.ts"
import { sentence } from "./sentence.ts"

/** Time until the first reminder of an outage, or of a slow first login, in milliseconds. */
const FIRST_REMINDER = 60_000
/** Maximum time between two reminders in milliseconds. The time grows with the outage. */
const LONGEST_REMINDER = 3_600_000

/** Whether the session is in an outage, or logs in for the first time. */
export const isOutage = (status: Status): status is Extract<Status, Outage> =>
  status._tag === "Connecting" || status._tag === "Reconnecting"

export class SessionLog {
  readonly #peer: string
  readonly #context: Context.Context<never>
  /** The time of the next reminder, in milliseconds of the monotonic clock. */
  #remindAt = Infinity

  constructor(peer: string, context: Context.Context<never>) {
    this.#peer = peer
    this.#context = context
  }

  /** Begins to wait for the first login. */
  begin(now: number): void {
    this.#remindAt = now + FIRST_REMINDER
  }

  /** Logs a change of status. */
  changed(now: number, next: Status, before: Status): void {
    if (!isOutage(next)) this.#remindAt = Infinity
    else if (before._tag !== next._tag) this.#remindAt = now + FIRST_REMINDER
    this.#write(this.#change(next, before))
  }

  /**
   * Warns of a long outage if that is due. Call this after each input: an outage has at least one input for each
   * login packet.
   */
  remind(now: number, status: Status): void {
    if (now < this.#remindAt || !isOutage(status)) return
    const age = now - status.since
    this.#remindAt = now + Math.min(10 * age, LONGEST_REMINDER)
    const time = Duration.format(Duration.seconds(Math.round(age / 1000)))
    const tries = `${status.tries} ${status.tries === 1 ? "try" : "tries"}`
    this.#write(
      Effect.logWarning(this.#line(`no session for ${time} (${tries}): ${sentence(status.cause.message)} Still trying`))
    )
  }

  #change(status: Status, before: Status): Effect.Effect<void> {
    switch (status._tag) {
      // This status is published again, and logged, only if the first login was refused and is tried again.
      case "Connecting":
        return Effect.logWarning(this.#line(`${sentence(lossOf(status.cause))} Still trying`))
      case "Online":
        return Effect.logInfo(this.#line("online"))
      case "Reconnecting":
        return Effect.logWarning(this.#line(`${lossOf(status.cause)}, logging in again`))
      case "Closed":
        return Exit.match(status.exit, {
          onSuccess: () => Effect.logInfo(this.#line("closed")),
          onFailure: (cause) => {
            const failure = Option.getOrUndefined(Cause.findErrorOption(cause))
            if (failure === undefined) return Effect.logError(this.#line("ended because of a defect"), cause)
            return before._tag === "Connecting"
              ? Effect.logWarning(this.#line(`could not log in: ${failure.message}`))
              : Effect.logError(this.#line(`ended for good: ${failure.message}`))
          }
        })
    }
  }

  /** Reports that waiting for the old socket to close was given up. */
  socketNotClosed(timeout: string): void {
    this.#write(
      Effect.logWarning(this.#line(`the old socket was not closed within ${timeout}. Opening another one`))
    )
  }

  /** Reports a defect of a caller, which does not affect the session. */
  observerThrew(defect: unknown): void {
    this.#write(Effect.logError(this.#line("an observer of a caller's fiber threw"), Cause.die(defect)))
  }

  /** Reports a defect after the end of the session, mostly one of the transport in closing the socket. */
  diedAfterEnd(cause: Cause.Cause<unknown>): void {
    this.#write(Effect.logError(this.#line("a defect after the end of the session"), cause))
  }

  /** Writes a detail for people who look for a fault. */
  debug(text: string): void {
    this.#write(Effect.logDebug(text))
  }

  #line(text: string): string {
    return `RCON session with ${this.#peer}: ${text}`
  }

  #write(line: Effect.Effect<void>): void {
    Effect.runForkWith(this.#context)(line)
  }
}

const lossOf = (cause: OutageCause): string => {
  switch (cause._tag) {
    case "Silence":
      return "the server stopped answering"
    case "PortClosed":
      return "the server has closed its port"
    case "LoginRefused":
      return cause.message
    case "TransportError":
      return `the socket failed: ${cause.message}`
  }
}
