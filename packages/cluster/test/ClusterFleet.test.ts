import { ClusterFleet, Fleet, FleetError, ServerList, Wire } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer, Logger, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"
import * as SharedStore from "./sharedStore.ts"

const PASSWORD = Redacted.make("secret")

/** Game servers at 10.0.0.1, 10.0.0.2 and so on, and a cluster of some runners that can reach them. */
const setup = Effect.fnUntraced(function*(...ports: ReadonlyArray<number>) {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const cluster = yield* MemoryCluster.make()
  const store = SharedStore.make()
  const passwords = { lookups: Array<string>(), of: new Map<string, Redacted.Redacted>() }
  const simulate = (number: number, options?: SimulatedServer.Options) =>
    SimulatedServer.make({ host: `10.0.0.${number}`, password: PASSWORD, ...options })
  const run = (port: number, { layer } = store) =>
    cluster.runnerOf(port, (gate) =>
      ClusterFleet.layerRunner({
        transport: (server) => gate(network.transport(server)),
        password: (id) => {
          passwords.lookups.push(id)
          return Effect.succeed(passwords.of.get(id) ?? PASSWORD)
        },
        maxIdleTime: "10 seconds"
      }).pipe(Layer.provide(layer)))
  const runners = new Map<number, MemoryCluster.Member>()
  for (const port of ports) runners.set(port, yield* run(port))
  yield* TestRcon.passTime("5 seconds")

  const join = Effect.fnUntraced(function*(options?: ClusterFleet.Options) {
    const { sharding } = yield* cluster.consumer
    const layer = ClusterFleet.layer(options).pipe(Layer.provide(Layer.succeed(Sharding.Sharding, sharding)))
    const context = yield* Effect.flatMap(
      Effect.forkChild(Layer.build(layer), { startImmediately: true }),
      (fiber) => TestRcon.passTime(Fiber.join(fiber))
    )
    return { fleet: Context.get(context, Fleet.Fleet), list: Context.get(context, ServerList.ServerList) }
  })
  return { cluster, join, network, passwords, run, runners, simulate, store: store.state }
})

const provided = Effect.provide(Layer.fresh(SimulatedNetwork.layer()))

const isOnline = (fleet: Fleet.Service, id: string) =>
  Effect.flatMap(Effect.orDie(fleet.get(id)), (rcon) =>
    TestRcon.passTime(
      rcon.statusChanges.pipe(Stream.filter(({ _tag }) => _tag === "Online"), Stream.runHead, Effect.asVoid)
    ))

const tags = (fleet: Fleet.Service) =>
  Effect.map(fleet.status, (status) => Object.fromEntries(Array.from(status, ([id, { _tag }]) => [id, _tag])))

