import { Fleet, FleetError, LoginFailure, RconClient, ServerEvent, Transport } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, References, Scope, Stream } from "effect"

const two = { servers: { altis: {}, stratis: {} } }

const both = Effect.gen(function*() {
  return { fleet: yield* Fleet.Fleet, simulation: yield* TestFleet.TestFleet }
})

const tagOf = (exit: Exit.Exit<unknown, { readonly _tag: string }> | undefined): string => {
  if (exit === undefined) return "missing"
  if (Exit.isSuccess(exit)) return "Success"
  return Option.match(Cause.findErrorOption(exit.cause), { onNone: () => "Defect", onSome: ({ _tag }) => _tag })
}

const tags = (results: ReadonlyMap<string, Exit.Exit<unknown, { readonly _tag: string }>>) =>
  Object.fromEntries(Array.from(results, ([id, exit]) => [id, tagOf(exit)]))

const statuses = Effect.gen(function*() {
  const { status } = yield* Fleet.Fleet
  return Object.fromEntries(Array.from(yield* status, ([id, { _tag }]) => [id, _tag]))
})

/** Collects a stream from now on, until the fiber is joined. */
const collect = <A>(stream: Stream.Stream<A>) =>
  Effect.gen(function*() {
    const values = new Array<A>()
    const fiber = yield* Effect.forkChild(
      Stream.runForEach(stream, (value) => Effect.sync(() => values.push(value))),
      { startImmediately: true }
    )
    return { values, fiber }
  })

