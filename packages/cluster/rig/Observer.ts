/**
 * Uses the cluster during the whole measurement. Four times a second it sends each server a query and an announcement. It
 * reads all messages of the servers, and records the results.
 */
import { RemoteSession } from "@bercon/cluster"
import type { Session } from "@bercon/session"
import { Clock, Console, Effect, Result, Stream } from "effect"
import * as Game from "./Game.ts"
import * as Lateness from "./Lateness.ts"

/** Interval of the commands to each server and of its messages, in milliseconds. */
const PERIOD = 250

/** Time for which all servers must work before a fault is injected, in milliseconds. */
const SETTLED = 5000

/** Longest silence of a server that works, in milliseconds. */
const WELL = 2000

/** Time limit for `settled` and `calm`. */
const PATIENCE = "2 minutes"

/** The results of commands to one server and its messages, since the start of the record. */
export interface Record {
  /** The times of answers and of messages, in milliseconds since 1970. */
  readonly answers: Array<number>
  readonly messages: Array<number>
  readonly gaps: Array<string>
  /** The outcome of each command that must not run twice. */
  readonly outcomes: Map<string, "Answered" | "NotExecuted" | "MaybeExecuted" | "Executed">
  /** How often the reply to `players` did not contain this server's players. */
  wrong: number
  /** How often messages were missing and no gap was reported. */
  untold: number
}

export interface Seen {
  readonly records: ReadonlyMap<string, Record>
  /** Maximum delay of a timer of this process, in milliseconds. */
  readonly lateness: number
}

const empty = (): Record => ({ answers: [], messages: [], gaps: [], outcomes: new Map(), wrong: 0, untold: 0 })

/** The longest interval between `from` and `to` without any of the times, in milliseconds. */
export const longestSilence = (times: ReadonlyArray<number>, from: number, to: number): number => {
  let longest = 0
  let before = from
  for (const time of [...times.filter((time) => time >= from && time <= to), to]) {
    longest = Math.max(longest, time - before)
    before = time
  }
  return longest
}

/** Starts to observe the servers. */
export const start = Effect.fnUntraced(function*(servers: ReadonlyMap<string, Game.GameServer>) {
  const records = new Map<string, Record>()
  let told = 0
  let lateness = 0

  const ask = Effect.fnUntraced(function*(id: string, session: Session.Session["Service"]) {
    const reply = yield* Effect.result(session.command("players"))
    if (Result.isFailure(reply)) return
    const record = records.get(id)!
    record.answers.push(yield* Clock.currentTimeMillis)
    // The names of players contain the number of their server.
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
    yield* session.closed.pipe(
      Effect.catch(({ message }) => Console.error(`The session with ${id} has ended: ${message}`)),
      Effect.forkScoped
    )
    yield* Effect.forkScoped(Effect.ignoreCause(hear(id, session)))
    yield* often(ask(id, session))
    yield* often(tell(id, session))
    yield* often(yield* Game.ticking(server))
  }
  yield* Lateness.watch((late) =>
    Effect.sync(() => {
      lateness = Math.max(lateness, late)
    })
  )

  const begin = Effect.sync(() => {
    lateness = 0
    for (const id of servers.keys()) records.set(id, empty())
  })

  /** Whether every server has worked since a time, with the same session. */
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
    /** Starts new records. */
    begin,
    /** A copy of the records. */
    seen: Effect.sync((): Seen => ({
      lateness,
      records: new Map(Array.from(records, ([id, record]) => [id, structuredClone(record)]))
    })),
    /** Waits until all servers have worked for some seconds. Returns false after the time limit. */
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
    /** Waits until every server answers and its messages arrive. Returns false after the time limit. */
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
