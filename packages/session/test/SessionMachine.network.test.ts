import { Packet } from "@bercon/codec"
import type { Message } from "@bercon/session"
import { SessionMachine, Transport } from "@bercon/session"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"
import { Pair, perfect } from "./support/Pair.ts"
import { checks, Seed } from "./support/Soak.ts"

const socketFailed = new Transport.TransportError({
  reason: new Transport.IoFailed({ kind: "Closed", peer: "server" })
})

const seconds = (n: number) => n * 1000
const minutes = (n: number) => n * 60_000

/** 30 % loss, 5 % repeated, 10 % overtaken, in each direction. */
const terrible = { loss: 0.3, duplication: 0.05, reordering: 0.1, latency: 20 }

/** On such a bad line, eight seconds of silence happen by chance. */
const unhurried = { silenceTimeout: minutes(1) }

/**
 * A server that repeats its messages until they are acknowledged, and answers a repeated command without executing it.
 */
const patient: ServerMachine.Options = {
  repeats: "replay",
  repeatWindow: "10 minutes",
  messageTries: 100,
  dropUnacknowledged: false
}

const online = (options: ConstructorParameters<typeof Pair>[0]) => {
  const pair = new Pair(options)
  pair.runUntil(minutes(1))
  assert.strictEqual(pair.client.status._tag, "Online")
  return pair
}

const failures = (pair: Pair) =>
  pair.outcomes.flatMap(({ result, text }) => Result.isFailure(result) ? [[text, result.failure._tag] as const] : [])

const assertOwnAnswers = (pair: Pair) => {
  for (const { result, text } of pair.outcomes) {
    if (Result.isSuccess(result)) assert.strictEqual(result.success, text, "a command got the reply to another command")
  }
}

const executions = (pair: Pair, text: string) =>
  pair.server.commands.filter((command) => command.text === text && command.outcome === "Executed").length

const messagesOf = (pair: Pair, prefix: string) =>
  pair.delivered.flatMap((item) => item._tag === "Message" && item.text.startsWith(prefix) ? [item.text] : [])

const gapsOf = (pair: Pair): Array<Message.Gap> => pair.delivered.filter((item) => item._tag === "Gap")

describe("login", () => {
  it("is tried again on the same socket, never more than once a second, until it is answered", () => {
    const pair = new Pair({ seed: 1, conditions: { ...perfect, loss: 1 } })
    pair.runUntil(seconds(50))
    assert.isAtLeast(pair.client.counters.logins, 20)
    assert.isAtMost(pair.client.counters.logins, 50)
    assert.strictEqual(pair.address, "10.0.0.1:50001")
    pair.conditions = perfect
    pair.runUntil(seconds(57))
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })

  it("moves to a new socket after a minute without an answer", () => {
    const pair = new Pair({ seed: 1, conditions: { ...perfect, loss: 1 } })
    pair.runUntil(seconds(59))
    assert.strictEqual(pair.address, "10.0.0.1:50001")
    pair.runUntil(seconds(61))
    assert.strictEqual(pair.address, "10.0.0.1:50002")
  })

  it("ends at once when the password is refused", () => {
    const pair = new Pair({ seed: 1, server: { password: Redacted.make("another") } })
    pair.runUntil(seconds(1))
    assert.strictEqual(pair.client.counters.logins, 1)
    assert.deepStrictEqual(pair.statuses, ["Closed"])
    const { status } = pair.client
    assert.include(JSON.stringify(status), "LoginRefused")
    assert.notInclude(JSON.stringify(status), "secret")
  })

  it.each([["silent", false], ["closed", true]] as const)(
    "to a %s port ends in a LoginTimeout with that cause",
    (_, portClosed) => {
      const pair = new Pair({ seed: 1, client: { loginTimeout: seconds(10) } })
      if (portClosed) ServerMachine.stop(pair.server, 0)
      else ServerMachine.goSilent(pair.server, 0)
      pair.runUntil(minutes(1))
      const { status } = pair.client
      assert(status._tag === "Closed" && status.exit._tag === "Failure")
      const failure = status.exit.cause.reasons[0]
      assert(failure?._tag === "Fail" && failure.error.reason._tag === "LoginTimeout")
      assert.strictEqual(failure.error.reason.cause._tag, portClosed ? "PortClosed" : "Silence")
      assert.strictEqual(failure.error.reason.tries, pair.client.counters.logins)
    }
  )

  it("answered several times, by a server that handles the queued packets after its start, makes one session", () => {
    const pair = new Pair({ seed: 1 })
    ServerMachine.stop(pair.server, 0)
    // The kernel keeps these packets for a server that has bound its port and is still loading.
    const queued: Array<() => void> = []
    ServerMachine.start(pair.server)
    const receive = pair.hold(queued)
    pair.runUntil(seconds(40))
    assert.isAbove(queued.length, 5)
    receive()
    ServerMachine.emit(pair.server, pair.now, "first")
    ServerMachine.emit(pair.server, pair.now, "second")
    pair.runUntil(minutes(2))
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.strictEqual(pair.server.sessions.size, 1)
    assert.deepStrictEqual(messagesOf(pair, ""), ["RCon admin #0 (10.0.0.1:50001) logged in", "first", "second"])
    assert.deepStrictEqual(gapsOf(pair), [])
  })
})

