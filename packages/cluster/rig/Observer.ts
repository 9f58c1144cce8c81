/**
 * Somebody who uses the cluster all the time: it asks every server and tells every server something, four times a second, and
 * listens to what the servers say. It records what came of that.
 */
import { RemoteSession } from "@bercon/cluster"
import type { Session } from "@bercon/session"
import { Clock, Effect, Result, Stream } from "effect"
import * as Game from "./Game.ts"

const PERIOD = 250

/** For how long everything must have been well before a fault is measured, and what well is, in milliseconds. */
const SETTLED = 5000
const WELL = 2000

/** How long to wait for that. */
const PATIENCE = "2 minutes"

/** What became of the commands and messages of one server since the record was begun. */
export interface Record {
  /** When it was answered, and when the next message arrived, in milliseconds since 1970. */
  readonly answers: Array<number>
  readonly messages: Array<number>
  readonly gaps: Array<string>
  /** Commands that must not run twice: how each ended. */
  readonly outcomes: Map<string, "Answered" | "NotExecuted" | "MaybeExecuted" | "Executed">
  /** Answers that were not to the question. */
  wrong: number
  /** How often the next message was not the next one, without a gap between them. */
  untold: number
}

export interface Seen {
  readonly records: ReadonlyMap<string, Record>
  /** How late a timer of this process was at worst, in milliseconds. */
  readonly lateness: number
}

const empty = (): Record => ({ answers: [], messages: [], gaps: [], outcomes: new Map(), wrong: 0, untold: 0 })

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

/** Begins to observe the servers. */
export const start = Effect.fnUntraced(function*(servers: ReadonlyMap<string, Game.GameServer>) {
  const records = new Map<string, Record>()
  let told = 0
  let lateness = 0

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
  const hear = (id: string, session: Session.Session["Service"]) => {
    let expected: number | undefined
    return Stream.runForEach(session.messages, (item) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const record = records.get(id)!
        if (item._tag === "Gap") {
          record.gaps.push(item.cause)
          expected = undefined
          return
        }
        record.messages.push(now)
        const tick = Game.tickOf(item.text)
        if (tick === undefined || item.late) return
        if (expected !== undefined && tick !== expected) record.untold++
        expected = tick + 1
      }))
  }
  const often = <A>(effect: Effect.Effect<A>) =>
    Effect.forkScoped(Effect.forever(Effect.andThen(Effect.forkScoped(effect), Effect.sleep(PERIOD))))

  for (const [id, server] of servers) {
    records.set(id, empty())
    const session = yield* Effect.orDie(RemoteSession.start(id))
    yield* Effect.forkScoped(Effect.ignoreCause(hear(id, session)))
    yield* often(ask(id, session))
    yield* often(tell(id, session))
    yield* often(yield* Game.ticking(server))
  }
  yield* Clock.currentTimeMillis.pipe(
    Effect.flatMap((before) =>
      Effect.andThen(Effect.sleep(PERIOD), Effect.map(Clock.currentTimeMillis, (now) => now - before - PERIOD))
    ),
    Effect.map((late) => {
      lateness = Math.max(lateness, late)
    }),
    Effect.forever,
    Effect.forkScoped
  )

  const begin = Effect.sync(() => {
    lateness = 0
    for (const id of servers.keys()) records.set(id, empty())
  })

  /** Whether every server has had one session since then, with which all was well. */
  const isWell = Effect.fnUntraced(function*(from: number) {
    const to = yield* Clock.currentTimeMillis
    const isOften = (times: ReadonlyArray<number>) => longestSilence(times, from, to) <= WELL
    for (const [id, server] of servers) {
      const { answers, messages } = records.get(id)!
      const since = yield* Game.onlineSince(server)
      if (since === undefined || since > from || !isOften(answers) || !isOften(messages)) return false
    }
    return true
  })

  return {
    /** Forgets what was recorded so far. */
    begin,
    /** What was recorded since then. It does not change any more. */
    seen: Effect.sync((): Seen => ({
      lateness,
      records: new Map(Array.from(records, ([id, record]) => [id, structuredClone(record)]))
    })),
    /** Waits until the cluster has been at rest for some seconds. Whether it was in time. */
    settled: Effect.gen(function*() {
      yield* begin
      const from = yield* Clock.currentTimeMillis
      yield* Effect.sleep(SETTLED)
      return yield* isWell(from)
    }).pipe(
      Effect.repeat({ until: (well) => well }),
      Effect.timeoutOption(PATIENCE),
      Effect.map(({ _tag }) => _tag === "Some")
    ),
    /** Waits until every server answers and its messages arrive. Whether that was so in time. */
    calm: Effect.gen(function*() {
      const since = yield* Clock.currentTimeMillis
      const isHeard = (times: ReadonlyArray<number>) => times.some((time) => time > since)
      yield* Effect.sleep(100).pipe(
        Effect.repeat({
          until: () => [...records.values()].every(({ answers, messages }) => isHeard(answers) && isHeard(messages))
        })
      )
    }).pipe(
      Effect.timeoutOption(PATIENCE),
      Effect.map(({ _tag }) => _tag === "Some")
    )
  }
})
