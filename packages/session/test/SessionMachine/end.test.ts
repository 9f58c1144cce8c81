import { Packet } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { Bench } from "../support/Bench.ts"

describe("a session that has ended", () => {
  // Found by fuzzing: the machine was online again.
  it("stays closed if a late reply accepts the login", () => {
    const bench = new Bench().until(0)
    bench.machine.opened(0)
    bench.until(20)
    bench.receive(Packet.loginResult(false))
    bench.receive(Packet.loginResult(true))
    assert.deepStrictEqual(bench.until(1e6).news().filter((output) => !output.startsWith("send")), ["open", "Closed"])
    assert.strictEqual(bench.machine.status._tag, "Closed")
  })
})

describe("a driver that fails", () => {
  it("ends the session with its exit", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.news()
    bench.machine.crash(bench.now, Exit.die("a bug"))
    assert.deepStrictEqual(bench.flush().news(), ["settle x: SessionClosed", "Closed"])
    assert.deepStrictEqual(bench.failures, ["Die"])
  })
})

describe("the end", () => {
  it("delivers the held messages, because the missing ones cannot arrive any more", () => {
    const bench = Bench.online()
    bench.receive(Packet.message(0, "zero")).receive(Packet.message(2, "two"))
    bench.news()
    bench.machine.close(bench.now)
    assert.deepStrictEqual(bench.flush().news(), ["gap Lost 1", "deliver 2 two", "Closed"])
  })
})