describe("commands", () => {
  it.prop(
    "all get their own reply, and none is executed twice, at 30 % loss, 5 % duplication, 10 % reordering",
    [Seed],
    ([seed]) => {
      const pair = online({ seed, conditions: terrible, server: patient, client: { ...unhurried, maxInFlight: 8 } })
      for (let i = 0; i < 300; i++) pair.submit(`echo ${i}`, { timeout: minutes(10) })
      pair.runUntil(minutes(5))
      assert.strictEqual(pair.outcomes.length, 300)
      assert.deepStrictEqual(failures(pair), [])
      assertOwnAnswers(pair)
      for (let i = 0; i < 300; i++) assert.strictEqual(executions(pair, `echo ${i}`), 1)
    },
    checks(30)
  )

  it.prop(
    "get their own reply from a server that executes every repetition",
    [Seed],
    ([seed]) => {
      const pair = online({ seed, conditions: terrible, server: { ...patient, repeats: "execute" }, client: unhurried })
      for (let i = 0; i < 300; i++) pair.submit(`echo ${i}`, { timeout: minutes(10) })
      pair.runUntil(minutes(5))
      assert.deepStrictEqual(failures(pair), [])
      assert.strictEqual(pair.outcomes.length, 300)
      assertOwnAnswers(pair)
    },
    checks(30)
  )

  it("that are not repeatable are sent once; without a reply they may have been executed", () => {
    const pair = online({ seed: 1 })
    const before = pair.server.commands.length
    pair.conditions = { ...perfect, loss: 1 }
    pair.submit("echo lost", { repeatable: false, timeout: seconds(5) })
    pair.at(pair.now + seconds(1), () => (pair.conditions = perfect))
    pair.runUntil(minutes(2))
    assert.deepStrictEqual(failures(pair), [["echo lost", "NoReply"]])
    assert.strictEqual(pair.server.commands.slice(before).filter(({ text }) => text !== "").length, 0)
    assert.deepStrictEqual(pair.statuses, ["Online"], "the server was alive all the time")
  })

  it("without a session before their deadline fail unsent", () => {
    const pair = new Pair({ seed: 1, conditions: { ...perfect, loss: 1 } })
    pair.submit("echo early", { timeout: seconds(5) })
    pair.runUntil(minutes(1))
    assert.deepStrictEqual(failures(pair), [["echo early", "NotConnected"]])
    assert.strictEqual(pair.commandsSentAt.length, 0)
  })

  it("submitted before the login are sent after it, first come, first served", () => {
    const pair = new Pair({ seed: 1, client: { maxInFlight: 2 } })
    for (let i = 0; i < 20; i++) pair.submit(`echo ${i}`)
    pair.runUntil(minutes(1))
    assert.deepStrictEqual(pair.outcomes.map(({ text }) => text), Array.from({ length: 20 }, (_, i) => `echo ${i}`))
  })

  it("beyond the capacity of the queue are refused at once, unsent", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 2, queueCapacity: 3 } })
    for (let i = 0; i < 10; i++) pair.submit(`echo ${i}`)
    assert.deepStrictEqual(
      failures(pair),
      [5, 6, 7, 8, 9].map((i) => [`echo ${i}`, "Overloaded"] as const)
    )
    pair.runUntil(minutes(2))
    assert.strictEqual(pair.outcomes.length, 10)
    assert.strictEqual(failures(pair).length, 5)
  })

  it("get their own reply in a series of thousands, in which numbers wrap", () => {
    const pair = online({ seed: 1 })
    for (let i = 0; i < 3000; i++) pair.submit(`echo ${i}`)
    pair.runUntil(minutes(2))
    assert.strictEqual(pair.outcomes.length, 3000)
    assert.deepStrictEqual(failures(pair), [])
    assertOwnAnswers(pair)
  })

  it.each([6, 30])("never get another command's reply that is %i s late, while numbers wrap many times", (late) => {
    let count = 0
    const pair = online({
      seed: 1,
      server: { onCommand: (text) => ({ reply: text, delay: ++count % 5 === 0 ? seconds(late) : 0 }) }
    })
    for (let i = 0; i < 3000; i++) pair.at(pair.now + 100 * i, () => pair.submit(`echo ${i}`))
    pair.runUntil(minutes(10))
    assert.strictEqual(pair.outcomes.length, 3000)
    assertOwnAnswers(pair)
    if (late < 20) assert.deepStrictEqual(failures(pair), [])
  })

  it("whose caller has gone free their place at once, and their number only when no reply can come", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 1 }, server: { replyDelay: seconds(3) } })
    const ticket = pair.submit("echo gone")
    pair.submit("echo stays")
    pair.cancel(ticket)
    pair.runUntil(pair.now + seconds(4))
    assert.deepStrictEqual(pair.outcomes.map(({ text }) => text), ["echo stays"])
    assertOwnAnswers(pair)
  })

  it.prop(
    "get long replies completely or not at all, any sequence of events to the parts",
    [Seed],
    ([seed]) => {
      const reply = Array.from({ length: 5000 }, (_, i) => `row ${i} of a long list`).join("\n")
      const pair = online({
        seed,
        conditions: { ...terrible, loss: 0.1 },
        client: unhurried,
        server: { ...patient, onCommand: (text) => text === "bans" ? reply : text }
      })
      for (let i = 0; i < 5; i++) pair.submit("bans", { timeout: minutes(1) })
      pair.submit("bans", { timeout: minutes(1), repeatable: false })
      pair.runUntil(minutes(5))
      assert.strictEqual(pair.outcomes.length, 6)
      for (const { result } of pair.outcomes) {
        if (Result.isSuccess(result)) assert.strictEqual(result.success, reply)
        else assert.include(["NoReply", "IncompleteReply"], result.failure._tag)
      }
      assert.isAtMost(failures(pair).length, 1)
    },
    checks(20)
  )
})

