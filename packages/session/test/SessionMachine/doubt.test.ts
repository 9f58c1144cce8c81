import { Packet, Text } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Bench } from "../support/Bench.ts"

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

  it("is sent login packets at intervals that grow with its silence, and probes without retransmission", () => {
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

  it("is sent no command except probes, neither for the first time nor again, because it may have begun a new session by now", () => {
    const bench = doubted()
    bench.submit("waits")
    bench.sent.length = 0
    bench.until(7900)
    assert.strictEqual(bench.machine.status._tag, "Online")
    const texts = bench.sent.flatMap((packet) => packet._tag === "Command" ? [Text.decode(packet.payload)] : [])
    assert.deepStrictEqual([...new Set(texts)], [""])
  })

  it("has kept its session if a message continues the numbering: no more logins, and waiting commands are sent", () => {
    const bench = doubted()
    bench.submit("waits")
    assert.notInclude(bench.news(), "send Command")
    bench.receive(Packet.message(10, "here I am"))
    assert.deepStrictEqual(bench.news(), ["send Acknowledge", "deliver 10 here I am", "send Command"])
    bench.until(4500)
    assert.notInclude(bench.news(), "send Login")
    assert.strictEqual(bench.machine.epoch, 1)
  })

  it("has kept its session if it replies to an earlier command; a reply to a later probe proves nothing", () => {
    const bench = doubted()
    const probe = bench.sent.findLast((packet) => packet._tag === "Command")!
    bench.until(3500)
    const later = bench.sent.findLast((packet) => packet._tag === "Command")!
    assert(probe._tag === "Command" && later._tag === "Command" && probe.sequence !== later.sequence)
    bench.news()
    bench.receive(Packet.commandReply(later.sequence, ""))
    bench.until(6000)
    assert.include(bench.news(), "send Login", "a new session could have sent that reply")
    bench.receive(Packet.commandReply(1, "earlier"))
    assert.include(bench.news(), "settle x: earlier")
    bench.until(7500)
    assert.notInclude(bench.news(), "send Login")
    assert.strictEqual(bench.machine.epoch, 1)
  })

  it("that has answered a login: a command that expires unsent is retryable", () => {
    const bench = doubted()
    bench.receive(Packet.loginResult(true))
    bench.receive(Packet.commandReply(1, "earlier"))
    bench.submit("waits", { deadline: bench.now + 100 })
    bench.until(bench.now + 100)
    assert.strictEqual(bench.machine.epoch, 1)
    assert.deepInclude(bench.errors.get("waits"), { _tag: "NotConnected", isRetryable: true })
  })

  /** A doubted session that has continued and sent a command, before the late login reply begins another one. */
  const sentBeforeTheReply = (options: { readonly epoch?: number }) => {
    const bench = doubted()
    bench.receive(Packet.message(10, "here I am"))
    bench.until(2800)
    bench.submit("y", options)
    // The command is due again after a second, while the machine waits for packets of the previous session.
    bench.until(3700).receive(Packet.loginResult(true))
    bench.until(3900)
    assert.strictEqual(bench.machine.epoch, 2)
    return bench
  }
  const sendsOf = (bench: Bench, text: string) =>
    bench.sent.filter((packet) => packet._tag === "Command" && Text.decode(packet.payload) === text).length

  it("that answers the login after it has been sent a command gets that command again in time", () => {
    const bench = sentBeforeTheReply({})
    assert.strictEqual(sendsOf(bench, "y"), 2)
  })

  it("that answers the login after it has been sent a command is not sent it again if it is for one epoch only", () => {
    const bench = sentBeforeTheReply({ epoch: 1 })
    assert.strictEqual(bench.errors.get("y")?._tag, "SessionLost")
    bench.submit("z")
    bench.until(3910).receive(Packet.commandReply(bench.lastNumber, ""))
    bench.until(10_000)
    assert.strictEqual(sendsOf(bench, "y"), 1)
  })

  it("that continues its session gets the overdue retransmissions and the waiting commands at once", () => {
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

  it("begins a new session 200 ms after its login reply, which may have overtaken replies of the current one", () => {
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

  it("that has answered a login is not sent a command of the previous session, although that session still answers", () => {
    const bench = doubted()
    bench.receive(Packet.loginResult(true)).receive(Packet.commandReply(1, "earlier"))
    bench.news()
    bench.submit("for 1", { epoch: 1, repeatable: false })
    bench.until(2950)
    assert.include(bench.news(), "settle for 1: NotConnected")
    assert.isFalse(bench.sent.some((packet) => packet._tag === "Command" && Text.decode(packet.payload) === "for 1"))
  })

  it("that has answered a login is sent no further login before the new session begins", () => {
    const bench = doubted()
    bench.until(3540).receive(Packet.loginResult(true))
    bench.news()
    bench.until(3560)
    assert.notInclude(bench.news(), "send Login")
  })

  it("is doubted after unanswered commands and probes; retransmissions do not count, because some servers ignore them", () => {
    const bench = Bench.online({ silenceTimeout: 60_000 })
    for (let i = 0; i < 60; i++) {
      // Each command is answered when it is sent again, as if the network lost half of all datagrams.
      const sends = bench.sent.length
      bench.submit(`c${i}`)
      while (bench.sent.length < sends + 2) bench.until(bench.now + 10)
      bench.receive(Packet.commandReply(bench.lastNumber, ""))
    }
    const { retransmissions } = bench.machine.counters
    bench.news()
    for (let i = 0; i < 8; i++) bench.submit(`x${i}`, { deadline: 1e6 })
    bench.receive(Packet.message(0, "the silence begins after this"))
    const from = bench.now
    while (!bench.outputs.includes("send Login")) bench.until(bench.now + 10)
    assert.isAbove(bench.machine.counters.retransmissions, retransmissions)
    assert.isAtLeast(bench.now - from, 40_000, "if retransmissions counted, it would be 32 seconds")
  })

  it("makes a command in flight fail with NoReply at its deadline, because the session is not lost yet", () => {
    const bench = Bench.online()
    bench.submit("x", { deadline: bench.now + 3000 })
    bench.until(3100)
    assert.includeMembers(bench.news(), ["send Login", "settle x: NoReply"])
  })

  it("counts as lost after the silence timeout, the outage begins with the silence, and a command in flight fails with SessionLost", () => {
    const bench = Bench.online()
    bench.submit("x", { deadline: bench.now + 9000 })
    bench.until(9100)
    assert.include(bench.news(), "settle x: SessionLost")
    const { status } = bench.machine
    assert(status._tag === "Reconnecting")
    assert.deepStrictEqual([status.cause._tag, status.since], ["Silence", 50])
    assert.strictEqual(status.tries, bench.machine.counters.logins - 1)
  })

  it("that counts as lost and answers a login becomes Online again, and is not reported as lost twice", () => {
    const bench = doubted()
    bench.until(9000)
    bench.news()
    bench.receive(Packet.loginResult(true))
    bench.until(9200)
    assert.deepStrictEqual(bench.news(), ["Online", "gap Reconnected undefined", "send Command"])
  })

  it("counts as lost at once with a short `silenceTimeout`, and is then sent the first login", () => {
    const bench = Bench.online({ silenceTimeout: 2000 })
    bench.submit("x", { repeatable: false })
    bench.news()
    const sent = bench.until(bench.now + 1999).news()
    assert.isFalse(sent.includes("send Login"))
    assert.strictEqual(bench.machine.status._tag, "Online")
    assert.deepStrictEqual(bench.until(bench.now + 1).news(), ["Reconnecting: Silence", "send Login"])
  })

  it("that counts as lost is not sent a keepalive, even if one is due at that moment", () => {
    const bench = Bench.online({ silenceTimeout: 500, keepaliveInterval: 500 })
    bench.submit("x", { repeatable: false })
    bench.news()
    assert.deepStrictEqual(bench.until(550).news(), ["Reconnecting: Silence"])
  })

  it("has begun a new session as soon as one of its messages arrives after the login reply", () => {
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

  it("does not delay the delivery of held messages", () => {
    const bench = doubted()
    bench.receive(Packet.message(11, "held"))
    bench.submit("z")
    bench.until(9000)
    bench.news()
    assert.include(bench.until(2700 + 11_000).news(), "deliver 11 held")
  })

  it("whose port closes right after its login reply begins no session", () => {
    const bench = doubted()
    bench.receive(Packet.loginResult(true))
    bench.machine.refused(bench.now)
    bench.until(bench.now + 500)
    assert.strictEqual(bench.machine.status._tag, "Reconnecting")
    assert.strictEqual(bench.machine.epoch, 1)
  })
})

describe("a server that may have restarted its session", () => {
  it.each([60, 150, 200])(
    "has restarted it if the numbers of messages begin at 0 again after %i messages, even if the login reply is lost or late",
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
    assert.strictEqual(bench.machine.epoch, 1)
  })

  it("has not restarted it if no login was requested, or if it has continued the session for five minutes after the request", () => {
    const bench = Bench.online()
    for (let i = 0; i < 60; i++) bench.receive(Packet.message(i, `old ${i}`))
    bench.receive(Packet.loginResult(false))
    bench.receive(Packet.message(10, "long ago"))
    assert.strictEqual(bench.machine.counters.repeatedMessages, 1, "a refusal begins no session")
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
    assert.strictEqual(bench.machine.counters.repeatedMessages, 2)
    bench.receive(Packet.loginResult(true)).until(bench.now + 500)
    assert.strictEqual(bench.machine.epoch, 1, "the login packet is older than five minutes")
  })
})
