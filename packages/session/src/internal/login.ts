/**
 * Decides when to send a login packet, and whether a login reply belongs to one.
 *
 * A server that is starting cannot read login packets yet. They wait in its kernel, and are answered when it has
 * started. So the packets of an outage are sent on one socket, on which each of them can be answered. The longer the
 * outage, the rarer they become. A socket without any answer for {@link MUTE_TIME} is replaced, because the server may
 * have moved, and some servers were seen to answer only a new socket.
 *
 * Times are in milliseconds.
 */
import * as Duration from "effect/Duration"
import { LoginTimeout, type OutageCause, Silence } from "../LoginFailure.ts"
import type { Outage } from "../Status.ts"

/** Minimum time between two login packets, across outages and sockets. */
export const SHORTEST_DELAY = 1000
/** The delay between two packets as a share of the time since the outage began. */
export const DELAY_SHARE = 1 / 8
/** Maximum random reduction of a delay, as a share of it, so that many clients do not log in at the same time. */
const JITTER = 0.2
/** Time after which a socket without a reply is replaced. */
export const MUTE_TIME = 60_000
/** Time for which packets of the previous session may still arrive after a login reply that has overtaken them. */
export const OVERTAKING = 200
/** Time for which a login packet may still be answered: a server may take minutes to start. */
export const LATE_LOGIN_REPLY = 300_000
/** After this many packets without an answer or an error, the next packet changes the reported cause to silence. */
export const QUIET_TRIES = 3
/**
 * Minimum time from a refusal to the next packet, in case a server locks out clients that send wrong passwords. It is kept even
 * if the longest delay is shorter.
 */
export const REFUSED_DELAY = 5000

const silence = new Silence({})

export class Login {
  readonly #timeout: number
  readonly #longestDelay: number
  readonly #random: () => number
  /** When the first login or the outage began. */
  #since: number
  /** Number of packets sent since then. */
  #tries = 0
  /** Start of the requests on the current socket; `Infinity` while no login is requested. */
  #askingSince = Infinity
  /** When the first packet was sent since the outage began or a login reply came; `Infinity` if none was sent. */
  #firstSentAt = Infinity
  #lastSentAt = -Infinity
  /** Whether the process was suspended after the last packet was sent. */
  #hasStoodStill = false
  /**
   * Number of packets that the server may still accept. Accepting one restarts its session, and the numbering of its
   * messages.
   */
  #unanswered = 0
  /** When the first of them was sent. */
  #unansweredSince = Infinity
  #nextAt = Infinity
  #cause: OutageCause = silence
  /** Number of packets sent since the cause was last reported. */
  #quietTries = 0

  constructor(
    options: { readonly timeout: number; readonly longestDelay: number; readonly random: () => number },
    now: number
  ) {
    this.#since = now
    this.#timeout = options.timeout
    this.#longestDelay = options.longestDelay
    this.#random = options.random
  }

  /** Begins an outage. A reply to a packet that was sent before is no longer awaited. */
  begin(since: number, cause: OutageCause = silence): void {
    this.#since = since
    this.#tries = 0
    this.#firstSentAt = Infinity
    this.failed(cause)
  }

  /** Begins to request a login, on a new socket or on the open one. */
  ask(now: number): void {
    this.#askingSince = now
    this.#nextAt = Math.max(now, this.#lastSentAt + SHORTEST_DELAY)
  }

  /** Stops requesting. Packets that were sent may still be answered. */
  stop(): void {
    this.#askingSince = Infinity
    this.#nextAt = Infinity
  }

  /** Records that a login packet is sent. */
  sent(now: number): void {
    this.#firstSentAt = Math.min(this.#firstSentAt, now)
    this.#lastSentAt = now
    this.#hasStoodStill = false
    this.#tries++
    if (this.#quietTries++ === QUIET_TRIES) this.#cause = silence
    if (this.#unanswered++ === 0) this.#unansweredSince = now
    this.#nextAt = now + this.retryDelay(now)
  }

  /** Records a login reply. */
  answered(): void {
    this.stop()
    this.#firstSentAt = Infinity
    this.#unanswered = Math.max(0, this.#unanswered - 1)
  }

  /**
   * Records a login reply that belongs to no known packet. The network may have duplicated a packet, and the server
   * accepted the copy.
   */
  answeredUnexpectedly(now: number): void {
    if (this.#unanswered > 0) return
    this.#unanswered = 1
    this.#unansweredSince = now - OVERTAKING
  }

  /** Records the cause of the outage. */
  failed(cause: OutageCause): void {
    this.#cause = cause
    this.#quietTries = 0
  }

  /** Records that the server refused the login. A later packet tries again. */
  refused(now: number, cause: OutageCause): void {
    const isAsking = this.#nextAt < Infinity
    this.answered()
    this.failed(cause)
    if (!isAsking) return
    this.#askingSince = now
    this.#nextAt = now + Math.max(REFUSED_DELAY, this.retryDelay(now))
  }

  /** Whether a login reply can belong to a packet of this outage. */
  isAwaited(now: number): boolean {
    return this.#firstSentAt < Infinity && (this.#nextAt < Infinity || now - this.#lastSentAt < LATE_LOGIN_REPLY)
  }

  /** When the first packet was sent since the outage began or a login reply came; `Infinity` if none was sent. */
  get firstSentAt(): number {
    return this.#firstSentAt
  }

  /** When the last packet was sent. */
  get lastSentAt(): number {
    return this.#lastSentAt
  }

  /** Records that the process was suspended. That time does not count as delay of the server. */
  stoodStill(): void {
    this.#hasStoodStill = true
  }

  /**
   * The round-trip time that a reply at `now` implies; `undefined` if more than one packet was sent (Karn's algorithm), or
   * if the process was suspended since.
   */
  roundTrip(now: number): number | undefined {
    return this.#firstSentAt === this.#lastSentAt && !this.#hasStoodStill ? now - this.#lastSentAt : undefined
  }

  /** From this time on, the server may have restarted its session without notice; `Infinity` if that is impossible. */
  get mayRestartSince(): number {
    return this.#unanswered > 0 ? this.#unansweredSince : Infinity
  }

  /** Records that the server continues the session. Packets older than five minutes are no longer answered. */
  sessionContinues(now: number): void {
    if (now - this.#lastSentAt > LATE_LOGIN_REPLY) this.#unanswered = 0
  }

  /** The delay until the next attempt. It grows with the length of the outage, up to the longest delay. */
  retryDelay(now: number): number {
    const delay = Math.min((now - this.#since) * DELAY_SHARE, this.#longestDelay) * (1 - JITTER * this.#random())
    return Math.max(SHORTEST_DELAY, delay)
  }

  /** Whether the next packet is due. */
  isDue(now: number): boolean {
    return this.#nextAt <= now
  }

  /** Whether the socket has had no answer for so long that another one should be tried. */
  isMute(now: number): boolean {
    return this.#askingSince + MUTE_TIME <= now
  }

  /** When the first login times out. */
  get timesOutAt(): number {
    return this.#since + this.#timeout
  }

  /** The error of a first login that timed out. */
  timedOut(now: number, peer: string): LoginTimeout {
    return new LoginTimeout({
      peer,
      tries: this.#tries,
      waited: Duration.millis(now - this.#since),
      cause: this.#cause
    })
  }

  /** The known facts of the first login or the outage. */
  get outage(): Outage {
    return { cause: this.#cause, tries: this.#tries, since: this.#since }
  }

  /** When the next packet is due, or the socket counts as mute. */
  get wakeAt(): number {
    return Math.min(this.#nextAt, this.#askingSince + MUTE_TIME)
  }
}