describe("messages", () => {
  it.prop(
    "are delivered once each and in order at 30 % loss, 5 % duplication, 10 % reordering",
    [Seed],
    ([seed]) => {
      const pair = online({
        seed,
        conditions: terrible,
        server: patient,
        client: { ...unhurried, reorderTimeout: minutes(3) }
      })
      const expected = Array.from({ length: 500 }, (_, i) => `m ${i >> 1}`)
      for (const [i, text] of expected.entries()) {
        pair.at(pair.now + 400 * i, () => ServerMachine.emit(pair.server, pair.now, text))
      }
      pair.runUntil(minutes(8))
      assert.deepStrictEqual(messagesOf(pair, "m "), expected)
      assert.deepStrictEqual(gapsOf(pair), [])
    },
    checks(30)
  )

  it("are acknowledged at every repetition", () => {
    const pair = online({ seed: 1, conditions: { ...perfect, duplication: 1 } })
    for (let i = 0; i < 600; i++) {
      pair.at(pair.now + 50 * i, () => ServerMachine.emit(pair.server, pair.now, `m ${i}`))
    }
    const before = pair.server.acknowledgements.length
    pair.runUntil(minutes(2))
    // The network duplicates every acknowledgement, too.
    assert.strictEqual(pair.server.acknowledgements.length - before, 4 * 600)
    assert.strictEqual(messagesOf(pair, "m ").length, 600)
  })

  it("that never arrive are reported as a gap, and later ones are delivered after the reorder timeout", () => {
    const pair = online({ seed: 1, client: { reorderTimeout: seconds(3) } })
    const { loss } = perfect
    pair.conditions = { ...perfect, loss: 1 }
    ServerMachine.emit(pair.server, pair.now, "m lost")
    pair.flush()
    pair.conditions = { ...perfect, loss }
    // This server does not repeat the message.
    for (const session of pair.server.sessions.values()) session.unacknowledged.clear()
    ServerMachine.emit(pair.server, pair.now, "m next")
    pair.runUntil(pair.now + seconds(2))
    assert.deepStrictEqual(messagesOf(pair, "m "), [])
    pair.runUntil(pair.now + seconds(2))
    assert.deepStrictEqual(pair.delivered.slice(-2).map((item) => item._tag === "Gap" ? item.missed : item.text), [
      1,
      "m next"
    ])
  })
})

describe("messages of the previous session", () => {
  it("that are repeated after a new login are acknowledged, and have no other effect", () => {
    const pair = online({ seed: 1 })
    for (let i = 0; i < 57; i++) ServerMachine.emit(pair.server, pair.now, `old ${i}`)
    pair.runUntil(pair.now + seconds(1))
    pair.restart()
    pair.submit("echo x")
    pair.runUntil(pair.now + seconds(9))
    assert.strictEqual(pair.statuses.at(-1), "Online")
    const delivered = pair.delivered.length
    pair.client.receive(pair.now, Packet.encode(Packet.message(57, "old 56")))
    pair.flush()
    for (let i = 0; i < 100; i++) {
      pair.at(pair.now + minutes(i), () => ServerMachine.emit(pair.server, pair.now, `new ${i}`))
    }
    pair.runUntil(pair.now + minutes(101))
    assert.deepStrictEqual(
      pair.delivered.slice(delivered).map((item) => item._tag === "Gap" ? item : item.text),
      Array.from({ length: 100 }, (_, i) => `new ${i}`)
    )
  })
})

