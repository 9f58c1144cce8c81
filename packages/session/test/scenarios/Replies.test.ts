import { Packet, Text } from "@bercon/codec"
import { Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { generator } from "../support/Pair.ts"
import { echo, executions, online, outcome, password, range, timed } from "../support/Scenario.ts"
import { checks, Seed } from "../support/Soak.ts"

/** A server that answers the n-th arrival of a command with given datagrams. */
const parrot = Effect.fnUntraced(function*(
  answer: (sequence: number, text: string, coming: number) => ReadonlyArray<Packet.ServerPacket>
) {
  const network = yield* SimulatedNetwork.make()
  const endpoint = yield* network.bind({ host: "127.0.0.1", port: 2306 })
  const comings = new Map<string, number>()
  const react = (packet: Packet.ClientPacket): ReadonlyArray<Packet.ServerPacket> => {
    if (packet._tag === "Login") return [Packet.loginResult(true)]
    if (packet._tag === "Acknowledge") return []
    const text = Text.decode(packet.payload)
    if (text === "") return [Packet.commandReply(packet.sequence, "")]
    const coming = comings.get(text) ?? 0
    comings.set(text, coming + 1)
    return answer(packet.sequence, text, coming)
  }
  yield* Effect.forever(
    Effect.flatMap(endpoint.pull, (batch) =>
      Effect.forEach(batch, ({ datagram, from }) =>
        Effect.forEach(
          react(Result.getOrThrow(Packet.decodeClient(datagram))),
          (packet) => endpoint.write(from, Packet.encode(packet))
        )))
  ).pipe(Effect.forkScoped)
  return { transport: network.transport(endpoint.address), comings }
})

describe("a reply of many parts", () => {
  it.effect.prop(
    "arrives completely, although parts of up to 1,400 bytes come in any order, are lost or repeated, or have another total",
    [Seed, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 255 }))],
    ([seed, total]) =>
      Effect.gen(function*() {
        const random = generator(seed)
        const pick = (n: number) => Math.floor(random() * n)
        const shuffled = <A>(items: ReadonlyArray<A>) =>
          items.map((item) => [random(), item] as const).sort(([a], [b]) => a - b).map(([, item]) => item)
        const parts = range(total).map((i) => new Uint8Array(pick(4) === 0 ? 1400 : pick(1400) + 1).fill(i))
        const { comings, transport } = yield* parrot((sequence, _, coming) => {
          const packets = parts.map((part, i) => Packet.commandReplyPart(sequence, total, i, part))
          // From the sixth time on, all parts are sent. The next test is about a part that is always lost.
          const kept = coming < 5 ? packets.filter(() => random() > 0.3) : packets
          const repeated = kept.filter(() => random() < 0.2)
          // Another total, at least 2, so that the only part with this total is not a whole reply.
          const other = total === 255 ? 254 : total + 1
          const foreign = random() < 0.2 ? [Packet.commandReplyPart(sequence, other, 0, "another")] : []
          return shuffled([...kept, ...repeated, ...coming < 5 ? foreign : []])
        })
        const session = yield* Session.make({ password }).pipe(
          Effect.provideService(Transport.Transport, transport)
        )
        const [bytes] = yield* timed(session.commandBytes("bans"))
        assert.deepStrictEqual(Buffer.from(bytes), Buffer.concat(parts))
        assert.isAtMost(comings.get("bans")!, 6)
        return true
      }).pipe(Effect.scoped),
    checks(25)
  )

  it.effect("of which a part is always lost fails as incomplete, with the number of missing parts", () =>
    Effect.gen(function*() {
      const { comings, transport } = yield* parrot((sequence) =>
        range(254).map((i) => Packet.commandReplyPart(sequence, 255, i, "x".repeat(1400)))
      )
      const session = yield* Session.make({ password }).pipe(Effect.provideService(Transport.Transport, transport))
      const [error] = yield* timed(Effect.flip(session.command("bans")))
      assert(error.reason._tag === "IncompleteReply")
      assert.deepStrictEqual([error.reason.missing, error.reason.total, error.execution], [1, 255, "Executed"])
      assert.include(error.message, "1 of the 255 parts of the reply is missing")
      assert.isAbove(comings.get("bans")!, 10)
    }))
})

describe("a command that is not repeatable", () => {
  it.effect.each(["execute", "replay", "ignore"] as const)(
    "is sent at most once at 30 % loss; without a reply it may have been executed (the server's `repeats`: %s)",
    (repeats) =>
      Effect.gen(function*() {
        const session = yield* online()
        const asks = range(200).map((i) => ({ text: `echo ${i}`, repeatable: i % 2 === 0 }))
        const [results] = yield* timed(
          Effect.forEach(
            asks,
            ({ repeatable, text }) =>
              Effect.map(Effect.result(session.command(text, { repeatable, timeout: "2 minutes" })), outcome),
            { concurrency: 16 }
          )
        )
        const server = yield* SimulatedServer.SimulatedServer
        const texts = (yield* server.commands).map(({ text }) => text)
        const counts = yield* executions(server)
        for (const [i, { repeatable, text }] of asks.entries()) {
          if (!repeatable) {
            assert.isAtMost(texts.filter((each) => each === text).length, 1, "sent at most once")
            // A server that ignores repeated numbers looks like a dead one if it only gets repeated numbers.
            const lost = repeats === "ignore" ? ["SessionLost, MaybeExecuted"] : []
            assert.include([text, "NoReply, MaybeExecuted", ...lost], results[i]!)
          } else if (repeats !== "ignore") {
            assert.strictEqual(results[i], text)
          } else {
            assert.include([text, "NoReply, MaybeExecuted"], results[i]!)
          }
          if (results[i] === text) assert.isAtLeast(counts.get(text) ?? 0, 1)
          if (repeats === "replay") assert.isAtMost(counts.get(text) ?? 0, 1)
        }
        const unanswered = results.filter((_, i) => !asks[i]!.repeatable && results[i] !== asks[i]!.text)
        assert.isAtLeast(unanswered.length, 20, "the network lost enough for a meaningful test")
      }).pipe(Effect.provide(TestRcon.layerTransport({
        server: { onCommand: echo, repeats, repeatWindow: "10 minutes" },
        network: { loss: 0.3, latency: "20 millis", seed: 7 }
      })))
  )
})
