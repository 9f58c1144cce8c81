/**
 * Enforces the bans of the book on one server, for as long as the session with the server lasts. Compares the server's list
 * with the book after each login, after each change of the book, and at an interval. The doorman checks every player.
 */
import type { Service as RconClient } from "@bercon/client/RconClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Service as BanBook } from "../../BanBook.ts"
import { type BanEntryId, isOn } from "../../BanEntry.ts"
import * as BanMetrics from "../../BanMetrics.ts"
import type { BanStatus } from "../../BanStatus.ts"
import * as Doorman from "./doorman.ts"
import * as Ledger from "./ledger.ts"
import * as ListKeeper from "./listKeeper.ts"
import type { BanSettings } from "./settings.ts"

export interface Dependencies {
  readonly rcon: RconClient
  readonly server: string
  readonly book: BanBook
  readonly store: KeyValueStore.KeyValueStore
  readonly settings: BanSettings
  readonly report: (status: BanStatus) => Effect.Effect<void>
}

export interface EnforcedServer {
  /** Enforces the bans. Returns when the session has ended for good. */
  readonly run: Effect.Effect<void>
  /** Compares the list now, and changes it if necessary. Returns when that has succeeded or failed. */
  readonly check: Effect.Effect<void>
}

/** The longest delay between two tries, in milliseconds. */
const LONGEST_DELAY = 60_000

export const make = Effect.fnUntraced(function*(
  { book, rcon, report, server, settings, store }: Dependencies
): Effect.fn.Return<EnforcedServer, never, Scope.Scope> {
  /** Has an element if the next comparison is due now. */
  const wake = yield* Queue.sliding<void>(1)
  /** The calls of `check` that wait for the next comparison. */
  let waiting: Array<Deferred.Deferred<void>> = []
  const joined = new Set<BanEntryId>()

  const counter = <const V extends string>(
    metric: Metric.Counter<number>,
    attribute: string,
    values: ReadonlyArray<V>
  ) => {
    const series = new Map(
      values.map((value) => [value, Metric.withAttributes(metric, { server, [attribute]: value })])
    )
    return (value: V, by = 1) => Metric.update(series.get(value)!, by)
  }

  const keeper = ListKeeper.make({
    rcon,
    server,
    book,
    settings,
    joined,
    ledger: Ledger.make(store, server),
    progress: (missing, excess) => report({ _tag: "Converging", missing, excess }),
    count: counter(BanMetrics.rows, "change", ["Add", "Remove", "Restore"])
  })

  const doorman = yield* Doorman.make({
    rcon,
    server,
    book,
    settings,
    banned: (entries) =>
      settings.enforcement === "BanOnJoin"
        ? Effect.suspend(() => {
          for (const { id } of entries) joined.add(id)
          return Queue.offer(wake, undefined)
        })
        : Effect.void,
    count: counter(BanMetrics.kicks, "outcome", ["Kicked", "Gone", "Failed"])
  })

  let epoch: number | undefined
  let failing: { readonly since: number; readonly tries: number; readonly reason: string } | undefined

  /** Handles a defect of a comparison like a failure, so that players are still checked. Logs it, unless the last try had it. */
  const defective = (defect: unknown) =>
    Effect.suspend(() => {
      const message = `a defect (see the log): ${String(defect)}`
      return Effect.andThen(
        failing?.reason === message
          ? Effect.void
          : Effect.logError("the comparison of the list of bans with the book died", defect),
        Effect.fail({ message })
      )
    })

  /**
   * Compares the list, and changes it if necessary. Returns the milliseconds until the next round: `Infinity` without a
   * session, `undefined` if the session has ended for good.
   */
  const round = Effect.gen(function*() {
    const status = yield* rcon.status
    if (status._tag === "Closed") {
      const reason = Exit.isSuccess(status.exit) ? "the session was closed" : Cause.pretty(status.exit.cause)
      yield* report({ _tag: "Ended", reason })
      return undefined
    }
    if (status._tag !== "Online") {
      failing = undefined
      yield* report({ _tag: "Waiting" })
      return Infinity
    }
    const current = yield* rcon.epoch
    if (epoch !== current) {
      epoch = current
      failing = undefined
      yield* keeper.restarted
    }
    yield* doorman.sweep
    const outcome = yield* Effect.result(Effect.catchDefect(keeper.converge, defective))
    if (Result.isSuccess(outcome)) {
      failing = undefined
      yield* report(outcome.success)
      return settings.checkInterval
    }
    const tries = (failing?.tries ?? 0) + 1
    failing = { since: failing?.since ?? (yield* Clock.currentTimeMillis), tries, reason: outcome.failure.message }
    yield* report({ _tag: "Failing", ...failing })
    return Math.min(LONGEST_DELAY, 1000 * 2 ** (tries - 1))
  })

  /** Whether `run` has ended, so that no comparison follows. */
  let isOver = false
  const answer = (answered: Array<Deferred.Deferred<void>>) => {
    for (const deferred of answered) Deferred.doneUnsafe(deferred, Exit.void)
  }

  const rounds = Effect.gen(function*() {
    while (true) {
      const answered = waiting
      waiting = []
      const delay = yield* Effect.onExit(round, () => Effect.sync(() => answer(answered)))
      if (delay === undefined) return
      const woken = Queue.take(wake)
      yield* delay === Infinity ? woken : Effect.timeoutOption(woken, delay)
    }
  })

  const wakeFor = <A>(stream: Stream.Stream<A>) => Stream.runForEach(stream, () => Queue.offer(wake, undefined))

  const watches = Effect.all([
    wakeFor(rcon.statusChanges),
    Stream.runForEach(
      Stream.filter(book.changes, ({ entry }) => isOn(entry, server)),
      ({ _tag, entry }) =>
        Effect.andThen(
          // The next round checks all players, too. But the current round can take long on a network that loses datagrams.
          _tag === "Added" ? doorman.added(entry) : Effect.void,
          Queue.offer(wake, undefined)
        )
    ),
    // If the events end, so does the session, and the status shows the reason.
    Effect.flatMap(
      rcon.on("PlayerIdentified", ({ player }) => doorman.check(player)),
      (fiber) => Effect.ignore(Fiber.join(fiber))
    )
  ], { concurrency: "unbounded", discard: true })

  return {
    // If one of the watches dies, `run` dies with its cause, so that the owner can log it.
    run: Effect.raceFirst(Effect.andThen(watches, Effect.never), rounds).pipe(
      Effect.scoped,
      Effect.onExit(() =>
        Effect.sync(() => {
          isOver = true
          answer(waiting)
        })
      )
    ),
    check: Effect.suspend(() => {
      if (isOver) return Effect.void
      const done = Deferred.makeUnsafe<void>()
      waiting.push(done)
      return Effect.andThen(Queue.offer(wake, undefined), Deferred.await(done))
    })
  }
})
