/**
 * Tests the simulated server with independent clients, which were written for real BattlEye servers.
 */
import type { Endpoint } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it, vi } from "@effect/vitest"
import { type Connection, Socket } from "@senfo/battleye"
import BattleNode from "battle-node"
import { Effect, Redacted, Schedule } from "effect"

const connect = Effect.fnUntraced(function*({ port }: Endpoint.Address, password: string) {
  const socket = yield* Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = new Socket()
      const errors: Array<Error> = []
      socket.on("error", (error) => errors.push(error))
      socket.on("listening", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.close())
  )
  const connection = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const details = { name: "interop", ip: "127.0.0.1", port, password }
      const connection = socket.connection(details, { reconnect: false, keepAliveInterval: 200 }, false)
      connection.on("error", () => undefined)
      connection.on("disconnected", () => undefined)
      return connection
    }),
    // `kill` rejects the promises of unanswered commands. No test awaits these.
    (connection) => Effect.sync(() => connection.kill())
  )
  const messages: Array<string> = []
  connection.on("message", (message) => messages.push(message))
  return { connection, messages }
})

const ask = (connection: Connection, text: string) =>
  Effect.map(Effect.promise(() => connection.command(text)), ({ data }) => data)

const until = <A>(effect: Effect.Effect<A>, done: (value: A) => boolean) =>
  effect.pipe(Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: done }))

describe("@senfo/battleye", () => {
  it.live(
    "logs in, sends commands, receives and acknowledges messages, and keeps its session alive",
    () =>
      Effect.gen(function*() {
        const missions = Array.from({ length: 200 }, (_, i) => `mission ${i}.Altis.pbo`)
        const server = yield* NodeSimulatedServer.make({
          password: Redacted.make("hunter2"),
          world: { missions, version: "1.217" },
          messageGap: "200 millis",
          sessionTimeout: "1 second"
        })
        const { connection, messages } = yield* connect(server.address, "hunter2")
        yield* Effect.promise(() => connection.connect())
        assert.isTrue(connection.connected)

        assert.strictEqual(yield* ask(connection, "version"), "1.217")
        const list = yield* ask(connection, "missions")
        for (const mission of missions) assert.include(list, mission)
        yield* ask(connection, "say -1 good evening")

        yield* server.join({ name: "Max" })
        yield* server.chat(0, "Side", "привет")
        yield* until(Effect.sync(() => messages), ({ length }) => length >= 6)
        assert.match(messages[0] ?? "", /^RCon admin #0 \(127\.0\.0\.1:\d+\) logged in$/)
        assert.include(messages, "RCon admin #0: (Global) good evening")
        assert.include(messages, "(Side) Max: привет")
        yield* until(server.acknowledgements, ({ length }) => length >= messages.length)

        // Longer than the server waits for an acknowledgement or a command, so both have arrived.
        yield* Effect.sleep("3500 millis")
        assert.strictEqual(yield* ask(connection, "version"), "1.217")
        assert.deepStrictEqual(yield* server.drops, [])
        assert.deepStrictEqual(yield* server.violations, [])
        assert.deepStrictEqual((yield* server.executions).map(({ text }) => text), [
          "version",
          "missions",
          "say -1 good evening",
          "version"
        ])
      }),
    10_000
  )

  it.live("gets the refusal of a wrong password", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
      const { connection } = yield* connect(server.address, "guess")
      const outcome = yield* Effect.promise(() =>
        connection.connect().then(({ connected }) => connected === true, () => false)
      )
      assert.isFalse(outcome)
      assert.deepStrictEqual((yield* server.logins).map(({ admin }) => admin), [undefined])
    }), 10_000)
})

describe("battle-node", () => {
  const connect = Effect.fnUntraced(function*({ port }: Endpoint.Address, rconPassword: string) {
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new BattleNode({ ip: "127.0.0.1", port, rconPassword })),
      (client) =>
        Effect.sync(() => {
          clearInterval(client.keepalive)
          client.socket.close()
        })
    )
    const messages: Array<string> = []
    client.on("message", (message) => messages.push(message))
    const accepted = yield* Effect.callback<boolean>((resume) => {
      client.on("login", (_, success) => resume(Effect.succeed(success === true)))
      client.login()
    })
    return { client, messages, accepted }
  })

  const ask = (client: BattleNode, text: string) =>
    Effect.callback<string>((resume) => client.sendCommand(text, (reply) => resume(Effect.succeed(reply))))

  it.live(
    "logs in, sends commands, and receives and acknowledges messages",
    () =>
      Effect.gen(function*() {
        const missions = Array.from({ length: 500 }, (_, i) => `mission ${i}.Altis.pbo`)
        const server = yield* NodeSimulatedServer.make({
          world: { missions, version: "1.217" },
          messageGap: "100 millis"
        })
        const { accepted, client, messages } = yield* connect(server.address, "secret")
        assert.isTrue(accepted)

        assert.strictEqual(yield* ask(client, "version"), "1.217")
        assert.strictEqual(yield* ask(client, "missions"), ["Missions on server:", ...missions, ""].join("\n"))
        assert.strictEqual(yield* ask(client, "say -1 good evening"), "")

        yield* server.join({ name: "Max" })
        yield* server.chat(0, "Side", "привет")
        yield* until(Effect.sync(() => messages), ({ length }) => length >= 6)
        assert.match(messages[0] ?? "", /^RCon admin #0 \(127\.0\.0\.1:\d+\) logged in$/)
        assert.include(messages, "RCon admin #0: (Global) good evening")
        assert.include(messages, "(Side) Max: привет")
        yield* until(server.acknowledgements, ({ length }) => length >= messages.length)
        assert.deepStrictEqual(yield* server.drops, [])
        assert.deepStrictEqual(yield* server.violations, [])
        assert.deepStrictEqual((yield* server.commands).map(({ sequence }) => sequence), [0, 1, 2])
      }),
    10_000
  )

  it.live("keeps its session alive, and reports that the server has stopped answering", () =>
    Effect.gen(function*() {
      // The only intervals in this process are the client's keepalives, every 10 seconds.
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })),
        () => Effect.sync(() => vi.useRealTimers())
      )
      const server = yield* NodeSimulatedServer.make()
      const { client } = yield* connect(server.address, "secret")
      let disconnected = false
      client.on("disconnected", () => {
        disconnected = true
      })
      let replies = 0
      client.socket.on("message", (datagram) => {
        if (datagram[7] === 1) replies++
      })
      for (let count = 1; count <= 3; count++) {
        vi.advanceTimersByTime(10_000)
        yield* until(Effect.sync(() => replies), (replies) => replies === count)
      }
      assert.deepStrictEqual((yield* server.commands).map(({ text }) => text), ["", "", ""])
      assert.isFalse(disconnected)
      yield* server.goSilent
      vi.advanceTimersByTime(20_000)
      assert.isTrue(disconnected)
    }), 10_000)

  it.live("gets the refusal of a wrong password", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
      const { accepted } = yield* connect(server.address, "guess")
      assert.isFalse(accepted)
      assert.deepStrictEqual((yield* server.logins).map(({ admin }) => admin), [undefined])
    }), 10_000)
})
