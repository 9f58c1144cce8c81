import { Fleet } from "@bercon/fleet"
import { TestFleet } from "@bercon/testing"
import { Cause, Effect, Exit, Option, Stream } from "effect"

export const twoServers = { servers: { altis: {}, stratis: {} } }

export const fleetAndSimulation = Effect.gen(function*() {
  return { fleet: yield* Fleet.Fleet, simulation: yield* TestFleet.TestFleet }
})

export const tagOf = (exit: Exit.Exit<unknown, { readonly _tag: string }> | undefined): string => {
  if (exit === undefined) return "missing"
  if (Exit.isSuccess(exit)) return "Success"
  return Option.match(Cause.findErrorOption(exit.cause), {
    onNone: () => Exit.hasInterrupts(exit) ? "Interrupt" : "Defect",
    onSome: ({ _tag }) => _tag
  })
}

export const tags = (results: ReadonlyMap<string, Exit.Exit<unknown, { readonly _tag: string }>>) =>
  Object.fromEntries(Array.from(results, ([id, exit]) => [id, tagOf(exit)]))

export const statuses = Effect.gen(function*() {
  const { status } = yield* Fleet.Fleet
  return Object.fromEntries(Array.from(yield* status, ([id, { _tag }]) => [id, _tag]))
})

/** Collects the values of a stream from now on, in a fiber that runs until the stream ends. */
export const collect = <A>(stream: Stream.Stream<A>) =>
  Effect.gen(function*() {
    const values = new Array<A>()
    const fiber = yield* Effect.forkChild(
      Stream.runForEach(stream, (value) => Effect.sync(() => values.push(value))),
      { startImmediately: true }
    )
    return { values, fiber }
  })
