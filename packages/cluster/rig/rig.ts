/**
 * What happens to game servers when something happens to the cluster: three runner processes, simulated servers over UDP, and
 * a Postgres that is started for it.
 *
 *     pnpm rig:cluster                 all faults, with 30 servers: about five minutes
 *     pnpm rig:cluster kill terminate  only these
 *     pnpm rig:cluster --servers 10    with fewer servers
 *     pnpm rig:cluster --verbose       and what the runners print
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Redacted } from "effect"
import { Cluster } from "./Cluster.ts"
import * as Faults from "./Faults.ts"
import * as Game from "./Game.ts"
import * as Observer from "./Observer.ts"
import * as Postgres from "./Postgres.ts"
import * as Report from "./Report.ts"
import * as Runners from "./Runners.ts"

const usage = `usage: rig:cluster [--servers N] [--verbose] [${Object.keys(Faults.all).join("|")}]...`

/** What the command line asks for; the text of how it is used, if it asks for nothing that there is. */
const parse = (args: ReadonlyArray<string>) => {
  const names: Array<Faults.Name> = []
  let servers = 30
  let isVerbose = false
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!
    if (arg === "--verbose") isVerbose = true
    else if (arg === "--servers") {
      servers = Number(args[++index])
      if (!(Number.isInteger(servers) && servers >= 1 && servers <= 200)) return "--servers must be from 1 to 200"
    } else if (Faults.isName(arg)) names.push(arg)
    else return `there is no fault ${JSON.stringify(arg)}`
  }
  return { names: names.length === 0 ? Faults.names : names, servers, isVerbose }
}

const rig = Effect.gen(function*() {
  const asked = parse(process.argv.slice(2))
  if (typeof asked === "string") {
    yield* Console.error(`${asked}\n${usage}`)
    process.exitCode = 2
    return
  }
  const password = Redacted.make("a password of the rig")
  yield* Console.log("Starting Postgres, 3 runners and the game servers ...")
  const postgres = yield* Postgres.make
  const servers = yield* Game.start(asked.servers, password)
  const runners = yield* Runners.start({
    count: 3,
    database: postgres.url,
    servers: new Map(Array.from(servers, ([id, { address }]) => [id, address])),
    password,
    onLine: (line) => asked.isVerbose ? Console.log(line) : Effect.void
  })

  yield* Effect.gen(function*() {
    const observer = yield* Observer.start(servers)
    yield* observer.calm
    yield* Console.log(Report.heading)
    for (const name of asked.names) {
      const { after, inject, title } = Faults.all[name]
      // What an earlier fault left behind is over.
      yield* Effect.sleep("5 seconds")
      yield* observer.calm
      yield* observer.begin
      const from = yield* Clock.currentTimeMillis
      yield* inject({ postgres, runners })
      yield* Effect.sleep(after)
      yield* observer.calm
      const to = yield* Clock.currentTimeMillis
      const seen = yield* Effect.forEach(servers, ([, server]) => Game.owners(server, from))
      yield* Console.log(Report.row(title, { from, to, owners: seen, records: [...observer.records.values()] }))
      yield* runners.refill
    }
  }).pipe(Effect.scoped, Effect.provide(Cluster.consumer(postgres.url)))
}).pipe(
  Effect.scoped,
  Effect.catchTag(
    "PostgresUnavailable",
    ({ message }) => Effect.andThen(Console.error(message), Effect.sync(() => void (process.exitCode = 1)))
  )
)

NodeRuntime.runMain(Effect.provide(rig, NodeServices.layer))
