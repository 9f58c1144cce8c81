/**
 * Decides when to send a login packet, and whether a login reply answers one.
 *
 * A login packet that a server cannot read yet waits in its kernel, and is answered when the server has started. So all
 * packets of an outage go out on one socket, where each of them can be answered, and they become rarer with the length of
 * the outage. A socket that stays mute for {@link MUTE_TIME} is given up all the same: the server may have moved, and some
 * were seen to answer a new socket only.
 *
 * Times are in milliseconds.
 */
import * as Duration from "effect/Duration"
import { LoginTimeout, type OutageCause, Silence } from "../LoginFailure.ts"
import type { Outage } from "../Status.ts"

/** The shortest time between two login packets, also across outages and sockets. */
export const SHORTEST_DELAY = 1000
/** The delay as a share of the time since the outage began. */
export const DELAY_SHARE = 1 / 8
/** By how much a delay is shortened at most, by chance, so that many clients do not ask all at once. */
const JITTER = 0.2
/** How long a socket is used without a reply. */
export const MUTE_TIME = 60_000
/** How long after a login reply packets of the session before it may still arrive, which it has overtaken. */
export const OVERTAKING = 200
/** How long after it was sent a login packet may still be answered: a server may take minutes to start. */
export const LATE_LOGIN_REPLY = 300_000
/** After so many packets without an answer or an error, silence is the cause that is reported. */
export const QUIET_TRIES = 3
/** The shortest time from a refusal to the next packet: servers count wrong passwords. */
export const REFUSED_DELAY = 5000

const silence = new Silence({})

export class Login {
  readonly #timeout: number
  readonly #longestDelay: number
  readonly #random: () => number
  /** When the first login or the outage began. */
  #since: number
  /** How many packets were sent since then. */
  #tries = 0
  /** When asking on the current socket began; `Infinity` while nothing is asked. */
  #askingSince = Infinity
  /** When the first packet was sent that is not answered; `Infinity` if there is none. */
  #firstSentAt = Infinity
  #lastSentAt = -Infinity
  /** How many packets the server may still accept. Each one restarts its session, and the numbers of its messages. */
  #unanswered = 0
  /** When the first of them was sent. */
  #unansweredSince = Infinity
  #nextAt = Infinity
  #cause: OutageCause = silence
  /** How many packets were sent since the cause was last reported. */
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

  /** Begins an outage. Packets that were sent before it do not count any more. */
  begin(since: number, cause: OutageCause = silence): void {
    this.#since = since
    this.#tries = 0
    this.#firstSentAt = Infinity
    this.failed(cause)
  }

  /** Begins to ask, on a new socket or on the open one. */
  ask(now: number): void {
    this.#askingSince = now
    this.#nextAt = Math.max(now, this.#lastSentAt + SHORTEST_DELAY)
  }

  /** Stops asking. Packets that were sent may still be answered. */
  stop(): void {
    this.#askingSince = Infinity
    this.#nextAt = Infinity
  }

  /** Records that a login packet goes out. */
  sent(now: number): void {
    this.#firstSentAt = Math.min(this.#firstSentAt, now)
    this.#lastSentAt = now
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

  /** Records a login reply to no packet that is known of. The network may have repeated one, and the server accepted it. */
  answeredUnexpectedly(now: number): void {
    if (this.#unanswered > 0) return
    this.#unanswered = 1
    this.#unansweredSince = now - OVERTAKING
  }

  /** Records why there is no session. */
  failed(cause: OutageCause): void {
    this.#cause = cause
    this.#quietTries = 0
  }

  /** Records that the server refused the login. It is asked again later. */
  refused(now: number, cause: OutageCause): void {
    const isAsking = this.#nextAt < Infinity
    this.answered()
    this.failed(cause)
    if (!isAsking) return
    this.#askingSince = now
    this.#nextAt = now + Math.max(REFUSED_DELAY, this.retryDelay(now))
  }

  /** Whether a login reply can be to a packet of this outage. */
  isAwaited(now: number): boolean {
    return this.#firstSentAt < Infinity && (this.#nextAt < Infinity || now - this.#lastSentAt < LATE_LOGIN_REPLY)
  }

  /** When the first packet was sent that is not answered; `Infinity` if there is none. */
  get firstSentAt(): number {
    return this.#firstSentAt
  }

  /** When the last packet was sent. */
  get lastSentAt(): number {
    return this.#lastSentAt
  }

  /** The round-trip time that a reply shows now; `undefined` if more than one packet was sent (Karn's algorithm). */
  roundTrip(now: number): number | undefined {
    return this.#firstSentAt === this.#lastSentAt ? now - this.#lastSentAt : undefined
  }

  /** From when on the server may have begun its session anew without notice; `Infinity` if it cannot have. */
  get mayRestartSince(): number {
    return this.#unanswered > 0 ? this.#unansweredSince : Infinity
  }

  /** Records that the server goes on with the session. Packets that are five minutes old are not answered any more. */
  sessionContinues(now: number): void {
    if (now - this.#lastSentAt > LATE_LOGIN_REPLY) this.#unanswered = 0
  }

  /** How long to wait now for the next try: longer with the length of the outage, up to the longest delay. */
  retryDelay(now: number): number {
    const delay = Math.min((now - this.#since) * DELAY_SHARE, this.#longestDelay) * (1 - JITTER * this.#random())
    return Math.max(SHORTEST_DELAY, delay)
  }

  /** Whether the next packet is due. */
  isDue(now: number): boolean {
    return this.#nextAt <= now
  }

  /** Whether the socket was mute for so long that another one is to be tried. */
  isMute(now: number): boolean {
    return this.#askingSince + MUTE_TIME <= now
  }

  /** When the first login times out. */
  get timesOutAt(): number {
    return this.#since + this.#timeout
  }

  /** Why the first login has failed. */
  timedOut(now: number, peer: string): LoginTimeout {
    return new LoginTimeout({
      peer,
      tries: this.#tries,
      waited: Duration.millis(now - this.#since),
      cause: this.#cause
    })
  }

  /** What is known of the first login or the outage. */
  get outage(): Outage {
    return { cause: this.#cause, tries: this.#tries, since: this.#since }
  }

  /** When the next packet is due, or the socket has been mute for too long. */
  get wakeAt(): number {
    return Math.min(this.#nextAt, this.#askingSince + MUTE_TIME)
  }
}
