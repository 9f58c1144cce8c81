/**
 * Notices a dead runner within seconds, whichever it is.
 *
 * **Details**
 *
 * Effect Cluster has one health check for all runners, which runs on one of them. If that one dies, the others notice only
 * when its last heartbeat is older than `shardLockExpiration`. With this layer each runner asks the others whether they are
 * there, and marks one as unhealthy that has not answered twice. The engine's health check takes that back when it answers
 * again. Locks are not touched: a session moves only when its runner's locks are free, as they are at once after `kill -9`
 * with Postgres' advisory locks.
 *
 * A runner that reaches none of several others takes itself for the one that is cut off, and marks nobody.
 *
 * @since 0.1.0
 */
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * Options of the watch.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How often to ask the others. Each has as long to answer. Default 1 second. */
  readonly interval?: Duration.Input | undefined
}

/** How often in a row a runner must not have answered. */
const MISSES = 2

/**
 * Watches the other runners for as long as the layer lives. Each runner of the cluster needs it.
 *
 * **Details**
 *
 * `NodeClusterSocket.layer` provides `Runners`. It takes `RunnerStorage` from you with `storage: "byo"`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<never, never, Runners.Runners | RunnerStorage.RunnerStorage> => {
  const interval = options?.interval ?? "1 second"
  return Layer.effectDiscard(Effect.gen(function*() {
    const runners = yield* Runners.Runners
    const storage = yield* RunnerStorage.RunnerStorage
    let missed = new Map<string, number>()
    const look = Effect.gen(function*() {
      const members = (yield* storage.getRunners).filter(([, healthy]) => healthy)
      const answers = yield* Effect.forEach(
        members,
        ([{ address }]) =>
          Effect.map(
            Effect.isSuccess(Effect.timeout(runners.ping(address), interval)),
            (isThere) => ({ address, isThere })
          ),
        { concurrency: "unbounded" }
      )
      const there = answers.filter(({ isThere }) => isThere).length
      // This runner reaches itself. One that is alone remains in charge.
      if (there === 0 || (there === 1 && members.length > 2)) return
      const before = missed
      missed = new Map()
      for (const { address, isThere } of answers) {
        if (isThere) continue
        const name = `${address.host}:${address.port}`
        const times = (before.get(name) ?? 0) + 1
        missed.set(name, times)
        if (times < MISSES) continue
        yield* Effect.logWarning(`runner ${name} does not answer: its game servers move to other runners`)
        yield* storage.setRunnerHealth(address, false)
      }
    })
    yield* look.pipe(
      // The database is away, say. Nothing can be done then.
      Effect.ignoreCause,
      Effect.delay(interval),
      Effect.forever,
      Effect.forkScoped
    )
  }))
}
