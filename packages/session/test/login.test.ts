import { LoginFailure, Transport } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import {
  DELAY_SHARE,
  LATE_LOGIN_REPLY,
  Login,
  MUTE_TIME,
  OVERTAKING,
  QUIET_TRIES,
  REFUSED_DELAY,
  SHORTEST_DELAY
} from "../src/internal/login.ts"

const make = (options: Partial<ConstructorParameters<typeof Login>[0]> = {}, now = 0) =>
  new Login({ timeout: 10_000, longestDelay: 30_000, random: () => 0, ...options }, now)

/** Sends the packets that are due until a time, and returns the times of sending. */
const sendUntil = (login: Login, end: number): ReadonlyArray<number> => {
  const sent: Array<number> = []
  for (let at = login.wakeAt; at <= end && login.isDue(at); at = login.wakeAt) {
    login.sent(at)
    sent.push(at)
  }
  return sent
}

describe("login packets", () => {
  it("are sent once a second at first, then with growing delays up to the longest", () => {
    const login = make()
    login.ask(0)
    const sent = sendUntil(login, MUTE_TIME - 1)
    assert.deepStrictEqual(sent.slice(0, 9), [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000])
    assert.isAbove(sent.at(-1)! - sent.at(-2)!, 5000)
    assert.strictEqual(DELAY_SHARE, 1 / 8)
    assert.strictEqual(login.retryDelay(80_000), 10_000)
    assert.strictEqual(login.retryDelay(1e9), 30_000)
  })

  it.prop(
    "have delays that are shortened at random, by a fifth at most and never below a second",
    [
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e6 }))
    ],
    ([chance, now]) => {
      const delay = make({ random: () => chance }).retryDelay(now)
      const longest = make().retryDelay(now)
      assert.isAtMost(delay, longest)
      assert.isAtLeast(delay, Math.max(SHORTEST_DELAY, 0.8 * longest - 1e-6))
    }
  )

  it("of many clients after the same outage are randomly spread", () => {
    assert.isBelow(make({ random: () => 1 }).retryDelay(160_000), make({ random: () => 0.5 }).retryDelay(160_000))
    assert.strictEqual(make({ random: () => 1 }).retryDelay(160_000), 16_000)
  })

  it("are at least a second apart, even across outages and sockets", () => {
    const login = make()
    login.ask(0)
    login.sent(0)
    login.answered()
    login.begin(300)
    login.ask(300)
    assert.isFalse(login.isDue(999))
    assert.strictEqual(login.wakeAt, 1000)
    login.sent(1000)
    login.stop()
    login.ask(1500)
    assert.strictEqual(login.wakeAt, 2000)
  })

  it("are sent once a second again when the next outage begins", () => {
    const login = make()
    login.ask(0)
    sendUntil(login, 50_000)
    login.answered()
    login.begin(100_000)
    login.ask(100_000)
    assert.deepStrictEqual(sendUntil(login, 102_000), [100_000, 101_000, 102_000])
  })

  it("are sent only while a login is requested", () => {
    const login = make()
    assert.isFalse(login.isDue(1e9))
    assert.strictEqual(login.wakeAt, Infinity)
    login.ask(0)
    assert.isTrue(login.isDue(0))
    login.stop()
    assert.isFalse(login.isDue(1e9))
    assert.strictEqual(login.wakeAt, Infinity)
  })
})

