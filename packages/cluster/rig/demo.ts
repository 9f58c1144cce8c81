/**
 * The demo of a cluster: three runner processes own the sessions of twenty game servers, and this process uses them. One
 * runner is killed, and a server is added at run time.
 *
 *     pnpm demo:cluster
 *
 * Postgres must be installed. The demo starts it, with its data in a temporary folder.
 */
import { ClusterFleet, Fleet, ServerEvent, ServerList } from "@bercon/cluster"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Fiber, Layer, Queue, Redacted, Stream } from "effect"
import { Cluster } from "./Cluster.ts"
import * as Game from "./Game.ts"
import * as Postgres from "./Postgres.ts"
import * as Runners from "./Runners.ts"

const SERVERS = 20

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

/** The ids of the servers of each runner. Servers without a session are left out. */
const byOwner = Effect.fnUntraced(function*(servers: ReadonlyMap<string, Game.GameServer>) {
  const ids = new Map<string, ReadonlyArray<string>>()
  for (const [id, server] of servers) {
    const owner = yield* Game.owner(server)
    if (owner !== undefined) ids.set(owner, [...ids.get(owner) ?? [], id])
  }
  return ids
})

/** Waits until each server has a session, and has kept its runner for 5 seconds. Dies after 2 minutes. */
const comeToRest = Effect.fnUntraced(function*(servers: ReadonlyMap<string, Game.GameServer>) {
  const owners = Effect.forEach(servers.values(), Game.owner)
  const isAtRest = Effect.gen(function*() {
    const before = yield* owners
    yield* Effect.sleep("5 seconds")
    const after = yield* owners
    return before.every((owner, i) => owner !== undefined && owner === after[i])
  })
  yield* isAtRest.pipe(Effect.repeat({ until: (is) => is }), Effect.timeout("2 minutes"), Effect.orDie)
})

/** Queries the players of all servers, and prints a line for each runner. */
const showPlayers = Effect.fnUntraced(function*(servers: ReadonlyMap<string, Game.GameServer>) {
  const fleet = yield* Fleet.Fleet
  const started = yield* Clock.currentTimeMillis
  const { failures, successes } = Fleet.partition(yield* fleet.players())
  for (const [id, cause] of failures) yield* Effect.logError(`no players of ${id}`, cause)
  const took = (yield* Clock.currentTimeMillis) - started
  const total = [...successes.values()].reduce((sum, players) => sum + players.length, 0)
  yield* Console.log(
    `   ${total} players on ${successes.size} servers, queried in ${took} ms. Server:players at each runner:`
  )
  for (const [runner, ids] of [...yield* byOwner(servers)].sort(([one], [other]) => one.localeCompare(other))) {
    const list = ids.map((id) => `${id.slice("server-".length)}:${successes.get(id)?.length ?? "?"}`)
    yield* Console.log(`   ${runner}  ${list.join(" ")}`)
  }
})

interface Gap {
  readonly server: string
  /** In milliseconds since 1970. */
  readonly at: number
}

/** The gaps of all servers from now on. */
const gapsOfAll = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  const gaps = yield* Queue.unbounded<Gap>()
  yield* fleet.events.pipe(
    Stream.filter(({ event }) => ServerEvent.is("Gap")(event)),
    Stream.runForEach(({ server }) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => Queue.offer(gaps, { server, at }))
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  return gaps
})

/** Waits until each of these servers has had a gap, and prints the times since the runner was killed. Dies after a minute. */
const waitForGaps = Effect.fnUntraced(function*(
  gaps: Queue.Dequeue<Gap>,
  ids: ReadonlyArray<string>,
  killedAt: number
) {
  const missing = new Set(ids)
  while (missing.size > 0) {
    const { at, server } = yield* Queue.take(gaps)
    // A server whose session moved before the runner was killed needs no further wait.
    if (!missing.delete(server) || at < killedAt) continue
    yield* Console.log(`   after ${seconds(at - killedAt)}  ${server}: its events go on, after a gap`)
  }
}, (effect) => Effect.orDie(Effect.timeout(effect, "1 minute")))

/** Adds a server, as another member of the cluster, and waits until it is online for this member. */
const addElsewhere = Effect.fnUntraced(function*(url: Redacted.Redacted, id: string, { address }: Game.GameServer) {
  const fleet = yield* Fleet.Fleet
  const seen = yield* fleet.statusChanges.pipe(
    Stream.filter(({ server, status }) => server === id && status._tag === "Online"),
    Stream.runHead,
    Effect.forkChild({ startImmediately: true })
  )
  const list = ServerList.ServerList.pipe(
    Effect.flatMap(({ add }) => add(id, address)),
    Effect.provide(ServerList.layer)
  )
  yield* Effect.provide(list, Cluster.consumer(url), { local: true })
  yield* Fiber.join(seen)
})

const demo = Effect.gen(function*() {
  const password = Redacted.make("a password of the demo")
  yield* Console.log(
    `1. A Postgres, ${SERVERS + 1} game servers and 3 runner processes start. One of the servers is added later.`
  )
  const postgres = yield* Postgres.make
  const servers = yield* Game.start(SERVERS + 1, password)
  const initial = new Map([...servers].slice(0, SERVERS))
  const [addedId, added] = [...servers].at(-1)!
  const runners = yield* Runners.start({ count: 3, database: postgres.url, password, onLine: () => Effect.void })

  yield* Effect.gen(function*() {
    yield* Console.log("\n2. This process queries the players. It has no session with any server itself.")
    yield* showPlayers(servers)
    // The runners do not start at the same moment, so the last one takes servers over from the others.
    yield* comeToRest(initial)
    yield* showPlayers(servers)

    // Gaps are collected from here on, so that no move after the choice of the runner is missed.
    const gaps = yield* gapsOfAll
    const [victim, lost] = [...yield* byOwner(initial)].toSorted(([, one], [, other]) => other.length - one.length)[0]!
    yield* Console.log(`\n3. \`kill -9\` of the runner ${victim}, which has ${lost.length} of the sessions.`)
    const killedAt = yield* Clock.currentTimeMillis
    yield* runners.kill(victim)
    yield* waitForGaps(gaps, lost, killedAt)

    yield* Console.log(`\n4. Another member of the cluster adds ${addedId}. Then all servers are queried again.`)
    yield* addElsewhere(postgres.url, addedId, added)
    yield* showPlayers(servers)
    const owners = yield* Effect.forEach(servers, ([, server]) => Game.owners(server, killedAt))
    const moved = owners.filter(({ hosts }) => hosts.length > 1)
    const overlaps = owners.reduce((sum, one) => sum + one.overlaps, 0)
    yield* Console.log(
      `   ${moved.length} sessions moved with ${moved.reduce((sum, { logins }) => sum + logins, 0)} logins. ` +
        `Replaced sessions sent something ${overlaps} times.`
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.provide(ClusterFleet.layer({ servers: Game.addresses(initial) }), Cluster.consumer(postgres.url))
    )
  )
}).pipe(
  Effect.scoped,
  Effect.catchTag(
    "PostgresUnavailable",
    ({ message }) =>
      Effect.andThen(
        Console.error(`The demo needs Postgres. ${message}`),
        Effect.sync(() => void (process.exitCode = 1))
      )
  )
)

NodeRuntime.runMain(Effect.provide(demo, NodeServices.layer))