describe("numbers", () => {
  it("are not mixed up by a reply that the network repeats after the numbers have come round", () => {
    for (const maxInFlight of [1, 32, 256]) {
      for (const [latency, loss] of [[0.05, 0], [10, 0], [10, 0.02]] as const) {
        const pair = online({
          seed: maxInFlight,
          client: { ...unhurried, maxInFlight },
          conditions: { latency, loss, duplication: 0.05, reordering: 0.1 },
          server: { onCommand: (text) => text.startsWith("long") ? text.padEnd(3000) : text }
        })
        pair.repeatReply = (n) => n % 7 === 0 ? 12 : undefined
        const commands = Array.from({ length: 3000 }, (_, i) => `${i % 9 === 0 ? "long" : "echo"} ${i}`)
        for (const text of commands) pair.submit(text, { timeout: minutes(30) })
        pair.runUntil(pair.now + minutes(30))
        assert.strictEqual(pair.outcomes.length, 3000)
        for (const { result, text } of pair.outcomes) assert.strictEqual(Result.getOrThrow(result).trimEnd(), text)
      }
    }
  })

  it("with the same reply each do not make the session assume a slow line", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 256 }, server: { onCommand: () => "" } })
    for (let i = 0; i < 1000; i++) pair.submit(`say -1 ${i}`)
    pair.runUntil(pair.now + seconds(2))
    assert.strictEqual(pair.outcomes.length, 1000)
    assert.isBelow(pair.client.roundTripTime!, 20)
  })

  it.each([true, false])(
    "serve a thousand commands with equal replies, none executed twice (repeatable: %s)",
    (repeatable) => {
      const pair = online({ seed: 1, server: { onCommand: () => "" } })
      for (let i = 0; i < 1000; i++) pair.submit(`addBan ${i}`, { repeatable })
      pair.runUntil(pair.now + seconds(10))
      assert.strictEqual(pair.outcomes.length, 1000)
      assert.deepStrictEqual(failures(pair), [])
      for (let i = 0; i < 1000; i++) assert.strictEqual(executions(pair, `addBan ${i}`), 1)
    }
  )

  it("that late replies release are given to waiting commands", () => {
    const pair = online({
      seed: 1,
      client: { maxInFlight: 256 },
      server: { onCommand: (text) => text.startsWith("slow") ? { reply: text, delay: 600 } : text }
    })
    const tickets = Array.from({ length: 256 }, (_, i) => pair.submit(`slow ${i}`, { repeatable: false }))
    for (const ticket of tickets) pair.cancel(ticket)
    pair.submit("echo waiting")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(pair.outcomes.map(({ result, text }) => [text, Result.isSuccess(result)]), [
      ["echo waiting", true]
    ])
  })
})

describe("keepalive", () => {
  it("keeps an idle session for a day, its command packets never more than 45 s apart", () => {
    const pair = online({ seed: 1 })
    pair.runUntil(24 * 60 * minutes(1))
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.strictEqual(pair.server.logins.length, 1)
    const gaps = pair.commandsSentAt.map((at, i) => at - (pair.commandsSentAt[i - 1] ?? at))
    assert.isAtMost(Math.max(...gaps), seconds(45))
    assert.deepStrictEqual(pair.server.violations, [])
  })
})

describe("outages", () => {
  const outage = (pair: Pair, happen: (now: number) => void, length: number) => {
    happen(pair.now)
    const from = pair.now
    pair.at(from + length, () => {
      ServerMachine.start(pair.server)
      ServerMachine.resume(pair.server, pair.now)
    })
    return from + length
  }

  it.each(
    [
      ["falls silent", 5, "silence"],
      ["falls silent", 15, "silence"],
      ["falls silent", 600, "silence"],
      ["is down", 1, "down"],
      ["is down", 12, "down"],
      ["is down", 600, "down"]
    ] as const
  )("if the server %s for %i s, the session comes back by itself", (_, length, kind) => {
    const pair = online({ seed: 7 })
    const stop = (now: number) =>
      kind === "down" ? ServerMachine.stop(pair.server, now) : (
        ServerMachine.forget(pair.server, now), ServerMachine.goSilent(pair.server, now)
      )
    const back = outage(pair, stop, seconds(length))
    const from = pair.now
    for (let i = 0; i < length + 60; i++) {
      pair.submit(`echo ${i}`, { timeout: seconds(5) })
      pair.runUntil(pair.now + seconds(1))
    }
    const [, lostAt = Infinity, onlineAt = Infinity] = pair.statusesAt
    assert.isAtMost(lostAt - from, seconds(10), "detected within 10 s while commands are sent")
    assert.isAtMost(onlineAt - Math.max(back, lostAt), length <= 15 ? seconds(2) : seconds(30))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
    assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left on the server")
    assert.deepStrictEqual(gapsOf(pair).map(({ cause }) => cause), ["Reconnected"])
  })

  it("a session that the server has forgotten is detected by the next keepalive", () => {
    const pair = online({ seed: 3 })
    ServerMachine.forget(pair.server, pair.now)
    const from = pair.now
    while (pair.client.epoch === 1) pair.runUntil(pair.now + 10)
    assert.isAtMost(pair.now - from, seconds(33))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
  })

  it("unsent commands survive; of those in flight, repeatable ones are sent again and others fail", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 2 } })
    ServerMachine.stop(pair.server, pair.now)
    pair.submit("echo repeatable")
    pair.submit("echo once", { repeatable: false })
    pair.submit("echo queued", { repeatable: false })
    pair.at(pair.now + seconds(3), () => ServerMachine.start(pair.server))
    pair.runUntil(minutes(2))
    assert.deepStrictEqual(failures(pair), [["echo once", "SessionLost"]])
    assert.deepStrictEqual(pair.outcomes.map(({ text }) => text), ["echo once", "echo repeatable", "echo queued"])
  })

  it("outdated commands are neither sent nor sent again", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 1 } })
    let current = true
    pair.submit("slow", { timeout: seconds(5), repeatable: false })
    pair.submit("echo queued", { isCurrent: () => current })
    current = false
    pair.submit("echo late", { isCurrent: () => current })
    pair.runUntil(pair.now + seconds(10))
    assert.deepStrictEqual(
      failures(pair).map(([text, reason]) => `${text} ${reason}`).sort(),
      [
        "echo late Outdated",
        "echo queued Outdated"
      ].concat(failures(pair).some(([text]) => text === "slow") ? ["slow NoReply"] : [])
    )
    current = true
    pair.conditions = { ...perfect, loss: 1 }
    pair.submit("echo lost", { isCurrent: () => current, timeout: seconds(6) })
    current = false
    pair.conditions = perfect
    pair.runUntil(pair.now + seconds(10))
    assert.strictEqual(pair.server.commands.filter(({ text }) => text === "echo lost").length, 0)
    assert.strictEqual(failures(pair).at(-1)?.[1], "NoReply")
  })

  it("commands for one session are not carried over to the next", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 1 } })
    ServerMachine.stop(pair.server, pair.now)
    const epoch = pair.client.epoch
    pair.submit("echo in flight", { epoch, timeout: minutes(5) })
    pair.submit("echo queued", { epoch, timeout: minutes(5) })
    pair.at(pair.now + seconds(20), () => {
      pair.submit("echo offline", { epoch, timeout: minutes(5) })
      ServerMachine.start(pair.server)
    })
    pair.runUntil(minutes(2))
    assert.strictEqual(pair.client.status._tag, "Online")
    assert.deepStrictEqual(failures(pair), [
      ["echo in flight", "SessionLost"],
      ["echo queued", "NotConnected"],
      ["echo offline", "NotConnected"]
    ])
    pair.submit("echo of the previous session", { epoch })
    pair.submit("echo online", { epoch: epoch + 1 })
    pair.runUntil(pair.now + seconds(1))
    assert.deepStrictEqual(failures(pair).slice(3), [["echo of the previous session", "NotConnected"]])
    assert.deepStrictEqual(pair.server.commands.map(({ text }) => text).filter((text) => text !== ""), ["echo online"])
  })
})

