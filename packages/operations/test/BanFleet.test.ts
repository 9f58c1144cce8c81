import { Fleet } from "@bercon/fleet"
import { BanBook, BanEnforcement, BanMetrics } from "@bercon/operations"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Metric, Scope, Stream } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { all, ban, executions, reasons } from "./banKit.ts"
import { guid } from "./support.ts"

describe("a fleet", () => {
  const fleet = (options: BanEnforcement.Options = {}) =>
    BanEnforcement.layerFleet(options).pipe(
      Layer.provideMerge(BanBook.layerMemory()),
      Layer.provideMerge(TestFleet.layer({ servers: { altis: {}, stratis: {} } }))
    )

  it.effect("has bans on all of its servers or on some, and each server has its own policy", () =>
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

  it.effect("applies bans to servers that are added, replaced or online again, and drops the status of removed servers", () =>
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

      // A refused password ends the session. After `replace`, there is another session.
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

  it.effect("shows `Absent`, and one warning, for an unknown id in a policy or a ban, until a server with that id is added", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const fleet = yield* Fleet.Fleet
      const { status } = yield* BanEnforcement.BanEnforcement
      const simulation = yield* TestFleet.TestFleet
      const absent = Effect.map(
        status,
        (statuses) => Array.from(statuses, ([id, one]) => one._tag === "Absent" ? `${id} ${one.bans}` : id).sort()
      )
      yield* book.add(ban(1, { servers: ["altis", "altsi"] }))
      const { id } = yield* book.add(ban(2, { servers: ["altsi", "tanoa"] }))
      yield* TestRcon.passTime("3 minutes")
      assert.deepStrictEqual(yield* absent, ["altis", "altsi 2", "malden 0", "stratis", "tanoa 1"])
      const { options } = yield* simulation.simulate("tanoa")
      yield* fleet.add("tanoa", options)
      yield* book.lift(id)
      yield* fleet.remove("stratis")
      yield* TestRcon.passTime("3 minutes")
      assert.deepStrictEqual(yield* absent, ["altis", "altsi 1", "malden 0", "stratis 0", "tanoa"])
      yield* book.lift(guid(1))
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* absent, ["altis", "malden 0", "stratis 0", "tanoa"])
      const warnings = logged.map(String).filter((line) => line.includes("the fleet has no server"))
      assert.deepStrictEqual(warnings.map((line) => /"(\w+)", but (\d+ bans?|a ban policy)/.exec(line)?.slice(1)), [
        ["malden", "a ban policy"],
        ["altsi", "2 bans"],
        ["tanoa", "1 ban"],
        ["stratis", "a ban policy"]
      ])
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          fleet({ servers: { stratis: {}, malden: { enforcement: "Kick" } } }),
          Logger.layer([Logger.make(({ message }) => logged.push(message))])
        )
      )
    )
  })

  it.effect("has a stream of the current status of each server and of every change", () =>
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

  it.effect("gets no more commands about bans after the enforcement is closed", () =>
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
      assert.deepStrictEqual(yield* executions(server, "addBan"), [])
    }).pipe(Effect.provide(
      BanBook.layerMemory().pipe(Layer.provideMerge(TestFleet.layer({ servers: { altis: {} } })))
    )))

  it.effect("cannot have a policy that is not valid", () =>
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
      assert.include(
        yield* message({ orphans: "keep" as "Keep" }),
        "`orphans` must be \"Keep\" or \"Remove\" (got \"keep\")"
      )
    }).pipe(Effect.provide(
      BanBook.layerMemory().pipe(Layer.provideMerge(TestFleet.layer({ servers: {} })))
    )))
})

describe("a server", () => {
  /** A server, and a book whose function `name` dies while `bug.isThere` is true. */
  const withBug = (bug: { isThere: boolean; defect?: unknown }, name: "list" | "search") => {
    const dies = <A>(effect: Effect.Effect<A>) =>
      Effect.suspend(() => bug.isThere ? Effect.die(bug.defect ?? "a bug") : effect)
    const book = Layer.effect(
      BanBook.BanBook,
      Effect.map(BanBook.make(), (book) => ({
        ...book,
        ...(name === "list" ? { list: dies(book.list) } : { search: (query) => dies(book.search(query)) })
      }))
    ).pipe(Layer.provideMerge(KeyValueStore.layerMemory))
    return BanEnforcement.layerClient("altis").pipe(Layer.provideMerge(book), Layer.provideMerge(TestRcon.layer()))
  }

  it.effect("whose list cannot be compared because of a defect has the status `Failing`, and its players are checked", () => {
    const bug = { isThere: true }
    return Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* book.add(ban(1))
      yield* TestRcon.passTime("10 seconds")
      const status = (yield* TestRcon.passTime(enforcement.check)).get("altis")
      assert.deepInclude(status, { _tag: "Failing", reason: "a defect (see the log): a bug" })
      assert.isAbove(status?._tag === "Failing" ? status.tries : 0, 1)
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual((yield* server.world).players, [])
      bug.isThere = false
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual((yield* enforcement.status).get("altis")?._tag, "Converged")
    }).pipe(Effect.provide(withBug(bug, "list")))
  })

  it.effect("whose list cannot be compared because of defects has each different one in the log once, with its stack", () => {
    const bug = { isThere: true, defect: new Error("a bug") }
    const logged: Array<unknown> = []
    return Effect.gen(function*() {
      const { book } = yield* all
      yield* book.add(ban(1))
      yield* TestRcon.passTime("10 seconds")
      bug.defect = new Error("another bug")
      yield* TestRcon.passTime("5 minutes")
      assert.deepStrictEqual(logged, [new Error("a bug"), new Error("another bug")])
    }).pipe(Effect.provide(Layer.provideMerge(
      withBug(bug, "list"),
      Logger.layer([
        Logger.make(({ message }) => logged.push(...[message].flat().filter((one) => one instanceof Error)))
      ])
    )))
  })

  it.effect("has the status `Failing` after the enforcement of bans has died, until it starts again a minute later", () => {
    const bug = { isThere: true }
    return Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* book.add(ban(1))
      yield* TestRcon.passTime("10 seconds")
      assert.deepInclude((yield* TestRcon.passTime(enforcement.check)).get("altis"), {
        _tag: "Failing",
        reason: "the enforcement died (see the log), and starts again in a minute"
      })
      bug.isThere = false
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual((yield* enforcement.status).get("altis")?._tag, "Converged")
      assert.deepStrictEqual(yield* reasons(server), ["[book] teamkilling"])
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(withBug(bug, "search")))
  })
})
