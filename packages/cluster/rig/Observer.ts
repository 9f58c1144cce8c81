/**
 * Somebody who uses the cluster all the time: it asks every server and tells every server something, four times a second, and
 * listens to what the servers say. It records what came of that.
 */
import { RemoteSession } from "@bercon/cluster"
import type { Session } from "@bercon/session"
import { Clock, Effect, Result, Stream } from "effect"
import type { GameServer } from "./Game.ts"

const PERIOD = 250

/** What became of the commands of one server since the record was begun. */
export interface Record {
  /** When it was answered, and when the next message arrived, in milliseconds since 1970. */
  readonly answers: Array<number>
  readonly messages: Array<number>
  readonly gaps: Array<string>
  /** Commands that must not run twice: how each ended. */
  readonly outcomes: Map<string, "Answered" | "NotExecuted" | "MaybeExecuted" | "Executed">
  /** Answers that were not to the question. */
  wrong: number
}

const empty = (): Record => ({ answers: [], messages: [], gaps: [], outcomes: new Map(), wrong: 0 })

/** Begins to observe the servers. Each is online when this returns. */
export const start = Effect.fnUntraced(function*(servers: ReadonlyMap<string, GameServer>) {
  const records = new Map<string, Record>()
  let told = 0

  const ask = Effect.fnUntraced(function*(id: string, session: Session.Session["Service"]) {
    const reply = yield* Effect.result(session.command("players"))
    if (Result.isFailure(reply)) return
    const record = records.get(id)!
    record.answers.push(yield* Clock.currentTimeMillis)
    // Each server has players of its own number.
    if (!reply.success.includes(`Player ${id.slice("server-".length)}.0`)) record.wrong++
  })
  const tell = Effect.fnUntraced(function*(id: string, session: Session.Session["Service"]) {
    const text = `say -1 ${++told}`
    const record = records.get(id)!
    const outcome = yield* Effect.result(session.command(text, { repeatable: false, timeout: "5 seconds" }))
    record.outcomes.set(text, Result.isSuccess(outcome) ? "Answered" : outcome.failure.execution)
  })
  const often = <A>(effect: Effect.Effect<A>) =>
    Effect.forkScoped(Effect.forever(Effect.andThen(Effect.forkScoped(effect), Effect.sleep(PERIOD))))

  for (const [id, server] of servers) {
    records.set(id, empty())
    const session = yield* Effect.orDie(RemoteSession.start(id))
    yield* session.messages.pipe(
      Stream.runForEach((item) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const record = records.get(id)!
          if (item._tag === "Gap") record.gaps.push(item.cause)
          else record.messages.push(now)
        })
      ),
      Effect.ignoreCause,
      Effect.forkScoped
    )
    yield* often(ask(id, session))
    yield* often(tell(id, session))
    yield* often(server.emit("(Global) tick"))
  }

  return {
    /** What was recorded since the last call of `begin`. */
    records,
    begin: Effect.sync(() => {
      for (const id of servers.keys()) records.set(id, empty())
    }),
    /** Waits until every server answers and its messages arrive. */
    calm: Effect.gen(function*() {
      const since = yield* Clock.currentTimeMillis
      const isHeard = (times: ReadonlyArray<number>) => times.some((time) => time > since)
      yield* Effect.sleep(100).pipe(
        Effect.repeat({
          until: () => [...records.values()].every(({ answers, messages }) => isHeard(answers) && isHeard(messages))
        }),
        Effect.asVoid
      )
    })
  }
})

/** The longest time without any, in milliseconds, from a beginning to an end. */
export const longestSilence = (times: ReadonlyArray<number>, from: number, to: number): number => {
  let longest = 0
  let before = from
  for (const time of [...times.filter((time) => time >= from && time <= to), to]) {
    longest = Math.max(longest, time - before)
    before = time
  }
  return longest
}
