import type { RconClient } from "@bercon/client"
import { Fleet } from "@bercon/fleet"
import { BanBook, BanEnforcement, BanMetrics, type BanPolicy } from "@bercon/operations"
import { SimulatedServer, TestFleet, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Metric, Scope, Stream } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"
import { guid, ip } from "./support.ts"

const by = "Miller"
const ban = (number: number, fields: Partial<BanBook.NewBan> = {}): BanBook.NewBan => ({
  target: guid(number),
  reason: "teamkilling",
  by,
  ...fields
})

const foreign = (number: number, reason = "mine"): World.Ban => ({ target: guid(number), expires: undefined, reason })

/** The reasons in the list of a server, without the numbers of bans. */
const reasons = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.world, (world) => World.numberedBans(world).map(({ reason }) => reason.replace(/:\w{6}\]/, "]")))

const executions = (server: SimulatedServer.SimulatedServer["Service"], command: string) =>
  Effect.map(server.executions, (all) => all.map(({ text }) => text).filter((text) => text.startsWith(command)))

/** One server with the policy, and everything that a test steers. */
const one = (
  policy: BanPolicy.BanPolicy = {},
  options: TestRcon.Options = {}
): Layer.Layer<
  BanEnforcement.BanEnforcement | BanBook.BanBook | RconClient.RconClient | SimulatedServer.SimulatedServer
> =>
  BanEnforcement.layerClient("altis", policy).pipe(
    Layer.provideMerge(BanBook.layerMemory()),
    Layer.provideMerge(TestRcon.layer(options)),
    Layer.orDie
  )

const all = Effect.gen(function*() {
  return {
    book: yield* BanBook.BanBook,
    enforcement: yield* BanEnforcement.BanEnforcement,
    server: yield* SimulatedServer.SimulatedServer
  }
})

describe("the server's list", () => {
  it.effect("gets a ban of the book as it is added, and loses it as it is lifted", () =>
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
          foreign: 1
        }]])
      )

      yield* book.lift(id)
      yield* book.lift(ip(3))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* reasons(server), ["mine"])
    }).pipe(Effect.provide(one())))

  it.effect("is in the server's file afterwards, unless the policy says otherwise", () =>
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

  it.effect("is made right again after a restart that forgot it, and after another admin's change", () =>
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

  it.effect("forgets rows that are over when it is written, without a removal", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* book.add(ban(1, { duration: "2 minutes" }))
      yield* TestRcon.passTime("20 minutes")
      assert.deepStrictEqual(yield* reasons(server), [])
      assert.deepStrictEqual(yield* executions(server, "removeBan"), [])
      assert.strictEqual((yield* executions(server, "writeBans")).length, 2)
    }).pipe(Effect.provide(one())))

  it.effect("that does not show what is added to it gets it no more often than eight times", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* server.onCommand((text) => text.startsWith("addBan") ? "" : undefined)
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 hour")
      assert.deepInclude((yield* enforcement.status).get("altis"), {
        _tag: "Failing",
        reason: "the list does not show 1 bans that were added 8 times"
      })
      assert.strictEqual((yield* server.commands).filter(({ text }) => text.startsWith("addBan")).length, 8)
      // After a login the server may be another.
      yield* server.onCommand(undefined)
      yield* server.restart()
      yield* TestRcon.passTime("2 minutes")
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])
    }).pipe(Effect.provide(one())))

  it.effect("that is cut is left alone, and the status says so; banned players are kicked", () =>
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
        reason: "the list is not complete, so it is not known whether 1 bans are in it"
      })
      assert.deepStrictEqual(yield* executions(server, "addBan"), [])
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one())))

  it.effect("may not be changed: the status says why, and the next try follows within a minute", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* book.add(ban(1))
      yield* TestRcon.passTime("15 minutes")
      const status = (yield* enforcement.status).get("altis")!
      assert.deepInclude(status, { _tag: "Failing", since: 0 })
      assert.include(status._tag === "Failing" ? status.reason : "", "does not allow this command over RCON")
      const tries = (yield* server.commands).filter(({ text }) => text.startsWith("addBan")).length
      assert.isTrue(tries > 12 && tries < 25, String(tries))
    }).pipe(Effect.provide(one({}, { server: { restricted: true } }))))
})

