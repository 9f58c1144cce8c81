/**
 * Warns of servers that plans or rotas name, but that no program drives: their ids may be mistyped. It is not an error, because
 * a server can be added at any time.
 */
import * as Effect from "effect/Effect"
import type { Context } from "./context.ts"

/** The interval at which to look for these servers. The first look comes after this time, too, so that drivers can start. */
const INTERVAL = "1 minute"

const quoted = (names: Iterable<string>): string => Array.from(names, (name) => JSON.stringify(name)).join(", ")

/** Logs each of these servers once for each plan or rota. After it was driven, it can be logged again. */
export const warnOfUndriven = (context: Context): Effect.Effect<never> => {
  const warned = new Set<string>()

  const look = Effect.gen(function*() {
    const plans = yield* context.plans
    const driven = yield* context.memory.driven
    const named = [
      ...plans.map(({ plan }) => ({ ...plan, kind: "plan" })),
      ...context.rotas.map((rota) => ({ ...rota, kind: "rota" }))
    ]
    for (const { id, kind, servers } of named) {
      if (servers === "all") continue
      const missing = new Array<string>()
      for (const server of servers) {
        const key = JSON.stringify([kind, id, server])
        if (driven.has(server)) warned.delete(key)
        else if (!warned.has(key)) {
          warned.add(key)
          missing.push(server)
        }
      }
      if (missing.length === 0) continue
      yield* Effect.logWarning(
        `${kind} ${quoted([id])} is for ${quoted(missing)}, which no program drives: is an id mistyped? ` +
          (driven.size === 0 ? "No server is driven" : `The driven servers are ${quoted(driven)}`)
      )
    }
  })
  return look.pipe(
    // The drivers report a store that fails.
    Effect.ignore,
    Effect.catchCause((cause) =>
      Effect.logError("could not check whether plans and rotas name servers that are not driven", cause)
    ),
    Effect.delay(INTERVAL),
    Effect.forever
  )
}
