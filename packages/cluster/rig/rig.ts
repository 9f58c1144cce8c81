/**
 * Measures the effect of faults in a cluster on its game servers, with runner processes, simulated servers over UDP, and a
 * temporary Postgres.
 *
 *     pnpm rig:cluster                           all faults, with 3 runners and 30 servers: about ten minutes
 *     pnpm rig:cluster kill terminate            only these faults
 *     pnpm rig:cluster --runners 2 --servers 6   with fewer runners and servers
 *     pnpm rig:cluster --verbose                 with the output of the runners
 *
 * The exit code is 1 if `@bercon/cluster` has broken a promise, or if the machine was too busy for a measurement. A broken
 * promise is printed with the output of the runners.
 */
import { ServerList } from "@bercon/cluster"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Layer, Redacted, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Os from "node:os"
import { Cluster } from "./Cluster.ts"
import * as Faults from "./Faults.ts"
import * as Figures from "./Figures.ts"
import * as Game from "./Game.ts"
import * as Observer from "./Observer.ts"
import * as Postgres from "./Postgres.ts"
import * as Report from "./Report.ts"
import * as Runners from "./Runners.ts"

/**
 * Maximum standstill of a runner or of this process in a valid measurement, in milliseconds. After a longer one, at most the
 * promises that do not depend on speed are checked. If none is broken, the measurement is repeated.
 */
const TOO_LATE = 500

/** Maximum number of measurements of a fault. */
const ATTEMPTS = 3

/** How many of the last lines of the runners are printed if a promise is broken. */
const PRINTED = 2000

const count = (name: string, { least, usual }: { readonly least: number; readonly usual: number }) =>
  Flag.Int(name).pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: least, maximum: 200 }))),
    Flag.withDefault(usual),
    Flag.withDescription(`From ${least} to 200. Default ${usual}`)
  )

const options = {
  // If there is only one runner, no other can take its servers over.
  runners: count("runners", { least: 2, usual: 3 }),
  servers: count("servers", { least: 1, usual: 30 }),
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print the output of the runners")
  ),
  faults: Argument.Literals("fault", Faults.names).pipe(
    Argument.variadic(),
    Argument.withDescription("The faults to inject, in this order. Default: all")
  )
}

const rig = Effect.fnUntraced(function*(asked: {
  readonly runners: number
  readonly servers: number
  readonly verbose: boolean
  readonly faults: ReadonlyArray<Faults.Name>
}) {
  // Reduces the influence of other processes. Fails without the necessary permission, which does not matter.
  yield* Effect.ignore(Effect.try(() => Os.setPriority(Os.constants.priority.PRIORITY_HIGH)))
  const password = Redacted.make("a password of the rig")
  yield* Console.log(`Starting Postgres, ${asked.runners} runners and ${asked.servers} game servers ...`)
  const postgres = yield* Postgres.make
  const servers = yield* Game.start(asked.servers, password)
  /** The last lines of the runners since the last fault. */
  const printed = new Array<string>()
  const runners = yield* Runners.start({
    count: asked.runners,
    database: postgres.url,
    password,
    onLine: (line) =>
      Effect.suspend(() => {
        printed.push(line)
        if (printed.length > PRINTED) printed.shift()
        return asked.verbose ? Console.log(line) : Effect.void
      })
  })

  const attempt = Effect.fnUntraced(function*(fault: Faults.Fault, observer: Effect.Success<typeof observing>) {
    const settled = yield* observer.settled
    yield* observer.begin
    yield* runners.lateness
    printed.length = 0
    const from = yield* Clock.currentTimeMillis
    yield* fault.inject({ postgres, runners })
    yield* Effect.sleep(fault.after)
    const calm = yield* observer.calm
    const to = yield* Clock.currentTimeMillis
    const { lateness: own, records } = yield* observer.seen
    const lateness = Math.max(own, yield* runners.lateness)
    const observed: Figures.Observed = {
      from,
      to,
      settled,
      calm,
      lateness,
      servers: yield* Effect.forEach(servers, ([id, server]) =>
        Effect.all({
          owners: Game.owners(server, from),
          record: Effect.succeed(records.get(id)!),
          runs: Game.runs(server)
        }))
    }
    const figures = Figures.of(observed)
    const ended = (yield* runners.ended).map((address) => `the runner ${address} ended by itself`)
    const found = lateness <= TOO_LATE
      ? Figures.broken(figures, fault.promises, observed)
      // If this process itself stood still, the order of its records proves nothing.
      : own <= TOO_LATE
      ? Figures.untimed(figures)
      : []
    const broken = [...ended, ...found].map((promise) => `${fault.title}: ${promise}`)
    if (lateness > TOO_LATE && broken.length === 0) {
      yield* Console.error(`${fault.title}: not counted, since a process of the rig stood still for ${lateness} ms`)
      yield* runners.refill
      return undefined
    }
    yield* Console.log(Report.row(fault.title, figures))
    for (const promise of broken) yield* Console.error(`BROKEN: ${promise}`)
    if (broken.length > 0 && !asked.verbose) yield* Console.error(["The runners printed:", ...printed].join("\n"))
    yield* runners.refill
    return broken
  })
  const measure = (fault: Faults.Fault, observer: Effect.Success<typeof observing>) =>
    attempt(fault, observer).pipe(
      Effect.repeat({ until: (broken) => broken !== undefined, times: ATTEMPTS - 1 }),
      Effect.flatMap((broken) => {
        if (broken !== undefined) return Effect.succeed(broken)
        const unmeasured = `${fault.title}: this machine is too busy to measure it`
        return Effect.as(Console.error(unmeasured), [unmeasured])
      })
    )
  const observing = Observer.start(servers)

  const broken = yield* Effect.gen(function*() {
    const list = yield* ServerList.ServerList
    yield* list.begin(Game.addresses(servers))
    const observer = yield* observing
    yield* Console.log(Report.heading)
    return yield* Effect.forEach(
      asked.faults.length === 0 ? Faults.names : asked.faults,
      (name) => measure(Faults.all[name], observer)
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.provideMerge(ServerList.layer, Cluster.consumer(postgres.url))),
    Effect.map((lists) => lists.flat())
  )

  if (broken.length === 0) return yield* Console.log("Every promise was kept.")
  yield* Console.error(`Promises broken, or not measured: ${broken.length}`)
  process.exitCode = 1
}, (effect) =>
  Effect.scoped(effect).pipe(
    Effect.catchTag(
      "PostgresUnavailable",
      ({ message }) => Effect.andThen(Console.error(message), Effect.sync(() => void (process.exitCode = 1)))
    )
  ))

Command.make("rig:cluster", options, rig).pipe(
  Command.withDescription("Measures the effect of faults in a cluster on its game servers"),
  Command.run({ version: "0.1.0" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
