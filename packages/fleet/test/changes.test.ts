import { Fleet, FleetError, RconClient, Transport } from "@bercon/fleet"
import { MockRconClient, TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Logger, Redacted, References, Schema, Scope } from "effect"
import { fleetAndSimulation, statuses, tagOf, twoServers } from "./helpers.ts"

describe("changes of a fleet", () => {
  it.effect("do not add a server with an id that is in the fleet, or with an empty id or a lone surrogate in it", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const { options } = yield* simulation.get("altis")
      const error = yield* Effect.flip(fleet.add("altis", options))
      assert.instanceOf(error, FleetError.DuplicateServer)
      const empty = yield* Effect.flip(fleet.add("", options))
      assert.strictEqual(empty.message, `server "": the id must not be empty`)
      const lone = yield* Effect.flip(fleet.add("a\ud800", options))
      assert.include(lone.message, "the id must be a text without lone surrogates (got \"a\\ud800\")")
      assert.deepStrictEqual(yield* fleet.ids, ["altis", "stratis"])
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("close the session of a removed server, and no other", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const rcon = yield* fleet.get("altis")
      const altis = yield* simulation.get("altis")
      yield* fleet.remove("altis")
      assert.strictEqual((yield* rcon.status)._tag, "Closed")
      assert.strictEqual((yield* Effect.flip(rcon.players))._tag, "CommandError")
      const before = (yield* altis.server.commands).length
      yield* TestRcon.passTime("5 minutes")
      assert.strictEqual((yield* altis.server.commands).length, before)
      assert.deepStrictEqual(yield* statuses, { stratis: "Online" })
      assert.deepStrictEqual(yield* fleet.ids, ["stratis"])
      assert.instanceOf(yield* Effect.flip(fleet.remove("altis")), FleetError.UnknownServer)
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("restart the session of a replaced server, and no other", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const stratis = yield* simulation.get("stratis")
      const altis = yield* simulation.get("altis")
      const old = yield* fleet.get("altis")
      const rcon = yield* fleet.replace("altis", { ...altis.options, rosterInterval: "10 seconds" })
      yield* TestRcon.passTime(0)
      assert.strictEqual((yield* old.status)._tag, "Closed")
      assert.deepStrictEqual(yield* TestRcon.passTime(rcon.players), [])
      assert.strictEqual(yield* fleet.get("altis"), rcon)
      assert.strictEqual((yield* altis.server.logins).length, 2)
      assert.strictEqual((yield* stratis.server.logins).length, 1)
      assert.deepStrictEqual(yield* fleet.ids, ["altis", "stratis"])
      const settings = (yield* fleet.servers).get("altis")!
      assert.strictEqual(settings.rosterInterval, "10 seconds")
      assert.notProperty(settings, "password")
      assert.instanceOf(yield* Effect.flip(fleet.replace("malden", altis.options)), FleetError.UnknownServer)
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("never open a second socket to a server", () =>
    Effect.gen(function*() {
      let open = 0
      let most = 0
      const server = { host: "10.0.0.1", port: 2306, password: Redacted.make("secret") }
      const fleet = yield* Fleet.make({
        servers: { altis: server },
        transport: () =>
          Transport.Transport.of({
            peer: "altis",
            open: Effect.acquireRelease(
              Effect.sync(() => {
                most = Math.max(most, ++open)
                return { listen: () => {}, send: () => {} }
              }),
              () => Effect.sync(() => open--)
            )
          })
      })
      for (let i = 0; i < 3; i++) {
        yield* TestRcon.passTime("1 second")
        yield* fleet.replace("altis", server)
      }
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual([open, most], [1, 1])
    }).pipe(Effect.scoped))

  it.effect("fail and change nothing if a server is invalid", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const altis = yield* simulation.get("altis")
      const tanoa = yield* simulation.simulate("tanoa")
      const old = yield* fleet.get("altis")
      const invalid = { ...altis.options, keepaliveInterval: "2 minutes" } as const
      assert.instanceOf(yield* Effect.flip(fleet.replace("altis", invalid)), FleetError.InvalidServer)
      assert.instanceOf(
        yield* Effect.flip(fleet.reconcile({ tanoa: tanoa.options, altis: invalid })),
        FleetError.InvalidServer
      )
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* fleet.get("altis"), old)
      assert.deepStrictEqual(yield* statuses, { altis: "Online", stratis: "Online" })
      assert.deepStrictEqual(yield* tanoa.server.logins, [])
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("by `reconcile` restart only the sessions of servers whose options or password differ", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const tanoa = yield* simulation.simulate("tanoa")
      const changed = yield* simulation.get("server-2")
      const options = Array.from(
        yield* simulation.all,
        ([id, { options }]) => [id, { ...options, password: Redacted.make(Redacted.value(options.password)) }] as const
      )
      const rest = {
        ...Object.fromEntries(options.filter(([id]) => id !== "server-3")),
        "server-2": { ...changed.options, password: Redacted.make("new") },
        tanoa: tanoa.options
      }
      assert.deepStrictEqual(yield* fleet.reconcile(rest), {
        added: ["tanoa"],
        removed: ["server-3"],
        replaced: ["server-2"]
      })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* statuses, { "server-1": "Online", "server-2": "Closed", tanoa: "Online" })
      assert.strictEqual((yield* (yield* simulation.get("server-1")).server.logins).length, 1)
      assert.deepStrictEqual(yield* fleet.reconcile(rest), { added: [], removed: [], replaced: [] })
      assert.deepStrictEqual(
        yield* fleet.reconcile({ ...rest, tanoa: { ...tanoa.options, rosterInterval: "10 seconds" } }),
        { added: [], removed: [], replaced: ["tanoa"] }
      )
    }).pipe(Effect.provide(TestFleet.layer({ servers: 3 }))))

  it.effect("run one after the other, and to their end even if callers are interrupted", () =>
    Effect.gen(function*() {
      const { fleet: others, simulation } = yield* fleetAndSimulation
      const { options } = yield* simulation.get("altis")
      const rcon = yield* others.get("altis")
      const fleet = yield* Fleet.fromClients({ start: () => Effect.delay(Effect.succeed(rcon), "1 second") })
      const adding = Effect.all([Effect.exit(fleet.add("x", options)), Effect.exit(fleet.add("x", options))], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual((yield* TestRcon.passTime(adding)).map(tagOf), ["Success", "DuplicateServer"])
      const fiber = yield* Effect.forkChild(fleet.add("y", options), { startImmediately: true })
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      yield* TestRcon.passTime("1 second")
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(yield* fleet.ids, ["x", "y"])
    }).pipe(Effect.scoped, Effect.provide(TestFleet.layer(twoServers))))

  it.effect("are interrupted after the fleet is closed", () =>
    Effect.gen(function*() {
      const server = { host: "10.0.0.1", port: 2306, password: Redacted.make("secret") }
      const transport = () => Transport.Transport.of({ peer: "altis", open: Effect.never })
      const fleet = yield* Effect.scoped(Fleet.make({ transport }))
      const exit = yield* Effect.exit(fleet.add("altis", server))
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepStrictEqual(yield* fleet.ids, [])
    }))
})

/**
 * A fleet whose clients the test makes. `closing` runs when the client with the given number closes. `active` contains the
 * clients that may send: those that are released and not closed yet.
 */
const observedFleet = Effect.fnUntraced(function*(closing: (number: number) => Effect.Effect<void>) {
  const rcon = yield* RconClient.RconClient
  const server = { host: "10.0.0.1", port: 2306, password: Redacted.make("secret") }
  const active = new Array<string>()
  const closed = new Array<string>()
  let started = 0
  const scope = yield* Scope.make()
  const fleet = yield* Fleet.fromClients({
    start: (_, id, released) =>
      Effect.gen(function*() {
        const name = `${id} ${++started}`
        const number = started
        yield* Effect.addFinalizer(() =>
          Effect.ensuring(
            closing(number),
            Effect.sync(() => {
              closed.push(name)
              if (active.includes(name)) active.splice(active.indexOf(name), 1)
            })
          )
        )
        yield* Effect.forkScoped(Effect.andThen(released, Effect.sync(() => active.push(name))))
        return rcon
      })
  }).pipe(Scope.provide(scope))
  return { active, closed, close: Scope.close(scope, Exit.void), fleet, server }
})

describe("a client that closes slowly or fails to close", () => {
  const withMock = Effect.provide(MockRconClient.layer())

  it.effect("delays only the next client of its id", () =>
    Effect.gen(function*() {
      const slow = (number: number) => number === 1 ? Effect.sleep("1 minute") : Effect.void
      const { active, close, fleet, server } = yield* observedFleet(slow)
      yield* fleet.add("slow", server)
      yield* fleet.add("other", server)
      yield* TestRcon.passTime(0)
      assert.deepStrictEqual(active, ["slow 1", "other 2"])
      yield* fleet.replace("slow", server)
      yield* fleet.replace("other", server)
      yield* fleet.replace("slow", server)
      yield* fleet.remove("other")
      yield* fleet.add("third", server)
      yield* TestRcon.passTime("59 seconds")
      assert.deepStrictEqual(active, ["slow 1", "third 6"])
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(active, ["third 6", "slow 5"])
      yield* close
    }).pipe(withMock))

  it.effect("is closed completely even if the caller of `remove` is interrupted", () =>
    Effect.gen(function*() {
      const { active, closed, fleet, server } = yield* observedFleet(() => Effect.sleep("1 minute"))
      yield* fleet.add("slow", server)
      yield* TestRcon.passTime(0)
      const removing = yield* Effect.forkChild(fleet.remove("slow"), { startImmediately: true })
      yield* Fiber.interrupt(removing)
      assert.deepStrictEqual(yield* fleet.ids, [])
      // The next client of the same id waits.
      yield* fleet.add("slow", server)
      yield* TestRcon.passTime("59 seconds")
      assert.deepStrictEqual([active, closed], [[`slow 1`], []])
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual([active, closed], [[`slow 2`], [`slow 1`]])
    }).pipe(withMock))

  it.effect("delays later clients of its id, even if the next one was removed while it waited", () =>
    Effect.gen(function*() {
      const { active, closed, fleet, server } = yield* observedFleet((number) =>
        Effect.sleep(number === 2 ? "10 seconds" : "1 second")
      )
      for (let times = 0; times < 2; times++) {
        yield* fleet.add("slow", server)
        yield* Effect.forkChild(fleet.remove("slow"), { startImmediately: true })
      }
      yield* TestRcon.passTime("2 seconds")
      assert.deepStrictEqual(closed, ["slow 1"])
      yield* fleet.add("slow", server)
      yield* TestRcon.passTime("7 seconds")
      assert.deepStrictEqual([active, closed], [[], ["slow 1"]])
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual([active, closed], [["slow 3"], ["slow 1", "slow 2"]])
    }).pipe(withMock))

  it.effect("delays `remove` and the end of the fleet", () =>
    Effect.gen(function*() {
      const { close, closed, fleet, server } = yield* observedFleet((number) => Effect.sleep(`${number} seconds`))
      for (const id of ["one", "two", "three", "four"]) yield* fleet.add(id, server)
      const began = yield* Clock.currentTimeMillis
      yield* TestRcon.passTime(fleet.remove("two"))
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, 2000)
      yield* fleet.reconcile({ one: server, three: server })
      assert.deepStrictEqual(closed, ["two 2"])
      yield* TestRcon.passTime(close)
      assert.sameMembers(closed, ["one 1", "two 2", "three 3", "four 4"])
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, 6000)
    }).pipe(withMock))

  it.effect("does not keep other clients from closing, or the next client of its id from starting; a failure is logged", () => {
    const lines = new Array<string>()
    const logger = Logger.make(({ fiber, message }) => {
      lines.push(`${String(fiber.getRef(References.CurrentLogAnnotations)["server"])}: ${String(message)}`)
    })
    return Effect.gen(function*() {
      const fails = (number: number) => number === 1 ? Effect.die(new Error("a bug")) : Effect.sleep("1 second")
      const { active, close, closed, fleet, server } = yield* observedFleet(fails)
      for (const id of ["failing", "other"]) yield* fleet.add(id, server)
      yield* fleet.replace("failing", server)
      yield* TestRcon.passTime(0)
      assert.deepStrictEqual(active, ["other 2", "failing 3"])
      assert.strictEqual(lines.filter((line) => line.startsWith("failing: closing the client failed")).length, 1)
      yield* TestRcon.passTime(close)
      assert.sameMembers(closed, ["failing 1", "other 2", "failing 3"])
    }).pipe(withMock, Effect.provide(Logger.layer([logger])))
  })

  const Step = Schema.Struct({
    call: Schema.Literals(["add", "remove", "replace", "reconcile"]),
    id: Schema.Literals(["a", "b", "1"]),
    /** The time that the client of this step takes to close, in seconds. If it is -1, closing fails. */
    closing: Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: 5 })),
    /** The time that passes after the step, in seconds. */
    pause: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  })

  it.effect.prop(
    "never runs beside another client of its server, in any series of calls; in the end every client is closed",
    [Schema.Array(Step).check(Schema.isMaxLength(30))],
    ([steps]) =>
      Effect.gen(function*() {
        const durations = new Array<number>()
        const { active, close, closed, fleet, server } = yield* observedFleet((number) => {
          const seconds = durations[number - 1] ?? 0
          return seconds < 0 ? Effect.die(new Error("a bug")) : Effect.sleep(`${seconds} seconds`)
        })
        const expected = new Map<string, Fleet.Server>()
        for (const { call, closing, id, pause } of steps) {
          const other = { ...server, loginTimeout: `${durations.length + 1} hours` } as const
          const starts = call === "add"
            ? !expected.has(id)
            : call === "replace"
            ? expected.has(id)
            : call === "reconcile"
          if (starts) durations.push(closing)
          if (call === "add") {
            assert.strictEqual(tagOf(yield* Effect.exit(fleet.add(id, other))), starts ? "Success" : "DuplicateServer")
          } else if (call === "replace") {
            assert.strictEqual(
              tagOf(yield* Effect.exit(fleet.replace(id, other))),
              starts ? "Success" : "UnknownServer"
            )
          } else if (call === "remove") {
            // The test does not wait for the end of the session.
            yield* Effect.forkChild(Effect.ignore(fleet.remove(id)), { startImmediately: true })
          } else {
            // The last server stays, but comes after this one.
            const last = [...expected].filter(([other]) => other !== id).slice(-1)
            const wanted = new Map([[id, other], ...last])
            yield* fleet.reconcile(wanted)
            expected.clear()
            for (const [id, server] of wanted) expected.set(id, server)
          }
          if (call === "remove") expected.delete(id)
          else if (starts) expected.set(id, other)
          assert.deepStrictEqual(yield* fleet.ids, [...expected.keys()])
          yield* TestRcon.passTime(`${pause} seconds`)
          const ids = active.map((name) => name.split(" ")[0])
          assert.strictEqual(new Set(ids).size, ids.length, `two clients of one server: ${active.join(", ")}`)
        }
        yield* TestRcon.passTime("10 minutes")
        assert.sameMembers(active.map((name) => name.split(" ")[0]), [...expected.keys()])
        yield* TestRcon.passTime(close)
        assert.deepStrictEqual(active, [])
        assert.strictEqual(closed.length, durations.length)
      }).pipe(withMock),
    { arbitrary: { runs: 60 }, timeout: 30_000 }
  )
})
