import { Packet } from "@bercon/codec"
import { Session, Transport } from "@bercon/session"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import { generator } from "../support/Pair.ts"
import { echo, heard, password, range, story, type Tap, tapped, timed } from "../support/Scenario.ts"
import { report, soaking } from "../support/Soak.ts"

const random = generator(7)
const pick = (n: number) => Math.floor(random() * n)
const noise = (length: number) => Uint8Array.from({ length }, () => pick(256))

/** Datagrams that the server has sent earlier in the session. */
type Recorded = ReadonlyArray<Uint8Array>

const part = (i: number) => Packet.encode(Packet.commandReplyPart(i & 255, 255, i % 255, "x".repeat(1000)))

const attacks: ReadonlyArray<readonly [name: string, datagrams: (recorded: Recorded) => ReadonlyArray<Uint8Array>]> = [
  ["empty", () => [new Uint8Array(0)]],
  ["giant", () => [new Uint8Array(65_507), noise(65_507), Packet.encode(Packet.commandReply(9, "x".repeat(65_000)))]],
  ["noise", () => range(2000).map((i) => noise(i))],
  ["foreign", () => [
    new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"),
    Packet.encode(Packet.login(Redacted.make("hello"))),
    Packet.encode(Packet.command(0, "players"))
  ]],
  [
    "corrupted",
    (recorded) =>
      recorded.flatMap((datagram) =>
        range(datagram.length * 8).map((bit) => datagram.with(bit >> 3, datagram[bit >> 3]! ^ (1 << (bit & 7))))
      )
  ],
  ["truncated", (recorded) => recorded.flatMap((datagram) => range(datagram.length).map((i) => datagram.slice(0, i)))],
  ["replayed", (recorded) => range(20).flatMap(() => recorded)],
  [
    "login replies during a session",
    () => [Packet.encode(Packet.loginResult(false)), Packet.encode(Packet.loginResult(true))]
  ],
  ["replies to numbers never sent", () => range(156).map((i) => Packet.encode(Packet.commandReply(100 + i, "stray")))],
  ["10,000 unsolicited parts", () => range(10_000).map(part)],
  ["a flood of 100,000 datagrams", () => {
    const kinds = [noise(20), new Uint8Array(0), Packet.encode(Packet.loginResult(false)), part(3), noise(1400)]
    return range(100_000).map((i) => kinds[i % kinds.length]!)
  }]
]

const dropped = Effect.map(Metric.snapshot, (series) => {
  let sum = 0
  for (const { id, state } of series) {
    if (id === "bercon_datagrams_dropped_total") sum += (state as { count: number }).count
  }
  return sum
})

/** Makes a socket receive datagrams, 10,000 a millisecond. */
const attack = (line: Tap, datagrams: ReadonlyArray<Uint8Array>) =>
  Effect.forEach(
    range(Math.ceil(datagrams.length / 10_000)),
    (i) =>
      Effect.suspend(() => {
        line.inject(datagrams.slice(10_000 * i, 10_000 * (i + 1)))
        return TestClock.adjust(1)
      }),
    { discard: true }
  )

const setup = Effect.gen(function*() {
  const server = yield* SimulatedServer.SimulatedServer
  const line = yield* tapped
  line.recording = []
  const [session] = yield* timed(
    Session.make({ password }).pipe(Effect.provideService(Transport.Transport, line.transport))
  )
  return { line, server, session }
})

const layer = TestRcon.layerTransport({ server: { onCommand: echo }, network: { latency: "5 millis" } })

describe("hostile input", () => {
  it.effect.each(attacks)(
    "(%s) is counted and dropped, and commands are still answered",
    ([, datagrams]) =>
      Effect.gen(function*() {
        const { line, server, session } = yield* setup
        const items = yield* heard(session)
        const told = yield* story(session)
        const recorded: Array<Uint8Array> = line.recording!
        for (const i of range(5)) {
          yield* server.emit(`message ${i}`)
          assert.strictEqual((yield* timed(session.command(`echo ${i}`)))[0], `echo ${i}`)
        }
        line.recording = undefined
        const attacking = datagrams(recorded)
        const before = yield* dropped
        const known = recorded.filter((datagram) => datagram[7] === 2).length
        const acknowledgements = line.sent
        yield* attack(line, attacking)
        const acknowledged = line.sent - acknowledgements
        assert.strictEqual(
          (yield* dropped) - before + acknowledged,
          attacking.length,
          "each is counted, or acknowledged"
        )
        assert.isAtMost(acknowledged, known * 20)
        // Every number is used again.
        const [replies] = yield* timed(
          Effect.forEach(range(300), (i) => session.command(`echo ${i}`), { concurrency: 8 })
        )
        assert.deepStrictEqual(replies, range(300).map((i) => `echo ${i}`))
        yield* server.emit("message 5")
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(items, range(6).map((i) => `message ${i}`))
        assert.deepStrictEqual(told.map(([, status]) => status), ["Online"])
      }).pipe(Effect.provide(layer), Effect.provideService(Metric.MetricRegistry, new Map())),
    30_000
  )

  it.effect.runIf(soaking)("by the million leaves the memory flat", () =>
    Effect.gen(function*() {
      V8.setFlagsFromString("--expose-gc")
      const collectGarbage = Vm.runInNewContext("gc") as () => void
      const heap = () => {
        collectGarbage()
        return process.memoryUsage().heapUsed / 2 ** 20
      }
      const { line, session } = yield* setup
      line.recording = undefined
      // A subscriber that never continues to read.
      yield* Effect.forkChild(Stream.runForEach(session.messages, () => Effect.never), { startImmediately: true })
      const round = Effect.suspend(() =>
        attack(
          line,
          range(50_000).map((i) => {
            switch (i % 5) {
              case 0:
                return noise(30)
              case 1:
                return part(pick(255))
              case 2:
                return Packet.encode(Packet.message(pick(256), `message ${pick(1e9)}`))
              case 3:
                return Packet.encode(Packet.commandReply(pick(256), "stray"))
              default:
                return Packet.encode(Packet.loginResult(pick(2) === 0))
            }
          })
        )
      )
      yield* round
      yield* round
      const before = heap()
      for (let i = 0; i < 20; i++) yield* round
      const after = heap()
      report(`heap before a million datagrams ${before.toFixed(1)} MiB, after ${after.toFixed(1)} MiB`)
      assert.isBelow(after - before, 16)
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.provide(layer)), 300_000)
})
