import { RconClient } from "@bercon/client"
import { BanBook, BanEnforcement, BansFile } from "@bercon/operations"
import { SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Logger, Metric } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { all, ban, executions, foreign, one, reasons } from "./banKit.ts"
import { guid, ip } from "./support.ts"

describe("the server's list", () => {
  it.effect("gets a ban when it is added to the book, and loses it when it is lifted", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* server.update((world) => ({ ...world, bans: [foreign(9)] }))
      const { id } = yield* book.add(ban(1, { duration: "90 seconds" }))
      yield* book.add(ban(2, { servers: ["stratis"] }))
      yield* book.add(ban(3, { target: ip(3) }))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(World.numberedBans(yield* server.world), [
        foreign(9),
        { target: guid(1), expires: 120_000, reason: `[book:${id}] teamkilling` },
        {
          target: ip(3),
          expires: undefined,
          reason: World.numberedBans(yield* server.world)[2]!.reason
        }
      ])
      assert.deepStrictEqual(
        yield* enforcement.status,
        new Map([["altis", {
          _tag: "Converged" as const,
          at: 0,
          rows: 2,
          foreign: 1,
          orphans: 0
        }]])
      )

      yield* book.lift(id)
      yield* book.lift(ip(3))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* reasons(server), ["mine"])
    }).pipe(Effect.provide(one())))

  it.effect("is written to the server's file after a change, if the policy has `write`", () =>
    Effect.gen(function*() {
      for (const write of [true, false]) {
        yield* Effect.gen(function*() {
          const { book, server } = yield* all
          yield* book.add(ban(1))
          yield* TestRcon.passTime("1 second")
          const world = yield* server.world
          assert.strictEqual(world.bans.length, 1)
          assert.deepStrictEqual(world.banFiles[World.BANS_FILE], write ? world.bans : [])
        }).pipe(Effect.provide(one({ write }), { local: true }))
      }
    }))

  it.effect("gets bans again that a restart or another admin has removed", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      yield* server.restart({ downtime: "1 minute" })
      yield* TestRcon.passTime("3 minutes")
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])

      yield* server.update((world) => ({ ...world, bans: [] }))
      yield* TestRcon.passTime("5 minutes")
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])
    }).pipe(Effect.provide(one({ write: false }))))

  it.effect("loses rows that are over when the server writes the list to its file; no removal is sent", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* book.add(ban(1, { duration: "2 minutes" }))
      yield* TestRcon.passTime("20 minutes")
      assert.deepStrictEqual(yield* reasons(server), [])
      assert.deepStrictEqual(yield* executions(server, "removeBan"), [])
      assert.strictEqual((yield* executions(server, "writeBans")).length, 2)
    }).pipe(Effect.provide(one())))

  it.effect("gets a ban eight times at most before the next login, if it never shows that ban", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* server.onCommand((text) => text.startsWith("addBan") ? "" : undefined)
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 hour")
      assert.deepInclude((yield* enforcement.status).get("altis"), {
        _tag: "Failing",
        reason: "the list does not show 1 ban of the book after 8 additions"
      })
      assert.strictEqual((yield* server.commands).filter(({ text }) => text.startsWith("addBan")).length, 8)
      // After a login, the server may be another process.
      yield* server.onCommand(undefined)
      yield* server.restart()
      yield* TestRcon.passTime("2 minutes")
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])
    }).pipe(Effect.provide(one())))

  it.effect("is not changed if it is cut off, which the status shows; banned players are kicked", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* server.update((world) => ({
        ...world,
        bans: Array.from({ length: 6000 }, (_, index) => foreign(1000 + index))
      }))
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 minute")
      assert.deepInclude((yield* enforcement.status).get("altis"), {
        _tag: "Failing",
        reason: "the list is not complete, so it does not show whether it has 1 ban of the book"
      })
      assert.deepStrictEqual(yield* executions(server, "addBan"), [])
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one())))

  it.effect("is not changed if the server forbids it, and the status and the log show the reason", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* book.add(ban(1))
      yield* TestRcon.passTime("15 minutes")
      const status = (yield* enforcement.status).get("altis")!
      assert.deepInclude(status, { _tag: "Failing", since: 0 })
      assert.include(status._tag === "Failing" ? status.reason : "", "does not allow this command over RCON")
      const tries = (yield* server.commands).filter(({ text }) => text.startsWith("addBan")).length
      assert.isTrue(tries > 12 && tries < 25, String(tries))
      const warnings = logged.map(String).filter((line) => line.includes("cannot be made to agree"))
      assert.strictEqual(warnings.length, 1)
      assert.include(warnings[0], "does not allow this command over RCON")
    }).pipe(Effect.provide(Layer.provideMerge(
      one({}, { server: { restricted: true } }),
      Logger.layer([Logger.make(({ message }) => logged.push(message))])
    )))
  })
})

