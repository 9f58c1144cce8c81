/**
 * Searches for evidence that an action had its effect. A BattlEye server replies to the kick of an empty slot in the
 * same way as to any other, so only its events and lists show the effect of a command.
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

/** The sources of evidence, besides lists. */
export interface Evidence {
  readonly events: Stream.Stream<ServerEvent, LoginFailure>
  /** This client's admin number, if it is known. */
  readonly adminId: () => AdminId | undefined
  /** Whether the server itself has proved that it is a BattlEye server. */
  readonly isBattlEye: () => boolean
}

/** The outcome of an action: the server's reply, and the event that confirms it. */
export interface Outcome<out E> {
  readonly reply: string
  readonly event: E | undefined
}

/**
 * Runs a command until its reply arrives, or an event that makes the reply unnecessary. With `confirmWithin` it still
 * waits for the event after the reply.
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
      // If the stream of events ends, no evidence arrives.
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

/** Minimum size in bytes of a printed text that counts as cut. Servers print at least 128 bytes of a text. */
const SHORTEST_CUT = 100

/**
 * Whether the server can have printed `text` as `printed`: without surrounding blanks, and cut if it is long, perhaps
 * inside a character.
 */
export const canBePrintOf = (printed: string, text: string): boolean => {
  const whole = text.trim()
  const print = printed.trim()
  if (print === whole) return true
  // A cut character is printed as U+FFFD.
  const start = print.replace(/\ufffd$/, "")
  return bytesOf(start) >= SHORTEST_CUT && whole.startsWith(start)
}

/**
 * Runs a command that sends a chat message, and waits for its echo if required. `headers` are the possible beginnings
 * of the echo; `undefined` if the recipient is unknown.
 */
export const untilEcho = Effect.fnUntraced(function*<E>(
  evidence: Evidence,
  message: { readonly action: string; readonly text: string; readonly headers: ReadonlyArray<string> | undefined },
  run: Effect.Effect<string, E>,
  call: Call
) {
  if (call.confirmWithin === undefined) return yield* run
  const isEcho = (event: ServerEvent): event is ServerEvent & { readonly _tag: "AdminChat" } => {
    if (event._tag !== "AdminChat") return false
    // Read now: a command that waits for the next login is echoed with the number that this client gets then.
    const admin = evidence.adminId()
    if (admin !== undefined && event.admin !== admin) return false
    // The recipient in the event is not compared, because it may be wrong if one player's name begins with another's.
    const said = event.text.replace(/^RCon admin #\d+: /, "")
    const headers = message.headers ?? (/^\(To .*?\) /.exec(said) ?? [])
    return headers.some((header) => said.startsWith(header) && canBePrintOf(said.slice(header.length), message.text))
  }
  const { event, reply } = yield* untilEvent(evidence, isEcho, run, call.confirmWithin)
  if (event !== undefined) return reply
  return yield* actionError(message.action, new Unconfirmed({ expected: "the server's echo", ...saying(reply) }))
})

/** The field `text` of an error: the server's reply, unless that is empty. */
export const saying = (reply: string): { readonly text?: string } => reply.trim() === "" ? {} : { text: reply }

/** The reply to an action. Fails if it is a refusal. */
export const accepted = (action: string) => (reply: string): Effect.Effect<string, ActionError> =>
  isRefusal(reply) ? Effect.fail(actionError(action, new Rejected({ text: reply }))) : Effect.succeed(reply)

/** Maximum time for reading a list after an action, in milliseconds. */
const AFTERWARDS = 5000

/** The call for reading a list after an action. It has its own deadline, whatever remains of the action's time. */
export const afterwards = ({ calledIn }: Call): Effect.Effect<Call> =>
  Effect.map(Monotonic.now, (now) => ({ calledIn, deadline: now + AFTERWARDS }))

/** The error of an action whose confirmation failed with `cause`. */
export const unconfirmed = (action: string, expected: string) => (cause: CommandError | ReplyError): ActionError =>
  actionError(action, new Unconfirmed({ expected, cause }))