describe("a server that falls silent", () => {
  /** A session in which a few commands were answered. */
  const settled = (options: ConstructorParameters<typeof Pair>[0]) => {
    const pair = online(options)
    for (let i = 0; i < 5; i++) pair.at(pair.now + seconds(i), () => pair.submit(`echo settled ${i}`))
    pair.runUntil(pair.now + seconds(10))
    pair.outcomes.length = 0
    return pair
  }

  it("because it has restarted is back within 3 s of the first command, on a line without loss", () => {
    for (const latency of [0.1, 5, 50, 120]) {
      const pair = settled({ seed: 1, conditions: { ...perfect, latency } })
      ServerMachine.forget(pair.server, pair.now)
      const from = pair.now
      pair.submit("echo repeatable")
      pair.submit("echo once", { repeatable: false })
      pair.at(from + seconds(1), () => pair.submit("echo later"))
      pair.runUntil(from + seconds(20))
      assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
      assert.isAtMost(pair.statusesAt.at(-1)! - from, seconds(3), `at a latency of ${latency} ms`)
      assert.deepStrictEqual(failures(pair), [["echo once", "SessionLost"]])
      assertOwnAnswers(pair)
      assert.strictEqual(pair.outcomes.length, 3)
      assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left")
      assert.strictEqual(pair.client.counters.logins, 2)
      assert.deepStrictEqual(gapsOf(pair).map(({ cause }) => cause), ["Reconnected"])
    }
  })

  it.prop(
    "because it has restarted is detected even on a bad line, whichever login reply and command reply is lost",
    [Seed, Schema.Literals([0.01, 0.05, 0.1, 0.2, 0.3])],
    ([seed, loss]) => {
      const pair = settled({ seed, conditions: { ...perfect, loss, latency: 20 }, client: unhurried })
      const { epoch } = pair.client
      ServerMachine.forget(pair.server, pair.now)
      for (let i = 0; i < 30; i++) {
        pair.at(pair.now + seconds(i), () => pair.submit(`echo ${i}`, { timeout: minutes(2) }))
      }
      pair.runUntil(pair.now + minutes(2))
      assert.isAbove(pair.client.epoch, epoch)
      assert.deepStrictEqual(failures(pair), [])
      assertOwnAnswers(pair)
      assert.strictEqual(pair.client.status._tag, "Online")
      assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left")
    },
    checks(40)
  )

  it("because it has restarted is back within 3 s of the keepalive that detects it", () => {
    const pair = settled({ seed: 1 })
    const keepaliveAt = pair.commandsSentAt.at(-1)! + seconds(30)
    ServerMachine.forget(pair.server, pair.now)
    pair.runUntil(keepaliveAt + seconds(3))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
  })

  it.each([3, 7, 10, 12])(
    "for %i s because it loads a mission causes no loss: commands are answered, messages arrive, one session is left",
    (stall) => {
      const pair = settled({ seed: 1 })
      const executed = pair.server.commands.length
      const queue: Array<() => void> = []
      const from = pair.now
      const resume = pair.hold(queue)
      pair.submit("echo repeatable")
      pair.submit("echo once", { repeatable: false, timeout: seconds(20) })
      pair.at(from + seconds(1), () => pair.submit("echo once later", { repeatable: false }))
      pair.at(from + seconds(2.6), () => pair.submit("echo in doubt", { repeatable: false }))
      pair.at(from + seconds(stall), () => {
        resume()
        ServerMachine.emit(pair.server, pair.now, "mission loaded")
      })
      pair.runUntil(from + seconds(40))
      assert.deepStrictEqual(failures(pair), [])
      assert.strictEqual(pair.outcomes.length, 4)
      assertOwnAnswers(pair)
      assert.strictEqual(pair.client.status._tag, "Online")
      assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left")
      for (const text of ["echo once", "echo once later", "echo in doubt"]) {
        assert.strictEqual(executions(pair, text), 1)
      }
      assert.isAbove(pair.server.commands.length, executed)
      assert.deepStrictEqual(messagesOf(pair, "mission"), ["mission loaded"])
      assert.deepStrictEqual(gapsOf(pair).filter(({ cause }) => cause === "Lost"), [])
    }
  )

  it("for 10 s again and again is not sent a login every time", () => {
    const pair = settled({ seed: 1 })
    for (let i = 0; i < 5; i++) {
      const resume = pair.hold([])
      pair.at(pair.now + seconds(i === 0 ? 7 : 6), resume)
      pair.submit(`echo ${i}`, { repeatable: false })
      pair.runUntil(pair.now + minutes(5))
    }
    assert.deepStrictEqual(failures(pair), [])
    assert.isAtMost(pair.client.epoch, 2)
  })

  it("is not taken for a new session by its login reply while the old session answers, nor by a refusal", () => {
    const pair = settled({ seed: 1 })
    for (let i = 0; i < 20; i++) ServerMachine.emit(pair.server, pair.now, `old ${i}`)
    pair.flush()
    pair.runUntil(pair.now + 100)
    const epoch = pair.client.epoch
    pair.submit("echo x")
    pair.dropArriving()
    pair.conditions = { ...perfect, loss: 1 }
    pair.runUntil(pair.now + seconds(2.7))
    pair.conditions = perfect
    assert.strictEqual(pair.client.counters.logins, 2)
    pair.client.receive(pair.now, Packet.encode(Packet.message(21, "something of the session")))
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(false)))
    assert.strictEqual(pair.client.status._tag, "Online", "a refusal contradicts a session that works")
    assert.strictEqual(pair.client.epoch, epoch)
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(true)))
    pair.runUntil(pair.now + 200)
    assert.strictEqual(pair.client.epoch, epoch + 1)
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(true)))
    pair.runUntil(pair.now + 200)
    assert.strictEqual(pair.client.epoch, epoch + 1, "only one packet was sent")
  })

  it("ends the session if it refuses the login that is requested then", () => {
    const pair = settled({ seed: 1 })
    ServerMachine.forget(pair.server, pair.now)
    pair.server.refusing = true
    pair.submit("echo x")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(pair.statuses, ["Online", "Closed"])
    assert.deepStrictEqual(failures(pair), [["echo x", "SessionClosed"]])
  })

  it("for longer than the silence timeout makes the session Reconnecting, and may still answer", () => {
    const pair = settled({ seed: 1 })
    const from = pair.now
    const resume = pair.hold([])
    pair.submit("echo once", { repeatable: false })
    pair.runUntil(from + seconds(9))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting"])
    assert.strictEqual(pair.statusesAt.at(-1), from + seconds(8))
    const sent = pair.commandsSentAt.length
    pair.runUntil(from + seconds(12))
    assert.strictEqual(pair.commandsSentAt.length, sent, "only logins are sent")
    assert.strictEqual(pair.submit("echo for this session alone", { epoch: pair.client.epoch }), undefined)
    resume()
    pair.runUntil(from + seconds(13))
    assert.strictEqual(pair.client.status._tag, "Online")
    assert.deepStrictEqual(failures(pair), [["echo for this session alone", "NotConnected"]])
    assertOwnAnswers(pair)
  })

  it.prop(
    "is rarely doubted by mistake on a line that loses a third, so that no message is lost to a new session",
    [Seed],
    ([seed]) => {
      const pair = online({ seed, conditions: { ...perfect, loss: 0.3, latency: 20 }, server: patient })
      for (let i = 0; i < 60; i++) pair.at(pair.now + seconds(10 * i), () => pair.submit(`echo ${i}`))
      pair.runUntil(pair.now + minutes(12))
      assert.strictEqual(pair.client.epoch, 1)
    },
    checks(20)
  )

  it("for good is sent a login on a new socket after a minute, when its old session is given up", () => {
    const pair = settled({ seed: 1 })
    ServerMachine.goSilent(pair.server, pair.now)
    const from = pair.now
    pair.submit("echo repeatable", { timeout: minutes(5) })
    pair.submit("echo once", { timeout: minutes(5), repeatable: false })
    pair.runUntil(from + seconds(62))
    assert.strictEqual(pair.address, "10.0.0.1:50001")
    assert.deepStrictEqual(pair.outcomes, [])
    pair.runUntil(from + seconds(63))
    assert.strictEqual(pair.address, "10.0.0.1:50002")
    assert.deepStrictEqual(failures(pair), [["echo once", "SessionLost"]])
    ServerMachine.resume(pair.server, pair.now)
    pair.runUntil(from + minutes(3))
    assert.strictEqual(pair.outcomes.at(-1)?.text, "echo repeatable")
    assertOwnAnswers(pair)
  })
})

