import { Fleet, FleetError, LoginFailure, RconClient, Transport } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Layer, Logger, Redacted, References } from "effect"
import { fleetAndSimulation, statuses, tags, twoServers } from "./helpers.ts"

describe("get", () => {
  it.effect("returns the client of a server", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const rcon = yield* fleet.get("stratis")
      yield* rcon.say("hello")
      const { server } = yield* simulation.get("stratis")
      assert.include((yield* server.executions).map(({ text }) => text), "say -1 hello")
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("fails with the unknown id and the known ids", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const error = yield* Effect.flip(fleet.get("altiss"))
      assert.instanceOf(error, FleetError.UnknownServer)
      assert.strictEqual(error.message, `unknown server "altiss". The fleet has "altis", "stratis"`)
      yield* fleet.reconcile({})
      assert.strictEqual(
        (yield* Effect.flip(fleet.get("altis"))).message,
        `unknown server "altis". The fleet has no servers`
      )
      assert.strictEqual(
        new FleetError.UnknownServer({ id: "x", known: Array.from({ length: 22 }, (_, i) => `s${i}`) }).message
          .slice(-20),
        `"s18", "s19" and 2 more`.slice(-20)
      )
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("is also available as a layer with the client of one server", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      assert.deepStrictEqual(yield* rcon.players, [])
    }).pipe(
      Effect.provide(Fleet.layerClient("altis").pipe(Layer.provide(TestFleet.layer(twoServers))))
    ))
})

describe("starting", () => {
  it.effect("does not wait for the logins, and does not fail if one of them fails", () =>
    Effect.gen(function*() {
      const simulation = yield* TestFleet.TestFleet
      const { options } = yield* simulation.simulate("good")
      const bad = yield* simulation.simulate("bad")
      const down = yield* simulation.simulate("down")
      yield* down.server.stop()
      const fleet = yield* Fleet.Fleet
      yield* fleet.reconcile({
        good: options,
        bad: { ...bad.options, password: Redacted.make("wrong") },
        down: down.options,
        nowhere: { ...options, host: "192.0.2.1" }
      })
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* statuses, {
        good: "Online",
        bad: "Closed",
        down: "Connecting",
        nowhere: "Connecting"
      })
      yield* down.server.start
      yield* TestRcon.passTime("1 minute")
      assert.deepInclude(yield* statuses, { down: "Online" })
    }).pipe(Effect.provide(TestFleet.layer())))

  it.effect("logs a refused password, a wrong host and a closed port with the server's id", () => {
    const lines = new Array<{ readonly message: unknown; readonly server: unknown; readonly request: unknown }>()
    const logger = Logger.make(({ fiber, message }) => {
      const { request, server } = fiber.getRef(References.CurrentLogAnnotations)
      lines.push({ message: String(message), server, request })
    })
    return Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const { options } = yield* simulation.simulate("tanoa")
      yield* fleet.add("tanoa", { ...options, password: Redacted.make("wrong") }).pipe(
        Effect.annotateLogs({ server: "that of a request", request: 7 })
      )
      yield* TestRcon.passTime("1 second")
      const about = lines.filter(({ server }) => server === "tanoa")
      assert.strictEqual(about.length, 1)
      // The session outlives the request that added it.
      assert.isUndefined(about[0]?.request)
      yield* fleet.add("nowhere", { ...options, host: "nowhere" })
      yield* TestRcon.passTime("2 minutes")
      const wrongHost = lines.filter(({ server }) => server === "nowhere")
      assert.strictEqual(wrongHost.length, 1)
      assert.match(String(wrongHost[0]?.message), /nowhere:2306.*host name/)
      assert.match(String(about[0]?.message), /refused the login/)
      const { server } = yield* simulation.get("altis")
      yield* server.stop()
      yield* fleet.add("down", { ...options, ...server.address })
      yield* TestRcon.passTime("2 minutes")
      const down = lines.filter(({ server }) => server === "down")
      assert.strictEqual(down.length, 1)
      assert.match(String(down[0]?.message), /no session for 1m .*the port is closed/)
      assert.notInclude(JSON.stringify(lines), "wrong\"")
    }).pipe(Effect.provide(Layer.provideMerge(TestFleet.layer(twoServers), Logger.layer([logger]))))
  })

  it.effect("retries logins without a limit, unless a server's options set a `loginTimeout`", () =>
    Effect.gen(function*() {
      const silent = { listen: () => {}, send: () => {} }
      const server = { host: "10.0.0.1", port: 2306, password: Redacted.make("secret") }
      const fleet = yield* Fleet.make({
        servers: { patient: server, hasty: { ...server, loginTimeout: "3 seconds" } },
        transport: (_, id) => Transport.Transport.of({ peer: id, open: Effect.succeed(silent) })
      })
      yield* TestRcon.passTime("1 day")
      const tags = Array.from(yield* fleet.status, ([id, { _tag }]) => [id, _tag])
      assert.deepStrictEqual(tags, [["patient", "Connecting"], ["hasty", "Closed"]])
    }).pipe(Effect.scoped))

  it.effect("closes the started clients if another server is invalid", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const { options } = yield* simulation.get("altis")
      const closed = new Array<string>()
      const error = yield* Fleet.fromClients({
        servers: { one: options, two: options, three: options },
        start: (_, id) =>
          Effect.gen(function*() {
            yield* Effect.addFinalizer(() => Effect.sync(() => closed.push(id)))
            const invalid = new LoginFailure.InvalidOptions({ problem: "no" })
            if (id === "three") return yield* new LoginFailure.LoginFailure({ reason: invalid })
            return yield* Effect.orDie(fleet.get("altis"))
          })
      }).pipe(Effect.scoped, Effect.flip)
      assert.strictEqual(error.message, `server "three": no`)
      assert.sameMembers(closed, ["one", "two", "three"])
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("fails if an option is invalid, and names the server", () =>
    Effect.gen(function*() {
      const opened = new Array<string>()
      const error = yield* Fleet.make({
        servers: {
          altis: { host: "10.0.0.1", port: 2306, password: Redacted.make("secret") },
          stratis: { host: "10.0.0.2", port: 2306, password: Redacted.make("") }
        },
        transport: (_, id) =>
          Transport.Transport.of({
            peer: id,
            open: Effect.andThen(Effect.sync(() => opened.push(id)), Effect.never)
          })
      }).pipe(Effect.scoped, Effect.flip)
      assert.instanceOf(error, FleetError.InvalidServer)
      assert.strictEqual(error.id, "stratis")
      assert.match(error.message, /^server "stratis": .*password/)
      assert.deepStrictEqual(opened, [])
    }))
})

