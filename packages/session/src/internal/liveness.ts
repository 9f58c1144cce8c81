/**
 * Judges whether the server is there, and when to ask.
 *
 * A server that was sent a command owes a sign of life: any packet. While it owes one, it is *silent*. The longer the
 * silence, the stronger the measure:
 *
 * | silent for                | verdict | what to do                                                               |
 * | ------------------------- | ------- | ------------------------------------------------------------------------ |
 * | {@link PROBE_AFTER}       | `Probe` | send an empty command, and another from time to time                     |
 * | {@link DOUBT_AFTER}       | `Doubt` | ask for a login as well: the server may have restarted and forgotten us  |
 * | the silence timeout       | `Dead`  | count the session as lost                                                |
 *
 * If a reply may take longer than {@link PROBE_AFTER}, the difference is added to each but the last.
 *
 * `Doubt` also requires that the line loses so many questions in a row, or their replies, less than once in a million times.
 * That takes three questions at 1 % loss, and twenty at 50 %.
 *
 * A server that was silent and came back by itself, as one does that loads a mission, is given twice that time before it
 * is doubted again. One that has not answered any command of this session is given {@link UNKNOWN_DOUBT_AFTER}: how long
 * it takes for a command is not known yet.
 *
 * Times are in milliseconds.
 */

/** After how much silence the machine sends probes. */
export const PROBE_AFTER = 1000
/** How much time lies between two probes at least. */
export const PROBE_GAP = 150
/** The same as a share of the silence, so that a long one does not use up the sequence numbers. */
const PROBE_GAP_SHARE = 1 / 16
/** The least silence after which a login is asked for. */
export const DOUBT_AFTER = 2500
/** The same for a server that has not answered any command yet. */
export const UNKNOWN_DOUBT_AFTER = 8000
/** How unlikely it must be that a living server is silent for so many questions. */
export const ACCIDENT = 1e-6
/** The share of questions that count as lost before anything is known of the line. */
export const INITIAL_LOSS = 0.3
/** The least share that is assumed, also for a line that has lost nothing yet. */
export const LEAST_LOSS = 0.01
/** The weight of the newest question in that share. */
const LOSS_WEIGHT = 1 / 16
/** For how long a silence that ended by itself is remembered. */
export const SILENCE_MEMORY = 3_600_000

export type Verdict = "Alive" | "Probe" | "Doubt" | "Dead"

export class Liveness {
  readonly #keepaliveInterval: number
  readonly #silenceTimeout: number
  /** When the last command packet was sent: servers drop a client that sends none for 45 seconds. */
  #sentAt = 0
  /** Since when the server has owed a sign of life; `Infinity` if it owes none. */
  #silentSince = Infinity
  /** How many new commands it was sent since then. A repetition does not count: some servers ignore those. */
  #questions = 0
  /** When the last probe was sent. */
  #probedAt = -Infinity
  /** Whether it has answered a command of this session. */
  #hasReplied = false
  /** The share of questions that got no reply in time, the newest with the most weight. */
  #loss = INITIAL_LOSS
  /** The longest silence that a server has ended by itself, and when that was. */
  #longestSilence = 0
  #longestSilenceAt = 0

  constructor(keepaliveInterval: number, silenceTimeout: number) {
    this.#keepaliveInterval = keepaliveInterval
    this.#silenceTimeout = silenceTimeout
  }

  /** Begins with a session. `owes`: whether there are commands already that it has not answered. */
  begin(now: number, owes: boolean): void {
    this.#sentAt = now
    this.#silentSince = owes ? now : Infinity
    this.#questions = 0
    this.#hasReplied = false
  }

  /** Records a command packet that goes out. `isNew`: whether its number is new. */
  sent(now: number, isNew: boolean): void {
    this.#sentAt = now
    if (this.#silentSince === Infinity) {
      this.#silentSince = now
      this.#questions = 0
    }
    if (isNew) this.#questions++
  }

  /** Records that a probe goes out. */
  probed(now: number): void {
    this.#probedAt = now
  }

  /**
   * Records a packet from the server. `isReply`: whether it is a reply to a command. `owes`: whether there are commands that
   * it has not answered.
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

  /** Records that the process stood still for a while: that was not the server's silence. */
  stoodStill(milliseconds: number): void {
    this.#silentSince += milliseconds
    this.#probedAt += milliseconds
  }

  /** Since when the server has been silent; `Infinity` if it is not. */
  get silentSince(): number {
    return this.#silentSince
  }

  /** `replyTime`: how long a reply may take. `isDoubtful`: whether a login is asked for already. */
  judge(now: number, replyTime: number, isDoubtful: boolean): Verdict {
    if (now >= this.#silentSince + this.#silenceTimeout) return "Dead"
    if (!isDoubtful && now >= this.#doubtAt(now, replyTime)) return "Doubt"
    return now >= this.#probeAt(replyTime) ? "Probe" : "Alive"
  }

  /** When a keepalive is due. */
  get keepaliveAt(): number {
    return Math.max(this.#sentAt + this.#keepaliveInterval, this.#probedAt + PROBE_AFTER)
  }

  /** When the verdict changes next, if nothing is heard until then. */
  wakeAt(now: number, replyTime: number, isDoubtful: boolean): number {
    const wakeAt = Math.min(this.#probeAt(replyTime), this.#silentSince + this.#silenceTimeout)
    // Nearly always the probe comes first. What is said about accidents need not be computed for each datagram then.
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it saves a power
    return isDoubtful || wakeAt <= this.#silentSince + DOUBT_AFTER
      ? wakeAt
      : Math.min(wakeAt, this.#doubtAt(now, replyTime))
  }

  #probeAt(replyTime: number): number {
    const gap = Math.max(PROBE_GAP, (this.#probedAt - this.#silentSince) * PROBE_GAP_SHARE)
    return Math.max(this.#silentSince + Math.max(PROBE_AFTER, replyTime), this.#probedAt + gap)
  }

  #doubtAt(now: number, replyTime: number): number {
    // The newest question has had no time to be answered.
    // Stryker disable next-line EqualityOperator: exactly one in a million does not occur
    const isAccident = Math.max(this.#loss, LEAST_LOSS) ** (this.#questions - 1) > ACCIDENT
    if (isAccident) return Infinity
    const usual = this.#hasReplied ? DOUBT_AFTER : UNKNOWN_DOUBT_AFTER
    const slow = Math.max(0, replyTime - PROBE_AFTER)
    return this.#silentSince + Math.max(usual + slow, 2 * this.#rememberedSilence(now))
  }

  #rememberedSilence(now: number): number {
    return now - this.#longestSilenceAt < SILENCE_MEMORY ? this.#longestSilence : 0
  }
}
