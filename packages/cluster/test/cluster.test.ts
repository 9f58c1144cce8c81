import { RconClient, ServerEvent } from "@bercon/client"
import { ClusterRcon, RemoteSession, ServerEntity, Servers, ShardLocks, Wire } from "@bercon/cluster"
import { type Message, Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"

const PASSWORD = "a password that stays on its runner"

/** A game server, and a cluster of some runners. */
const setup = Effect.fnUntraced(function*(...ports: ReadonlyArray<number>) {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const cluster = yield* MemoryCluster.make()
  const server = yield* SimulatedServer.make({ password: Redacted.make(PASSWORD) })
  const passwords = new Map([["altis", PASSWORD], ["wrong", "no such password"]])
  const servers: Servers.Servers["Service"]["get"] = (id) => {
    const password = passwords.get(id)
    return password === undefined
      ? Effect.fail(new Servers.ServerUnknown({ id }))
      : Effect.succeed({
        transport: network.transport(server.address),
        options: { password: Redacted.make(password) }
      })
  }
  const runners = new Map<number, MemoryCluster.Member>()
  for (const port of ports) runners.set(port, yield* cluster.runner(port, servers))
  yield* TestRcon.passTime("5 seconds")
  /** The runner that owns the session. */
  const owner = (): MemoryCluster.Member => runners.get(cluster.sockets.at(-1)!)!
  return { cluster, network, owner, passwords, runners, server, servers }
})

/** A member that only uses the cluster, and a session of it. */
const join = Effect.fnUntraced(function*(
  cluster: Effect.Success<ReturnType<typeof MemoryCluster.make>>,
  id = "altis",
  options?: RemoteSession.Options
) {
  const { close, sharding } = yield* cluster.consumer
  const session = yield* Effect.provideService(RemoteSession.start(id, options), Sharding.Sharding, sharding)
  return { close, session, sharding }
})

const online = (session: Session.Session["Service"]) => TestRcon.passTime(session.online)

/** Collects the messages and gaps of a session until the scope closes. */
const listen = Effect.fnUntraced(function*(session: Session.Session["Service"]) {
  const heard: Array<string> = []
  yield* session.messages.pipe(
    Stream.runForEach((item: Message.Message | Message.Gap) =>
      Effect.sync(() => heard.push(item._tag === "Gap" ? `gap ${item.cause} ${item.missed}` : item.text))
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  return heard
})

const texts = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.executions, (executions) => executions.map(({ text }) => text))

const provided = Effect.provide(Layer.fresh(SimulatedNetwork.layer()))

describe("a game server in the cluster", () => {
  it.effect("has one session for any number of users", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1, 2)
      const members = yield* Effect.forEach([1, 2, 3, 4], () => join(cluster))
      const heard = yield* Effect.forEach(members, ({ session }) => listen(session))
      for (const { session } of members) yield* online(session)
      yield* TestRcon.passTime("1 second")
      for (let i = 0; i < 50; i++) yield* server.emit(`message ${i}`)
      const answers = yield* TestRcon.passTime(
        Effect.forEach(members, ({ session }) => session.command("version"), { concurrency: "unbounded" })
      )
      assert.deepStrictEqual(answers, ["1.220", "1.220", "1.220", "1.220"])
      assert.strictEqual((yield* server.logins).length, 1)
      assert.strictEqual((yield* server.sessions).length, 1)
      for (const messages of heard) {
        assert.deepStrictEqual(messages, [
          "RCon admin #0 (127.0.0.1:50001) logged in",
          ...Array.from({ length: 50 }, (_, i) => `message ${i}`)
        ])
      }
      yield* TestRcon.passTime("3 minutes")
      assert.strictEqual((yield* server.logins).length, 1)
      assert.deepStrictEqual(yield* server.drops, [])
    }).pipe(Effect.scoped, provided))

  it.effect("is used by the ordinary client", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { sharding } = yield* cluster.consumer
      const layer = ClusterRcon.layer("altis").pipe(Layer.provide(Layer.succeed(Sharding.Sharding, sharding)))
      const context = yield* TestRcon.passTime(Layer.build(layer))
      yield* Effect.gen(function*() {
        const rcon = yield* RconClient.RconClient
        yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
        const chat = yield* rcon.events.pipe(
          Stream.filter(ServerEvent.is("PlayerChat")),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("1 second")
        assert.include(yield* texts(server), "say -1 welcome, Miller")
        yield* server.chat(0, "Side", "hello")
        const said = Option.getOrThrow(yield* TestRcon.passTime(Fiber.join(chat)))
        assert.deepStrictEqual([said.player.name, said.text], ["Miller", "(Side) Miller: hello"])
        assert.deepStrictEqual((yield* TestRcon.passTime(rcon.players)).map(String), ["#0 Miller"])
        assert.isTrue(Option.isSome(yield* rcon.adminId))
        assert.strictEqual(yield* rcon.flavour, "BattlEye")
        yield* TestRcon.passTime(rcon.kick(said.player.id, "be nice"))
        assert.deepStrictEqual((yield* server.world).players, [])
      }).pipe(Effect.scoped, Effect.provideContext(context))
    }).pipe(Effect.scoped, provided))

  it.effect("gets its password from the runner alone, and fails like a local session", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { session: wrong } = yield* join(cluster, "wrong")
      const refused = yield* Effect.flip(online(wrong))
      assert.strictEqual("reason" in refused && refused.reason._tag, "LoginRefused")
      assert.strictEqual(refused.message, refusedBy(server.address))
      assert.strictEqual((yield* Effect.flip(wrong.command("version"))).reason._tag, "SessionClosed")
      assert.strictEqual((yield* wrong.status)._tag, "Closed")
      assert.strictEqual((yield* Effect.flip(wrong.closed)).reason._tag, "LoginRefused")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Stream.runDrain(wrong.messages))))

      const { session: unknown } = yield* join(cluster, "stratis")
      assert.strictEqual((yield* Effect.flip(online(unknown))).message, `this runner has no game server "stratis"`)

      const { session } = yield* join(cluster)
      yield* online(session)
      const wire = cluster.wire.join("\n")
      assert.include(wire, "LoginRefused")
      assert.notInclude(wire, PASSWORD)
      assert.notInclude(wire, "no such password")
    }).pipe(Effect.scoped, provided))

  it.effect("gets a login with the new password once its failed session has been unused for a while", () =>
    Effect.gen(function*() {
      const { cluster, passwords } = yield* setup(1)
      const { session: wrong } = yield* join(cluster, "wrong")
      yield* Effect.flip(online(wrong))
      passwords.set("wrong", PASSWORD)
      yield* TestRcon.passTime("1 minute")
      const { session } = yield* join(cluster, "wrong")
      yield* online(session)
    }).pipe(Effect.scoped, provided))
})

