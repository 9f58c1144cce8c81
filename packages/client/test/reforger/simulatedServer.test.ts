import { type CommandError, Identity, Player, RconClient } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Random, Redacted, Result } from "effect"
import type { Failure } from "../simulatedClient.ts"

const fork = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.forkChild(Effect.result(effect), { startImmediately: true })

/** Passes time, up to 10 minutes, until an effect has ended. Returns its result. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.orDie(TestRcon.passTime(Effect.result(effect), "10 minutes"))

/** `"done"`, or the tag of the error's reason. */
const tagOf = <A>(result: Result.Result<A, Failure>): string =>
  Result.isSuccess(result)
    ? "done"
    : result.failure._tag === "ReplyError"
    ? "ReplyError"
    : result.failure.reason._tag

/** The outcome of an action for its caller. */
const execution = <A>(result: Result.Result<A, Failure>): CommandError.Execution =>
  Result.isSuccess(result) || result.failure._tag === "ReplyError" ? "Executed" : result.failure.execution

const uuid = (index: number) => Identity.IdentityId.make(`00000000-0000-4000-8000-${String(index).padStart(12, "0")}`)

const slot = Player.PlayerId.make

/**
 * The commands that the server executed, except those that the client sends by itself: keepalives and queries for
 * players.
 */
const executed = Effect.flatMap(
  SimulatedServer.SimulatedServer,
  (server) =>
    Effect.map(
      server.executions,
      (executions) => executions.map(({ text }) => text).filter((text) => text !== "" && text !== "#players")
    )
)

/** A client in the scope, after its login. */
const connect = Effect.fnUntraced(function*(options?: Partial<RconClient.Options>) {
  const rcon = yield* Random.withSeed(
    RconClient.start({
      password: Redacted.make("secret"),
      flavour: "Reforger",
      loginTimeout: "Infinity",
      silenceTimeout: "20 seconds",
      rosterInterval: "Infinity",
      ...options
    }),
    "reforger"
  )
  yield* TestRcon.passTime("1 second")
  for (let tries = 0; tries < 60 && (yield* rcon.status)._tag !== "Online"; tries++) {
    yield* TestRcon.passTime("1 second")
  }
  return rcon
})

/** Adds this number of players and of bans to the server. */
const populate = Effect.fnUntraced(function*(count: number) {
  const server = yield* SimulatedServer.SimulatedServer
  const names = Array.from({ length: count }, (_, index) => `Some; body ${index} ; with a name`)
  for (const [index, name] of names.entries()) yield* server.join({ name, identity: uuid(index) })
  yield* server.update((world) => ({
    ...world,
    bans: names.map((_, index) => ({
      target: uuid(1000 + index),
      name: `Banned ${index}`,
      expires: undefined,
      reason: "x"
    }))
  }))
  return { server, names }
})

const bad: SimulatedNetwork.Conditions = { loss: 0.2, latency: "100 millis", jitter: "300 millis" }

