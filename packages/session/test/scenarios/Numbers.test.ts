import { Packet } from "@bercon/codec"
import { Session, Transport } from "@bercon/session"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { echo, executions, online, outcome, password, range, timed } from "../support/Scenario.ts"

/** Answers every command with its own text, at once: before `send` returns. */
const mirror = Transport.Transport.of({
  peer: "mirror:1",
  open: Effect.sync(() => {
    let receiver: Transport.Receiver | undefined
    return {
      listen: (listener) => {
        receiver = listener
      },
      send: (datagram) => {
        const packet = Result.getOrThrow(Packet.decodeClient(datagram))
        if (packet._tag === "Login") receiver?.receive(Packet.encode(Packet.loginResult(true)))
        if (packet._tag === "Command") {
          receiver?.receive(Packet.encode(Packet.commandReply(packet.sequence, packet.payload)))
        }
      }
    }
  })
})

const latency = { latency: "5 millis" } as const

describe("with only 256 numbers,", () => {
  it.effect(
    "100,000 commands in a row, which use each number about 400 times, all get their own reply",
    () =>
      Effect.gen(function*() {
        const session = yield* Session.make({ password })
        // After each use, a number is quarantined for a moment.
        yield* timed(Effect.gen(function*() {
          for (let i = 0; i < 100_000; i++) {
            const text = `echo ${i}`
            const reply = yield* session.command(text)
            if (reply !== text) assert.fail(`${text} got ${reply}`)
          }
        }))
      }).pipe(Effect.provideService(Transport.Transport, mirror)),
    60_000
  )

  it.effect.each(
    [32, 256].flatMap((maxInFlight) =>
      (["execute", "replay", "ignore"] as const).map((repeats) => ({ maxInFlight, repeats }))
    )
  )(
    "1,000 commands at once are all answered by a server that takes 300 ms, $maxInFlight at a time (repeats: $repeats)",
    ({ maxInFlight, repeats }) =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const session = yield* online({ maxInFlight })
        const order: Array<string> = []
        yield* server.onCommand((text) => {
          if (text !== "" && !order.includes(text)) order.push(text)
          return { reply: text, delay: "300 millis" }
        })
        const commands = range(1000).map((i) => `echo ${i}`)
        const [results, took] = yield* timed(
          Effect.forEach(commands, (text) => Effect.map(Effect.result(session.command(text)), outcome), {
            concurrency: "unbounded"
          })
        )
        assert.deepStrictEqual(results, commands)
        assert.deepStrictEqual(order, commands, "first come, first served")
        assert.isAtLeast(took, 300 * Math.floor(1000 / maxInFlight), "never more than the limit in flight")
      }).pipe(Effect.provide(TestRcon.layerTransport({ server: { repeats }, network: latency })))
  )

  it.effect("1,000 commands at once are refused, unsent, from the 133rd on: 32 are in flight, and 100 fill the queue", () =>
    Effect.gen(function*() {
      const session = yield* online({ queueCapacity: 100 })
      const [results] = yield* timed(
        Effect.forEach(range(1000), (i) => Effect.map(Effect.result(session.command(`echo ${i}`)), outcome), {
          concurrency: "unbounded"
        })
      )
      assert.deepStrictEqual(
        results,
        range(1000).map((i) => i < 132 ? `echo ${i}` : "Overloaded, NotExecuted")
      )
      assert.strictEqual((yield* executions(yield* SimulatedServer.SimulatedServer)).size, 132)
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { onCommand: echo }, network: latency }))))

  it.effect.each([6, 30])(
    "no command gets another command's reply that is %i s late, while numbers wrap many times",
    (late) =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const session = yield* online()
        let count = 0
        yield* server.onCommand((text) =>
          text === "" ? undefined : { reply: text, delay: ++count % 5 === 0 ? 1000 * late : 0 }
        )
        const asked: Array<readonly [text: string, Fiber.Fiber<Result.Result<string, unknown>>]> = []
        for (const text of range(1500).map((i) => `echo ${i}`)) {
          asked.push([text, yield* Effect.forkChild(Effect.result(session.command(text)), { startImmediately: true })])
          yield* TestClock.adjust("100 millis")
        }
        yield* TestClock.adjust("1 minute")
        let answered = 0
        for (const [text, fiber] of asked) {
          const result = yield* Fiber.join(fiber)
          if (Result.isFailure(result)) continue
          answered++
          assert.strictEqual(result.success, text)
        }
        if (late < 20) assert.strictEqual(answered, asked.length)
      }).pipe(Effect.provide(TestRcon.layerTransport({ network: latency })))
  )
})