describe("get", () => {
  it.effect("has the client of a server", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const rcon = yield* fleet.get("stratis")
      yield* rcon.say("hello")
      const { server } = yield* simulation.get("stratis")
      assert.include((yield* server.executions).map(({ text }) => text), "say -1 hello")
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("fails with the id and the known ones", () =>
    Effect.gen(function*() {
      const { fleet } = yield* both
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
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("provides a program for one server", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      assert.deepStrictEqual(yield* rcon.players, [])
    }).pipe(
      Effect.provide(Fleet.layerClient("altis").pipe(Layer.provide(TestFleet.layer(two))))
    ))
})

describe("starting", () => {
  it.effect("does not wait for a login, nor fail because of one", () =>
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
        nowhere: { ...options, host: "192.0.2.1" },
        invalid: { ...options, port: 0 }
      })
      yield* TestRcon.passTime("1 minute")
      assert.deepInclude(yield* statuses, { good: "Online", bad: "Closed", down: "Connecting", nowhere: "Connecting" })
      yield* down.server.start
      yield* TestRcon.passTime("1 minute")
      assert.deepInclude(yield* statuses, { down: "Online" })
    }).pipe(Effect.provide(TestFleet.layer())))

  it.effect("logs a refused password and a wrong host with the server's id", () => {
    const lines = new Array<{ readonly message: unknown; readonly server: unknown; readonly request: unknown }>()
    const logger = Logger.make(({ fiber, message }) => {
      const { request, server } = fiber.getRef(References.CurrentLogAnnotations)
      lines.push({ message: String(message), server, request })
    })
    return Effect.gen(function*() {
      const { fleet, simulation } = yield* both
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
      assert.notInclude(JSON.stringify(lines), "wrong\"")
    }).pipe(Effect.provide(Layer.provideMerge(TestFleet.layer(two), Logger.layer([logger]))))
  })

  it.effect("a login is tried for ever, unless the server's options differ", () =>
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

  it.effect("closes the clients it has started if another server is not valid", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
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
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("fails if an option is not valid, and names the server", () =>
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
  it.effect("has one result for each server: a dead one fails after its timeout and delays nobody", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
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

  it.effect("without a timeout has that of the commands", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      yield* (yield* simulation.get("altis")).server.stop()
      const began = yield* Clock.currentTimeMillis
      assert.deepStrictEqual(tags(yield* TestRcon.passTime(fleet.players())), {
        altis: "CommandError",
        stratis: "Success"
      })
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, 3000)
    }).pipe(Effect.provide(TestFleet.layer({ ...two, each: { client: { commandTimeout: "3 seconds" } } }))))

  it.effect("runs a program that asks for a client, on some servers, also unknown ones", () =>
    Effect.gen(function*() {
      const { fleet } = yield* both
      const program = Effect.flatMap(RconClient.RconClient, (rcon) => rcon.version)
      const results = yield* fleet.forEach(program, { servers: ["stratis", "malden", "stratis"] })
      assert.deepStrictEqual(tags(results), { stratis: "Success", malden: "UnknownServer" })
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("keeps a defect to its server", () =>
    Effect.gen(function*() {
      const { fleet } = yield* both
      const results = yield* fleet.forEach((_, id) => {
        if (id === "altis") throw new Error("a bug")
        return Effect.succeed(id)
      })
      assert.deepStrictEqual(tags(results), { altis: "Defect", stratis: "Success" })
      const { failures, successes } = Fleet.partition(results)
      assert.deepStrictEqual([...failures.keys()], ["altis"])
      assert.deepStrictEqual([...successes], [["stratis", "stratis"]])
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("asks as many at once as it may", () =>
    Effect.gen(function*() {
      const { fleet } = yield* both
      const most = (concurrency?: number) => {
        let running = 0
        let most = 0
        return Effect.as(
          TestRcon.passTime(fleet.forEach(() =>
            Effect.suspend(() => {
              most = Math.max(most, ++running)
              return Effect.sleep("1 second")
            }).pipe(Effect.ensuring(Effect.sync(() => running--))), { concurrency })),
          0
        ).pipe(Effect.map(() => most))
      }
      assert.strictEqual(yield* most(2), 2)
      assert.strictEqual(yield* most(), 5)
    }).pipe(Effect.provide(TestFleet.layer({ servers: 5 }))))

  it.effect("say announces on all", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      yield* fleet.say("Restart in\nfive minutes", { say: { split: true } })
      for (const { server } of (yield* simulation.all).values()) {
        const said = (yield* server.executions).map(({ text }) => text).filter((text) => text.startsWith("say"))
        assert.deepStrictEqual(said, ["say -1 Restart in", "say -1 five minutes"])
      }
    }).pipe(Effect.provide(TestFleet.layer(two))))
})

describe("events", () => {
  const chats = (events: ReadonlyArray<Fleet.FleetEvent>) =>
    events.flatMap(({ event, server }) => ServerEvent.is("PlayerChat")(event) ? [`${server}: ${event.message}`] : [])

  it.effect("name their server, also one that was added or replaced meanwhile, and outlive one that ends", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const tanoa = yield* simulation.simulate("tanoa")
      const { fiber, values } = yield* collect(fleet.events)
      const speak = (id: string, text: string) =>
        Effect.gen(function*() {
          const { server } = yield* simulation.get(id)
          if ((yield* server.world).players.length === 0) yield* server.join({ name: "Miller" })
          yield* server.chat(0, "Side", text)
          yield* TestRcon.passTime("1 second")
        })
      yield* speak("altis", "one")
      yield* speak("stratis", "two")
      yield* fleet.add("tanoa", tanoa.options)
      yield* TestRcon.passTime("1 second")
      yield* speak("tanoa", "three")
      yield* fleet.remove("altis")
      yield* speak("altis", "nobody hears this")
      yield* fleet.replace("stratis", { ...tanoa.options, ...(yield* simulation.get("stratis")).server.address })
      yield* TestRcon.passTime("1 second")
      yield* speak("stratis", "four")
      assert.deepStrictEqual(chats(values), ["altis: one", "stratis: two", "tanoa: three", "stratis: four"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("go on when a server refuses to log the client in again", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const { fiber, values } = yield* collect(fleet.events)
      const altis = yield* simulation.get("altis")
      yield* altis.server.refuse
      yield* altis.server.forget
      yield* TestRcon.passTime("2 minutes")
      assert.deepInclude(yield* statuses, { altis: "Closed" })
      const { server } = yield* simulation.get("stratis")
      yield* server.join({ name: "Miller" })
      yield* server.chat(0, "Side", "still here")
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(chats(values), ["stratis: still here"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("of a slow subscriber: a gap of the server that it is behind with, and nothing missing of another", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const seen = new Array<Fleet.FleetEvent>()
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(
          fleet.events,
          (event) => Effect.andThen(Effect.sync(() => seen.push(event)), Effect.sleep("10 seconds"))
        ),
        { startImmediately: true }
      )
      const altis = yield* simulation.get("altis")
      const stratis = yield* simulation.get("stratis")
      for (const { server } of [altis, stratis]) yield* server.join({ name: "Miller" })
      yield* TestRcon.passTime("1 second")
      for (let i = 0; i < 200; i++) {
        yield* altis.server.chat(0, "Side", `${i}`)
        yield* TestRcon.passTime("100 millis")
      }
      yield* stratis.server.chat(0, "Side", "once")
      yield* TestRcon.passTime("2 hours")
      const gaps = seen.flatMap(({ event, server }) => event._tag === "Gap" ? [[server, event.cause]] : [])
      assert.deepStrictEqual(gaps, [["altis", "Overflow"]])
      assert.include(chats(seen), "stratis: once")
      assert.include(chats(seen), "altis: 199")
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(TestFleet.layer({ ...two, each: { client: { messageCapacity: 32 } } }))))
})

describe("status", () => {
  it.effect("comes as a value and as changes", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const { fiber, values } = yield* collect(fleet.statusChanges)
      yield* TestRcon.passTime(0)
      const altis = yield* simulation.get("altis")
      yield* altis.server.restart({ downtime: "1 minute" })
      yield* TestRcon.passTime("5 minutes")
      const tanoa = yield* simulation.simulate("tanoa")
      yield* fleet.add("tanoa", tanoa.options)
      yield* TestRcon.passTime("1 second")
      yield* fleet.replace("tanoa", tanoa.options)
      yield* TestRcon.passTime("1 second")
      yield* fleet.remove("stratis")
      yield* TestRcon.passTime("1 second")
      const of = (id: string) => values.filter(({ server }) => server === id).map(({ status }) => status._tag)
      assert.deepStrictEqual(of("altis"), ["Online", "Reconnecting", "Online"])
      assert.deepStrictEqual(of("stratis"), ["Online", "Closed"])
      assert.deepStrictEqual(of("tanoa"), ["Connecting", "Online", "Closed", "Connecting", "Online"])
      assert.deepStrictEqual(yield* statuses, { altis: "Online", tanoa: "Online" })
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("ends with the fleet, after the last status of each server", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(TestFleet.layer(two), scope)
      const { events, statusChanges } = yield* Effect.provide(Fleet.Fleet, context)
      const status = yield* collect(statusChanges)
      const event = yield* collect(events)
      yield* TestRcon.passTime(0)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(status.fiber)
      yield* Fiber.join(event.fiber)
      assert.deepStrictEqual(status.values.slice(-2).map(({ server, status }) => [server, status._tag]), [
        ["altis", "Closed"],
        ["stratis", "Closed"]
      ])
      assert.deepStrictEqual(yield* Stream.runCollect(statusChanges), [])
    }))
})

describe("changes", () => {
  it.effect("add refuses an id that is there", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const { options } = yield* simulation.get("altis")
      const error = yield* Effect.flip(fleet.add("altis", options))
      assert.instanceOf(error, FleetError.DuplicateServer)
      const empty = yield* Effect.flip(fleet.add("", options))
      assert.strictEqual(empty.message, `server "": the id must not be empty`)
      assert.deepStrictEqual(yield* fleet.ids, ["altis", "stratis"])
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("remove closes the session, of that server alone", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
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
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("replace restarts one session: the new one sends nothing before the old one is closed", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
      const stratis = yield* simulation.get("stratis")
      const altis = yield* simulation.get("altis")
      const old = yield* fleet.get("altis")
      const rcon = yield* fleet.replace("altis", { ...altis.options, rosterInterval: "10 seconds" })
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
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("never has two sockets to one server", () =>
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

  it.effect("one that is not valid changes nothing", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
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
    }).pipe(Effect.provide(TestFleet.layer(two))))

  it.effect("reconcile changes what differs: one new password restarts one session", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* both
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
    }).pipe(Effect.provide(TestFleet.layer({ servers: 3 }))))

  it.effect("come one after the other, and whole, whoever is interrupted", () =>
    Effect.gen(function*() {
      const { fleet: others, simulation } = yield* both
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
    }).pipe(Effect.scoped, Effect.provide(TestFleet.layer(two))))

  it.effect("a closed fleet takes none", () =>
    Effect.gen(function*() {
      const server = { host: "10.0.0.1", port: 2306, password: Redacted.make("secret") }
      const transport = () => Transport.Transport.of({ peer: "altis", open: Effect.never })
      const fleet = yield* Effect.scoped(Fleet.make({ transport }))
      const exit = yield* Effect.exit(fleet.add("altis", server))
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepStrictEqual(yield* fleet.ids, [])
    }))
})
