import { Packet } from "@bercon/codec"
import { Transport } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Bench, ioFailed, openFailed } from "../support/Bench.ts"
import { online, seconds, socketFailed } from "../support/Pair.ts"

describe("opening a socket", () => {
  it("is requested at once, and only once", () => {
    const bench = new Bench().until(9999)
    assert.deepStrictEqual(bench.news(), ["open"])
    assert.deepStrictEqual(bench.until(10_000).news(), ["Closed"])
    assert.deepStrictEqual(bench.failures, ["LoginTimeout"])
  })

  it("ends a first login if it fails and the login timeout is finite", () => {
    const bench = new Bench().until(0)
    bench.machine.openFailed(0, openFailed)
    bench.flush()
    assert.deepStrictEqual(bench.news(), ["open", "Closed"])
    assert.deepStrictEqual(bench.failures, ["TransportFailure"])
    assert.strictEqual(bench.machine.wakeAt, Infinity)
    bench.machine.openFailed(0, openFailed)
    bench.machine.opened(0)
    assert.deepStrictEqual(bench.until(1e6).news(), [])
  })

  it("is repeated a second later if it fails in a first login with an infinite timeout", () => {
    const bench = new Bench({ loginTimeout: Infinity }).until(0)
    bench.machine.openFailed(0, openFailed)
    assert.deepStrictEqual(bench.until(999).news(), ["open"])
    assert.deepStrictEqual(bench.until(1000).news(), ["open"])
    const { status } = bench.machine
    assert(status._tag === "Connecting")
    assert.strictEqual(status.cause._tag, "TransportError")
  })

  it("ends a first login if it fails because the address is invalid, even if the login timeout is infinite", () => {
    const bench = new Bench({ loginTimeout: Infinity }).until(0)
    bench.machine.openFailed(
      0,
      new Transport.TransportError({
        reason: new Transport.OpenFailed({ kind: "InvalidAddress", peer: "server", cause: undefined })
      })
    )
    assert.deepStrictEqual(bench.flush().news(), ["open", "Closed"])
    assert.deepStrictEqual(bench.failures, ["TransportFailure"])
  })

  it("is repeated if it fails during an outage, even if the login timeout is finite", () => {
    const bench = Bench.online()
    bench.machine.socketFailed(bench.now, ioFailed("Closed"))
    assert.deepStrictEqual(bench.flush().news(), ["Reconnecting: TransportError"])
    assert.deepStrictEqual(bench.until(1049).news(), [])
    assert.deepStrictEqual(bench.until(1050).news(), ["open"])
    bench.machine.openFailed(1050, openFailed)
    assert.deepStrictEqual(bench.until(2049).news(), [])
    assert.deepStrictEqual(bench.until(2050).news(), ["open"])
    bench.machine.opened(2060)
    assert.deepStrictEqual(bench.until(2060).news(), ["send Login"])
  })

  it("without a request has no effect", () => {
    const bench = Bench.online()
    bench.machine.opened(bench.now)
    bench.machine.openFailed(bench.now, openFailed)
    assert.deepStrictEqual(bench.until(1000).news(), [])
    assert.strictEqual(bench.machine.status._tag, "Online")
    const login = new Bench().until(0)
    login.machine.opened(0)
    login.machine.openFailed(0, openFailed)
    assert.deepStrictEqual(login.until(0).news(), ["open", "send Login"])
  })
})

