import { Packet, Reassembly, Text } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { hex, random, seed, withSeed } from "./support.ts"

const joined = (payloads: ReadonlyArray<Uint8Array>): string => payloads.map(hex).join("")

const partsOf = (payloads: ReadonlyArray<Uint8Array>, sequence = 0): ReadonlyArray<Packet.CommandReplyPart> =>
  payloads.map((payload, index) => Packet.commandReplyPart(sequence, payloads.length, index, payload))

const shuffled = <A>(items: ReadonlyArray<A>, pick: (limit: number) => number): Array<A> => {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = pick(i + 1)
    const item = result[i]!
    result[i] = result[j]!
    result[j] = item
  }
  return result
}

const payload = Arbitrary.schema(Schema.Uint8Array)
const payloads = Arbitrary.array(payload, { minLength: 1, maxLength: 12 })
const numbers = Arbitrary.array(
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })))
)

describe("a reply", () => {
  it.prop(
    "has the same bytes for every order and repetition of its parts, and is never returned while a part is missing",
    { payloads, order: numbers, from: Schema.Int },
    ({ from, order, payloads }) => {
      const parts = partsOf(payloads)
      const expected = joined(payloads)
      // First random parts, some of them repeatedly, then every part once in random order. So all parts have arrived
      // in the end.
      const arrivals = [...order.map((n) => parts[n % parts.length]!), ...shuffled(parts, random(from))]
      const reply = Reassembly.make()
      const seen = new Set<number>()
      for (const part of arrivals) {
        seen.add(part.index)
        const bytes = Reassembly.add(reply, part)
        assert.strictEqual(
          bytes === undefined ? undefined : hex(bytes),
          seen.size < parts.length ? undefined : expected
        )
        assert.strictEqual(Reassembly.missing(reply), parts.length - seen.size)
        assert.strictEqual(reply.bytes, payloads.reduce((sum, { length }, i) => seen.has(i) ? sum + length : sum, 0))
        assert.isFalse(reply.contradictory)
      }
    },
    { arbitrary: { runs: 500, size: 40 } }
  )

  it("is not returned without one of its parts, however often the others are repeated", () => {
    const parts = partsOf(Array.from({ length: 20 }, (_, index) => Text.encode(`part ${index};`)))
    for (const absent of parts) {
      const reply = Reassembly.make()
      for (let round = 0; round < 3; round++) {
        for (const part of parts) if (part !== absent) assert.isUndefined(Reassembly.add(reply, part))
      }
      assert.strictEqual(Reassembly.missing(reply), 1)
      assert.isDefined(Reassembly.add(reply, absent))
    }
  })

  it("may consist of one part with total 1", () => {
    const bytes = Reassembly.add(Reassembly.make(), Packet.commandReplyPart(6, 1, 0, "alone"))
    assert.strictEqual(Text.decode(bytes!), "alone")
  })

  it("may consist of empty parts", () => {
    const reply = Reassembly.make()
    assert.isUndefined(Reassembly.add(reply, Packet.commandReplyPart(0, 2, 0, "")))
    assert.isUndefined(Reassembly.add(reply, Packet.commandReplyPart(0, 2, 0, "")))
    assert.strictEqual(Reassembly.add(reply, Packet.commandReplyPart(0, 2, 1, ""))?.length, 0)
  })

  it("may have 255 parts of 1,400 bytes that arrive in random order, each twice except the last", () => {
    const pick = random(seed)
    const payloads = Array.from({ length: 255 }, () => Uint8Array.from({ length: 1400 }, () => pick(256)))
    const parts = partsOf(payloads, 200).map((part) => {
      const received = Result.getOrThrow(Packet.decodeServer(Packet.encode(part)))
      return received as Packet.CommandReplyPart
    })
    const reply = Reassembly.make()
    let bytes: Uint8Array | undefined
    for (const part of shuffled([...parts.slice(1), ...parts.slice(1)], pick)) {
      assert.isUndefined(Reassembly.add(reply, part), withSeed("returned without part 0"))
    }
    bytes = Reassembly.add(reply, parts[0]!)
    assert.strictEqual(bytes?.length, 357_000)
    assert.isTrue(Buffer.concat(payloads).equals(bytes!), withSeed("bytes differ"))
  })

  it("is in a buffer of its own", () => {
    const datagrams = partsOf([Text.encode("abc"), Text.encode("def")]).map(Packet.encode)
    const reply = Reassembly.make()
    let bytes: Uint8Array | undefined
    for (const datagram of datagrams) {
      bytes = Reassembly.add(reply, Result.getOrThrow(Packet.decodeServer(datagram)) as Packet.CommandReplyPart)
    }
    for (const datagram of datagrams) datagram.fill(0)
    assert.strictEqual(Text.decode(bytes!), "abcdef")
  })

  it("keeps a character whole that was cut between two parts", () => {
    const whole = Text.encode("Игрок 🎮 Ёж")
    for (let cut = 1; cut < whole.length; cut++) {
      const [first, second] = partsOf([whole.slice(0, cut), whole.slice(cut)])
      const reply = Reassembly.make()
      assert.isUndefined(Reassembly.add(reply, second!))
      assert.strictEqual(Text.decode(Reassembly.add(reply, first!)!), "Игрок 🎮 Ёж")
    }
  })
})

