import { BanBook, BansFile, BanSync } from "@bercon/operations"
import { SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { guid, ip } from "./support.ts"

const provided = Effect.provide(Layer.mergeAll(BanBook.layerMemory(), TestRcon.layer()))

const file = (...lines: ReadonlyArray<string>) => `${lines.join("\n")}\n`

const targets = (bans: Iterable<{ readonly target: string }>) => Array.from(bans, ({ target }) => target)

describe("a sync", () => {
  it.effect("makes the changes that `compare` shows, and keeps foreign rows and orphans", () =>
    Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const server = yield* SimulatedServer.SimulatedServer
      const ban = (number: number, reason: string) => ({ target: guid(number), expires: undefined, reason })
      const { id } = yield* book.add({ target: guid(9), reason: "lifted", by: "Miller" })
      yield* book.lift(id)
      yield* server.update((world) => ({
        ...world,
        bans: [ban(7, "[book:aaaaaa] of another book"), ban(8, "mine"), ban(9, `[book:${id}] lifted`)]
      }))
      yield* book.add({ target: guid(1), reason: "teamkilling", by: "Miller" })
      const { kept, ...difference } = yield* TestRcon.passTime(BanSync.compare("altis"))
      assert.deepStrictEqual([targets(difference.missing), targets(difference.excess)], [[guid(1)], [guid(9)]])
      assert.deepStrictEqual([kept, difference.foreign, difference.unknown], [0, 1, []])
      assert.deepStrictEqual(targets(difference.orphans), [guid(7)])
      assert.deepStrictEqual(targets((yield* server.world).bans), [guid(7), guid(8), guid(9)])

      const synced = yield* TestRcon.passTime(BanSync.sync("altis"))
      assert.deepStrictEqual(synced, { added: 1, removed: 1, restored: 0, rows: 1, foreign: 1, orphans: 1 })
      assert.sameMembers([...targets((yield* server.world).bans)], [guid(7), guid(8), guid(1)])
    }).pipe(provided))

  it.effect("reports the rows that a removal may have hit, and that were added again", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const ban = (number: number, reason: string) => ({ target: guid(number), expires: undefined, reason })
      yield* server.update((world) => ({
        ...world,
        bans: [ban(1, "first"), ban(2, "[book:aaaaaa] old"), ban(3, "third")]
      }))
      // Another admin removes the first row right before the server executes the removal of the second.
      yield* server.onCommand((text) =>
        text === "removeBan 1" ? { before: (world) => ({ ...world, bans: world.bans.slice(1) }) } : undefined
      )
      const synced = yield* TestRcon.passTime(BanSync.sync("altis", { orphans: "Remove" }))
      assert.deepInclude(synced, { restored: 1, rows: 0, foreign: 1 })
      assert.deepStrictEqual(targets((yield* server.world).bans), [guid(3)])
    }).pipe(provided))

  it.effect("with a file recognises the rows of an earlier sync, and removes those whose bans are no longer in the file", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const syncWith = (text: string) =>
        Effect.gen(function*() {
          const book = yield* BanBook.make()
          const { bans } = BansFile.parse(text)
          const added = yield* DateTime.now
          yield* book.importEntries(BansFile.toEntries(bans, { by: "file", mark: "file", added }))
          return yield* TestRcon.passTime(
            BanSync.sync("altis", { mark: "file", orphans: "Remove" }).pipe(
              Effect.provideService(BanBook.BanBook, book)
            )
          )
        }).pipe(Effect.scoped, Effect.provide(BanBook.layerMemory(), { local: true }))
      const both = file(`${guid(1)} -1 cheating`, `${ip(2)} 4102444800 spam`)
      assert.deepInclude(yield* syncWith(both), { added: 2, removed: 0 })
      assert.deepInclude(yield* syncWith(both), { added: 0, removed: 0, rows: 2 })
      assert.deepInclude(yield* syncWith(file(`${ip(2)} 4102444800 spam`)), { added: 0, removed: 1, rows: 1 })
      assert.deepStrictEqual(targets(World.numberedBans(yield* server.world)), [ip(2)])
    }).pipe(provided))
})

describe("entries of a file", () => {
  const entriesOf = (text: string) =>
    BansFile.toEntries(BansFile.parse(text).bans, { by: "file", added: DateTime.makeUnsafe(0) })

  it("have numbers that are computed from target, end and reason, and are the same in every release", () => {
    const [one, other, shorter] = entriesOf(file(
      `${guid(1)} -1 cheating`,
      `${guid(1)} -1 spam`,
      `${guid(1)} 4102444800 cheating`
    ))
    assert.strictEqual(new Set([one?.id, other?.id, shorter?.id]).size, 3)
    assert.strictEqual(one?.id, "jcmrs1")
    // The number does not depend on other lines of the file.
    assert.deepStrictEqual(entriesOf(file(`${guid(1)} -1 spam`)).map(({ id }) => id), [other!.id])
  })

  it("contain each ban once, even if the file has it twice, and no rows of a book", () => {
    const entries = entriesOf(file(
      `${guid(1)} -1 cheating`,
      `${guid(1)} -1 cheating`,
      `${guid(2)} -1 [book:k3x9q2] teamkilling`
    ))
    assert.deepStrictEqual(targets(entries), [guid(1)])
  })
})
