/**
 * Enforces the book on the servers of a fleet or of one client, and collects the status of each server.
 */
import * as RconClient from "@bercon/client/RconClient"
import * as Fleet from "@bercon/fleet/Fleet"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Metric from "effect/Metric"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { BanBook } from "../../BanBook.ts"
import type { BanEnforcement, Options, StatusChange } from "../../BanEnforcement.ts"
import * as BanMetrics from "../../BanMetrics.ts"
import type { BanPolicy, InvalidPolicy } from "../../BanPolicy.ts"
import type { BanStatus } from "../../BanStatus.ts"
import { followFleet } from "../followFleet.ts"
import { limitedStore } from "../limitedStore.ts"
import { revived } from "../revived.ts"
import * as EnforceServer from "./enforceServer.ts"
import * as BanSettings from "./settings.ts"

/** How many changes of status a subscriber may be behind before it loses the oldest. */
const CHANGES = 1024

/** How often to look for ids that policies and bans name, and that the fleet does not have. */
const LOOK_FOR_ABSENT = "1 minute"

/** A server on which the book is enforced. */
interface Member {
  readonly client: RconClient.Service
  /** Compares the list of this server with the book now, and changes the list if necessary. */
  check: Effect.Effect<void>
}

const gauge = (server: string, isConverged: boolean): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(BanMetrics.converged, { server }), isConverged ? 1 : 0)

/** The servers on which the book is enforced now, and their statuses. */
const makeMembers = Effect.gen(function*() {
  const book = yield* BanBook
  const store = yield* limitedStore
  const changes = yield* PubSub.sliding<StatusChange>(CHANGES)
  yield* Effect.addFinalizer(() => PubSub.shutdown(changes))
  const fibers = yield* FiberMap.make<string>()
  const members = new Map<string, Member>()
  const statuses = new Map<string, BanStatus>()
  /** By server, the number of orphans when its list last agreed with the book. Another number, except 0, is logged. */
  const orphans = new Map<string, number>()
  /** By server, the reason of the failure that was logged last. It is forgotten when the list agrees or the session is lost. */
  const failures = new Map<string, string>()

  const publish = (server: string, status: BanStatus) =>
    Effect.suspend(() => {
      statuses.set(server, status)
      return PubSub.publish(changes, { server, status })
    })

  const report = (server: string) => (status: BanStatus) =>
    Effect.suspend(() => {
      const before = statuses.get(server)
      const isLogged = status._tag === "Failing" && failures.get(server) === status.reason
      if (status._tag === "Failing") failures.set(server, status.reason)
      else if (status._tag !== "Converging") failures.delete(server)
      return publish(server, status).pipe(
        Effect.andThen(gauge(server, status._tag === "Converged")),
        Effect.andThen(isLogged ? Effect.void : log(before, status)),
        Effect.andThen(status._tag === "Converged" ? logOrphans(server, status.orphans) : Effect.void)
      )
    })

  const logOrphans = (server: string, count: number) =>
    Effect.suspend(() => {
      const before = orphans.get(server) ?? 0
      orphans.set(server, count)
      return count === 0 || count === before ? Effect.void : Effect.logWarning(
        `orphans in the server's list of bans: ${count} (rows that have the mark of the book, and a number that it has no record of). ` +
          "They stay. If this is the wrong store, open the right one. If the store was lost, restore the bans with " +
          "`BansFile.restore`. If the rows are not wanted, remove them with the policy `orphans: \"Remove\"`"
      )
    })

  const enforce = (server: string, member: Member, settings: BanSettings.BanSettings): Effect.Effect<void> =>
    revived(
      Effect.scoped(Effect.gen(function*() {
        const { check, run } = yield* EnforceServer.make({
          rcon: member.client,
          server,
          book,
          store,
          settings,
          report: report(server)
        })
        member.check = check
        yield* run
      })),
      {
        name: "the enforcement of bans",
        onDefect: Effect.flatMap(Clock.currentTimeMillis, (since) =>
          report(server)({
            _tag: "Failing",
            reason: "the enforcement died (see the log), and starts again in a minute",
            since,
            tries: 1
          }))
      }
    )

  /** Updates the statuses of ids that the fleet does not have. `named`: by id, the number of bans that name it. */
  const absent = Effect.fnUntraced(function*(named: ReadonlyMap<string, number>) {
    for (const [server, status] of statuses) {
      if (status._tag === "Absent" && !named.has(server)) statuses.delete(server)
    }
    for (const [server, bans] of named) {
      const before = statuses.get(server)
      if (members.has(server) || (before?._tag === "Absent" && before.bans === bans)) continue
      yield* publish(server, { _tag: "Absent", bans })
      if (before?._tag !== "Absent") yield* logAbsent(server, bans)
    }
  })

  const service: BanEnforcement["Service"] = {
    status: Effect.sync(() => new Map(statuses)),
    statusChanges: Stream.unwrap(
      Effect.map(PubSub.subscribe(changes), (subscription) =>
        Stream.concat(
          Stream.fromIterable(Array.from(statuses, ([server, status]) => ({ server, status }))),
          Stream.fromSubscription(subscription)
        ))
    ),
    check: Effect.suspend(() =>
      Effect.forEach([...members.values()], ({ check }) => check, { concurrency: "unbounded", discard: true })
    ).pipe(Effect.andThen(Effect.sync(() => new Map(statuses))))
  }

  return {
    service,
    absent,
    begin: (server: string, client: RconClient.Service, settings: BanSettings.BanSettings) =>
      Effect.suspend(() => {
        const member: Member = { client, check: Effect.void }
        members.set(server, member)
        return FiberMap.run(fibers, server, Effect.annotateLogs(enforce(server, member, settings), "server", server))
      }),
    end: (server: string) =>
      Effect.suspend(() => {
        members.delete(server)
        statuses.delete(server)
        orphans.delete(server)
        failures.delete(server)
        return Effect.andThen(FiberMap.remove(fibers, server), gauge(server, false))
      })
  }
})