describe("a port that flaps", () => {
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

  it("is ignored if it refuses a login that was not sent in this outage", () => {
    const pair = online({ seed: 1 })
    pair.client.refused(pair.now)
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(false)))
    pair.flush()
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
    assert.isAtLeast(pair.client.counters.unexpected, 1)
  })
})

describe("a suspended process", () => {
  it.each([5, 7, 9, 30])("for %i s gets its replies at once afterwards, and nothing is lost", (pause) => {
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

  it("does not take its own pause for silence of the server", () => {
    const pair = online({ seed: 1 })
    pair.submit("echo lost")
    pair.dropArriving()
    pair.standStill(seconds(20))
    pair.runUntil(pair.now + seconds(1))
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.deepStrictEqual(failures(pair), [["echo lost", "NoReply"]])
  })
})

describe("messages on a bad line", () => {
  it.each([0.05, 0.1, 0.2, 0.3].flatMap((loss) => [1, 2, 3].map((seed) => [loss, seed] as const)))(
    "are delivered once and in order if any of the server's repetitions arrives (%d lost, seed %i)",
    (loss, seed) => {
      const pair = online({
        seed,
        conditions: { loss, latency: 20, duplication: 0.05, reordering: 0.1 },
        server: { dropUnacknowledged: false }
      })
      const sent = Array.from({ length: 200 }, (_, i) => `m ${i}`)
      for (const [i, text] of sent.entries()) {
        pair.at(pair.now + 500 * i, () => ServerMachine.emit(pair.server, pair.now, text))
      }
      pair.runUntil(pair.now + minutes(3))
      const arrived = sent.filter((text) => pair.arrived.has(text))
      assert.isAtLeast(arrived.length, 195)
      assert.deepStrictEqual(messagesOf(pair, "m "), arrived)
      assert.strictEqual(pair.client.counters.lateMessages, 0)
      assert.strictEqual(pair.client.counters.missedMessages, sent.length - arrived.length)
      assert.strictEqual(pair.client.epoch, 1)
    }
  )

  it("that arrive after they were given up are delivered late, after the gap", () => {
    const pair = online({ seed: 1, client: { reorderTimeout: seconds(1) } })
    pair.conditions = { ...perfect, loss: 1 }
    ServerMachine.emit(pair.server, pair.now, "m 0")
    pair.flush()
    pair.conditions = perfect
    ServerMachine.emit(pair.server, pair.now, "m 1")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(
      pair.delivered.slice(-3).map((item) => item._tag === "Gap" ? `gap ${item.missed}` : [item.text, item.late]),
      ["gap 1", ["m 1", false], ["m 0", true]]
    )
    assert.deepInclude(pair.client.counters, { lateMessages: 1, missedMessages: 1 })
  })

  it("are acknowledged before they are delivered", () => {
    const pair = online({ seed: 1 })
    pair.client.receive(pair.now, Packet.encode(Packet.message(1, "hello")))
    assert.deepStrictEqual(pair.client.drain().map(({ _tag }) => _tag), ["Transmit", "Deliver"])
  })
})

describe("excessive data", () => {
  it("in one datagram, more than any server sends, is dropped", () => {
    const pair = online({ seed: 1 })
    const delivered = pair.delivered.length
    const largest = SessionMachine.MAX_DATAGRAM_BYTES - 9
    pair.client.receive(pair.now, Packet.encode(Packet.message(1, "x".repeat(largest + 1))))
    pair.flush()
    assert.strictEqual(pair.delivered.length, delivered)
    assert.strictEqual(pair.client.counters.oversized, 1)
    pair.client.receive(pair.now, Packet.encode(Packet.message(1, "x".repeat(largest))))
    pair.flush()
    assert.strictEqual(pair.delivered.length, delivered + 1)
  })

  it("in total is dropped: incomplete replies take at most 16 MiB", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 256 } })
    for (let i = 0; i < 248; i++) pair.submit(`slow ${i}`, { repeatable: false })
    const part = "x".repeat(2000)
    for (let number = 0; number < 248; number++) {
      for (let index = 0; index < 60; index++) {
        pair.client.receive(pair.now, Packet.encode(Packet.commandReplyPart(number, 255, index, part)))
      }
    }
    const kept = 248 * 60 - pair.client.counters.excessParts
    assert.isAtMost(kept * part.length, 16 * 2 ** 20)
    assert.isAbove(kept * part.length, 15 * 2 ** 20)
  })
})

