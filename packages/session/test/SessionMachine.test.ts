import { Packet, Text } from "@bercon/codec"
import { Transport } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Exit, Result } from "effect"
import { Bench } from "./support/Bench.ts"

const ioFailed = (kind: Transport.IoFailed["kind"]) =>
  new Transport.TransportError({ reason: new Transport.IoFailed({ kind, peer: "server" }) })
const openFailed = new Transport.TransportError({
  reason: new Transport.OpenFailed({ kind: "HostUnresolved", peer: "server", cause: undefined })
})

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

describe("opening a socket", () => {
  it("is requested at once, and only once", () => {
    const bench = new Bench().until(9999)
    assert.deepStrictEqual(bench.news(), ["open"])
    assert.deepStrictEqual(bench.until(10_000).news(), ["Closed"])
    assert.deepStrictEqual(bench.failures, ["LoginTimeout"])
  })

  it("that fails ends a first login with a finite timeout", () => {
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

  it("that fails is repeated a second later by a first login with an infinite timeout", () => {
    const bench = new Bench({ loginTimeout: Infinity }).until(0)
    bench.machine.openFailed(0, openFailed)
    assert.deepStrictEqual(bench.until(999).news(), ["open"])
    assert.deepStrictEqual(bench.until(1000).news(), ["open"])
    assert.strictEqual(bench.machine.status._tag, "Connecting")
  })

  it("that fails after an outage is repeated, whatever the login timeout", () => {
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
  })
})

describe("a socket that fails", () => {
  it("during a login is replaced after the retry delay, and nothing is sent meanwhile", () => {
    const bench = new Bench({ loginTimeout: Infinity }).until(0)
    bench.machine.opened(0)
    bench.until(10)
    bench.machine.socketFailed(10, ioFailed("Closed"))
    bench.news()
    assert.deepStrictEqual(bench.until(1009).news(), [])
    assert.deepStrictEqual(bench.until(1010).news(), ["open"])
    bench.machine.socketFailed(1010, ioFailed("Closed"))
    assert.deepStrictEqual(bench.until(5000).news(), [], "no socket is open that could fail")
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
  it.each(["Online", "Doubting"])("ends a session that is %s, and a login is asked for", (phase) => {
    const bench = Bench.online()
    bench.submit("once", { repeatable: false })
    bench.until(phase === "Online" ? 1100 : 3000)
    bench.news()
    bench.machine.writeFailed(bench.now, ioFailed("Refused"))
    assert.deepStrictEqual(bench.flush().news(), ["settle once: SessionLost", "Reconnecting: PortClosed"])
    bench.until(bench.now + 1000)
    assert.include(bench.news(), "send Login")
    bench.machine.refused(bench.now)
    assert.deepStrictEqual(bench.flush().news(), [], "it is lost already")
  })

  it("and other failures to send go into the message of a first login that fails", () => {
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

  it("does not end a session just because a datagram could not be sent", () => {
    const bench = Bench.online()
    bench.machine.writeFailed(bench.now, ioFailed("Unreachable"))
    assert.deepStrictEqual(bench.flush().news(), [])
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

describe("a login", () => {
  it("is the first measurement of the line, if one packet was enough", () => {
    const bench = Bench.online()
    assert.strictEqual(Math.round(bench.machine.roundTripTime!), Math.round(20 + (30 - 20) / 8))
    const twice = new Bench().until(0)
    twice.machine.opened(0)
    twice.until(1020)
    twice.receive(Packet.loginResult(true))
    assert.strictEqual(twice.machine.roundTripTime, undefined)
  })

  it("may be awaited by a command that is valid only in the first session", () => {
    const bench = new Bench()
    assert.isTrue(Result.isSuccess(bench.submit("first", { epoch: 1 })))
    assert.isTrue(Result.isFailure(bench.submit("none", { epoch: 0 })))
    assert.isTrue(Result.isFailure(bench.submit("second", { epoch: 2 })))
  })

  it("that times out exactly at its deadline fails then", () => {
    const bench = new Bench({ loginTimeout: 500 }).until(0)
    bench.machine.opened(0)
    bench.until(499)
    assert.notInclude(bench.news(), "Closed")
    assert.include(bench.until(500).news(), "Closed")
  })

  it("does not time out after there was a session", () => {
    const bench = Bench.online()
    bench.machine.refused(bench.now)
    bench.until(100_000)
    assert.notInclude(bench.news(), "Closed")
  })

  it("begins a session, which shows in the status, a gap and the epoch", () => {
    const bench = Bench.online()
    bench.machine.refused(bench.now)
    bench.until(1100)
    bench.news()
    bench.receive(Packet.loginResult(true))
    assert.deepStrictEqual(bench.news(), ["Online", "gap Reconnected undefined"])
    assert.strictEqual(bench.machine.epoch, 2)
  })

  it("first delivers the messages that the previous session has held back", () => {
    const bench = Bench.online()
    bench.receive(Packet.message(1, "held"))
    bench.news()
    bench.machine.refused(bench.now)
    assert.deepStrictEqual(bench.flush().news(), ["gap Lost 1", "deliver 1 held", "Reconnecting: PortClosed"])
  })
})

describe("a doubted server", () => {
  /** A session with ten messages, then a command without a reply until a login is requested. */
  const doubted = () => {
    const bench = Bench.online()
    for (let i = 0; i < 10; i++) bench.receive(Packet.message(i, `old ${i}`))
    bench.submit("x")
    bench.until(2700)
    assert.include(bench.news(), "send Login")
    return bench
  }

  it("is sent login packets with growing gaps since it fell silent, and probes without retransmission", () => {
    const bench = Bench.online({ silenceTimeout: 200_000 })
    bench.submit("x", { deadline: 1e6 })
    bench.until(100_000)
    const logins = bench.sent.filter(({ _tag }) => _tag === "Login").length
    assert.isAbove(logins, 15)
    assert.isBelow(logins, 40)
    const probes = bench.sent.filter((packet) => packet._tag === "Command" && packet.payload.length === 0)
    const numbers = probes.map((packet) => packet._tag === "Command" ? packet.sequence : -1)
    assert.strictEqual(new Set(numbers).size, numbers.length)
    assert.strictEqual(bench.machine.counters.keepalives, numbers.length)
  })

  it("is sent no command, neither for the first time nor again, because it may be another server by now", () => {
    const bench = doubted()
    bench.submit("waits")
    bench.sent.length = 0
    bench.until(7900)
    assert.strictEqual(bench.machine.status._tag, "Online")
    const texts = bench.sent.flatMap((packet) => packet._tag === "Command" ? [Text.decode(packet.payload)] : [])
    assert.deepStrictEqual([...new Set(texts)], [""])
  })

  it("keeps its session with a message that continues the numbering: no more logins, and waiting commands are sent", () => {
    const bench = doubted()
    bench.submit("waits")
    assert.notInclude(bench.news(), "send Command")
    bench.receive(Packet.message(10, "here I am"))
    assert.deepStrictEqual(bench.news(), ["send Acknowledge", "deliver 10 here I am", "send Command"])
    bench.until(4500)
    assert.notInclude(bench.news(), "send Login")
    assert.strictEqual(bench.machine.epoch, 1)
  })

  it("keeps its session with a reply to an earlier command, but not with a reply to a later probe", () => {
    const bench = doubted()
    const probe = bench.sent.findLast((packet) => packet._tag === "Command")!
    bench.until(3500)
    const later = bench.sent.findLast((packet) => packet._tag === "Command")!
    assert(probe._tag === "Command" && later._tag === "Command" && probe.sequence !== later.sequence)
    bench.news()
    bench.receive(Packet.commandReply(later.sequence, ""))
    bench.until(6000)
    assert.include(bench.news(), "send Login", "a new session could have answered that")
    bench.receive(Packet.commandReply(1, "earlier"))
    assert.include(bench.news(), "settle x: earlier")
    bench.until(7500)
    assert.notInclude(bench.news(), "send Login")
    assert.strictEqual(bench.machine.epoch, 1)
  })

  it("that continues its session gets the overdue retransmissions at once", () => {
    const bench = doubted()
    bench.until(9000)
    assert.strictEqual(bench.machine.status._tag, "Reconnecting")
    bench.submit("y")
    bench.news()
    bench.receive(Packet.message(10, "here I am"))
    assert.deepStrictEqual(bench.news().slice(0, 3), ["send Acknowledge", "Online", "deliver 10 here I am"])
    bench.until(9000)
    assert.strictEqual(bench.machine.status._tag, "Online")
    const texts = bench.sent.slice(-3).map((packet) =>
      packet._tag === "Command" ? Text.decode(packet.payload) : packet._tag
    )
    assert.includeMembers(texts, ["x", "y"])
  })

  it("has begun a new session a moment after its login reply, which the last replies may overtake", () => {
    const bench = doubted()
    bench.submit("waits")
    bench.news()
    bench.receive(Packet.loginResult(true))
    assert.deepStrictEqual(bench.news(), [])
    bench.receive(Packet.commandReply(1, "earlier"))
    bench.receive(Packet.message(10, "earlier"))
    assert.deepStrictEqual(bench.news(), ["settle x: earlier", "send Acknowledge", "deliver 10 earlier"])
    bench.until(2850).receive(Packet.loginResult(true))
    bench.until(2899)
    assert.deepStrictEqual(bench.news(), [], "no command is sent, because it would be executed in the new session")
    bench.until(2900)
    assert.deepStrictEqual(
      bench.news(),
      ["Reconnecting: Silence", "Online", "gap Reconnected undefined", "send Command"],
      "a second login reply does not postpone it"
    )
    assert.strictEqual(bench.machine.epoch, 2)
  })

  it("that has answered a login is not sent a command of the previous session, although that answers, too", () => {
    const bench = doubted()
    bench.receive(Packet.loginResult(true)).receive(Packet.commandReply(1, "earlier"))
    bench.news()
    bench.submit("for 1", { epoch: 1, repeatable: false })
    bench.until(2950)
    assert.include(bench.news(), "settle for 1: NotConnected")
    assert.isFalse(bench.sent.some((packet) => packet._tag === "Command" && Text.decode(packet.payload) === "for 1"))
  })

  it("that has answered a login is sent no further login while the reply is pending", () => {
    const bench = doubted()
    bench.until(3540).receive(Packet.loginResult(true))
    bench.news()
    bench.until(3560)
    assert.notInclude(bench.news(), "send Login")
  })

  it("is doubted after unanswered questions, and not after retransmissions, which some servers ignore", () => {
    const bench = Bench.online({ silenceTimeout: 60_000 })
    for (let i = 0; i < 60; i++) {
      // Each command is answered when it is sent again, as if the line lost half of all datagrams.
      const sends = bench.sent.length
      bench.submit(`c${i}`)
      while (bench.sent.length < sends + 2) bench.until(bench.now + 10)
      bench.receive(Packet.commandReply(bench.lastNumber, ""))
    }
    bench.news()
    bench.submit("x", { deadline: 1e6 })
    const from = bench.now
    while (!bench.outputs.includes("send Login")) bench.until(bench.now + 10)
    assert.isAtLeast(bench.now - from, 4000, "after the command and 20 probes")
  })

  it("makes a command in flight fail with NoReply, because the session is not lost yet", () => {
    const bench = doubted()
    bench.submit("y", { deadline: bench.now + 100 })
    bench.news()
    const again = Bench.online()
    again.submit("x", { deadline: again.now + 3000 })
    again.until(3100)
    assert.include(again.news(), "settle x: NoReply")
  })

  it("has begun a new session as soon as a message of that arrives after the login reply", () => {
    const bench = doubted()
    bench.receive(Packet.loginResult(true))
    bench.receive(Packet.message(0, "old 0"))
    bench.receive(Packet.message(1, "new 1"))
    assert.deepStrictEqual(bench.news().filter((output) => !output.startsWith("send")), [
      "Reconnecting: Silence",
      "Online",
      "gap Reconnected undefined",
      "deliver 0 old 0",
      "deliver 1 new 1"
    ])
  })

  it("has begun a new session if messages prove it, even if the login reply is lost", () => {
    const bench = doubted()
    bench.receive(Packet.message(0, "new 0"))
    bench.receive(Packet.message(1, "new 1"))
    assert.deepStrictEqual(bench.news().filter((output) => !output.startsWith("send")), [
      "Reconnecting: Silence",
      "Online",
      "gap Reconnected undefined",
      "deliver 0 new 0",
      "deliver 1 new 1"
    ])
    bench.receive(Packet.loginResult(true))
    bench.until(5000)
    assert.strictEqual(bench.machine.epoch, 2)
  })

  it("delivers held messages at their time", () => {
    const bench = doubted()
    bench.receive(Packet.message(11, "held"))
    bench.submit("z")
    bench.until(9000)
    bench.news()
    assert.include(bench.until(2700 + 11_000).news(), "deliver 11 held")
  })

  it("that is given up cannot begin a session late", () => {
    const bench = doubted()
    bench.receive(Packet.loginResult(true))
    bench.machine.refused(bench.now)
    bench.until(bench.now + 500)
    assert.strictEqual(bench.machine.status._tag, "Reconnecting")
    assert.strictEqual(bench.machine.epoch, 1)
  })
})

describe("counters", () => {
  it("count the events of their names, and nothing else", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.until(300)
    bench.receive(Packet.commandReply(1, "late"))
    bench.receive(Packet.commandReply(1, "late"))
    bench.receive(Packet.message(0, "a"))
    bench.receive(Packet.message(0, "a"))
    bench.receive(Packet.message(2, "c"))
    bench.receive(Packet.loginResult(true))
    bench.receive(Packet.loginResult(false))
    bench.until(300 + 11_000)
    bench.receive(Packet.message(1, "b"))
    bench.machine.receive(bench.now, new Uint8Array(20))
    bench.machine.receive(bench.now, new Uint8Array(3000))
    bench.until(30_250)
    bench.receive(Packet.commandReply(2, ""))
    assert.deepStrictEqual(bench.machine.counters, {
      logins: 1,
      retransmissions: 1,
      keepalives: 1,
      messages: 2,
      repeatedMessages: 1,
      lateMessages: 1,
      missedMessages: 1,
      strayReplies: 1,
      excessParts: 0,
      oversized: 1,
      malformed: 1,
      unexpected: 2
    })
  })

  it("count packets outside of a session as unexpected", () => {
    const bench = new Bench().until(0)
    bench.machine.opened(0)
    bench.until(1)
    bench.receive(Packet.message(0, "a"))
    bench.receive(Packet.commandReply(0, "a"))
    assert.strictEqual(bench.machine.counters.unexpected, 2)
    assert.notInclude(bench.news(), "send Acknowledge")
  })

  it("count a refusal within a working session as unexpected", () => {
    const bench = Bench.online()
    for (let i = 0; i < 10; i++) bench.receive(Packet.message(i, `old ${i}`))
    bench.submit("x")
    bench.until(2700)
    bench.receive(Packet.message(10, "a"))
    bench.receive(Packet.loginResult(false))
    assert.strictEqual(bench.machine.counters.unexpected, 1)
    assert.strictEqual(bench.machine.status._tag, "Online")
  })
})

describe("a command", () => {
  it("that was sent once is measured", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.until(90)
    bench.receive(Packet.commandReply(1, "y"))
    assert.deepStrictEqual(bench.news(), ["send Command", "measured 40", "settle x: y"])
  })

  it("that is cancelled frees its place for the next if there is a session", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    const first = Result.getOrThrow(bench.submit("first"))
    bench.submit("second")
    bench.news()
    bench.machine.cancel(bench.now, first)
    assert.deepStrictEqual(bench.flush().news(), ["send Command"])
    bench.machine.cancel(bench.now, first)
    bench.machine.refused(bench.now)
    const third = Result.getOrThrow(bench.submit("third"))
    bench.news()
    bench.machine.cancel(bench.now, third)
    assert.deepStrictEqual(bench.flush().news(), [])
  })

  it("that waits fails with Overloaded if it waits for its turn, and with NotConnected if it waits for a session", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    bench.submit("first", { deadline: 1e6 })
    bench.submit("second", { deadline: 500 })
    bench.submit("third", { deadline: 4000 })
    assert.include(bench.until(500).news(), "settle second: Overloaded")
    assert.include(bench.until(4000).news(), "settle third: NotConnected")
  })

  it("contributes to the measured loss, so that a bad line is not taken for a restarted server", () => {
    const bench = Bench.online({ silenceTimeout: 60_000 })
    for (let i = 0; i < 60; i++) {
      bench.submit(`lost ${i}`, { repeatable: false, deadline: bench.now + 10_000 })
      bench.submit(`found ${i}`)
      bench.until(bench.now + 10)
      for (const packet of bench.sent.splice(0)) {
        if (packet._tag === "Command" && Text.decode(packet.payload) === `found ${i}`) {
          bench.receive(Packet.commandReply(packet.sequence, ""))
        }
      }
    }
    const from = bench.now
    bench.news()
    bench.until(from + 3000)
    assert.notInclude(bench.news(), "send Login")
  })
})

describe("a server that may have restarted its session", () => {
  it.each([60, 150, 200])(
    "is detected by its first messages after %i others, even if its login reply is lost or late",
    (count) => {
      const doubted = () => {
        const bench = Bench.online()
        for (let i = 0; i < count; i++) bench.receive(Packet.message(i, `old ${i}`))
        bench.submit("x")
        bench.until(2700)
        return bench
      }
      const heard = (bench: Bench) => bench.news().filter((output) => /^(?:gap|deliver)/.test(output))
      const expected = ["gap Reconnected undefined", "deliver 0 new 0", "deliver 1 new 1"]

      const late = doubted()
      late.news()
      late.receive(Packet.message(0, "new 0")).receive(Packet.loginResult(true)).until(late.now + 500)
      late.receive(Packet.message(1, "new 1"))
      assert.deepStrictEqual(heard(late), expected)

      const lost = doubted()
      lost.receive(Packet.commandReply(1, "earlier")).until(3000)
      lost.news()
      lost.receive(Packet.message(0, "new 0")).receive(Packet.message(1, "new 1"))
      assert.deepStrictEqual(heard(lost), expected)
      assert.strictEqual(lost.machine.epoch, 2)
    }
  )

  it("because the network has duplicated the login packet loses no message", () => {
    const bench = new Bench().until(0)
    bench.machine.opened(0)
    bench.until(20)
    bench.receive(Packet.loginResult(true)).receive(Packet.message(0, "hi")).receive(Packet.message(1, "one"))
    bench.until(60)
    bench.receive(Packet.loginResult(true)).receive(Packet.message(0, "hi")).receive(Packet.message(1, "two"))
    bench.receive(Packet.message(2, "three"))
    assert.includeMembers(bench.news(), ["deliver 1 one", "deliver 1 two", "deliver 2 three"])
  })

  it("is not suspected if no login was requested, nor if it has continued the session for five minutes since", () => {
    const bench = Bench.online()
    for (let i = 0; i < 60; i++) bench.receive(Packet.message(i, `old ${i}`))
    bench.receive(Packet.message(10, "long ago"))
    assert.strictEqual(bench.machine.counters.repeatedMessages, 1)
    bench.submit("x")
    bench.until(2700)
    assert.strictEqual(bench.machine.counters.logins, 2)
    bench.receive(Packet.commandReply(1, "earlier"))
    let number = 60
    for (; bench.now < 310_000; bench.until(bench.now + 1000)) {
      const asked = bench.outputs.filter((output) => output === "send Command").length
      if (asked > 0) bench.receive(Packet.commandReply(bench.lastNumber, ""))
      bench.outputs.length = 0
      bench.receive(Packet.message(number & 255, `old ${number++}`))
    }
    bench.news()
    bench.receive(Packet.message((number - 100) & 255, "long ago"))
    assert.deepStrictEqual(bench.news(), ["send Acknowledge"])
    assert.strictEqual(bench.machine.epoch, 1)
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

describe("a suspended process", () => {
  it("does not count as silence of the server, whichever input comes first afterwards", () => {
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

  it("shifts the silence once, however many datagrams it then reads", () => {
    const bench = Bench.online({ silenceTimeout: 8000 })
    bench.submit("x", { deadline: 1e6, repeatable: false })
    bench.until(bench.now + 100)
    bench.now += 9000
    for (let i = 0; i < 30; i++) bench.machine.receive(bench.now, new Uint8Array(3))
    const from = bench.now
    while (bench.machine.status._tag === "Online") bench.until(bench.now + 10)
    assert.isAtMost(bench.now - from, 8100)
  })

  it("is detected from a quarter of a second on, and not below", () => {
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

  it("does not measure a reply without a waiting caller", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    const before = bench.machine.roundTripTime
    const gone = Result.getOrThrow(bench.submit("gone"))
    bench.now += 9000
    bench.machine.cancel(bench.now, gone)
    bench.flush().receive(Packet.commandReply(1, ""))
    assert.strictEqual(bench.machine.roundTripTime, before)
  })
})