describe("rows of a book whose store was lost, or of another book", () => {
  const old = foreign(7, "[book:aaaaaa] cheating")

  /** A server with rows of an old book, and a new book in an empty store. */
  const withOldRows = Effect.gen(function*() {
    const services = yield* all
    yield* services.server.update((world) => ({ ...world, bans: [foreign(9), old, foreign(8, "[book:bbbbbb]")] }))
    yield* services.book.add(ban(1))
    yield* TestRcon.passTime("6 minutes")
    return services
  })

  it.effect("stay, also while the new book adds and lifts bans; their number is in the status, and the remedy in the log", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function*() {
      const { book, enforcement, server } = yield* withOldRows
      yield* book.add(ban(2))
      yield* TestRcon.passTime("6 minutes")
      yield* book.lift(guid(1))
      yield* TestRcon.passTime("6 minutes")
      assert.sameMembers([...yield* reasons(server)], [
        "mine",
        "[book] cheating",
        "[book]",
        "[book] teamkilling"
      ])
      assert.deepInclude((yield* enforcement.status).get("altis"), {
        _tag: "Converged",
        rows: 1,
        foreign: 1,
        orphans: 2
      })
      const warnings = logged.filter((message) => JSON.stringify(message).includes("orphans in the server"))
      assert.strictEqual(warnings.length, 1)
      assert.match(JSON.stringify(warnings), /list of bans: 2 .*BansFile\.restore.*orphans: .*Remove/)
    }).pipe(
      Effect.provide(Layer.provideMerge(one(), Logger.layer([Logger.make(({ message }) => logged.push(message))])))
    )
  })

  it.effect("become bans of the new book, with their numbers, when they are restored", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* withOldRows
      const rcon = yield* RconClient.RconClient
      const added = yield* DateTime.now
      const rows = BansFile.fromRows(yield* TestRcon.passTime(rcon.bans), added)
      yield* book.importEntries(BansFile.restore(rows, { by: "restored", added }))
      yield* TestRcon.passTime("6 minutes")
      assert.deepInclude((yield* enforcement.status).get("altis"), { rows: 3, foreign: 1, orphans: 0 })
      assert.strictEqual((yield* executions(server, "addBan")).length, 1)
      assert.sameMembers((yield* book.list).map(({ id, reason }) => `${id} ${reason}`).slice(0, 2), [
        "aaaaaa cheating",
        "bbbbbb "
      ])
      yield* book.lift(guid(7))
      yield* TestRcon.passTime("1 minute")
      assert.notInclude((yield* server.world).bans, old)
    }).pipe(Effect.provide(one())))

  it.effect("are removed if the policy has `orphans: \"Remove\"`", () =>
    Effect.gen(function*() {
      const { server } = yield* withOldRows
      assert.deepStrictEqual(yield* reasons(server), ["mine", "[book] teamkilling"])
    }).pipe(Effect.provide(one({ orphans: "Remove" }))))
})

