/**
 * Sends commands to Arma Reforger's own RCON one after the other, and waits for their output.
 */
import { Alarm } from "@bercon/session/unstable"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { type CommandError, IncompleteReply } from "../../CommandError.ts"
import type { ClientSession } from "../clientSession.ts"
import { make as commandError } from "../commandError.ts"
import type { Call } from "../flavourCommands.ts"
import { sendWith } from "../outgoing.ts"
import * as Turn from "../turn.ts"
import { type Answer, Exchange, type Window } from "./exchange.ts"
import type { Expectation } from "./expectation.ts"

export interface Driver {
  /**
   * Sends a command when its turn comes, and returns its output. If the server puts text into the reply itself, as
   * BattlEye servers do, that text is the output.
   */
  readonly send: (command: string, expectation: Expectation, call: Call) => Effect.Effect<Answer, CommandError>
  /** As in `Exchange`. */
  readonly offer: (text: string) => boolean
  /** Records that some messages are lost for good. */
  readonly gap: () => void
  /** Records that a new session has begun. */
  readonly restart: () => void
  /** Records that no more messages will arrive. */
  readonly close: () => void
}

/** The clock, and the context of the alarm's fiber. */
export interface Runtime {
  readonly now: () => number
  readonly context: Context.Context<never>
}

export const make = (
  session: ClientSession,
  window: Window,
  expect: (command: string) => Expectation,
  { context, now }: Runtime
): Driver => {
  const exchange = new Exchange(expect)
  const turn = Turn.make()
  const changed = Latch.makeUnsafe(false)
  const alarm = new Alarm(context, {
    wakeAt: () => exchange.wakeAt,
    ring: () => {
      changed.openUnsafe()
      return undefined
    }
  })
  let closed = false

  const outcome = Effect.gen(function*() {
    while (true) {
      const outcome = exchange.outcome(now())
      if (outcome !== undefined) return outcome
      if (closed) return { _tag: "Incomplete" } as const
      changed.closeUnsafe()
      alarm.reset()
      yield* changed.await
    }
  })

  /** Begins to wait for the output. `confirmWithin` limits only this wait, and may end after the call's deadline. */
  const begin = (command: string, expectation: Expectation, { confirmWithin, deadline }: Call): void =>
    confirmWithin === undefined
      ? exchange.begin(command, expectation, window, deadline)
      : exchange.begin(command, expectation, { ...window, longest: Duration.toMillis(confirmWithin) }, Infinity)

  /** Sends a command, and returns when its output is complete, even if the acknowledgement is lost. */
  const converse = (command: string, expectation: Expectation, call: Call): Effect.Effect<Answer, CommandError> =>
    sendWith(command, call, (options) => {
      begin(command, expectation, call)
      let settled = false
      const reply = session.command(command, options).pipe(
        Effect.matchEffect({
          onFailure: (error) => {
            // The server has received the command. So its messages determine the outcome, or their absence does.
            if (error.reason._tag === "NoReply" && exchange.taken) return Effect.never
            settled = error.execution === "NotExecuted"
            return Effect.fail(error)
          },
          onSuccess: (reply) => {
            settled = reply.trim() !== ""
            if (settled) return Effect.succeed<Answer>({ texts: [reply], repeated: false })
            exchange.acknowledged(now())
            changed.openUnsafe()
            return Effect.never
          }
        })
      )
      const messages = Effect.flatMap(
        outcome,
        (outcome) =>
          outcome._tag === "Complete"
            ? Effect.succeed<Answer>(outcome)
            : Effect.fail(commandError(command, new IncompleteReply({ missing: 1, total: 1 })))
      )
      return Effect.raceFirst(reply, messages).pipe(
        Effect.ensuring(Effect.sync(() => exchange.end(now(), settled)))
      )
    })

  /** Sends a command without output. It takes no turn, because its echo cannot be confused with output. */
  const announce = (command: string, call: Call): Effect.Effect<Answer, CommandError> =>
    sendWith(command, call, (options) => {
      exchange.announce(now(), command)
      return session.command(command, options).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error.execution === "NotExecuted") exchange.withdraw(command)
          })
        ),
        Effect.map((reply): Answer => ({ texts: [reply], repeated: false }))
      )
    })

  return {
    send: (command, expectation, call) =>
      expectation.pending([]) === "Nothing"
        ? announce(command, call)
        : turn(command, call.deadline, converse(command, expectation, call)),
    offer: (text) => {
      const taken = exchange.offer(now(), text)
      changed.openUnsafe()
      return taken
    },
    gap: () => exchange.gap(),
    restart: () => {
      exchange.restart()
      changed.openUnsafe()
    },
    close: () => {
      closed = true
      alarm.stop()
      changed.openUnsafe()
    }
  }
}
