import { assert, describe, it } from "@effect/vitest"
import { LONGEST_INTERVAL, Retransmission } from "../src/internal/retransmission.ts"
import { RoundTrip } from "../src/internal/roundTrip.ts"

const schedule = () => ({ dueAt: Infinity, interval: 0 })

/** A round trip that was measured so often that its timeout is the minimum. */
const settled = () => {
  const roundTrip = new RoundTrip()
  for (let i = 0; i < 100; i++) roundTrip.measure(20)
  return roundTrip
}

describe("a command in flight", () => {
  it("is due after the timeout, then after twice as long each time, up to the longest interval", () => {
    const roundTrip = settled()
    const { timeout } = roundTrip
    const retransmission = new Retransmission(roundTrip)
    const command = schedule()
    retransmission.begin(command, 10_000)
    const intervals = [command.dueAt - 10_000]
    for (let i = 0; i < 6; i++) {
      const now = command.dueAt
      retransmission.next(command, now)
      intervals.push(command.dueAt - now)
    }
    assert.isBelow(timeout, LONGEST_INTERVAL / 4)
    assert.deepStrictEqual(intervals, [0, 1, 2, 3, 4, 5, 6].map((n) => Math.min(timeout * 2 ** n, LONGEST_INTERVAL)))
  })

  it("is due after the timeout each time if that is longer than the longest interval", () => {
    const roundTrip = new RoundTrip()
    for (let i = 0; i < 100; i++) roundTrip.measure(5000)
    const retransmission = new Retransmission(roundTrip)
    const command = schedule()
    retransmission.begin(command, 0)
    assert.strictEqual(command.dueAt, roundTrip.timeout)
    retransmission.next(command, 10_000)
    assert.strictEqual(command.dueAt, 10_000 + roundTrip.timeout)
  })

  it("is postponed by a part of its reply, and never brought forward", () => {
    const roundTrip = settled()
    const retransmission = new Retransmission(roundTrip)
    const command = schedule()
    retransmission.begin(command, 0)
    retransmission.postpone(command, 50)
    assert.strictEqual(command.dueAt, 50 + roundTrip.timeout)
    command.dueAt = 90_000
    retransmission.postpone(command, 60)
    assert.strictEqual(command.dueAt, 90_000)
  })

  it.each([["a reply to another command", "replied"], ["a probe", "asked"]] as const)(
    "waits one more timeout after %s, unless a later command has been answered",
    (_, what) => {
      const roundTrip = settled()
      const retransmission = new Retransmission(roundTrip)
      const command = schedule()
      retransmission.begin(command, 0)
      const due = command.dueAt
      assert.strictEqual(retransmission.dueAt(command, false), due)
      retransmission[what](150)
      assert.strictEqual(retransmission.dueAt(command, false), 150 + roundTrip.timeout)
      assert.strictEqual(retransmission.dueAt(command, true), due)
      command.dueAt = 99_000
      assert.strictEqual(retransmission.dueAt(command, false), 99_000)
    }
  )

  it("that causes a probe makes the timeout grow, because its reply takes longer than expected", () => {
    const roundTrip = settled()
    const before = roundTrip.timeout
    new Retransmission(roundTrip).asked(0)
    assert.strictEqual(roundTrip.timeout, 2 * before)
  })
})