describe("Arma Reforger's own RCON", () => {
  for (
    const [name, conditions] of [["", {}], [", at 20 % loss", { loss: 0.2 }], [
      ", at 20 % loss and with jitter",
      bad
    ]] as const
  ) {
    it.effect(`is detected, and lists its players and bans${name}`, () =>
      Effect.gen(function*() {
        const { names } = yield* populate(60)
        const rcon = yield* connect({
          flavour: "auto",
          rosterInterval: "25 seconds",
          replyWindow: { longest: "15 seconds" }
        })
        assert.strictEqual(Result.getOrThrow(yield* inTime(rcon.flavour)), "Reforger")
        const players = Result.getOrThrow(yield* inTime(Effect.retry(rcon.players, { times: 5 })))
        assert.deepStrictEqual(players.map(({ name }) => name), names)
        assert.deepStrictEqual(players.map(({ identity }) => identity), names.map((_, index) => uuid(index)))
        assert.strictEqual(Result.getOrThrow(yield* inTime(rcon.roster.get)).length, 60)
        const bans = Result.getOrThrow(yield* inTime(Effect.retry(rcon.bans, { times: 5 })))
        assert.deepStrictEqual(bans.map(({ name }) => name), Array.from({ length: 60 }, (_, i) => `Banned ${i}`))
      }).pipe(
        Effect.scoped,
        Effect.provide(
          TestRcon.layerTransport({
            server: { flavour: "Reforger", banDelay: "1 second" },
            network: { ...conditions, seed: "reforger" }
          })
        )
      ))

    for (const repeatable of [undefined, true]) {
      it.effect(`lets the client report the true outcome of ${repeatable === true ? "repeatable " : ""}actions${name}`, () =>
        Effect.gen(function*() {
          const { server } = yield* populate(24)
          const network = yield* SimulatedNetwork.SimulatedNetwork
          const rcon = yield* connect()
          yield* network.change(conditions)
          const isHere = (index: number) =>
            Effect.map(server.world, ({ players }) => players.some(({ identity }) => identity === uuid(index)))
          const isBanned = (index: number) =>
            Effect.map(server.world, ({ bans }) => bans.some(({ target }) => target === uuid(index)))
          const outcomes: Array<string> = []
          const check = Effect.fnUntraced(function*(
            action: Effect.Effect<void, Failure>,
            isDone: Effect.Effect<boolean>
          ) {
            const result = yield* inTime(action)
            const known = execution(result)
            outcomes.push(known)
            if (known !== "MaybeExecuted") assert.strictEqual(yield* isDone, known === "Executed", tagOf(result))
          })
          const not = Effect.map((is: boolean) => !is)
          for (let index = 0; index < 24; index += 3) {
            yield* check(rcon.kick(slot(index + 1), "be nice", { repeatable }), not(isHere(index)))
            yield* check(rcon.ban(slot(index + 2), { repeatable }), isBanned(index + 1))
            yield* check(rcon.ban(uuid(index + 2), { repeatable, duration: Duration.hours(1) }), isBanned(index + 2))
            yield* check(rcon.unban(uuid(1000 + index)), not(isBanned(1000 + index)))
          }
          // Without loss every action is confirmed. With loss at least a third of them are, even if each is sent once.
          const done = outcomes.filter((outcome) => outcome === "Executed").length
          if (name === "") assert.strictEqual(done, outcomes.length)
          assert.isAtLeast(done, outcomes.length / 3)

          const absent = [
            [rcon.kick(slot(999)), "PlayerNotFound"],
            [rcon.ban(slot(999)), "PlayerNotFound"],
            [rcon.unban(uuid(5000)), "BanNotFound"]
          ] as const
          for (const [action, expected] of absent) {
            const result = yield* inTime<void, Failure, never>(action)
            if (name === "") assert.strictEqual(tagOf(result), expected)
            else assert.notStrictEqual(tagOf(result), "done")
          }
          const texts = yield* executed
          if (repeatable !== true) assert.deepStrictEqual(texts, [...new Set(texts)])
          if (name === "") assert.deepStrictEqual(yield* server.violations, [])
        }).pipe(
          Effect.scoped,
          Effect.provide(
            TestRcon.layerTransport({
              server: { flavour: "Reforger", banDelay: "2 seconds" },
              network: { seed: "reforger" }
            })
          )
        ))
    }
  }

  it.effect("may print lists in another form", () =>
    Effect.gen(function*() {
      const { server } = yield* populate(1)
      const rcon = yield* connect()
      const bans = Array.from({ length: 60 }, (_, index) => `#${index} ; ${uuid(index)} ; ${60 * index}`)
      const lists: Record<string, string | undefined> = {
        "#players": [
          "Players on server:",
          "[Player#] ; [Player UID] ; [Player Name]",
          "-".repeat(42),
          ...Array.from({ length: 60 }, (_, index) => `#${index} ; ${uuid(index)} ; Somebody ${index}`),
          `-1 ; ${uuid(60)} ; Nobody`,
          ""
        ].join("\r\n"),
        "#ban list 1": ["Bans: [BanID] ; [Player UID] ; [Duration]", ...bans.slice(0, 25)].join("\n"),
        "#ban list 2": ["Bans: [BanID] ; [Player UID] ; [Duration]", ...bans.slice(25, 50)].join("\n"),
        "#ban list 3": ["Bans: [BanID] ; [Player UID] ; [Duration]", ...bans.slice(50)].join("\n")
      }
      yield* server.onCommand((text) => {
        const reply = lists[text]
        return reply === undefined ? undefined : { reply }
      })
      const players = Result.getOrThrow(yield* inTime(rcon.playerTable))
      assert.deepStrictEqual(players.rows.map(({ id }) => Number(id)), Array.from({ length: 60 }, (_, index) => index))
      assert.deepStrictEqual(players.unparsed, [{ line: 64, text: `-1 ; ${uuid(60)} ; Nobody` }])
      const rows = Result.getOrThrow(yield* inTime(rcon.bans))
      assert.deepStrictEqual(
        rows.map(({ remaining, target }) => [target, remaining]),
        bans.map((_, index) => [uuid(index), index === 0 ? "permanent" as const : Duration.minutes(index)])
      )
      lists["#players"] = "Players (0)"
      const failure = yield* inTime(rcon.players)
      assert.include(Result.isFailure(failure) && failure.failure.message, "Players (0)")
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ server: { flavour: "Reforger" } }))))

  it.effect("lacks many commands of BattlEye, and the client does not send them", () =>
    Effect.gen(function*() {
      yield* populate(1)
      const rcon = yield* connect()
      for (const action of [rcon.say("hello"), rcon.lock, Effect.asVoid(rcon.admins)]) {
        assert.strictEqual(tagOf(yield* inTime<void, Failure, never>(action)), "Unsupported")
      }
      assert.strictEqual(tagOf(yield* inTime(rcon.restart)), "done")
      assert.deepStrictEqual(yield* executed, ["#restart"])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ server: { flavour: "Reforger" } }))))

  it.effect("runs no action from before a restart on a newcomer in the slot", () =>
    Effect.gen(function*() {
      const { server } = yield* populate(1)
      const rcon = yield* connect({ silenceTimeout: "2 seconds" })
      yield* server.onCommand((text) => text === "#slow" ? { reply: "", delay: "Infinity" } : undefined)
      const slow = yield* fork(rcon.command("#slow", { timeout: "10 seconds" }))
      const actions = [rcon.kick(slot(1)), rcon.ban(slot(1)), rcon.kick(slot(1), "", { repeatable: true })]
      const waiting = yield* Effect.forEach(actions, (action) => fork<void, Failure, never>(action))
      yield* TestRcon.passTime("1 second")
      yield* server.restart()
      assert.strictEqual((yield* server.join({ name: "newcomer" })).slot, 1)
      yield* TestRcon.passTime("8 seconds")
      assert.strictEqual((yield* rcon.status)._tag, "Online")
      yield* inTime(Fiber.join(slow))
      for (const fiber of waiting) assert.strictEqual(tagOf(yield* Fiber.join(fiber)), "NotConnected")
      assert.strictEqual((yield* server.world).players.length, 1)
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ server: { flavour: "Reforger" } }))))

  it.effect("sends no output after a restart for commands from before, so the client does not wait for it", () =>
    Effect.gen(function*() {
      const { server } = yield* populate(1)
      const rcon = yield* connect({ silenceTimeout: "2 seconds" })
      const banning = yield* fork(rcon.ban(slot(1), { confirmWithin: "Infinity" }))
      yield* TestRcon.passTime("1 second")
      yield* server.restart()
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(tagOf(yield* Fiber.join(banning)), "Unconfirmed")
      assert.isTrue(Result.isSuccess(yield* inTime(rcon.players)))
    }).pipe(
      Effect.scoped,
      Effect.provide(TestRcon.layerTransport({ server: { flavour: "Reforger", banDelay: "1 hour" } }))
    ))

  it.effect("executes a command again if its reply is late, but only if the command is repeatable", () =>
    Effect.gen(function*() {
      const { server } = yield* populate(4)
      const rcon = yield* connect()
      yield* inTime(rcon.players)
      yield* server.onCommand(() => ({ delay: "2 seconds" }))
      // The second execution finds no player. The output of the first follows.
      const repeated = yield* inTime(rcon.ban(slot(1), { repeatable: true }))
      assert.deepStrictEqual([tagOf(repeated), execution(repeated)], ["Unconfirmed", "MaybeExecuted"])
      assert.isAbove((yield* executed).length, 1)
      // That output is not taken for the output of the next command.
      assert.strictEqual(tagOf(yield* inTime(rcon.ban(slot(999)))), "PlayerNotFound")
      assert.strictEqual(tagOf(yield* inTime(rcon.kick(slot(2)))), "done")
      // After this time no more output of the earlier executions can arrive.
      yield* TestRcon.passTime("30 seconds")
      assert.strictEqual(tagOf(yield* inTime(rcon.ban(slot(3)))), "done")
      assert.deepStrictEqual((yield* executed).filter((text) => !text.startsWith("#ban create 1 ")), [
        "#ban create 999 0",
        "#kick 2",
        "#ban create 3 0"
      ])
    }).pipe(
      Effect.scoped,
      Effect.provide(TestRcon.layerTransport({ server: { flavour: "Reforger", banDelay: "2 seconds" } }))
    ))

  it.effect("may lose the echo of a command for good, and the command still succeeds", () =>
    Effect.gen(function*() {
      yield* populate(1)
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const rcon = yield* connect()
      yield* network.partition("toClient")
      const ban = yield* fork(rcon.ban(uuid(0)))
      yield* TestRcon.passTime("1 second")
      yield* network.heal()
      assert.strictEqual(tagOf(yield* inTime(Fiber.join(ban).pipe(Effect.flatMap(Effect.fromResult)))), "done")
      assert.strictEqual((yield* executed).length, 1)
    }).pipe(
      Effect.scoped,
      Effect.provide(TestRcon.layerTransport({
        server: { flavour: "Reforger", banDelay: "2 seconds", messageTries: 1, dropUnacknowledged: false }
      }))
    ))

  it.effect("is sent a logout, without a wait for its reply, when the client's scope closes", () =>
    Effect.gen(function*() {
      const { server } = yield* populate(1)
      // The virtual clock stands still while the scope closes, so a wait for the reply would never end.
      yield* Effect.scoped(Effect.gen(function*() {
        const rcon = yield* connect()
        yield* fork(rcon.players)
        yield* TestRcon.passTime("1 millis")
      }))
      yield* TestRcon.passTime("1 second")
      // The result is the same if the scope closes because a reply has arrived.
      yield* inTime(Effect.scoped(Effect.flatMap(connect(), (rcon) => rcon.command(""))))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executed, ["@logout", "@logout"])
      assert.deepStrictEqual((yield* server.drops).map(({ cause }) => cause), ["LoggedOut", "LoggedOut"])
    }).pipe(
      Effect.provide(TestRcon.layerTransport({
        server: { flavour: "Reforger", replyDelay: "10 millis" },
        network: { latency: "20 millis" }
      }))
    ))

  it.live("is sent a logout over a real socket", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({ flavour: "Reforger", replyDelay: "10 millis" })
      const password = Redacted.make("secret")
      for (let round = 1; round <= 3; round++) {
        yield* Effect.scoped(Effect.gen(function*() {
          const rcon = yield* NodeRcon.make({ ...server.address, password })
          yield* round === 1 ? rcon.flavour : round === 2 ? rcon.players : rcon.command("")
        }))
        while ((yield* server.drops).length < round) yield* Effect.sleep("10 millis")
      }
      assert.deepStrictEqual((yield* server.drops).map(({ cause }) => cause), ["LoggedOut", "LoggedOut", "LoggedOut"])
    }).pipe(Effect.timeout("4 seconds")))
})
