/**
 * A member's copy of the list of servers, and the member's changes to the list.
 */
import { FleetUnavailable } from "@bercon/fleet/FleetError"
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Wire from "../Wire.ts"
import * as Feed from "./feed.ts"
import type { Change } from "./listChanges.ts"
import * as ListKeeper from "./listKeeper.ts"
import { uniqueName } from "./sharding.ts"
import { unwaited } from "./unwaited.ts"

/** Time limit for reading the list, and for a change after its turn has come, in milliseconds. */
const TIMEOUT = 20_000

/** Time limit for one call to the keeper, in milliseconds. Longer than the store may take to answer twice. */
const ATTEMPT_TIMEOUT = 7000

const NO_ANSWER = "no runner that keeps it has answered"

/** Follows the list for as long as the scope is open. */
export const make = Effect.gen(function*() {
  const keeper = yield* ListKeeper.client
  const prefix = yield* uniqueName
  const now = yield* Monotonic.make
  const lock = Semaphore.makeUnsafe(1)
  const known = yield* SubscriptionRef.make<Wire.Listing | undefined>(undefined)
  let changedTimes = 0
  /** Why the list is unknown or cannot be changed. */
  let problem = NO_ANSWER
  /** Whether the last list that has arrived has another origin than the known one. */
  let isReplaced = false

  const note = (error: unknown) => {
    if (error instanceof FleetUnavailable) problem = error.problem
  }

  /** Takes a list over, unless it is older than the known one or has another origin. */
  const learn = (listing: Wire.Listing): Effect.Effect<void> =>
    Effect.suspend(() => {
      const before = SubscriptionRef.getUnsafe(known)
      if (before !== undefined && before.origin !== "" && before.origin !== listing.origin) {
        problem = "another list has taken its place. Runners must share one KeyValueStore, which must not be emptied"
        if (isReplaced) return Effect.void
        isReplaced = true
        return Effect.logError(`this member keeps the old list of servers: ${problem}`)
      }
      isReplaced = false
      // An answer and the feed can overtake each other.
      return before !== undefined && before.revision >= listing.revision
        ? Effect.void
        : SubscriptionRef.set(known, listing)
    })

  const feed = Feed.read({
    open: keeper.Feed(undefined, { asQueue: true }),
    take: Effect.fnUntraced(function*(items: ReadonlyArray<Wire.ListItem>) {
      for (const item of items) {
        if (item._tag === "Listing") yield* learn(item)
        // A change was missed. The next feed begins with the current list.
        else if (item.revision > (SubscriptionRef.getUnsafe(known)?.revision ?? -1) && !isReplaced) return false
      }
      return true
    }),
    failed: note,
    silenceTimeout: () => 2.5 * ListKeeper.HEARTBEAT
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(feed, Effect.sleep(Feed.RETRY_DELAY))), {
    startImmediately: true
  })

  const changes = Stream.filter(SubscriptionRef.changes(known), Predicate.isNotUndefined)

  const unavailable = (execution: FleetUnavailable["execution"]) =>
    Effect.suspend(() => Effect.fail(new FleetUnavailable({ problem, execution })))

  const within = <A, E>(deadline: number, effect: Effect.Effect<A, E>) =>
    Effect.suspend(() => Effect.timeoutOption(effect, Math.max(0, deadline - now())))

  const current = (deadline: number): Effect.Effect<Wire.Listing, FleetUnavailable> =>
    Effect.suspend(() => {
      const listing = SubscriptionRef.getUnsafe(known)
      if (listing !== undefined) return Effect.succeed(listing)
      return Effect.flatMap(
        within(deadline, Stream.runHead(changes)),
        (found) =>
          Option.match(Option.flatten(found), { onNone: () => unavailable("NotExecuted"), onSome: Effect.succeed })
      )
    })

  /** Calls the keeper. Returns the list after the call, or `undefined` if the outcome is unknown. */
  const call = Effect.fnUntraced(function*<E>(request: Effect.Effect<Wire.Listing, E>, deadline: number) {
    const exit = yield* Effect.exit(within(Math.min(deadline, now() + ATTEMPT_TIMEOUT), unwaited(request)))
    if (Exit.isFailure(exit)) {
      note(Option.getOrUndefined(Exit.findErrorOption(exit)))
      // The outcome is unknown even if the error says that the list was not changed, because an earlier delivery of the same
      // call may have changed it.
      return undefined
    }
    const listing = Option.getOrUndefined(exit.value)
    if (listing !== undefined) yield* learn(listing)
    return listing
  })

  const latest: Effect.Effect<Wire.Listing, FleetUnavailable> = Effect.gen(function*() {
    const deadline = now() + TIMEOUT
    do {
      if ((yield* call(keeper.Get(), deadline)) !== undefined) return SubscriptionRef.getUnsafe(known)!
      yield* Effect.sleep(Feed.RETRY_DELAY)
    } while (now() < deadline)
    return yield* unavailable("NotExecuted")
  })

  const change = <A, E>(make: Change<A, E>): Effect.Effect<A, E | FleetUnavailable> =>
    lock.withPermit(Effect.gen(function*() {
      const deadline = now() + TIMEOUT
      const name = `${prefix}/${changedTimes++}`
      if (!isReplaced) problem = NO_ANSWER
      /** The value of each attempt, by the revision that the attempt was made from. */
      const values = new Map<number, A>()
      /** The revision that the first attempt with an unknown outcome was made from. */
      let unknownSince: number | undefined
      /** Whether the known list is at least as new as this change. */
      let isLatest = false
      do {
        const before = yield* current(deadline)
        const { changes, origin, revision } = before
        if (unknownSince !== undefined) {
          const made = revisionBefore(before, name)
          if (made !== undefined) return values.get(made)!
          // The name of this change may already have dropped out of `changes`.
          if (revision - unknownSince > changes.length) break
          // The change was not made, and a late delivery would be refused because the list has changed since.
          if (revision > unknownSince) unknownSince = undefined
        }
        const result = make(before.servers, { name, revision })
        // If nothing is to be changed, no `Put` reveals that this member has missed changes.
        if (!isLatest && (Result.isFailure(result) || result.success.servers === before.servers)) {
          const after = yield* call(keeper.Get(), deadline)
          isLatest = after !== undefined && after.origin === SubscriptionRef.getUnsafe(known)!.origin
          if (!isLatest) yield* Effect.sleep(Feed.RETRY_DELAY)
          continue
        }
        const { servers, value } = yield* Effect.fromResult(result)
        if (servers === before.servers) return value
        values.set(revision, value)
        const after = yield* call(keeper.Put({ origin, revision, change: name, servers }), deadline)
        if (after === undefined) unknownSince ??= revision
        else {
          const made = revisionBefore(after, name)
          if (made !== undefined) return values.get(made)!
        }
        if (SubscriptionRef.getUnsafe(known) === before) yield* Effect.sleep(Feed.RETRY_DELAY)
      } while (now() < deadline)
      return yield* unavailable(unknownSince === undefined ? "NotExecuted" : "MaybeExecuted")
    }))

  return { changes, current: Effect.suspend(() => current(now() + TIMEOUT)), latest, change }
})

/** The revision that a change was made from; `undefined` if the list does not have the change's name. */
const revisionBefore = ({ changes, revision }: Wire.Listing, name: string): number | undefined => {
  const index = changes.lastIndexOf(name)
  return index === -1 ? undefined : revision - changes.length + index
}
