/**
 * The feed of a session for any number of readers: messages, gaps, states and heartbeats.
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Message } from "@bercon/session/Message"
import type { Session } from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import { Broadcast } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Wire from "../Wire.ts"

/** Maximum number of undelivered elements for each reader. If there are more, the oldest are dropped. */
const CAPACITY = 4096

/** The parts of `Hello` that do not change. */
export type Heading = Pick<typeof Wire.Hello.Type, "activation" | "generation" | "heartbeat" | "textFallback">

const onWire = ({ late, payload, receivedAt, sequence }: Message) =>
  Wire.Message.make({ late, payload, receivedAt, sequence })

/**
 * Makes the feed of a session. It ends when the scope closes. If a fiber that reads the session dies, the feed ends, too, and
 * `onDefect` runs.
 */
export const make = Effect.fnUntraced(function*(
  heading: Heading,
  session: Session["Service"],
  onDefect: Effect.Effect<void>
) {
  let status = yield* session.status
  let epoch = yield* session.epoch
  let greeting: typeof Wire.Message.Type | undefined
  /** Whether the next message is the first since the last login. */
  let isGreeting = true
  const state = () => Wire.State.make({ epoch, status })
  const feed = new Broadcast<Wire.FeedItem>({
    capacity: CAPACITY,
    overflow: () => Wire.Gap.make({ cause: "Overflow" }),
    greeting: () => Wire.Hello.make({ ...heading, state: state(), ...(greeting !== undefined && { greeting }) })
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => feed.close(Exit.void)))
  const publishState = (next: Status) =>
    Effect.map(session.epoch, (now) => {
      status = next
      epoch = now
      feed.publish(state())
    })
  /**
   * Runs an effect in the background. If it dies, the feed ends: an open feed without messages would look as if the server were
   * silent.
   */
  const pump = <A>(effect: Effect.Effect<A>) =>
    effect.pipe(
      Effect.catchDefect((defect) =>
        Effect.logError("the feed of a game server failed. A new session follows", defect).pipe(
          Effect.andThen(Effect.sync(() => feed.close(Exit.void))),
          Effect.andThen(onDefect)
        )
      ),
      Effect.forkScoped({ startImmediately: true })
    )

  yield* session.messages.pipe(
    Stream.runForEach((item) => {
      if (item._tag === "Message") {
        const message = onWire(item)
        if (isGreeting && !item.late) {
          greeting = message
          isGreeting = false
        }
        feed.publish(message)
        return Effect.void
      }
      const { cause, missed } = item
      const gap = () => feed.publish(Wire.Gap.make({ cause, ...(missed !== undefined && { missed }) }))
      if (cause !== "Reconnected") return Effect.sync(gap)
      greeting = undefined
      isGreeting = true
      // Readers get the new epoch before its messages.
      return Effect.map(publishState(status), gap)
    }),
    // If the messages end with an error, the last status contains it.
    Effect.ignore,
    pump
  )
  yield* session.statusChanges.pipe(
    Stream.runForEach(publishState),
    pump
  )
  const beat = Effect.flatMap(session.status, publishState)
  yield* pump(Effect.forever(Effect.delay(beat, heading.heartbeat)))
  return feed.values
})

/** The feed of a server whose session could not start. It stays open until its readers close it. */
export const failed = (heading: Heading, failure: LoginFailure): Stream.Stream<Wire.FeedItem> =>
  Stream.concat(
    Stream.succeed(Wire.Hello.make({
      ...heading,
      state: Wire.State.make({ epoch: 0, status: { _tag: "Closed", exit: Exit.fail(failure) } })
    })),
    Stream.never
  )