describe("forEach", () => {
  it.effect("has a result for each server: a server that is down fails after its timeout, and does not delay the others", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      yield* (yield* simulation.get("server-2")).server.stop()
      const answered = new Map<string, number>()
      const began = yield* Clock.currentTimeMillis
      const results = yield* TestRcon.passTime(
        fleet.forEach(
          (rcon, id) =>
            Effect.tap(rcon.players, () => Effect.map(Clock.currentTimeMillis, (now) => answered.set(id, now - began))),
          { timeout: "5 seconds" }
        )
      )
      assert.deepStrictEqual(tags(results), {
        "server-1": "Success",
        "server-2": "TimeoutError",
        "server-3": "Success"
      })
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, 5000)
      assert.deepStrictEqual([...answered], [["server-1", 0], ["server-3", 0]])
    }).pipe(Effect.provide(TestFleet.layer({ servers: 3 }))))

  it.effect("takes as long as its commands if it has no timeout", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      yield* (yield* simulation.get("altis")).server.stop()
      const began = yield* Clock.currentTimeMillis
      assert.deepStrictEqual(tags(yield* TestRcon.passTime(fleet.players())), {
        altis: "CommandError",
        stratis: "Success"
      })
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, 3000)
    }).pipe(Effect.provide(TestFleet.layer({ ...twoServers, each: { client: { commandTimeout: "3 seconds" } } }))))

  it.effect("provides the clients of the listed servers to a program; the result of an unknown server is a failure", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const program = Effect.flatMap(RconClient.RconClient, (rcon) => rcon.version)
      const results = yield* fleet.forEach(program, { servers: ["stratis", "malden", "stratis"] })
      assert.deepStrictEqual(tags(results), { stratis: "Success", malden: "UnknownServer" })
      assert.deepStrictEqual([...results.keys()], ["stratis", "malden"])
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("confines a defect to its server", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const results = yield* fleet.forEach((_, id) => {
        if (id === "altis") throw new Error("a bug")
        return Effect.succeed(id)
      })
      assert.deepStrictEqual(tags(results), { altis: "Defect", stratis: "Success" })
      const { failures, successes } = Fleet.partition(results)
      assert.deepStrictEqual([...failures.keys()], ["altis"])
      assert.deepStrictEqual([...successes], [["stratis", "stratis"]])
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("runs for at most `concurrency` servers at once", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const mostAtOnce = (concurrency?: number) => {
        let running = 0
        let most = 0
        const program = Effect.suspend(() => {
          most = Math.max(most, ++running)
          return Effect.sleep("1 second")
        }).pipe(Effect.ensuring(Effect.sync(() => running--)))
        return Effect.map(TestRcon.passTime(fleet.forEach(program, { concurrency })), () => most)
      }
      assert.strictEqual(yield* mostAtOnce(2), 2)
      assert.strictEqual(yield* mostAtOnce(), 5)
    }).pipe(Effect.provide(TestFleet.layer({ servers: 5 }))))

  it.effect("dies if an option is out of its range", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const message = (options: Fleet.ForEachOptions) =>
        Effect.map(Effect.exit(fleet.players(options)), (exit) =>
          String(Exit.isFailure(exit) && Cause.squash(exit.cause)))
      for (const concurrency of [0, 1.5, NaN]) {
        assert.strictEqual(
          yield* message({ concurrency }),
          `RangeError: concurrency must be an integer from 1, or "unbounded" (got ${concurrency})`
        )
      }
      assert.strictEqual(
        yield* message({ timeout: 0 }),
        "RangeError: timeout must be a positive duration (got 0)"
      )
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))
})

describe("say", () => {
  it.effect("announces a text on all servers", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      yield* fleet.say("Restart in\nfive minutes", { say: { split: true } })
      yield* fleet.say("Now")
      for (const { server } of (yield* simulation.all).values()) {
        const said = (yield* server.executions).map(({ text }) => text).filter((text) => text.startsWith("say"))
        assert.deepStrictEqual(said, ["say -1 Restart in", "say -1 five minutes", "say -1 Now"])
      }
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))
})
