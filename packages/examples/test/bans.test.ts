import { Ban, BanBook } from "@bercon/operations"
import { TestFleet, TestRcon, World } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { banForWeek, Bans, importFile } from "../src/bans.ts"

const target = (digit: string) => Option.getOrThrow(Ban.targetFromString(digit.repeat(32)))

it.effect("keeps bans on all servers, even after a restart that loses them, and imports a bans.txt", () =>
  Effect.gen(function*() {
    const simulation = yield* TestFleet.TestFleet
    const [altis, event] = [yield* simulation.get("altis"), yield* simulation.get("event")]
    const { id } = yield* banForWeek(target("a"), "Miller")
    const unread = yield* importFile(`${target("b")} -1 Cheating\n203.0.113.7 -1 Spam\nnot a ban\n`)
    assert.deepStrictEqual(unread.map(({ line }) => line), [3])
    yield* TestRcon.passTime("10 seconds")
    yield* altis.server.update((world) => ({ ...world, banFiles: {} }))
    yield* altis.server.restart({ downtime: "1 minute" })
    yield* TestRcon.passTime("5 minutes")
    assert.deepStrictEqual(
      World.numberedBans(yield* altis.server.world).map(({ target }) => target).toSorted(),
      ["203.0.113.7", target("a"), target("b")]
    )

    yield* event.server.join({ name: "Bob", guid: target("a") })
    yield* TestRcon.passTime("1 second")
    const world = yield* event.server.world
    assert.deepStrictEqual([world.players, world.bans], [[], []])
    const kicks = (yield* event.server.executions).map(({ text }) => text).filter((text) => text.startsWith("kick"))
    assert.deepStrictEqual(kicks, [`kick 0 [book:${id}] teamkilling (6d 23h left)`])
  }).pipe(Effect.provide(
    Bans.pipe(
      Layer.provideMerge(BanBook.layerMemory()),
      Layer.provideMerge(TestFleet.layer({
        servers: { altis: {}, event: {} },
        each: { network: { loss: 0.05 } }
      }))
    )
  )))