describe("a login reply", () => {
  it("is awaited after a packet of this outage, until it has arrived", () => {
    const login = make()
    login.ask(0)
    assert.isFalse(login.isAwaited(0))
    login.sent(0)
    assert.isTrue(login.isAwaited(1e9), "as long as a login is requested")
    login.answered()
    assert.isFalse(login.isAwaited(10))
    assert.strictEqual(login.wakeAt, Infinity, "no login is requested any more")
    login.sent(5000)
    login.begin(6000)
    assert.isFalse(login.isAwaited(6000), "packets of an earlier outage do not count")
  })

  it("may arrive for five minutes after the last packet, if the requests have stopped", () => {
    const login = make()
    login.ask(0)
    login.sent(0)
    login.stop()
    assert.isTrue(login.isAwaited(LATE_LOGIN_REPLY - 1))
    assert.isFalse(login.isAwaited(LATE_LOGIN_REPLY))
    login.sent(500_000)
    login.stop()
    assert.isTrue(login.isAwaited(500_000 + LATE_LOGIN_REPLY - 1))
  })

  it("gives the round-trip time if only one packet was sent", () => {
    const login = make()
    login.ask(0)
    login.sent(100)
    assert.strictEqual(login.roundTrip(150), 50)
    login.sent(1100)
    assert.strictEqual(login.roundTrip(1150), undefined)
    assert.deepStrictEqual([login.firstSentAt, login.lastSentAt], [100, 1100])
  })

  it("gives the round-trip time of the first packet of this outage, whatever was sent before", () => {
    const login = make()
    login.sent(0)
    login.sent(1000)
    login.begin(2000)
    login.sent(2000)
    assert.strictEqual(login.roundTrip(2030), 30)
  })

  it("to one of two packets: the other may still restart the session, until five minutes after the last packet", () => {
    const login = make()
    login.sent(0)
    login.answered()
    assert.strictEqual(login.mayRestartSince, Infinity)
    login.begin(1000)
    login.sent(1000)
    login.sent(2000)
    login.answered()
    assert.strictEqual(login.mayRestartSince, 1000)
    login.sessionContinues(2000 + LATE_LOGIN_REPLY)
    assert.strictEqual(login.mayRestartSince, 1000)
    login.sessionContinues(2001 + LATE_LOGIN_REPLY)
    assert.strictEqual(login.mayRestartSince, Infinity)
  })

  it("to a packet that the network has duplicated shows that the server may have restarted its session just before", () => {
    const login = make()
    login.sent(0)
    login.answered()
    login.answeredUnexpectedly(5000)
    assert.strictEqual(login.mayRestartSince, 5000 - OVERTAKING)
    login.answered()
    assert.strictEqual(login.mayRestartSince, Infinity)
    login.sent(7000)
    login.answeredUnexpectedly(9000)
    assert.strictEqual(login.mayRestartSince, 7000)
  })
})

describe("a socket without any answer", () => {
  it("is given up a minute after the requests on it began", () => {
    const login = make()
    login.ask(500)
    assert.isFalse(login.isMute(499 + MUTE_TIME))
    assert.isTrue(login.isMute(500 + MUTE_TIME))
    sendUntil(login, 499 + MUTE_TIME)
    assert.strictEqual(login.wakeAt, 500 + MUTE_TIME)
    login.stop()
    assert.isFalse(login.isMute(1e9))
  })
})

describe("a login that fails", () => {
  const error = new Transport.TransportError({
    reason: new Transport.IoFailed({ kind: "Unreachable", peer: "server" })
  })

  it("times out after its timeout", () => {
    const login = make({ timeout: 7000 }, 100)
    assert.strictEqual(login.timesOutAt, 7100)
  })

  it("reports the number of tries, the time and the last known cause", () => {
    const login = make({}, 500)
    login.ask(500)
    sendUntil(login, 10_499)
    const silent = login.timedOut(10_500, "server")
    assert.deepStrictEqual([silent.tries, Duration.toMillis(silent.waited), silent.cause._tag], [10, 10_000, "Silence"])
    login.failed(new LoginFailure.PortClosed({}))
    login.failed(error)
    const seen = login.timedOut(10_000, "server")
    assert.strictEqual(seen.cause, error)
    assert.deepStrictEqual(login.outage, { cause: error, tries: 10, since: 500 })
  })

  it("reports silence again after several packets without an answer or an error", () => {
    const login = make()
    login.failed(new LoginFailure.PortClosed({}))
    for (let tries = 0; tries < QUIET_TRIES; tries++) login.sent(1000 * tries)
    assert.strictEqual(login.outage.cause._tag, "PortClosed")
    login.sent(9000)
    assert.strictEqual(login.outage.cause._tag, "Silence")
  })

  it("reports nothing of an earlier outage", () => {
    const login = make()
    login.sent(0)
    login.failed(error)
    login.begin(1000)
    assert.deepStrictEqual([login.outage.tries, login.outage.cause._tag], [0, "Silence"])
    login.begin(1000, new LoginFailure.PortClosed({}))
    assert.strictEqual(login.outage.cause._tag, "PortClosed")
  })

  it.each([30_000, 1000])(
    "is tried again 5 s after a refusal, on the same socket, if the longest delay is %d ms",
    (longestDelay) => {
      const login = make({ longestDelay })
      login.ask(0)
      login.sent(0)
      login.refused(100, error)
      assert.isFalse(login.isAwaited(100))
      assert.deepStrictEqual([login.wakeAt, login.outage.cause], [100 + REFUSED_DELAY, error])
      assert.isFalse(login.isMute(100 + MUTE_TIME - 1))
      login.stop()
      login.refused(200, error)
      assert.strictEqual(login.wakeAt, Infinity, "nothing is due while no login is requested")
    }
  )
})