describe("a removal that meets with another admin's change", () => {
  const rows = [foreign(1, "first"), foreign(2, "[book:aaaaaa] old"), foreign(3, "third"), foreign(4, "fourth")]

  /** Another admin removes a row right before the server executes the removal of the second. */
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

  const within = one({ checkInterval: "10 seconds" })

  it.effect("hits a ban of somebody else, which is put back", () =>
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
      assert.match(JSON.stringify(logged), /met with a removal.*third/)
      const state = (yield* Metric.snapshot).find(({ attributes, id }) =>
        id === "bercon_ban_rows_total" && attributes?.["change"] === "Restore"
      )
      assert.deepInclude(state, { attributes: { server: "altis", change: "Restore" } })
    }))

  it.effect("does not put a ban back more than eight times", () =>
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

  it.effect("hits the intended row if the change was behind it: the row that the other admin removed stays removed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collide(3), ["first", "third"])
    }).pipe(Effect.provide(within)))
})

describe("a banned player", () => {
  it.effect("is kicked as soon as it is known who joins, with the reason and the remaining time", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      const { id } = yield* book.add(ban(1, { duration: "7 days" }))
      yield* book.add(ban(1, { reason: "short", duration: "1 hour" }))
      yield* book.add(ban(2, { target: ip(2), reason: "" }))
      yield* book.add(ban(3, { servers: ["stratis"] }))
      yield* TestClock.adjust("59 minutes")
      yield* server.join({ name: "Bob", guid: null })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executions(server, "kick"), [])
      yield* server.identify(0, guid(1))
      yield* server.verify(0)
      yield* server.join({ name: "Ann", ip: ip(2) })
      yield* server.join({ name: "Eve", guid: guid(3) })
      yield* TestRcon.passTime("1 second")
      const kicks = yield* executions(server, "kick")
      assert.strictEqual(kicks[0], `kick 0 [book:${id}] teamkilling (6d 23h left)`)
      assert.match(kicks[1]!, /^kick 1 \[book:\w{6}\] \(permanent\)$/)
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name), ["Eve"])
      // The server's list was not touched.
      assert.deepStrictEqual(yield* executions(server, "addBan"), [])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }))))

  it.effect("who is there when the ban is added is kicked then", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* TestRcon.passTime("2 minutes")
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one())))

  it.effect("is told what the policy says, as one line that servers show whole", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executions(server, "kick"), [`kick 0 забанен ${"ё".repeat(56)}`])
    }).pipe(Effect.provide(one({ kickReason: () => `забанен\n${"ё".repeat(100)}` }))))

  it.effect("is told the default if the policy's function throws", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      const { id } = yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executions(server, "kick"), [`kick 0 [book:${id}] teamkilling (permanent)`])
    }).pipe(Effect.provide(one({
      kickReason: () => {
        throw new Error("a mistake")
      }
    }))))

  it.effect("who could not be kicked, leaves and joins again in another slot is kicked there", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.onCommand((text) => text.startsWith("kick") ? "" : undefined)
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* book.add(ban(1))
      yield* TestRcon.passTime("40 seconds")
      yield* server.leave(0)
      yield* server.join({ name: "Ann", guid: guid(2) })
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* server.onCommand(undefined)
      yield* TestRcon.passTime("40 seconds")
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name), ["Ann"])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }))))

  it.effect("is kicked again until gone, and no more once the ban is lifted", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      const kicks = Effect.map(server.commands, (all) => all.filter(({ text }) => text.startsWith("kick")).length)
      yield* server.onCommand((text) => text.startsWith("kick") ? "" : undefined)
      yield* server.join({ name: "Bob", guid: guid(1) })
      const { id } = yield* book.add(ban(1))
      yield* TestRcon.passTime("5 minutes")
      const tried = yield* kicks
      assert.isTrue(tried >= 8 && tried <= 20, String(tried))
      yield* book.lift(id)
      yield* TestRcon.passTime("5 minutes")
      assert.isAtMost(yield* kicks, tried + 1)
      yield* book.add(ban(1))
      yield* server.onCommand(undefined)
      yield* TestRcon.passTime("10 seconds")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }))))

  it.effect("is banned on joining, if that is the policy; others are not in the list", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* book.add(ban(1))
      const { id } = yield* book.add(ban(2, { duration: "1 day" }))
      yield* TestRcon.passTime("10 minutes")
      assert.deepStrictEqual(yield* reasons(server), [])
      yield* server.join({ name: "Bob", guid: guid(2) })
      yield* TestRcon.passTime("1 second")
      const world = yield* server.world
      assert.deepStrictEqual([world.players.length, world.bans.map(({ target }) => target)], [0, [guid(2)]])
      // The next time the server turns the player away by itself.
      yield* server.join({ name: "Bob", guid: guid(2) })
      assert.deepStrictEqual((yield* server.world).players, [])
      yield* book.lift(id)
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* reasons(server), [])
    }).pipe(Effect.provide(one({ enforcement: "BanOnJoin" }))))
})

