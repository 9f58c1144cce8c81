/**
 * Judges whether the server is alive, and when to probe it.
 *
 * A server that was sent a command owes a sign of life: any packet. While it owes one, it is *silent*. The longer the
 * silence, the stronger the reaction:
 *
 * | silent for                | verdict | reaction                                                                 |
 * | ------------------------- | ------- | ------------------------------------------------------------------------ |
 * | {@link PROBE_AFTER}       | `Probe` | send an empty command, and further ones at growing intervals             |
 * | {@link DOUBT_AFTER}       | `Doubt` | also request a login: the server may have forgotten this session         |
 * | the silence timeout       | `Dead`  | count the session as lost                                                |
 *
 * If a reply may take longer than {@link PROBE_AFTER}, the difference is added to the first two times.
 *
 * `Doubt` also requires that the silence is no accident. A *question* is a command or probe that is sent for the first
 * time. With the measured loss, the probability that all questions since the silence began, or their replies, were lost
 * must be below one in a million. The newest question does not count, because the server has had no time to answer
 * it. At 1 % loss that takes four earlier questions, at 50 % twenty.
 *
 * A server that was silent and came back by itself, as it does while loading a mission, is doubted only after twice
 * that silence. A server that has not answered any command of this session is doubted after
 * {@link UNKNOWN_DOUBT_AFTER}, because its usual reply time is unknown.
 *
 * Times are in milliseconds.
 */

/** Silence after which probes are sent. */
export const PROBE_AFTER = 1000
/** Minimum time between two probes. */
export const PROBE_INTERVAL = 150
/**
 * Minimum time between two probes as a share of the silence, so that a long silence does not use up the sequence
 * numbers.
 */
const PROBE_INTERVAL_SHARE = 1 / 16
/**
 * Minimum silence after which a login is requested while the session continues. A shorter silence timeout comes first, and
 * ends the session without a doubt before.
 */
export const DOUBT_AFTER = 2500
/** Minimum silence after which a login is requested, if the server has not answered any command yet. */
const UNKNOWN_DOUBT_AFTER = 8000
/** The server is doubted only if the probability that all questions or their replies were lost by accident is below this. */
export const ACCIDENT = 1e-6
/** Assumed share of lost questions before any measurement. */
export const INITIAL_LOSS = 0.3
/** Minimum of the assumed share of lost questions, even on a network that has lost nothing yet. */
export const LEAST_LOSS = 0.01
/** Weight of the newest question in the share of lost questions. */
const LOSS_WEIGHT = 1 / 16
/** Time for which a silence that ended by itself is remembered. */
export const SILENCE_MEMORY = 3_600_000

export type Verdict = "Alive" | "Probe" | "Doubt" | "Dead"

export class Liveness {
  readonly #keepaliveInterval: number
  readonly #silenceTimeout: number
  /** When the last command packet was sent. Servers drop a client that sends none for 45 seconds. */
  #sentAt = 0
  /** Start of the silence; `Infinity` if the server owes no sign of life. */
  #silentSince = Infinity
  /** Number of questions since then. Retransmissions do not count, because some servers ignore them. */
  #questions = 0
  /** When the last probe was sent. */
  #probedAt = -Infinity
  /** Whether the server has answered a command of this session. */
  #hasReplied = false
  /** Share of questions without a timely reply. The newest question has the most weight. */
  #loss = INITIAL_LOSS
  /** The longest silence that a server has ended by itself, and when it ended. */
  #longestSilence = 0
  #longestSilenceAt = 0

  constructor(keepaliveInterval: number, silenceTimeout: number) {
    this.#keepaliveInterval = keepaliveInterval
    this.#silenceTimeout = silenceTimeout
  }

  /** Begins a session. `owes`: whether there are unanswered commands already. */
  begin(now: number, owes: boolean): void {
    this.#sentAt = now
    this.#silentSince = owes ? now : Infinity
    this.#questions = 0
    this.#hasReplied = false
  }

  /** Records that a command packet is sent. `isNew`: false for a retransmission. */
  sent(now: number, isNew: boolean): void {
    this.#sentAt = now
    if (this.#silentSince === Infinity) {
      this.#silentSince = now
      this.#questions = 0
    }
    if (isNew) this.#questions++
  }

  /** Records that a probe is sent. */
  probed(now: number): void {
    this.#probedAt = now
  }

  /**
   * Records a packet from the server. `isReply`: whether it is a reply to a command. `owes`: whether unanswered
   * commands remain.
   */
  heard(now: number, isReply: boolean, owes: boolean): void {
    this.#hasReplied ||= isReply
    const silence = now - this.#silentSince
    if (silence > DOUBT_AFTER) {
      this.#longestSilence = Math.max(silence, this.#rememberedSilence(now))
      this.#longestSilenceAt = now
    }
    this.#silentSince = owes ? now : Infinity
    this.#questions = 0
  }

  /** Records whether a command or its reply was lost. */
  learn(isLost: boolean): void {
    this.#loss += ((isLost ? 1 : 0) - this.#loss) * LOSS_WEIGHT
  }

  /** Records that the process was suspended. That time does not count as silence of the server. */
  stoodStill(milliseconds: number): void {
    this.#silentSince += milliseconds
    this.#probedAt += milliseconds
  }

  /** Start of the server's silence; `Infinity` if it is not silent. */
  get silentSince(): number {
    return this.#silentSince
  }

  /** The verdict now. `replyTime`: maximum time for a reply. `isDoubtful`: whether a login is requested already. */
  judge(now: number, replyTime: number, isDoubtful: boolean): Verdict {
    if (now >= this.#silentSince + this.#silenceTimeout) return "Dead"
    if (!isDoubtful && now >= this.#doubtAt(now, replyTime)) return "Doubt"
    return now >= this.#probeAt(replyTime) ? "Probe" : "Alive"
  }

  /** When a keepalive is due. */
  get keepaliveAt(): number {
    return Math.max(this.#sentAt + this.#keepaliveInterval, this.#probedAt + PROBE_AFTER)
  }

  /** When the verdict changes next, if no packet arrives until then. */
  wakeAt(now: number, replyTime: number, isDoubtful: boolean): number {
    const wakeAt = Math.min(this.#probeAt(replyTime), this.#silentSince + this.#silenceTimeout)
    // Nearly always the probe is due first. Then the probability of an accident need not be computed for each datagram.
    return isDoubtful || wakeAt <= this.#silentSince + DOUBT_AFTER
      ? wakeAt
      : Math.min(wakeAt, this.#doubtAt(now, replyTime))
  }

  #probeAt(replyTime: number): number {
    const interval = Math.max(PROBE_INTERVAL, (this.#probedAt - this.#silentSince) * PROBE_INTERVAL_SHARE)
    return Math.max(this.#silentSince + Math.max(PROBE_AFTER, replyTime), this.#probedAt + interval)
  }

  #doubtAt(now: number, replyTime: number): number {
    // The server has had no time to answer the newest question.
    const isAccident = Math.max(this.#loss, LEAST_LOSS) ** (this.#questions - 1) >= ACCIDENT
    if (isAccident) return Infinity
    const usual = this.#hasReplied ? DOUBT_AFTER : UNKNOWN_DOUBT_AFTER
    const slow = Math.max(0, replyTime - PROBE_AFTER)
    return this.#silentSince + Math.max(usual + slow, 2 * this.#rememberedSilence(now))
  }

  #rememberedSilence(now: number): number {
    return now - this.#longestSilenceAt < SILENCE_MEMORY ? this.#longestSilence : 0
  }
}
