import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, PubSub, Stream } from "effect"
import * as Subscriptions from "../src/internal/subscriptions.ts"

type Client = PubSub.PubSub<string>

const setup = Effect.fnUntraced(function*(...ids: ReadonlyArray<string>) {
  const clients = new Map<string, Client>()
  for (const id of ids) clients.set(id, yield* PubSub.unbounded<string>())
  const subscriptions = Subscriptions.make<Client>(() => clients)
  const collect = Effect.forkChild(
    Stream.runCollect(subscriptions.stream({
      of: (client) => Stream.fromPubSub(client),
      tag: (id, value: string) => `${id} ${value}`,
      inTurn: false
    })),
    { startImmediately: true }
  )
  return { clients, collect, subscriptions }
})

describe("a subscriber", () => {
  it.effect("gets the values from its subscription on", () =>
    Effect.gen(function*() {
      const { clients, collect, subscriptions } = yield* setup("altis")
      const altis = clients.get("altis")!
      PubSub.publishUnsafe(altis, "before")
      const collecting = yield* collect
      PubSub.publishUnsafe(altis, "after")
      yield* Effect.yieldNow
      yield* PubSub.shutdown(altis)
      subscriptions.close()
      assert.deepStrictEqual(yield* Fiber.join(collecting), ["altis after"])
    }))

  it.effect("ends without values if the fleet closes before a client was added", () =>
    Effect.gen(function*() {
      const { collect, subscriptions } = yield* setup()
      const collecting = yield* collect
      subscriptions.close()
      assert.deepStrictEqual(yield* Fiber.join(collecting), [])
    }))

  it.effect("does not follow clients that are added after its end", () =>
    Effect.gen(function*() {
      const { subscriptions } = yield* setup()
      const followed: Array<string> = []
      const each = (id: string) => Effect.sync(() => followed.push(id))
      const following = yield* Effect.forkChild(subscriptions.follow({ each, inTurn: false }), {
        startImmediately: true
      })
      const client = yield* PubSub.unbounded<string>()
      yield* subscriptions.attach("altis", client)
      yield* Fiber.interrupt(following)
      yield* subscriptions.attach("stratis", client)
      yield* Effect.yieldNow
      assert.deepStrictEqual(followed, ["altis"])
    }))
})
