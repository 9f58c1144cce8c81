/**
 * Detects any dead runner within seconds.
 *
 * **Details**
 *
 * Effect Cluster has one health check for all runners, on one of them. If that runner dies, the others detect it only when
 * its last heartbeat is older than `shardLockExpiration`. With this layer each runner pings the others every second, and marks
 * a runner as unhealthy after two unanswered pings. The health check of Effect Cluster marks it as healthy when it answers.
 *
 * Marking a runner frees no lock. A session moves only when the locks of its runner are free: with the advisory locks of
 * Postgres, at once after `kill -9`.
 *
 * A runner that reaches none of several others assumes that it is cut off itself, and marks no runner.
 *
 * A runner has at most one pending ping to each of the others, however long the network is away.
 *
 * **Example** (A runner that watches the others)
 *
 * ```ts
 * import { RunnerWatch, ShardLocks } from "@bercon/cluster"
 * import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
 * import { Layer } from "effect"
 *
 * // It still needs a `SqlClient`.
 * const Cluster = RunnerWatch.layer().pipe(
 *   Layer.provideMerge(NodeClusterSocket.layer({ storage: "byo", shardingConfig: ShardLocks.shardingConfig })),
 *   Layer.provideMerge(ShardLocks.layerSql())
 * )
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import { Monotonic } from "@bercon/session/unstable"
import type { RunnerAddress } from "effect/cluster/RunnerAddress"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Layer from "effect/Layer"
import { unwaited } from "./internal/unwaited.ts"

/**
 * Options of the watch.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Interval of the pings, and time limit for each answer: from 100 milliseconds to 1 minute. Default 1 second. */
  readonly interval?: Duration.Input | undefined
}

/** A runner is marked after this number of unanswered pings in a row. */
const MISSES = 2

const nameOf = ({ host, port }: RunnerAddress): string => `${host}:${port}`

/**
 * Watches the other runners for as long as the layer lives. Each runner of the cluster needs it. Dies with a `RangeError` if
 * `interval` is out of its range.
 *
 * **Details**
 *
 * `NodeClusterSocket.layer` provides `Runners`. With `storage: "byo"` it uses the `RunnerStorage` that you provide.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<never, never, Runners.Runners | RunnerStorage.RunnerStorage> => {
  const interval = Monotonic.duration(options?.interval ?? 1000)
  if (!(interval >= 100 && interval <= 60_000)) {
    const given = Formatter.format(options?.interval)
    return Layer.effectDiscard(
      Effect.die(new RangeError(`interval must be from 100 milliseconds to 1 minute (got ${given})`))
    )
  }
  return Layer.effectDiscard(Effect.gen(function*() {
    const runners = yield* Runners.Runners
    const storage = yield* RunnerStorage.RunnerStorage
    let missed = new Map<string, number>()
    /** The runners whose last ping is still pending. */
    const pinging = new Set<string>()
    const ping = (address: RunnerAddress) =>
      Effect.suspend(() => {
        const name = nameOf(address)
        // An interrupted ping stays pending until Effect Cluster can send the interruption. Until then it could not send
        // another ping either.
        if (pinging.has(name)) return Effect.as(Effect.sleep(interval), false)
        pinging.add(name)
        const ended = Effect.sync(() => pinging.delete(name))
        return Effect.isSuccess(Effect.timeout(unwaited(Effect.ensuring(runners.ping(address), ended)), interval))
      })
    const look = Effect.gen(function*() {
      const members = (yield* storage.getRunners).filter(([, healthy]) => healthy)
      const answers = yield* Effect.forEach(
        members,
        ([{ address }]) => Effect.map(ping(address), (isThere) => ({ address, isThere })),
        { concurrency: "unbounded" }
      )
      const there = answers.filter(({ isThere }) => isThere).length
      // This runner is one of the members, and always reaches itself. With only one other member, it cannot determine which of
      // the two is cut off, and marks the other.
      if (there === 0 || (there === 1 && members.length > 2)) return
      const before = missed
      missed = new Map()
      for (const { address, isThere } of answers) {
        if (isThere) continue
        const name = nameOf(address)
        const times = (before.get(name) ?? 0) + 1
        missed.set(name, times)
        if (times < MISSES) continue
        yield* Effect.logWarning(`runner ${name} does not answer. Its game servers move to other runners`)
        yield* storage.setRunnerHealth(address, false)
      }
    })
    yield* look.pipe(
      // Without the database no runner can be marked, so this round is skipped.
      Effect.ignore,
      Effect.catchDefect((defect) => Effect.logError("watching the other runners failed", defect)),
      Effect.delay(interval),
      Effect.forever,
      Effect.forkScoped
    )
  }))
}