/** Logs a new status. Outages are logged by the session. */
const log = (before: BanStatus | undefined, status: BanStatus): Effect.Effect<void> => {
  switch (status._tag) {
    case "Converged":
      return before?._tag === "Converged"
        ? Effect.void
        : Effect.logInfo("the server's list of bans agrees with the book", {
          rows: status.rows,
          foreign: status.foreign
        })
    case "Failing":
      return Effect.logWarning(`the server's list of bans cannot be made to agree with the book: ${status.reason}`)
    case "Ended":
      return Effect.logWarning(`bans are no longer enforced on this server: ${status.reason}`)
    case "Converging":
    case "Absent":
    case "Waiting":
      return Effect.void
  }
}

const logAbsent = (server: string, bans: number): Effect.Effect<void> =>
  Effect.logWarning(
    `the fleet has no server ${JSON.stringify(server)}, but ${
      bans === 0
        ? "a ban policy names it"
        : bans === 1
        ? "1 ban names it, and is not enforced there"
        : `${bans} bans name it, and are not enforced there`
    }: is the id mistyped?`
  )

export const makeOnClient = Effect.fnUntraced(function*(
  server: string,
  policy: BanPolicy = {}
): Effect.fn.Return<
  BanEnforcement["Service"],
  InvalidPolicy,
  RconClient.RconClient | BanBook | KeyValueStore.KeyValueStore | Scope.Scope
> {
  const settings = yield* Effect.fromResult(BanSettings.make(policy))
  const { begin, service } = yield* makeMembers
  yield* begin(server, yield* RconClient.RconClient, settings)
  return service
})

export const makeOnFleet = Effect.fnUntraced(function*(
  { servers = {}, ...policy }: Options = {}
): Effect.fn.Return<
  BanEnforcement["Service"],
  InvalidPolicy,
  Fleet.Fleet | BanBook | KeyValueStore.KeyValueStore | Scope.Scope
> {
  const general = yield* Effect.fromResult(BanSettings.make(policy))
  const particular = new Map<string, BanSettings.BanSettings>()
  for (const [id, own] of Object.entries(servers)) {
    particular.set(id, yield* Effect.fromResult(BanSettings.make({ ...policy, ...own }, id)))
  }
  const fleet = yield* Fleet.Fleet
  const members = yield* makeMembers

  yield* followFleet(fleet, {
    begin: (id, client) => members.begin(id, client, particular.get(id) ?? general),
    end: members.end
  }).pipe(Effect.forkScoped({ startImmediately: true }))

  const { list } = yield* BanBook
  const lookForAbsent = Effect.gen(function*() {
    const named = new Map(Array.from(particular.keys(), (id) => [id, 0]))
    for (const { servers } of yield* list) {
      if (servers !== "all") { for (const id of servers) named.set(id, (named.get(id) ?? 0) + 1) }
    }
    for (const id of yield* fleet.ids) named.delete(id)
    yield* members.absent(named)
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.logError("could not check whether policies and bans name servers that the fleet does not have", cause)
    )
  )
  yield* Effect.forkScoped(Effect.forever(Effect.delay(lookForAbsent, LOOK_FOR_ABSENT)))
  return members.service
})
