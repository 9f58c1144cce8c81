import { RconClient } from "@bercon/client"
import { RemoteSession } from "@bercon/cluster"
import { Session, Transport } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import { join, listen, online, PASSWORD, provided, setup, texts } from "./oneServer.ts"

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
        `no session with altis: game server "altis" (through the cluster) is unreachable: check the network ` +
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