describe("rows of lifted bans", () => {
  it.effect("are removed if the server was offline when the bans were lifted, even if an earlier process lifted them", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      /** Runs a program for two minutes, with the store of the previous program. */
      const program = <A, E, R>(use: (book: BanBook.Service) => Effect.Effect<A, E, R>) =>
        Effect.gen(function*() {
          const book = yield* BanBook.make()
          yield* Effect.provideService(BanEnforcement.makeClient("altis"), BanBook.BanBook, book)
          yield* use(book)
          yield* TestRcon.passTime("2 minutes")
          return book
        }).pipe(Effect.scoped)
      const list = yield* program((book) => Effect.all([book.add(ban(1)), book.add(ban(2))]))
      assert.strictEqual((yield* server.world).bans.length, 2)
      // Another admin copies a reason.
      const [copied] = (yield* server.world).bans
      const bans = [...(yield* server.world).bans, { ...copied!, target: guid(5) }]
      yield* server.update((world) => ({ ...world, bans, banFiles: { [World.BANS_FILE]: bans } }))
      yield* server.stop()
      yield* program((book) => book.lift(guid(1)))
      yield* server.start
      yield* program(() => Effect.void)
      assert.sameMembers((yield* server.world).bans.map(({ target }) => target), [guid(2), guid(5)])
      assert.strictEqual((yield* list.list).length, 2)
    }).pipe(Effect.provide(Layer.mergeAll(KeyValueStore.layerMemory, TestRcon.layer()))))
})

describe("a removal during which another admin changes the list", () => {
  const rows = [foreign(1, "first"), foreign(2, "[book:aaaaaa] old"), foreign(3, "third"), foreign(4, "fourth")]

  /**
   * Another admin removes the row `number` right before the server executes the removal of row 1. Returns the remaining
   * reasons.
   */
  const collide = (number: number) =>
    Effect.gen(function*() {
      const { server } = yield* all
      yield* server.update((world) => ({ ...world, bans: rows }))
      yield* server.onCommand((text) =>
        text === "removeBan 1"
          ? { before: (world) => ({ ...world, bans: world.bans.filter((_, index) => index !== number) }) }
          : undefined
      )
      yield* TestRcon.passTime("1 minute")
      return yield* reasons(server)
    })

  const within = one({ checkInterval: "10 seconds", orphans: "Remove" })

  it.effect("can hit a ban of another admin, which is added again", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      yield* Effect.gen(function*() {
        assert.sameMembers([...(yield* collide(0))], ["third", "fourth"])
        const server = yield* SimulatedServer.SimulatedServer
        assert.deepStrictEqual(yield* executions(server, "removeBan"), ["removeBan 1", "removeBan 0"])
        assert.deepStrictEqual(yield* executions(server, "addBan"), [`addBan ${guid(3)} 0 third`])
      }).pipe(
        Effect.provide(Layer.provideMerge(within, Logger.layer([Logger.make(({ message }) => logged.push(message))])))
      )
      assert.match(JSON.stringify(logged), /at the moment of a removal.*third/)
      const state = (yield* Metric.snapshot).find(({ attributes, id }) =>
        id === "bercon_ban_rows_total" && attributes?.["change"] === "Restore"
      )
      assert.deepInclude(state, { attributes: { server: "altis", change: "Restore" } })
    }))

  it.effect("can hit one of several bans of a target, all of which the list has in the end, even if the first addition is lost", () =>
    Effect.gen(function*() {
      const limited = (reason: string) => ({ ...foreign(3, reason), expires: 36_000_000 })
      const scenarios = [
        // The removal hits row 2. The other ban of its target stays in the list.
        { others: [foreign(3, "third"), limited("fourth")], removed: [0] },
        { others: [foreign(3, "third"), limited("third")], removed: [0] },
        // The removal hits row 3. It could have hit row 2 instead, so both are added again.
        { others: [foreign(3, "third"), limited("fourth")], removed: [0, 2] }
      ]
      for (const { others, removed } of scenarios) {
        yield* Effect.gen(function*() {
          const { server } = yield* all
          yield* server.update((world) => ({ ...world, bans: [...rows.slice(0, 2), ...others] }))
          let isFirst = true
          yield* server.onCommand((text) => {
            if (text === "removeBan 1") {
              return {
                before: (world) => ({ ...world, bans: world.bans.filter((_, index) => !removed.includes(index)) })
              }
            }
            if (!isFirst || !text.startsWith("addBan")) return undefined
            isFirst = false
            return ""
          })
          yield* TestRcon.passTime("1 minute")
          const bans = (yield* server.world).bans.map(({ expires, reason }) => `${reason} ${expires === undefined}`)
          assert.sameMembers(bans, others.map(({ expires, reason }) => `${reason} ${expires === undefined}`))
        }).pipe(Effect.provide(within, { local: true }))
      }
    }))

  it.effect("can hit a ban that lasts longer than a new ban can, which is added again as a permanent one", () =>
    Effect.gen(function*() {
      const { server } = yield* all
      const third = { ...foreign(3, "third"), expires: 5e9 * 60_000 }
      yield* server.update((world) => ({ ...world, bans: [...rows.slice(0, 2), third] }))
      yield* server.onCommand((text) =>
        text === "removeBan 1" ? { before: (world) => ({ ...world, bans: world.bans.slice(1) }) } : undefined
      )
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* reasons(server), ["third"])
    }).pipe(Effect.provide(within)))

  it.effect("causes no more than eight additions of a ban that it has hit", () =>
    Effect.gen(function*() {
      const { server } = yield* all
      yield* server.update((world) => ({ ...world, bans: rows }))
      yield* server.onCommand((text) =>
        text === "removeBan 1"
          ? { before: (world) => ({ ...world, bans: world.bans.slice(1) }) }
          : text.startsWith("addBan")
          ? ""
          : undefined
      )
      yield* TestRcon.passTime("10 minutes")
      const added = (yield* server.commands).filter(({ text }) => text.startsWith("addBan"))
      assert.strictEqual(added.length, 8)
      assert.deepStrictEqual(yield* reasons(server), ["fourth"])
    }).pipe(Effect.provide(within)))

  it.effect("hits the intended row if the change was further down the list: the row removed by the other admin stays removed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collide(3), ["first", "third"])
    }).pipe(Effect.provide(within)))
})

