/**
 * Carries out the plans and rotas on one server.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import type * as RconClient from "@bercon/client/RconClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { PlanStoreError } from "../../PlanError.ts"
import type { Context } from "./context.ts"
import * as RestartTurn from "./restartTurn.ts"
import * as RotaTurn from "./rotaTurn.ts"

/** Whether a plan or a rota is for a server. */
const isFor = ({ servers }: { readonly servers: "all" | ReadonlyArray<string> }, server: string): boolean =>
  servers === "all" || servers.includes(server)

/** How long to wait until the store is tried again, in milliseconds. */
const STORE_PAUSE = 5000

/**
 * Carries out the plans and rotas on one server. Ends when the client's session is closed, and fails if the session ends for
 * good because of an error.
 */
export const drive = (
  context: Context,
  server: string,
  rcon: RconClient.Service
): Effect.Effect<void, LoginFailure> =>
  Effect.scoped(Effect.gen(function*() {
    // The name of this driver, which no other driver of this or another process has.
    const run = `${yield* Clock.currentTimeMillis} ${yield* Random.nextInt}`
    const site = { context, server, rcon, run }
    const program = context.declared.flatMap(({ plan }) => isFor(plan, server) ? [plan] : [])
    let isPublished = false

    /** Does the steps that are due. Returns the time at which the next step is due, in milliseconds since 1970. */
    const round = Effect.gen(function*(): Effect.fn.Return<number, PlanStoreError> {
      if (!isPublished) yield* context.memory.setProgram(server, program)
      isPublished = true
      let until = Infinity
      for (const plan of yield* context.plans) {
        if (isFor(plan.plan, server)) until = Math.min(until, yield* RestartTurn.take({ ...site, plan }))
      }
      for (const rota of context.rotas) {
        if (isFor(rota, server)) until = Math.min(until, yield* RotaTurn.take(site, rota))
      }
      return until
    })

    // Opens when something has changed since the last round began.
    const changed = yield* Latch.make()
    const listen = <A, E>(changes: Stream.Stream<A, E>) =>
      Effect.forkScoped(Effect.ignore(Stream.runForEach(changes, () => changed.open)), { startImmediately: true })
    yield* listen(rcon.statusChanges)
    yield* listen(Stream.fromPubSub(context.changes))

    let isStoreWell = true
    const loop = Effect.gen(function*() {
      yield* changed.close
      const until = yield* Effect.result(round)
      const now = yield* Clock.currentTimeMillis
      if (until._tag === "Failure") {
        if (isStoreWell) yield* Effect.logError(`plans on "${server}" are interrupted: ${until.failure.message}`)
        isStoreWell = false
        return yield* Effect.sleep(STORE_PAUSE)
      }
      if (!isStoreWell) yield* Effect.logInfo(`plans on "${server}" continue: the store works again`)
      isStoreWell = true
      // It waits no longer than `refresh`, because the clock may be set, and other processes may write to the store.
      const pause = Math.min(context.refresh, until.success - now)
      if (pause > 0) yield* Effect.raceFirst(Effect.sleep(pause), changed.await)
    })
    yield* Effect.raceFirst(Effect.forever(loop), rcon.closed)
  }))
