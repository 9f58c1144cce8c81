/**
 * The demo of a cluster: three runner processes have the sessions of twenty game servers, this process uses them, and one
 * runner is killed.
 *
 *     pnpm demo:cluster
 *
 * It needs Postgres on the machine, which it starts in a temporary folder. Nothing is printed that did not happen.
 */
import type { RconClient } from "@bercon/client"
import { ClusterRcon } from "@bercon/cluster"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Redacted, Stream } from "effect"
import { Cluster } from "./Cluster.ts"
import * as Game from "./Game.ts"
import * as Postgres from "./Postgres.ts"
import * as Runners from "./Runners.ts"

const SERVERS = 20

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

/** The clients of all game servers, wherever their sessions are. */
const clients = (ids: Iterable<string>) =>
  Effect.map(
    Effect.forEach(ids, (id) => Effect.map(ClusterRcon.start(id), (rcon) => [id, rcon] as const)),
    (entries) => new Map(entries)
  )

/** Asks who is on each server, and prints a line for each runner. */
const showPlayers = Effect.fnUntraced(function*(
  rcons: ReadonlyMap<string, RconClient.Service>,
  servers: ReadonlyMap<string, Game.GameServer>
) {
  const started = yield* Clock.currentTimeMillis
  const answers = yield* Effect.forEach(
    rcons,
    ([id, rcon]) => Effect.map(rcon.players, (players) => ({ id, count: players.length })),
    { concurrency: "unbounded" }
  )
  const took = (yield* Clock.currentTimeMillis) - started
  const byRunner = new Map<string, Array<string>>()
  for (const { count, id } of answers) {
    const owner = yield* Game.owner(servers.get(id)!)
    byRunner.set(owner, [...byRunner.get(owner) ?? [], `${id.slice("server-".length)}:${count}`])
  }
  const total = answers.reduce((sum, { count }) => sum + count, 0)
  yield* Console.log(
    `   ${total} players on ${answers.length} servers, asked in ${took} ms. Server:players at each runner:`
  )
  for (const [runner, list] of [...byRunner].sort(([one], [other]) => one.localeCompare(other))) {
    yield* Console.log(`   ${runner}  ${list.join(" ")}`)
  }
  return byRunner
})

const demo = Effect.gen(function*() {
  const password = Redacted.make("a password of the demo")
  yield* Console.log(`1. A Postgres, ${SERVERS} game servers and 3 runner processes start.`)
  const postgres = yield* Postgres.make
  const servers = yield* Game.start(SERVERS, password)
  const runners = yield* Runners.start({
    count: 3,
    database: postgres.url,
    servers: new Map(Array.from(servers, ([id, { address }]) => [id, address])),
    password,
    onLine: () => Effect.void
  })

  yield* Effect.gen(function*() {
    yield* Console.log("\n2. This process asks who is playing. It has no session with any server itself.")
    const rcons = yield* clients(servers.keys())
    yield* showPlayers(rcons, servers)
    // The runners do not start at the same moment: the last one takes over its share.
    yield* Effect.sleep("5 seconds")
    const before = yield* showPlayers(rcons, servers)

    const [busiest] = [...before].toSorted(([, one], [, other]) => other.length - one.length)
    const [victim, lost] = busiest!
    yield* Console.log(`\n3. \`kill -9\` of the runner ${victim}, which has ${lost.length} of the sessions.`)
    const killedAt = yield* Clock.currentTimeMillis
    const back = new Set<string>()
    yield* Effect.forEach(rcons, ([id, rcon]) =>
      rcon.events.pipe(
        Stream.filter((event) => event._tag === "Gap"),
        Stream.runForEach((gap) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            back.add(id)
            return Console.log(
              `   after ${seconds(now - killedAt)}  ${id}: its events go on, after a gap (${gap.cause})`
            )
          })
        ),
        Effect.ignore,
        Effect.forkScoped
      ))
    yield* runners.kill(victim)
    yield* Effect.sleep("100 millis").pipe(
      Effect.repeat({ until: () => back.size >= lost.length }),
      Effect.timeoutOption("1 minute")
    )

    yield* Console.log("\n4. Every server is asked again.")
    yield* showPlayers(rcons, servers)
    const owners = yield* Effect.forEach(servers, ([, server]) => Game.owners(server, killedAt))
    const moved = owners.filter(({ logins }) => logins > 0)
    const overlaps = owners.reduce((sum, one) => sum + one.overlaps, 0)
    yield* Console.log(
      `   ${moved.length} sessions moved with ${moved.reduce((sum, { logins }) => sum + logins, 0)} logins. ` +
        `A session spoke after another had taken over ${overlaps} times.`
    )
    if (back.size < lost.length) return yield* Effect.die(new Error("not every session came back within a minute"))
  }).pipe(Effect.scoped, Effect.provide(Cluster.consumer(postgres.url)))
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