describe("Arma Reforger's own RCON", () => {
  const account = "67ab5fd5-7e35-579a-68d9-b934ff7124f0" as BanBook.NewBan["target"]
  const other = "3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10"

  it.effect("has lists without reasons: the book removes only rows that it has added, also those of an earlier process", () =>
    Effect.gen(function*() {
      const { book, server } = yield* Effect.gen(function*() {
        return { book: yield* BanBook.BanBook, server: yield* SimulatedServer.SimulatedServer }
      })
      yield* server.update((world) => ({ ...world, bans: [{ ...foreign(1), target: other }] }))
      const enforced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.scoped(Effect.andThen(BanEnforcement.makeClient("everon"), effect))
      const targets = Effect.map(server.world, ({ bans }) => bans.map(({ target }) => target))
      yield* book.add(ban(1, { target: account }))
      yield* book.add(ban(2))
      yield* enforced(TestRcon.passTime("30 seconds"))
      assert.deepStrictEqual(yield* targets, [other, account])
      yield* book.lift(account)
      yield* enforced(TestRcon.passTime("30 seconds"))
      assert.deepStrictEqual(yield* targets, [other])
    }).pipe(Effect.provide(
      BanBook.layerMemory().pipe(Layer.provideMerge(TestRcon.layer({ server: { flavour: "Reforger" } })))
    )))

  it.effect("can kick a banned account", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* book.add(ban(1, { target: account }))
      yield* TestRcon.passTime("10 seconds")
      yield* server.update((world) => ({ ...world, bans: [] }))
      yield* server.join({ name: "Bob", identity: account })
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }, { server: { flavour: "Reforger" } }))))
})
