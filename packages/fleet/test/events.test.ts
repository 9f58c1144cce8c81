import { Fleet, ServerEvent } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, References, Scope, Stream } from "effect"
import { collect, fleetAndSimulation, statuses, twoServers } from "./helpers.ts"

describe("events", () => {
  const chats = (events: ReadonlyArray<Fleet.FleetEvent>) =>
    events.flatMap(({ event, server }) => ServerEvent.is("PlayerChat")(event) ? [`${server}: ${event.message}`] : [])

  it.effect("contain the server's id, also of added and replaced servers, and continue after a server is removed", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
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
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("continue after a server has refused a later login", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
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
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("contain a gap if a subscriber is slow, only for the server whose events it did not read in time", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
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
    }).pipe(Effect.provide(TestFleet.layer({ ...twoServers, each: { client: { messageCapacity: 32 } } }))))
})

describe("on", () => {
  const speak = Effect.fnUntraced(function*(id: string, text: string) {
    const { server } = yield* (yield* TestFleet.TestFleet).get(id)
    if ((yield* server.world).players.length === 0) yield* server.join({ name: "Miller" })
    yield* server.chat(0, "Side", text)
    yield* TestRcon.passTime(0)
  })

  it.effect("runs a handler for all servers, including added and replaced ones, until the handler is removed", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
      const tanoa = yield* simulation.simulate("tanoa")
      const fiber = yield* fleet.on(
        "PlayerChat",
        ({ message, player }, rcon, id) => rcon.whisper(player.id, `${id} heard ${message}`)
      )
      yield* fleet.add("tanoa", tanoa.options)
      yield* fleet.replace("stratis", (yield* simulation.get("stratis")).options)
      yield* TestRcon.passTime("1 second")
      for (const id of ["altis", "stratis", "tanoa"]) yield* speak(id, "one")
      yield* Fiber.interrupt(fiber)
      for (const id of ["altis", "stratis", "tanoa"]) yield* speak(id, "two")
      for (const [id, { server }] of yield* simulation.all) {
        const said = (yield* server.executions).map(({ text }) => text).filter((text) => text.startsWith("say"))
        assert.deepStrictEqual(said, [`say 0 ${id} heard one`])
      }
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("does not delay other servers if a handler is slow", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const handled = new Array<string>()
      yield* fleet.on("PlayerChat", ({ message }, _, id) =>
        Effect.andThen(
          id === "altis" ? Effect.sleep("1 minute") : Effect.void,
          Effect.sync(() => handled.push(`${id} ${message}`))
        ))
      for (const text of ["one", "two"]) for (const id of ["altis", "stratis"]) yield* speak(id, text)
      assert.deepStrictEqual(handled, ["stratis one", "stratis two"])
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(handled.slice(2), ["altis one"])
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(handled.slice(3), ["altis two"])
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("handles at most `concurrency` events of a server at once", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      const handled = new Array<string>()
      const handler = ({ message }: ServerEvent.PlayerChat) =>
        Effect.andThen(Effect.sleep("1 minute"), Effect.sync(() => handled.push(message)))
      yield* fleet.on("PlayerChat", handler, { concurrency: 2 })
      for (const text of ["one", "two", "three"]) yield* speak("altis", text)
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(handled, ["one", "two"])
      for (const concurrency of [0, 1.5, NaN, -1]) {
        const exit = yield* Effect.exit(fleet.on("PlayerChat", handler, { concurrency }))
        assert.isTrue(Exit.hasDies(exit), String(concurrency))
      }
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("logs a failed handler with the server's id, and runs it again for the next event", () => {
    const lines = new Array<string>()
    const logger = Logger.make(({ fiber, message }) => {
      lines.push(`${String(fiber.getRef(References.CurrentLogAnnotations)["server"])}: ${String(message)}`)
    })
    return Effect.gen(function*() {
      const { fleet } = yield* fleetAndSimulation
      let handled = 0
      yield* fleet.on("PlayerChat", () => {
        if (++handled === 1) throw new Error("a bug")
        return Effect.void
      })
      yield* speak("stratis", "one")
      yield* speak("stratis", "two")
      assert.strictEqual(handled, 2)
      assert.deepStrictEqual(lines.filter((line) => line.includes("PlayerChat")).map((line) => line.split(",")[0]), [
        "stratis: a handler of PlayerChat failed"
      ])
    }).pipe(Effect.provide(Layer.provideMerge(TestFleet.layer(twoServers), Logger.layer([logger]))))
  })

  it.effect("ends with the fleet", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(TestFleet.layer(twoServers), scope)
      const { on } = yield* Effect.provide(Fleet.Fleet, context)
      const fiber = yield* on("PlayerChat", () => Effect.void)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(fiber)
    }))
})

describe("status", () => {
  it.effect("is available as a value and as a stream of changes", () =>
    Effect.gen(function*() {
      const { fleet, simulation } = yield* fleetAndSimulation
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
    }).pipe(Effect.provide(TestFleet.layer(twoServers))))

  it.effect("has a stream of changes that ends with the fleet, after the last status of each server", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(TestFleet.layer(twoServers), scope)
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