describe("a socket that fails", () => {
  it("during a login is replaced after the retry delay, and nothing is sent meanwhile", () => {
    const bench = new Bench({ loginTimeout: Infinity }).until(0)
    bench.machine.opened(0)
    bench.until(10)
    bench.machine.socketFailed(10, ioFailed("Closed"))
    const { status } = bench.machine
    assert(status._tag === "Connecting")
    assert.strictEqual(status.cause._tag, "TransportError")
    bench.news()
    assert.deepStrictEqual(bench.until(1009).news(), [])
    assert.deepStrictEqual(bench.until(1010).news(), ["open"])
    bench.machine.socketFailed(1010, ioFailed("Closed"))
    assert.deepStrictEqual(bench.until(5000).news(), [], "no socket is open that could fail")
  })

  it.each([true, false])("is no longer listened to: a login reply from it (accepted: %s) has no effect", (accepted) => {
    const bench = new Bench({ loginTimeout: Infinity }).until(0)
    bench.machine.opened(0)
    bench.until(10)
    bench.machine.socketFailed(10, ioFailed("Closed"))
    bench.news()
    assert.deepStrictEqual(bench.receive(Packet.loginResult(accepted)).news(), [])
    assert.strictEqual(bench.machine.counters.unexpected, 1)
    assert.deepStrictEqual(bench.until(1010).news(), ["open"])
    bench.machine.opened(1010)
    bench.until(1010)
    assert.deepStrictEqual(bench.receive(Packet.loginResult(true)).news(), ["send Login", "Online"])
  })

  it("after the end has no effect", () => {
    const bench = Bench.online()
    bench.machine.close(bench.now)
    assert.deepStrictEqual(bench.flush().news(), ["Closed"])
    bench.machine.socketFailed(bench.now, ioFailed("Closed"))
    bench.machine.refused(bench.now)
    bench.machine.close(bench.now)
    bench.machine.tick(1e6)
    assert.deepStrictEqual(bench.flush().news(), [])
    assert.strictEqual(bench.machine.wakeAt, Infinity)
  })

  it("while the session is doubted ends that session, too", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.until(3000)
    bench.news()
    bench.machine.socketFailed(bench.now, ioFailed("Closed"))
    assert.deepStrictEqual(bench.flush().news(), ["Reconnecting: TransportError"])
  })
})

describe("a port that is reported closed", () => {
  it.each(["Online", "Doubting"])("ends a session that is %s, and a login is requested", (phase) => {
    const bench = Bench.online()
    bench.submit("once", { repeatable: false })
    bench.until(phase === "Online" ? 1100 : 3000)
    bench.news()
    bench.machine.writeFailed(bench.now, ioFailed("Refused"))
    assert.deepStrictEqual(bench.flush().news(), ["settle once: SessionLost", "Reconnecting: PortClosed"])
    bench.until(bench.now + 1000)
    assert.include(bench.news(), "send Login")
    bench.machine.refused(bench.now)
    assert.deepStrictEqual(bench.flush().news(), [], "the session is lost already")
  })

  it("or another failure to send is the last known cause of the outage, until silence follows", () => {
    for (const kind of ["Refused", "Unreachable"] as const) {
      const bench = new Bench().until(0)
      bench.machine.opened(0)
      bench.until(5)
      bench.machine.writeFailed(5, ioFailed(kind))
      bench.until(10_000)
      const { status } = bench.machine
      assert(status._tag === "Closed" && status.exit._tag === "Failure")
      const reason = status.exit.cause.reasons[0]
      assert(reason?._tag === "Fail" && reason.error.reason._tag === "LoginTimeout")
      const { cause } = reason.error.reason
      assert.strictEqual(cause._tag, "Silence", "an old report is not the last known cause")
      const late = new Bench().until(0)
      late.machine.opened(0)
      late.until(9000)
      late.machine.writeFailed(9000, ioFailed(kind))
      const { status: current } = late.machine
      assert(current._tag === "Connecting")
      assert.deepStrictEqual([current.cause._tag, current.tries, current.since], [
        kind === "Refused" ? "PortClosed" : "TransportError",
        10,
        0
      ])
    }
  })
})

describe("a datagram that could not be sent", () => {
  it("does not end the session", () => {
    const bench = Bench.online()
    bench.machine.writeFailed(bench.now, ioFailed("Unreachable"))
    assert.deepStrictEqual(bench.flush().news(), [])
  })
})

describe("a port that opens and closes again and again", () => {
  it("gets no more than one login packet a second", () => {
    const pair = online({ seed: 1 })
    const logins: Array<number> = []
    const before = pair.client.counters.logins
    let sent = before
    for (let i = 0; i < 2000; i++) {
      if (i % 2 === 0) pair.client.refused(pair.now)
      else if (i % 20 === 1) pair.client.socketFailed(pair.now, socketFailed)
      pair.flush()
      pair.runUntil(pair.now + 5)
      while (sent < pair.client.counters.logins) {
        logins.push(pair.now)
        sent++
      }
    }
    assert.isAtLeast(logins.length, 8)
    assert.isAtMost(logins.length, 11)
    for (const [i, at] of logins.slice(1).entries()) assert.isAtLeast(at - logins[i]!, 994)
  })
})

describe("a refusal that answers no login of this outage", () => {
  it("does not end the session", () => {
    const pair = online({ seed: 1 })
    pair.client.refused(pair.now)
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(false)))
    pair.flush()
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
    assert.isAtLeast(pair.client.counters.unexpected, 1)
  })
})