describe("a fleet in the cluster", () => {
  it.effect("is the same for all members, with one session for each server", () =>
    Effect.gen(function*() {
      const { join, simulate } = yield* setup(1, 2)
      const [altis, stratis] = [yield* simulate(1), yield* simulate(2)]
      const { fleet: one } = yield* join({ servers: { altis: altis.address } })
      const { fleet: other } = yield* join({ servers: { malden: { host: "10.0.0.9", port: 1 } } })
      // Only the first member sets the initial list.
      assert.deepStrictEqual(yield* other.ids, ["altis"])
      const changes: Array<string> = []
      yield* other.statusChanges.pipe(
        Stream.runForEach(({ server, status: { _tag } }) => Effect.sync(() => changes.push(`${server} ${_tag}`))),
        Effect.forkScoped({ startImmediately: true })
      )
      const rcon = yield* TestRcon.passTime(one.add("stratis", { ...stratis.address, password: PASSWORD }))
      assert.strictEqual((yield* TestRcon.passTime(rcon.version)).text, "1.220")
      yield* TestRcon.passTime("2 seconds")
      assert.deepStrictEqual(yield* other.ids, ["altis", "stratis"])
      assert.deepStrictEqual(yield* tags(other), { altis: "Online", stratis: "Online" })
      const results = yield* TestRcon.passTime(other.players())
      assert.deepStrictEqual(Fleet.partition(results).failures.size, 0)

      yield* TestRcon.passTime(other.remove("altis"))
      yield* TestRcon.passTime("2 seconds")
      for (const fleet of [one, other]) assert.deepStrictEqual(yield* fleet.ids, ["stratis"])
      // A server ends a session that has become silent.
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* altis.sessions, [])
      assert.deepStrictEqual([(yield* altis.logins).length, (yield* stratis.logins).length], [1, 1])
      assert.deepStrictEqual(
        // The session may be online before this member has the new server.
        changes.filter((change) => change !== "stratis Connecting"),
        ["altis Connecting", "altis Online", "stratis Online", "altis Closed"]
      )
    }).pipe(Effect.scoped, provided))

  it.effect("replaces a server in one step: its next client never uses the previous session", () =>
    Effect.gen(function*() {
      const { join, passwords, simulate } = yield* setup(1, 2)
      const [before, after] = [yield* simulate(1), yield* simulate(2, { password: Redacted.make("another") })]
      const { fleet: one } = yield* join({ servers: { altis: before.address } })
      const { fleet: other } = yield* join()
      yield* isOnline(one, "altis")
      const former = yield* other.get("altis")
      passwords.of.set("altis", Redacted.make("another"))
      const rcon = yield* TestRcon.passTime(one.replace("altis", { ...after.address, password: PASSWORD }))
      yield* TestRcon.passTime(rcon.say("hello"))
      yield* TestRcon.passTime("2 seconds")
      assert.strictEqual((yield* former.status)._tag, "Closed")
      assert.strictEqual(yield* one.get("altis"), rcon)
      yield* TestRcon.passTime(Effect.flatMap(other.get("altis"), (rcon) => rcon.say("hello")))
      assert.deepStrictEqual((yield* before.executions).filter(({ text }) => text.startsWith("say")), [])
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* before.sessions, [])
      assert.strictEqual((yield* after.logins).length, 1)
      assert.deepStrictEqual((yield* one.servers).get("altis"), after.address)
    }).pipe(Effect.scoped, provided))

  it.effect("starts a new session for a replaced server even if the settings are equal, with the current password", () =>
    Effect.gen(function*() {
      const { join, passwords, simulate } = yield* setup(1)
      const server = yield* simulate(1)
      passwords.of.set("altis", Redacted.make("wrong"))
      const { fleet, list } = yield* join({ servers: { altis: server.address } })
      yield* TestRcon.passTime("10 seconds")
      assert.deepStrictEqual(yield* tags(fleet), { altis: "Closed" })
      passwords.of.set("altis", PASSWORD)
      yield* TestRcon.passTime(list.replace("altis", server.address))
      yield* TestRcon.passTime("2 seconds")
      assert.deepStrictEqual(yield* tags(fleet), { altis: "Online" })
      const lookups = passwords.lookups.length
      // `reconcile` keeps the sessions of servers whose settings have not changed.
      assert.deepStrictEqual(yield* TestRcon.passTime(list.reconcile({ altis: server.address })), {
        added: [],
        removed: [],
        replaced: []
      })
      yield* TestRcon.passTime("2 seconds")
      assert.strictEqual(passwords.lookups.length, lookups)
      assert.strictEqual((yield* server.logins).length, 2)
    }).pipe(Effect.scoped, provided))

  it.effect("refuses the same options as an ordinary fleet, and changes nothing", () =>
    Effect.gen(function*() {
      const { join, simulate, store } = yield* setup(1)
      const server = { ...(yield* simulate(1)).address, password: PASSWORD }
      const { fleet } = yield* join({ servers: { altis: server } })
      const error = <A, E>(effect: Effect.Effect<A, E>) => TestRcon.passTime(Effect.flip(effect))
      assert.instanceOf(yield* error(fleet.add("altis", server)), FleetError.DuplicateServer)
      assert.instanceOf(yield* error(fleet.remove("malden")), FleetError.UnknownServer)
      assert.instanceOf(yield* error(fleet.replace("malden", server)), FleetError.UnknownServer)
      const ordinary = yield* Fleet.make({ transport: () => ({ peer: "", open: Effect.never }) })
      for (
        const [id, bad] of [
          ["", server],
          ["malden", { ...server, password: Redacted.make("") }],
          ["malden", { ...server, rosterInterval: 0 }],
          ["malden", { ...server, keepaliveInterval: "2 hours" }],
          ["malden", { ...server, maxInFlight: 0.5 }]
        ] as const
      ) {
        const expected = yield* Effect.flip(ordinary.add(id, bad))
        assert.strictEqual(String(yield* error(fleet.add(id, bad))), String(expected))
        assert.instanceOf(yield* error(fleet.reconcile({ [id]: bad })), FleetError.InvalidServer)
      }
      assert.deepStrictEqual(yield* fleet.ids, ["altis"])
      assert.strictEqual(store.writes.length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("has the servers in the order of the list, even if ids are numbers and changes were missed", () =>
    Effect.gen(function*() {
      const { cluster, join, simulate } = yield* setup(1)
      const { address } = yield* simulate(1)
      const { fleet, list } = yield* join({ servers: new Map([["b", address], ["10", address]]) })
      const { fleet: other } = yield* join()
      yield* TestRcon.passTime(fleet.add("9", { ...address, password: PASSWORD }))
      yield* TestRcon.passTime("2 seconds")
      for (const { ids } of [fleet, other]) assert.deepStrictEqual(yield* ids, ["b", "10", "9"])
      yield* cluster.cut(1)
      yield* TestRcon.passTime("50 millis")
      yield* TestRcon.passTime(Effect.andThen(list.remove("10"), list.add("c", address)))
      yield* TestRcon.passTime(list.add("10", address))
      assert.deepStrictEqual(yield* other.ids, ["b", "10", "9"])
      yield* TestRcon.passTime("2 seconds")
      const { fleet: newcomer } = yield* join()
      for (const { ids } of [fleet, other, newcomer]) assert.deepStrictEqual(yield* ids, ["b", "9", "c", "10"])
      yield* TestRcon.passTime(fleet.reconcile(new Map([["10", { ...address, password: PASSWORD }]])))
      yield* TestRcon.passTime("2 seconds")
      assert.deepStrictEqual(yield* other.ids, ["10"])
    }).pipe(Effect.scoped, provided))

  it.effect("reconciles in one change of the list", () =>
    Effect.gen(function*() {
      const { join, simulate, store } = yield* setup(1)
      const servers = yield* Effect.forEach([1, 2, 3], (number) => simulate(number))
      const [altis, stratis, malden] = servers.map(({ address }) => ({ ...address, password: PASSWORD }))
      const { fleet } = yield* join({ servers: { altis: altis!, stratis: stratis! } })
      const other = yield* join()
      yield* isOnline(fleet, "altis")
      const changes = yield* TestRcon.passTime(
        fleet.reconcile({ stratis: { ...stratis!, rosterInterval: "1 minute" }, malden: malden! })
      )
      assert.deepStrictEqual(changes, { added: ["malden"], removed: ["altis"], replaced: ["stratis"] })
      yield* TestRcon.passTime("2 seconds")
      for (const { ids, status } of [fleet, other.fleet]) {
        assert.deepStrictEqual(yield* ids, ["stratis", "malden"])
        assert.deepStrictEqual([...(yield* status).values()].map(({ _tag }) => _tag), ["Online", "Online"])
      }
      assert.strictEqual(store.writes.length, 2)
    }).pipe(Effect.scoped, provided))
})

describe("a member's fleet", () => {
  /** The fleet of a member with this list of servers, without runners, and what it logs. */
  const fleetOf = Effect.fnUntraced(function*(list: Partial<ServerList.Service>) {
    const logged: Array<string> = []
    const { sharding } = yield* Effect.flatMap(MemoryCluster.make(), ({ consumer }) => consumer)
    const fleet = yield* ClusterFleet.make().pipe(
      Effect.provide(Layer.mock(ServerList.ServerList, { changes: Stream.never, ...list })),
      Effect.provideService(Sharding.Sharding, sharding),
      Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
    )
    return { fleet, logged }
  })
  const listed = (id: string, rosterInterval: Duration.Duration) =>
    [
      id,
      Wire.ListedServer.make({ id, generation: "one", settings: { host: "10.0.0.1", port: 1, rosterInterval } })
    ] as const

  it.effect("leaves out servers that another release has added with options that are invalid here", () =>
    Effect.gen(function*() {
      const { fleet, logged } = yield* fleetOf({
        servers: Effect.succeed(
          new Map([
            listed("altis", Duration.seconds(20)),
            listed("malden", Duration.zero),
            listed("stratis", Duration.seconds(20)),
            listed("tanoa", Duration.millis(999))
          ])
        )
      })
      assert.deepStrictEqual(yield* fleet.ids, ["altis", "stratis"])
      const lines = logged.filter((line) => line.includes("leaves out"))
      assert.lengthOf(lines, 2)
      assert.include(lines[0], "server \"malden\": rosterInterval must be")
      assert.include(lines[1], "server \"tanoa\": rosterInterval must be")
    }).pipe(Effect.scoped))

  it.effect("reports a server that another member has removed at the same time", () =>
    Effect.gen(function*() {
      const { fleet } = yield* fleetOf({ servers: Effect.succeed(new Map()), add: () => Effect.void })
      const error = yield* Effect.flip(fleet.add("altis", { host: "10.0.0.1", port: 1, password: PASSWORD }))
      assert.instanceOf(error, FleetError.InvalidServer)
      assert.strictEqual(error.message, "server \"altis\": another member of the cluster has removed it")
    }).pipe(Effect.scoped))

  it.effect("logs that it no longer follows the list if the stream of changes dies", () =>
    Effect.gen(function*() {
      const { logged } = yield* fleetOf({ servers: Effect.succeed(new Map()), changes: Stream.die("a defect") })
      yield* TestRcon.passTime(0)
      assert.deepStrictEqual(logged.map((line) => line.split(",")[0]), [
        "the fleet no longer follows the list of servers"
      ])
    }).pipe(Effect.scoped))
})