describe("Arma Reforger's own RCON", () => {
  const account = "b6955d91-4749-4cdb-9a51-e69f630ec435" as BanBook.NewBan["target"]
  const other = "3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10"

  it.effect("has lists without reasons: the book removes only what it has put in, also after a crash", () =>
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

  it.effect("kicks a banned account", () =>
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

describe("a fleet", () => {
  const fleet = (options: BanEnforcement.Options = {}) =>
    BanEnforcement.layerFleet(options).pipe(
      Layer.provideMerge(BanBook.layerMemory()),
      Layer.provideMerge(TestFleet.layer({ servers: { altis: {}, stratis: {} } }))
    )

  it.effect("has bans on all of its servers, or on some, each by its own policy", () =>
    Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const { check } = yield* BanEnforcement.BanEnforcement
      const simulation = yield* TestFleet.TestFleet
      const [altis, stratis] = [yield* simulation.get("altis"), yield* simulation.get("stratis")]
      yield* book.add(ban(1))
      yield* book.add(ban(2, { servers: ["altis"] }))
      const statuses = yield* TestRcon.passTime(check)
      assert.deepStrictEqual(
        Array.from(statuses, ([id, status]) => [id, status._tag === "Converged" && status.rows]),
        [["altis", 2], ["stratis", 0]]
      )
      assert.strictEqual((yield* reasons(altis.server)).length, 2)
      assert.strictEqual((yield* reasons(stratis.server)).length, 0)
      yield* stratis.server.join({ name: "Bob", guid: guid(1) })
      yield* stratis.server.join({ name: "Ann", guid: guid(2) })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual((yield* stratis.server.world).players.map(({ name }) => name), ["Ann"])
    }).pipe(Effect.provide(fleet({ servers: { stratis: { enforcement: "Kick" } } }))))

  it.effect("has them on servers that are added, replaced or back, and lets go those that are removed", () =>
    Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const fleet = yield* Fleet.Fleet
      const enforcement = yield* BanEnforcement.BanEnforcement
      const simulation = yield* TestFleet.TestFleet
      const tags = Effect.map(
        enforcement.status,
        (statuses) => Object.fromEntries(Array.from(statuses, ([id, { _tag }]) => [id, _tag]))
      )
      const { options, server } = yield* simulation.simulate("tanoa")
      const altis = yield* simulation.get("altis")
      yield* book.add(ban(1))
      yield* fleet.add("tanoa", options)
      yield* fleet.remove("stratis")
      yield* altis.server.stop()
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* tags, { altis: "Waiting", tanoa: "Converged" })
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])

      yield* altis.server.start
      yield* server.update((world) => ({ ...world, bans: [] }))
      yield* fleet.replace("tanoa", options)
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* tags, { altis: "Converged", tanoa: "Converged" })
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])
      assert.deepStrictEqual(yield* reasons(altis.server), ["[book] teamkilling"])

      // A password that is refused ends the session, until it is replaced.
      yield* server.refuse
      yield* fleet.replace("tanoa", options)
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* tags, { altis: "Converged", tanoa: "Ended" })
      const statuses = yield* TestRcon.passTime(enforcement.check)
      assert.match(JSON.stringify(statuses.get("tanoa")), /refused/)
      yield* server.admit
      yield* fleet.replace("tanoa", options)
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* tags, { altis: "Converged", tanoa: "Converged" })
    }).pipe(Effect.provide(fleet())))

  it.effect("tells how each server is doing, now and every change", () =>
    Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const enforcement = yield* BanEnforcement.BanEnforcement
      yield* TestRcon.passTime("1 second")
      const seen: Array<string> = []
      yield* Effect.forkScoped(
        Stream.runForEach(enforcement.statusChanges, ({ server, status }) =>
          Effect.sync(() => seen.push(`${server} ${status._tag}`))),
        { startImmediately: true }
      )
      assert.deepStrictEqual(seen, ["altis Converged", "stratis Converged"])
      yield* book.add(ban(1, { servers: ["altis"] }))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(seen.slice(2), ["altis Converging", "altis Converged"])
      const gauge = Metric.value(Metric.withAttributes(BanMetrics.converged, { server: "altis" }))
      assert.strictEqual((yield* gauge).value, 1)
      yield* Effect.flatMap(Fleet.Fleet, (fleet) =>
        TestRcon.passTime(fleet.remove("altis")))
      yield* TestRcon.passTime("1 second")
      assert.strictEqual((yield* gauge).value, 0)
    }).pipe(Effect.scoped, Effect.provide(fleet())))

  it.effect("whose enforcement dies is reported as failing, and enforced again a minute later", () => {
    let isBroken = true
    const book = Layer.effect(
      BanBook.BanBook,
      Effect.map(BanBook.make(), (book) => ({
        ...book,
        search: (query: BanBook.Query) => isBroken ? Effect.die("a bug") : book.search(query)
      }))
    ).pipe(Layer.provideMerge(KeyValueStore.layerMemory))
    return Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* book.add(ban(1))
      yield* TestRcon.passTime("10 seconds")
      assert.deepInclude((yield* TestRcon.passTime(enforcement.check)).get("altis"), { _tag: "Failing" })
      isBroken = false
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual((yield* enforcement.status).get("altis")?._tag, "Converged")
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])
    }).pipe(Effect.provide(
      BanEnforcement.layerClient("altis").pipe(Layer.provideMerge(book), Layer.provideMerge(TestRcon.layer()))
    ))
  })

  it.effect("is let go when the enforcement is closed: nothing is sent any more", () =>
    Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const simulation = yield* TestFleet.TestFleet
      const { server } = yield* simulation.get("altis")
      const scope = yield* Scope.make()
      yield* Scope.provide(BanEnforcement.makeFleet(), scope)
      yield* TestRcon.passTime("1 second")
      yield* Scope.close(scope, Exit.void)
      const before = (yield* executions(server, "bans")).length
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 hour")
      assert.strictEqual((yield* executions(server, "bans")).length, before)
    }).pipe(Effect.provide(
      BanBook.layerMemory().pipe(Layer.provideMerge(TestFleet.layer({ servers: { altis: {} } })))
    )))

  it.effect("is not enforced with a policy that is not valid", () =>
    Effect.gen(function*() {
      const message = (options: BanEnforcement.Options) =>
        Effect.map(Effect.flip(Effect.scoped(BanEnforcement.makeFleet(options))), ({ message }) => message)
      assert.strictEqual(
        yield* message({ capacity: 2501 }),
        "the ban policy: `capacity` must be an integer from 0 to 2500 (got 2501)"
      )
      assert.strictEqual(
        yield* message({ servers: { altis: { mark: "my book" } } }),
        "the ban policy of server \"altis\": `mark` must be 1 to 16 letters, digits, \"-\" and \"_\" (got \"my book\")"
      )
      assert.include(yield* message({ maxAge: 0 }), "`maxAge` must be a positive duration (got 0)")
      assert.include(yield* message({ checkInterval: "9 seconds" }), "`checkInterval` must be finite and at least")
      assert.include(yield* message({ enforcement: "list" as "List" }), "`enforcement` must be \"Kick\", \"BanOnJoin\"")
    }).pipe(Effect.provide(
      BanBook.layerMemory().pipe(Layer.provideMerge(TestFleet.layer({ servers: {} })))
    )))
})