describe("hostile input", () => {
  it("is counted and dropped, and commands are still answered", () => {
    const pair = online({ seed: 1 })
    const hostile: ReadonlyArray<Uint8Array> = [
      new Uint8Array(0),
      new Uint8Array(65_507),
      Packet.encode(Packet.loginResult(false)),
      Packet.encode(Packet.loginResult(true)),
      Packet.encode(Packet.commandReply(200, "never asked")),
      ...Array.from({ length: 10_000 }, (_, i) => Packet.encode(Packet.commandReplyPart(i & 255, 255, i % 255, "x"))),
      Packet.encode(Packet.command(0, "players")).subarray(0, 12)
    ]
    for (const datagram of hostile) pair.client.receive(pair.now, datagram)
    pair.flush()
    pair.submit("echo still here")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(failures(pair), [])
    assertOwnAnswers(pair)
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.strictEqual(pair.client.counters.malformed, 2)
    assert.strictEqual(pair.client.counters.oversized, 1)
    assert.strictEqual(pair.client.counters.unexpected, 2)
    assert.strictEqual(pair.client.counters.strayReplies, 10_001)
  })
})

describe("a server that ignores repeated numbers", () => {
  it("does not count as dead because it does not answer a command whose reply was lost", () => {
    const pair = online({ seed: 1, server: { repeats: "ignore" } })
    pair.submit("echo x")
    // The command has arrived by then, and its reply is under way.
    pair.runUntil(pair.now + 6)
    pair.dropArriving()
    pair.runUntil(pair.now + minutes(1))
    assert.deepStrictEqual(failures(pair), [["echo x", "NoReply"]])
    assert.strictEqual(executions(pair, "echo x"), 1)
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })
})

