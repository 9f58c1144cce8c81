/**
 * Evidence that an action had its effect. A BattlEye server answers a kick of nobody as it answers any other, so only its
 * events and lists show what a command did.
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import { Monotonic } from "@bercon/session/unstable"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ActionError, Rejected, Unconfirmed } from "../../ActionError.ts"
import type { AdminId } from "../../Admin.ts"
import type { CommandError } from "../../CommandError.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { ServerEvent } from "../../ServerEvent.ts"
import { make as actionError } from "../actionError.ts"
import type { Call } from "../flavourCommands.ts"
import { isRefusal } from "../refusal.ts"
import { bytesOf } from "../utf8.ts"

/** Where evidence comes from, besides lists. */
export interface Evidence {
  readonly events: Stream.Stream<ServerEvent, LoginFailure>
  /** This client's admin number, if it is known. */
  readonly adminId: () => AdminId | undefined
  /** Whether the server itself has shown that it is BattlEye's. */
  readonly isBattlEye: () => boolean
}

/** The outcome of an action: what the server replied, and the event that confirms it. */
export interface Outcome<out E> {
  readonly reply: string
  readonly event: E | undefined
}

/**
 * Runs a command until its reply comes, or an event that makes the reply unnecessary. With `confirmWithin` it goes on
 * waiting for the event after the reply.
 */
export const untilEvent = <E extends ServerEvent, E2>(
  { events }: Evidence,
  isEvidence: (event: ServerEvent) => event is E,
  run: Effect.Effect<string, E2>,
  confirmWithin: Duration.Input | undefined
): Effect.Effect<Outcome<E>, E2> =>
  Effect.scoped(Effect.gen(function*() {
    const first = yield* events.pipe(
      Stream.filter(isEvidence),
      Stream.runHead,
      // If the events end, no evidence comes.
      Effect.orElseSucceed(() => Option.none<E>()),
      Effect.forkScoped({ startImmediately: true })
    )
    const confirmed = Effect.flatMap(Fiber.join(first), (event) =>
      Option.isSome(event) ? Effect.succeed({ reply: "", event: event.value }) : Effect.never)
    const answered = Effect.flatMap(run, (reply) =>
      confirmWithin === undefined
        ? Effect.succeed({ reply, event: undefined })
        : Effect.map(Effect.timeoutOption(Fiber.join(first), confirmWithin), (event) => ({
          reply,
          event: Option.getOrUndefined(Option.flatten(event))
        })))
    return yield* Effect.raceFirst(confirmed, answered)
  }))

/** Servers cut long texts when they print them again, at 128 bytes and more. A shorter print is another text. */
const SHORTEST_CUT = 100

/** Whether a server prints a text so: without the blanks around it, and cut if it is long, perhaps inside a character. */
export const isPrintOf = (printed: string, text: string): boolean => {
  const whole = text.trim()
  const print = printed.trim()
  if (print === whole) return true
  // A character of which the end is missing is printed as U+FFFD.
  const start = print.replace(/\ufffd$/, "")
  return bytesOf(start) >= SHORTEST_CUT && whole.startsWith(start)
}

/** Runs a command that says something to players, and waits for its echo if that is wanted. `headers`: how the echo may begin. */
export const untilEcho = Effect.fnUntraced(function*<E>(
  evidence: Evidence,
  message: { readonly action: string; readonly text: string; readonly headers: ReadonlyArray<string> | undefined },
  run: Effect.Effect<string, E>,
  call: Call
) {
  if (call.confirmWithin === undefined) return yield* run
  const admin = evidence.adminId()
  const isEcho = (event: ServerEvent): event is ServerEvent & { readonly _tag: "AdminChat" } => {
    if (event._tag !== "AdminChat" || (admin !== undefined && event.admin !== admin)) return false
    // Not by the recipient that was read from it: if one player's name begins with another's, that may be the other.
    const said = event.text.replace(/^RCon admin #\d+: /, "")
    const headers = message.headers ?? (/^\(To .*?\) /.exec(said) ?? [])
    return headers.some((header) => said.startsWith(header) && isPrintOf(said.slice(header.length), message.text))
  }
  const { event, reply } = yield* untilEvent(evidence, isEcho, run, call.confirmWithin)
  if (event !== undefined) return reply
  return yield* actionError(message.action, new Unconfirmed({ expected: "its echo", ...saying(reply) }))
})

/** What the server said, for an error, if it said anything. */
export const saying = (reply: string): { readonly text?: string } => reply.trim() === "" ? {} : { text: reply }

/** The reply to an action, unless it is a refusal. */
export const accepted = (action: string) => (reply: string): Effect.Effect<string, ActionError> =>
  isRefusal(reply) ? Effect.fail(actionError(action, new Rejected({ text: reply }))) : Effect.succeed(reply)

/** How long a look into a list takes at most that comes after an action. */
const AFTERWARDS = 5000

/** The call of such a look. It does not depend on what is left of the action's time. */
export const afterwards = ({ calledIn }: Call): Effect.Effect<Call> =>
  Effect.map(Monotonic.now, (now) => ({ calledIn, deadline: now + AFTERWARDS }))

/** The error of an action whose effect could not be looked for. */
export const unconfirmed = (action: string, expected: string) => (cause: CommandError | ReplyError): ActionError =>
  actionError(action, new Unconfirmed({ expected, cause }))