const refusedBy = ({ host, port }: { readonly host: string; readonly port: number }) =>
  `${host}:${port} refused the login: the password is not the server's RConPassword`

const ends = {
  "is stopped": { end: (runner: MemoryCluster.Member) => runner.stop, seen: "10 millis", within: 5 },
  "is killed": { end: (runner: MemoryCluster.Member) => runner.kill, seen: "5 seconds", within: 15 },
  vanishes: { end: (runner: MemoryCluster.Member) => runner.vanish, seen: "5 seconds", within: 15 }
} as const

describe.each(Object.entries(ends))("when the runner %s", (_, { end, seen, within }) => {
  it.effect("the session moves, with a gap and a new epoch, and the old one sends nothing more", () =>
    Effect.gen(function*() {
      const { cluster, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* session.epoch, 1)
      const statuses: Array<string> = []
      yield* session.statusChanges.pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => statuses.push(_tag))),
        Effect.forkScoped({ startImmediately: true })
      )
      const first = owner()
      yield* end(first)
      yield* TestRcon.passTime(`${within} seconds`)
      assert.notStrictEqual(owner().port, first.port)
      assert.deepStrictEqual(statuses, ["Online", "Reconnecting", "Online"])
      assert.strictEqual(yield* session.epoch, 2)
      const logins = yield* server.logins
      assert.strictEqual(logins.length, 2)
      yield* server.emit("after the move")
      yield* TestRcon.passTime("2 minutes")
      assert.deepStrictEqual(heard.map((text) => text.replace(/#\d \(.*\)/, "#")), [
        "RCon admin # logged in",
        "gap Reconnected undefined",
        "RCon admin # logged in",
        "after the move"
      ])
      // After the login of the new session, the old one has sent nothing, and no further session has started.
      const old = logins[0]!.address
      const late = (yield* server.commands).filter(({ address, time }) => address === old && time > logins[1]!.time)
      assert.deepStrictEqual(late, [])
      assert.strictEqual((yield* server.logins).length, 2)
      assert.strictEqual((yield* server.sessions).length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("a command that must not run twice is lost, and a repeatable one is sent again", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.change({ latency: "500 millis" })
      const once = yield* Effect.forkChild(session.command("say -1 once", { repeatable: false }), {
        startImmediately: true
      })
      const again = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
      yield* TestRcon.passTime("600 millis")
      assert.include(yield* texts(server), "say -1 once")
      yield* end(owner())
      yield* TestRcon.passTime("30 seconds")
      const lost = yield* Effect.flip(Fiber.join(once))
      assert.strictEqual(lost.reason._tag, "SessionLost")
      assert.strictEqual(lost.execution, "MaybeExecuted")
      assert.strictEqual(yield* Fiber.join(again), "1.220")
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual((yield* server.commands).filter(({ text }) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("a command that the server may have run does not fail as not executed if the next runner cannot send it", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.change({ latency: "500 millis" })
      const command = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
      yield* TestRcon.passTime("600 millis")
      assert.include(yield* texts(server), "version")
      yield* server.stop()
      yield* end(owner())
      yield* TestRcon.passTime("30 seconds")
      const failed = yield* Effect.flip(Fiber.join(command))
      assert.strictEqual(failed.execution, "MaybeExecuted", failed.message)
    }).pipe(Effect.scoped, provided))

  it.effect("a command for the previous epoch is not sent, and one for any epoch waits for the next runner", () =>
    Effect.gen(function*() {
      const { cluster, owner, server } = yield* setup(1, 2)
      const { session } = yield* join(cluster)
      yield* online(session)
      const epoch = yield* session.epoch
      yield* end(owner())
      // No other runner has the server yet.
      yield* TestRcon.passTime(seen)
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      const old = yield* Effect.forkChild(session.command("kick 0", { epoch }), { startImmediately: true })
      const waiting = yield* Effect.forkChild(session.command("say -1 once", { repeatable: false }), {
        startImmediately: true
      })
      yield* TestRcon.passTime("30 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(old))).reason._tag, "NotConnected")
      yield* Fiber.join(waiting)
      const sent = yield* texts(server)
      assert.notInclude(sent, "kick 0")
      assert.strictEqual(sent.filter((text) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))
})

describe("a call that the engine delivers again", () => {
  it.effect("is not run by another activation", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1, 2)
      const { session, sharding } = yield* join(cluster)
      yield* online(session)
      const hello = cluster.wire.map((line) => /"activation":"([^"]+)"/.exec(line)?.[1]).find((found) =>
        found !== undefined
      )
      const entity = (yield* Effect.provideService(ServerEntity.client, Sharding.Sharding, sharding))("altis")
      yield* network.change({ latency: "500 millis" })
      const call = yield* Effect.forkChild(
        entity.Command({
          activation: hello!,
          call: "a call",
          text: "say -1 once",
          repeatable: false,
          withdrawable: false,
          timeout: 20_000
        }),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("600 millis")
      assert.include(yield* texts(server), "say -1 once")
      yield* owner().kill
      yield* TestRcon.passTime("30 seconds")
      assert.instanceOf(yield* Effect.flip(Fiber.join(call)), Wire.CallLost)
      assert.isAtLeast(cluster.wire.filter((line) => line.includes("say -1 once")).length, 2)
      assert.strictEqual((yield* texts(server)).filter((text) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect.each([true, false])(
    "is not run a second time by the same activation (repeatable: %s)",
    (repeatable) =>
      Effect.gen(function*() {
        const { cluster, server } = yield* setup(1)
        const { session, sharding } = yield* join(cluster)
        yield* online(session)
        const hello = cluster.wire.map((line) => /"activation":"([^"]+)"/.exec(line)?.[1]).find((found) =>
          found !== undefined
        )
        const entity = (yield* Effect.provideService(ServerEntity.client, Sharding.Sharding, sharding))("altis")
        const call = {
          activation: hello!,
          call: "a call",
          text: "say -1 once",
          repeatable,
          withdrawable: false,
          timeout: 20_000
        }
        yield* TestRcon.passTime(entity.Command(call))
        assert.instanceOf(yield* TestRcon.passTime(Effect.flip(entity.Command(call))), Wire.CallLost)
        assert.deepStrictEqual((yield* texts(server)).filter((text) => text === "say -1 once"), ["say -1 once"])
      }).pipe(Effect.scoped, provided)
  )

  it.effect("is not run a second time while it runs, even after 4,100 other calls", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { session, sharding } = yield* join(cluster)
      yield* online(session)
      const activation = cluster.wire.map((line) => /"activation":"([^"]+)"/.exec(line)?.[1]).find((found) =>
        found !== undefined
      )!
      const entity = (yield* Effect.provideService(ServerEntity.client, Sharding.Sharding, sharding))("altis")
      const command = (call: string, text: string) =>
        entity.Command({ activation, call, text, repeatable: true, withdrawable: true, timeout: 60_000 })
      yield* server.goSilent
      const first = yield* Effect.forkChild(Effect.exit(command("a call", "version")), { startImmediately: true })
      yield* TestRcon.passTime("100 millis")
      // Each of them ends at once, because the session refuses its text.
      yield* TestRcon.passTime(Effect.forEach(
        Array.from({ length: 4100 }, (_, i) => `another call ${i}`),
        (name) => Effect.exit(command(name, "\0")),
        { concurrency: 100, discard: true }
      ))
      assert.isUndefined(first.pollUnsafe())
      assert.instanceOf(yield* TestRcon.passTime(Effect.flip(command("a call", "version"))), Wire.CallLost)
    }).pipe(Effect.scoped, provided))
})

describe("when the connection to the runner breaks", () => {
  it.effect("the session stays, and there is a gap without a new login", () =>
    Effect.gen(function*() {
      const { cluster, owner, server } = yield* setup(1)
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("1 second")
      yield* cluster.cut(owner().port)
      yield* TestRcon.passTime("3 seconds")
      yield* server.emit("after the cut")
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(heard.slice(1), ["gap Lost undefined", "after the cut"])
      assert.strictEqual(yield* session.epoch, 1)
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.strictEqual((yield* server.logins).length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("a command that must not run twice is delivered again by the engine, and is not run again", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.change({ latency: "500 millis" })
      const once = yield* Effect.forkChild(session.command("say -1 once", { repeatable: false }), {
        startImmediately: true
      })
      const again = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
      yield* TestRcon.passTime("600 millis")
      yield* cluster.cut(owner().port)
      yield* TestRcon.passTime("10 seconds")
      const delivered = cluster.wire.filter((line) => line.includes("say -1 once")).length
      assert.isAtLeast(delivered, 2)
      assert.strictEqual((yield* Effect.flip(Fiber.join(once))).reason._tag, "SessionLost")
      assert.strictEqual(yield* Fiber.join(again), "1.220")
      assert.strictEqual((yield* server.commands).filter(({ text }) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))
})

describe("when the database restarts", () => {
  it.effect("the session stays, and its lock is taken again", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const cluster = yield* MemoryCluster.make({ shardingConfig: ShardLocks.shardingConfig })
      const server = yield* SimulatedServer.make({ password: Redacted.make(PASSWORD) })
      const servers: Servers.Servers["Service"]["get"] = () =>
        Effect.succeed({
          transport: network.transport(server.address),
          options: { password: Redacted.make(PASSWORD) }
        })
      for (const port of [1, 2]) yield* cluster.runner(port, servers)
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      for (const downtime of ["0 seconds", "30 seconds"] as const) {
        const locks = new Map(cluster.locks)
        yield* TestRcon.passTime(cluster.restartDatabase(downtime))
        assert.strictEqual(yield* TestRcon.passTime(session.command("version")), "1.220")
        yield* TestRcon.passTime("2 minutes")
        assert.deepStrictEqual(cluster.locks, locks)
      }
      assert.deepStrictEqual(heard.filter((text) => text.startsWith("gap")), [])
      assert.strictEqual((yield* server.logins).length, 1)
    }).pipe(Effect.scoped, provided))
})

describe("a session in the cluster", () => {
  it.effect("reports outages of the server like a local session", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("1 second")
      const first = Option.getOrThrow(yield* session.greeting)
      yield* server.restart({ downtime: "1 minute" })
      yield* TestRcon.passTime("30 seconds")
      const status = yield* session.status
      assert.strictEqual(status._tag, "Reconnecting")
      assert.strictEqual(status._tag === "Reconnecting" && status.cause._tag, "PortClosed")
      yield* TestRcon.passTime("2 minutes")
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.strictEqual(yield* session.epoch, 2)
      assert.deepStrictEqual(heard, [first.text, "gap Reconnected undefined", first.text])
    }).pipe(Effect.scoped, provided))

  it.effect("does not mistake the login of another administrator for its own", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1)
      const client = Effect.gen(function*() {
        const { session } = yield* join(cluster)
        const rcon = yield* Effect.provideService(RconClient.fromSession(), Session.Session, session)
        yield* online(session)
        return rcon
      })
      const rcon = yield* client
      yield* TestRcon.passTime("1 second")
      const admin = Option.getOrThrow(yield* rcon.adminId)
      yield* cluster.cut(owner().port)
      yield* TestRcon.passTime("3 seconds")
      const later = yield* client
      const other = Session.start({ password: Redacted.make(PASSWORD) })
      yield* Effect.provideService(other, Transport.Transport, network.transport(server.address))
      yield* TestRcon.passTime("3 seconds")
      assert.strictEqual((yield* server.logins).length, 2)
      assert.strictEqual(Option.getOrThrow(yield* rcon.adminId), admin)
      assert.strictEqual(Option.getOrThrow(yield* later.adminId), admin)
    }).pipe(Effect.scoped, provided))

  it.effect("withdraws a command that is no longer valid or whose caller was interrupted", () =>
    Effect.gen(function*() {
      const { cluster, network, server } = yield* setup(1)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.partition()
      let isCurrent = true
      const guarded = yield* Effect.forkChild(session.command("kick 0", { isCurrent: () => isCurrent }), {
        startImmediately: true
      })
      const interrupted = yield* Effect.forkChild(session.command("kick 1"), { startImmediately: true })
      yield* TestRcon.passTime("500 millis")
      isCurrent = false
      yield* Fiber.interrupt(interrupted)
      yield* TestRcon.passTime("2 seconds")
      yield* network.heal()
      yield* TestRcon.passTime("25 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(guarded))).execution, "MaybeExecuted")
      assert.deepStrictEqual((yield* texts(server)).filter((text) => text.startsWith("kick")), [])
      const outdated = yield* Effect.flip(session.command("kick 2", { isCurrent: () => false }))
      assert.strictEqual(outdated.reason._tag, "Outdated")
    }).pipe(Effect.scoped, provided))

  it.effect("goes on if `isCurrent` of a command throws", () =>
    Effect.gen(function*() {
      const { cluster, network } = yield* setup(1)
      const { session } = yield* join(cluster)
      yield* online(session)
      const heard = yield* listen(session)
      yield* network.partition()
      let isCurrent: () => boolean = () => true
      const command = yield* Effect.forkChild(session.command("kick 0", { isCurrent: () => isCurrent() }), {
        startImmediately: true
      })
      yield* TestRcon.passTime("500 millis")
      isCurrent = () => {
        throw new Error("a defect of the caller")
      }
      yield* TestRcon.passTime("3 seconds")
      yield* network.heal()
      yield* TestRcon.passTime("25 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(command))).execution, "MaybeExecuted")
      assert.deepStrictEqual(heard.filter((text) => text.startsWith("gap")), [])
      const { reason } = yield* Effect.flip(session.command("kick 1", { isCurrent }))
      assert.strictEqual(reason._tag, "Outdated")
      assert.include(reason.message, "a defect of the caller")
    }).pipe(Effect.scoped, provided))

  it.effect("is followed by another one some time after a defect in its feed", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const clock = yield* Clock.Clock
      // The first two heartbeats die. No other timer has their interval.
      const heartbeat = 1234
      let deaths = 2
      const deadly: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
        sleep: (duration: Duration.Duration) =>
          Effect.tap(
            clock.sleep(duration),
            () => Duration.toMillis(duration) === heartbeat && deaths-- > 0 ? Effect.die("a defect") : Effect.void
          )
      })
      const { cluster, network, server } = yield* setup()
      const layer = Layer.provide(
        ServerEntity.layer({ heartbeat }),
        Servers.layerRecord({
          altis: { transport: network.transport(server.address), options: { password: Redacted.make(PASSWORD) } }
        })
      )
      yield* cluster.runnerOf(1, () => layer).pipe(
        Effect.provideService(Clock.Clock, deadly),
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
      )
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("4 seconds")
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(yield* TestRcon.passTime(session.command("version")), "1.220")
      const login = "RCon admin logged in"
      assert.deepStrictEqual(
        heard.map((text) => text.replace(/ #.*\)/, "")),
        [login, "gap Reconnected undefined", login, "gap Reconnected undefined", login]
      )
      const defect = "the feed of a game server failed. A new session follows,a defect"
      assert.deepStrictEqual(logged.filter((line) => line.includes("feed")), [defect, defect])
      const times = (yield* server.logins).map(({ time }) => time)
      assert.lengthOf(times, 3)
      assert.isAtLeast(times[2]! - times[1]!, 5000)
    }).pipe(Effect.scoped, provided))

  it.effect("fails if its start dies, with the reason only in the log of its runner", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const logger = Logger.layer([
        Logger.make(({ cause, message }) => logged.push(`${String(message)} ${Cause.pretty(cause)}`))
      ])
      const { cluster, network, server } = yield* setup()
      const options = {
        get password(): Redacted.Redacted {
          throw new Error(`a defect with ${PASSWORD}`)
        }
      }
      yield* cluster.runner(1, () => Effect.succeed({ transport: network.transport(server.address), options })).pipe(
        Effect.provide(logger)
      )
      yield* TestRcon.passTime("5 seconds")
      const { session } = yield* join(cluster)
      const failure = yield* Effect.flip(online(session))
      assert.include(failure.message, "the session failed to start. The log of its runner has the reason")
      assert.include(logged.join(), "a defect with")
      assert.notInclude(cluster.wire.join(), PASSWORD)
    }).pipe(Effect.scoped, provided))

  it.effect("refuses a command if 4,096 are pending", () =>
    Effect.gen(function*() {
      const { cluster } = yield* setup()
      const { session } = yield* join(cluster)
      const pending = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 4096 }),
          () => Effect.exit(session.command("version", { timeout: "5 seconds" })),
          { concurrency: "unbounded", discard: true }
        ),
        { startImmediately: true }
      )
      const { execution, reason } = yield* Effect.flip(session.command("players"))
      assert.deepStrictEqual([reason._tag, execution], ["Overloaded", "NotExecuted"])
      yield* TestRcon.passTime(Fiber.join(pending))
      const later = yield* TestRcon.passTime(Effect.flip(session.command("players", { timeout: "5 seconds" })))
      assert.strictEqual(later.reason._tag, "NotConnected")
    }).pipe(Effect.scoped, provided))

  it.effect("fails commands as not executed while there is no runner", () =>
    Effect.gen(function*() {
      const { cluster } = yield* setup()
      const { session } = yield* join(cluster)
      const waiting = yield* Effect.forkChild(session.command("version", { timeout: "5 seconds" }), {
        startImmediately: true
      })
      yield* TestRcon.passTime("10 seconds")
      const { reason } = yield* Effect.flip(Fiber.join(waiting))
      assert.strictEqual(reason._tag, "NotConnected")
      assert.strictEqual(
        reason.message,
        `no session with altis yet: game server "altis" through the cluster is unreachable: check the network ` +
          "and the address. The command was not sent: trying again is safe"
      )
    }).pipe(Effect.scoped, provided))

  it.effect("leaves nothing running after its end", () =>
    Effect.gen(function*() {
      const { cluster, network, server, runners } = yield* setup(1)
      const { close, sharding } = yield* cluster.consumer
      const outcomes: Array<string> = []
      yield* Effect.scoped(Effect.gen(function*() {
        const session = yield* Effect.provideService(RemoteSession.start("altis"), Sharding.Sharding, sharding)
        yield* online(session)
        yield* network.partition()
        yield* session.command("version").pipe(
          Effect.catch(({ reason }) => Effect.sync(() => outcomes.push(`${reason._tag} ${reason.execution}`))),
          Effect.forkDetach({ startImmediately: true })
        )
        yield* Stream.runDrain(session.messages).pipe(
          Effect.andThen(Effect.sync(() => outcomes.push("messages end"))),
          Effect.forkDetach({ startImmediately: true })
        )
        yield* Effect.forkDetach(Effect.andThen(session.closed, Effect.sync(() => outcomes.push("closed"))), {
          startImmediately: true
        })
        yield* TestRcon.passTime(100)
      }))
      yield* TestRcon.passTime(0)
      assert.sameMembers(outcomes, ["SessionClosed MaybeExecuted", "messages end", "closed"])
      // The real session ends after it has been unused for a while.
      yield* network.heal()
      yield* TestRcon.passTime("3 minutes")
      assert.deepStrictEqual(yield* server.sessions, [])
      const { toServer: { sent } } = yield* network.statistics
      yield* close
      yield* Effect.forEach(runners.values(), ({ stop }) => stop)
      yield* TestRcon.passTime("10 minutes")
      assert.strictEqual((yield* network.statistics).toServer.sent, sent)
      assert.strictEqual(cluster.locks.size, 0)
    }).pipe(Effect.scoped, provided))

  it.effect("rejects options that are out of their range", () =>
    Effect.gen(function*() {
      const { cluster } = yield* setup()
      const problem = (options: RemoteSession.Options) =>
        Effect.map(Effect.flip(join(cluster, "altis", options)), String)
      assert.include(yield* problem({ commandTimeout: 0 }), "commandTimeout must be a positive duration (got 0)")
      assert.include(yield* problem({ silenceTimeout: 1000 }), "silenceTimeout must be at least 2 seconds (got 1000)")
      assert.include(yield* problem({ messageCapacity: 0 }), "messageCapacity must be a positive integer (got 0)")
    }).pipe(Effect.scoped, provided))
})