describe("a server that ignores repeated numbers, on a bad line", () => {
  it("still keeps an idle session for a day", () => {
    const pair = online({ seed: 5, server: { repeats: "ignore" }, conditions: { ...perfect, loss: 0.02 } })
    pair.runUntil(24 * 60 * minutes(1))
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })
})

describe("any sequence of events", () => {
  it.prop(
    "every command is settled once, with its own reply or an error, and closing leaves nothing pending",
    // A shorter scenario is the beginning of a longer one.
    [Seed, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))],
    ([seed, steps]) => {
      const pair = new Pair({ seed, client: { maxInFlight: 4, queueCapacity: 20, silenceTimeout: 3000 } })
      const pick = (n: number) => Math.floor(pair.random() * n)
      const cancelled = new Set<string>()
      const submitted: Array<string> = []
      for (let step = 0; step < steps; step++) {
        const now = pair.now
        switch (pick(12)) {
          case 0:
          case 1:
          case 2: {
            for (let i = pick(8); i >= 0; i--) {
              const text = `echo ${submitted.length}`
              submitted.push(text)
              const ticket = pair.submit(text, {
                repeatable: pick(3) > 0,
                ...(pick(4) === 0 && { epoch: pair.client.epoch }),
                timeout: pick(30_000)
              })
              if (pick(5) === 0) {
                pair.at(now + pick(3000), () => {
                  if (ticket !== undefined && ticket.state !== "Settled") cancelled.add(text)
                  pair.cancel(ticket)
                })
              }
            }
            break
          }
          case 3:
            pair.conditions = [perfect, terrible, { ...perfect, loss: 1 }, { ...perfect, latency: 700 }][pick(4)]!
            break
          case 4:
            if (pair.server.listening) ServerMachine.emit(pair.server, now, `m ${step}`)
            break
          case 5:
            ServerMachine.restart(pair.server, now)
            break
          case 6:
            ServerMachine.forget(pair.server, now)
            break
          case 7:
            if (pair.server.listening) ServerMachine.stop(pair.server, now)
            else ServerMachine.start(pair.server)
            break
          case 8:
            if (pair.server.silent) ServerMachine.resume(pair.server, now)
            else ServerMachine.goSilent(pair.server, now)
            break
          case 9:
            pair.client.socketFailed(now, socketFailed)
            break
          case 10: {
            const junk = Packet.encode(Packet.commandReply(pick(256), "junk"))
            if (pick(2) === 0) junk[pick(junk.length)] = pick(256)
            else junk.fill(0)
            pair.client.receive(now, junk)
            break
          }
        }
        pair.flush()
        assert.isAtMost(pair.client.load.inFlight, 4)
        assert.isAtMost(pair.client.load.waiting, 24)
        pair.runUntil(now + pick([10, 1000, 20_000][pick(3)]!))
      }
      pair.client.close(pair.now)
      pair.flush()
      const outcomes = pair.outcomes.length
      const settled = new Set(pair.outcomes.map(({ text }) => text))
      assert.strictEqual(settled.size, outcomes, "a command was settled twice")
      for (const text of submitted) assert.strictEqual(settled.has(text) !== cancelled.has(text), true, text)
      assertOwnAnswers(pair)
      assert.strictEqual(pair.client.wakeAt, Infinity)
      assert.deepStrictEqual(pair.client.load, { waiting: 0, inFlight: 0 })
      pair.submit("echo after the end")
      assert.deepStrictEqual(failures(pair).at(-1), ["echo after the end", "SessionClosed"])
      assert.strictEqual(pair.statuses.filter((tag) => tag === "Closed").length, 1)
      // Datagrams that still arrive have no effect.
      pair.runUntil(pair.now + minutes(2))
      assert.strictEqual(pair.outcomes.length, outcomes + 1)
    },
    checks(300)
  )
})
