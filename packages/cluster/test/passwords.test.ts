/**
 * A password is never in a message of the cluster, in its store, in an error or in the log.
 */
import { ClusterFleet, Fleet } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Data, Effect, Exit, Layer, Redacted, Schema } from "effect"
import { Sharding } from "effect/cluster"
import * as Exposure from "../../../test/exposure.ts"
import * as MemoryCluster from "./memoryCluster.ts"
import * as SharedStore from "./sharedStore.ts"

class MissingPassword extends Data.TaggedError("MissingPassword")<{ readonly message: string }> {}

const Text = Schema.String.check(
  Schema.isMaxLength(40),
  Schema.makeFilter((text) => Buffer.from(text).toString() === text && !text.includes("\0"))
)

/**
 * Starts, moves and refuses sessions, with the password of the server and another password that a member gives. Returns all
 * texts that were sent, stored, logged or shown.
 */
const scenario = Effect.fnUntraced(function*(secret: string, ofMember: string) {
  const exposure = Exposure.make()
  const note = (value: unknown) => exposure.record("result", value)
  const store = SharedStore.make()
  const wire = yield* Effect.gen(function*() {
    const network = yield* SimulatedNetwork.SimulatedNetwork
    const cluster = yield* MemoryCluster.make()
    const server = yield* SimulatedServer.make({ password: Redacted.make(secret) })
    yield* server.join({ name: "A Player" })
    const passwords = {
      right: Effect.succeed(Redacted.make(secret)),
      refused: Effect.succeed(Redacted.make(`${secret}!`)),
      invalid: Effect.succeed(Redacted.make(`${secret}\0`)),
      missing: Effect.fail(new MissingPassword({ message: "MISSING_PASSWORD is not set" }))
    }
    type Id = keyof typeof passwords
    const ids = Object.keys(passwords) as ReadonlyArray<Id>
    const runner = ClusterFleet.layerRunner({
      transport: network.transport,
      password: (id) => passwords[id as Id]
    }).pipe(Layer.provide(store.layer))
    const first = yield* cluster.runnerOf(1, () => runner)
    yield* cluster.runnerOf(2, () => runner)
    yield* TestRcon.passTime("5 seconds")
    const { sharding } = yield* cluster.consumer
    const layer = ClusterFleet.layer().pipe(Layer.provide(Layer.succeed(Sharding.Sharding, sharding)))
    const fleet = Context.get(yield* TestRcon.passTime(Layer.build(layer)), Fleet.Fleet)
    const given = { ...server.address, password: Redacted.make(ofMember) }
    for (const id of ids) yield* TestRcon.passTime(fleet.add(id, given))
    note(yield* Effect.exit(fleet.add("right", given)))
    note(yield* Effect.exit(fleet.add("bad", { ...given, rosterInterval: 0 })))
    note(yield* Effect.exit(fleet.add("bad", { ...given, password: Redacted.make(`${ofMember}\0`) })))
    yield* TestRcon.passTime("5 seconds")
    const asked = yield* TestRcon.passTime(fleet.players({ timeout: "10 seconds" }))
    assert.deepStrictEqual(Array.from(asked.values(), Exit.isSuccess), [true, false, false, false])
    for (const exit of asked.values()) {
      note(exit)
      if (Exit.isFailure(exit)) note(Cause.pretty(exit.cause))
    }
    yield* first.kill
    yield* TestRcon.passTime("15 seconds")
    yield* TestRcon.passTime(fleet.replace("right", given))
    yield* TestRcon.passTime(fleet.reconcile({ right: given, refused: given }))
    yield* TestRcon.passTime("5 seconds")
    note(yield* fleet.status)
    note(yield* fleet.servers)
    note(yield* TestRcon.passTime(Effect.exit(fleet.players({ timeout: "5 seconds" }))))
    return cluster.wire
  }).pipe(Effect.scoped, exposure.watch)
  for (const message of wire) exposure.record("message", message)
  for (const write of store.state.writes) exposure.record("store", write)
  return yield* exposure.texts
})

describe("a password", () => {
  it.effect.prop(
    "is in no message, in no log, in no error and not in the store",
    [Text, Text],
    ([one, other]) =>
      Effect.gen(function*() {
        // Without these prefixes, another text could contain a password by chance.
        const [secret, ofMember] = [`secret of the server ${one}`, `secret of the member ${other}`]
        const texts = yield* scenario(secret, ofMember)
        assert.deepStrictEqual(Exposure.leaks(texts, secret), [])
        assert.deepStrictEqual(Exposure.leaks(texts, ofMember), [])
        // The search finds texts that were sent, stored and logged.
        for (const known of ["A Player", "127.0.0.1:2306", "refused the login", "MISSING_PASSWORD"]) {
          assert.isAbove(Exposure.leaks(texts, known).length, 0, known)
        }
      }).pipe(Effect.provide(Layer.fresh(SimulatedNetwork.layer()))),
    { arbitrary: { runs: 3, seed: "passwords" }, timeout: 60_000 }
  )
})
