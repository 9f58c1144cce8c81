import { Packet } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Bench } from "../support/Bench.ts"
import { failures, minutes, online, seconds } from "../support/Pair.ts"

describe("a suspended process", () => {
  it("does not shift the start of a silence that begins afterwards, with its first command", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.until(bench.now + 30).receive(Packet.commandReply(bench.lastNumber, ""))
    bench.now += 3_600_000
    bench.submit("y", { deadline: bench.now + 5000 })
    bench.machine.tick(bench.now)
    bench.flush().news()
    const from = bench.now
    while (!bench.outputs.includes("send Login")) bench.until(bench.now + 10)
    assert.isAtMost(bench.now - from, 9000, "the silence began with the command, and not an hour later")
  })

  it("shifts the start of a silence once, however many datagrams it then reads", () => {
    const bench = Bench.online({ silenceTimeout: 8000 })
    bench.submit("x", { deadline: 1e6, repeatable: false })
    bench.until(bench.now + 100)
    bench.now += 9000
    for (let i = 0; i < 30; i++) bench.machine.receive(bench.now, new Uint8Array(3))
    const from = bench.now
    while (bench.machine.status._tag === "Online") bench.until(bench.now + 10)
    assert.isAtMost(bench.now - from, 8100)
  })

  it("is detected after more than a quarter of a second", () => {
    const lost = (late: number) => {
      const bench = Bench.online({ silenceTimeout: 8000 })
      const from = bench.now
      bench.submit("x", { deadline: 1e6, repeatable: false })
      bench.until(from + 900)
      const { wakeAt } = bench.machine
      bench.now = wakeAt + late
      bench.machine.tick(bench.now)
      while (bench.machine.status._tag === "Online") bench.until(bench.now + 1)
      return bench.now - from
    }
    assert.deepStrictEqual([lost(250), lost(251)], [8000, 8251])
  })

  it("does not measure the reply to a login", () => {
    const bench = new Bench().until(0)
    bench.machine.opened(0)
    bench.until(20)
    bench.now += 3_600_000
    assert.include(bench.receive(Packet.loginResult(true)).news(), "Online")
    assert.isUndefined(bench.machine.roundTripTime)
  })

  it("does not measure the reply to a command whose caller has gone", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    const before = bench.machine.roundTripTime
    const gone = Result.getOrThrow(bench.submit("gone"))
    bench.now += 9000
    bench.machine.cancel(bench.now, gone)
    bench.flush().receive(Packet.commandReply(1, ""))
    assert.strictEqual(bench.machine.roundTripTime, before)
  })
})

describe("a process that was suspended", () => {
  it.each([5, 7, 9, 30])("for %i s gets its replies at once, and loses nothing", (pause) => {
    const pair = online({ seed: 1 })
    for (let i = 0; i < 300; i++) pair.submit(`echo ${i}`)
    pair.runUntil(pair.now + seconds(2))
    pair.submit("echo in flight", { timeout: seconds(4) })
    // Datagrams that have arrived are read before deadlines are judged.
    pair.standStill(seconds(pause))
    pair.submit("echo next")
    pair.runUntil(pair.now + 100)
    assert.deepStrictEqual(failures(pair), [])
    assert.deepStrictEqual(pair.outcomes.slice(-2).map(({ text }) => text), ["echo in flight", "echo next"])
    assert.isBelow(pair.client.roundTripTime!, 50, "the pause is not measured as a round trip")
    pair.runUntil(pair.now + minutes(1))
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })

  it("does not take the pause for silence of the server", () => {
    const pair = online({ seed: 1 })
    pair.submit("echo lost")
    pair.dropArriving()
    pair.standStill(seconds(20))
    pair.runUntil(pair.now + seconds(1))
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.deepStrictEqual(failures(pair), [["echo lost", "NoReply"]])
  })
})
