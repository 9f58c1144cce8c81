/**
 * A simulated server with plans, and functions that inspect the server.
 */
import { type PlanEvent, Plans } from "@bercon/operations"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { Effect, Layer, type Scope, Stream } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"

/** Converts a time in UTC, such as `2026-03-28T03:00`, to milliseconds since 1970. */
export const utc = (time: string): number => Date.parse(`${time}Z`)

export interface Options {
  readonly from: string
  readonly plans: Plans.Options
  readonly rcon?: TestRcon.Options
  /** The store of an earlier process. */
  readonly store?: KeyValueStore.KeyValueStore
}

/** Runs a program together with the driver of one server. The clock begins at `from`. */
export const onServer = <A, E>(
  { from, plans, rcon, store }: Options,
  program: Effect.Effect<A, E, Plans.Plans | Provided | Scope.Scope>
) =>
  Effect.andThen(
    TestClock.setTime(utc(from)),
    Effect.provide(
      Effect.scoped(program),
      Plans.layerClient("altis", plans).pipe(
        Layer.provideMerge(TestRcon.layer(rcon)),
        Layer.provideMerge(
          store === undefined ? KeyValueStore.layerMemory : Layer.succeed(KeyValueStore.KeyValueStore, store)
        )
      )
    )
  )

type Provided = Layer.Success<ReturnType<typeof TestRcon.layer>> | KeyValueStore.KeyValueStore

/** A list to which the events from now on are added. */
export const watched = Effect.gen(function*() {
  const { events } = yield* Plans.Plans
  const seen = new Array<PlanEvent.PlanEvent>()
  yield* Effect.forkScoped(Stream.runForEach(events, (event) => Effect.sync(() => seen.push(event))), {
    startImmediately: true
  })
  return seen
})

/** The commands that the server has executed, without queries: the time of day in UTC, and the command without `say -1`. */
export const told = Effect.gen(function*() {
  const server = yield* SimulatedServer.SimulatedServer
  const executions = yield* server.executions
  return executions
    .filter(({ text }) => text !== "players" && text !== "admins")
    .map(({ text, time }) => `${new Date(time).toISOString().slice(11, 19)} ${text.replace("say -1 ", "")}`)
})

/** A store that several programs of a test can use, one after the other. */
export const lastingStore: Effect.Effect<KeyValueStore.KeyValueStore> = Effect.provide(
  Effect.map(KeyValueStore.KeyValueStore, (store) => store),
  KeyValueStore.layerMemory
)