describe("a part that contradicts an earlier one", () => {
  const part = (total: number, index: number, text: string) => Packet.commandReplyPart(0, total, index, text)
  const add = (reply: Reassembly.Reassembly, part: Packet.CommandReplyPart): string | undefined => {
    const bytes = Reassembly.add(reply, part)
    return bytes === undefined ? undefined : Text.decode(bytes)
  }

  it.each([
    ["another total", part(2, 0, "a0")],
    ["other bytes", part(3, 0, "b0")],
    ["additional bytes", part(3, 0, "a00")],
    ["fewer bytes", part(3, 0, "a")],
    ["no bytes", part(3, 0, "")]
  ])("ends the reassembly for good, even if all correct parts follow: %s", (_, other) => {
    const reply = Reassembly.make()
    add(reply, part(3, 0, "a0"))
    add(reply, part(3, 1, "a1"))
    assert.isUndefined(add(reply, other))
    assert.isTrue(reply.contradictory)
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 3; index++) assert.isUndefined(add(reply, part(3, index, `a${index}`)))
    }
    assert.isTrue(reply.contradictory)
    assert.deepStrictEqual([reply.total, reply.held, reply.bytes, Reassembly.missing(reply)], [3, 2, 4, 1])
  })

  it("is detected even after the reply was complete", () => {
    const reply = Reassembly.make()
    add(reply, part(2, 0, "a0"))
    assert.strictEqual(add(reply, part(2, 1, "a1")), "a0a1")
    assert.isUndefined(add(reply, part(2, 0, "b0")))
    assert.isTrue(reply.contradictory)
    assert.isUndefined(add(reply, part(2, 1, "a1")))
  })

  it("does not always arrive: parts of two executions can be joined into a reply that looks right", () => {
    const reply = Reassembly.make()
    add(reply, part(2, 0, "of the first"))
    assert.strictEqual(add(reply, part(2, 1, ", of the second")), "of the first, of the second")
    assert.isFalse(reply.contradictory)
  })

  const from0To = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

  it.prop(
    "ends the reassembly for good, whichever parts follow",
    // One part in twenty has another total, and one in twenty has other bytes. So some replies become complete, and
    // others do not.
    {
      arrivals: Arbitrary.array(Arbitrary.schema(Schema.Struct({ index: from0To(3), odd: from0To(19) })), {
        maxLength: 40
      })
    },
    ({ arrivals }) => {
      const reply = Reassembly.make()
      const held = new Map<number, Packet.CommandReplyPart>()
      let contradictory = false
      for (const { index, odd } of arrivals) {
        const total = odd === 1 ? 3 : 4
        const arrived = part(total, index % total, odd === 2 ? "other" : `part ${index % total}`)
        const first = held.values().next().value
        const same = held.get(arrived.index)
        contradictory ||= first !== undefined && first.total !== total
        contradictory ||= same !== undefined && hex(same.payload) !== hex(arrived.payload)
        if (!contradictory) held.set(arrived.index, arrived)
        const whole = !contradictory && held.size === total
        const expected = Array.from({ length: whole ? total : 0 }, (_, i) => held.get(i)!.payload)
        const bytes = Reassembly.add(reply, arrived)
        assert.strictEqual(bytes === undefined ? undefined : hex(bytes), whole ? joined(expected) : undefined)
        assert.strictEqual(reply.contradictory, contradictory)
        assert.strictEqual(reply.held, held.size)
        assert.strictEqual(reply.bytes, [...held.values()].reduce((sum, { payload }) => sum + payload.length, 0))
      }
    },
    { arbitrary: { runs: 1000, size: 40 } }
  )
})

describe("missing", () => {
  it("is 0 before the first part, because the total is still unknown", () => {
    assert.strictEqual(Reassembly.missing(Reassembly.make()), 0)
  })
})
