/**
 * A session that is controlled by the test.
 */
import type { CommandError } from "@bercon/client"
import { CommandError as SessionError, LoginFailure, Session } from "@bercon/session"
import type { Gap, Message } from "@bercon/session/Message"
import type { Status } from "@bercon/session/Status"
import { Effect, Exit, Layer, PubSub, Schema, Stream, type Take } from "effect"

export interface MockSession {
  readonly layer: Layer.Layer<Session.Session>
  /** The commands that were sent, with their options. */
  readonly sent: Array<readonly [text: string, options: Session.CommandOptions | undefined]>
  /** The reply to the next commands. */
  reply: string | CommandError.CommandError | ((text: string) => string | CommandError.CommandError)
  /** An effect that delays the reply. */
  wait: Effect.Effect<void>
  /** Emits messages of the server, one for each text. */
  readonly say: (...texts: ReadonlyArray<string>) => Effect.Effect<void>
  /** Emits a late message of the server. */
  readonly sayLate: (text: string) => Effect.Effect<void>
  readonly gap: (cause: Gap["cause"], missed?: number) => Effect.Effect<void>
  /** Ends the messages, with a defect if one is given. */
  readonly end: (defect?: Error) => Effect.Effect<void>
}

/**
 * Makes a session. `online` becomes the session's effect `online`. By default it never ends, so that the client does
 * not read lists by itself, and only the test sends commands.
 */
export const make = Effect.fnUntraced(function*(
  status: Status = { _tag: "Connecting", cause: new LoginFailure.Silence({}), tries: 0, since: 0 },
  online: Effect.Effect<void> = Effect.never
) {
  const takes = yield* PubSub.unbounded<Take.Take<Message | Gap>>()
  const publish = (take: Take.Take<Message | Gap>) => Effect.andThen(PubSub.publish(takes, take), settle)
  let sequence = 0
  const message = (text: string, late: boolean): Message => ({
    _tag: "Message",
    sequence: sequence++ & 255,
    text,
    payload: new TextEncoder().encode(text),
    receivedAt: 0,
    late
  })
  const sent: MockSession["sent"] = []
  const command: Session.Session["Service"]["command"] = (text, options) =>
    Effect.suspend(() => {
      const { isCurrent, ...others } = options ?? {}
      if (isCurrent?.() === false) return failing(text, new SessionError.Outdated({}))
      sent.push([text, options && others])
      const reply = typeof self.reply === "function" ? self.reply(text) : self.reply
      return Effect.andThen(
        self.wait,
        typeof reply === "string" ? Effect.succeed(reply) : failing(reply.command, reply.reason)
      )
    })
  const self: MockSession = {
    sent,
    reply: "",
    wait: Effect.void,
    layer: Layer.succeed(Session.Session, {
      peer: "server",
      greeting: Effect.succeedNone,
      command,
      commandBytes: (text, options) => Effect.map(command(text, options), (reply) => new TextEncoder().encode(reply)),
      decode: (bytes) => new TextDecoder().decode(bytes),
      messages: Stream.fromPubSubTake(takes),
      epoch: Effect.succeed(1),
      status: Effect.succeed(status),
      statusChanges: Stream.succeed(status),
      online,
      closed: Effect.never
    }),
    say: (...texts) => Effect.forEach(texts, (text) => publish([message(text, false)]), { discard: true }),
    sayLate: (text) => publish([message(text, true)]),
    gap: (cause, missed) => {
      // A server numbers the messages of each session from 0.
      if (cause === "Reconnected") sequence = 0
      return publish([{ _tag: "Gap", cause, missed }])
    },
    end: (defect) => publish(defect === undefined ? Exit.void : Exit.die(defect))
  }
  return self
})

/**
 * Fails with the error class of the session, which differs from the client's. Dies if the session has no such reason.
 */
const failing = (command: string, reason: CommandError.CommandError["reason"]) =>
  isReason(reason) ? Effect.fail(new SessionError.CommandError({ command, reason })) : Effect.die(reason)

const isReason = Schema.is(SessionError.CommandError.fields.reason)

/** Lets other fibers run. */
export const settle: Effect.Effect<void> = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow, {
  discard: true
})
