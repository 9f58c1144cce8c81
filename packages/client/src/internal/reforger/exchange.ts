/**
 * Finds the messages that are the output of a command. Arma Reforger's own RCON does not mark them.
 *
 * ```text
 * <- #players
 * -> (the reply: empty)
 * -> Processing Command: #players
 * -> Players on server: ...
 * ```
 *
 * Only one command is in progress at a time. It takes messages from its echo on, until they contain the end of its
 * output, or until the server has sent nothing for a while. It does not take a message that can be the output of
 * another command: a command of another client whose echo came in between, or an earlier command of this client that
 * was given up too early. No output is better than the output of another command.
 *
 * It has no clock and no fiber; `driver.ts` drives it.
 */
import { trimBlanks } from "../patterns.ts"
import { type Claim, type Expectation, isPlain, MAX_TEXTS, SILENT } from "./expectation.ts"
import { Strays } from "./strays.ts"

const ECHO = "Processing Command:"

/** A `ReplyWindow` in milliseconds. */
export interface Window {
  readonly first: number
  readonly quiet: number
  readonly longest: number
}

/** The output that has arrived since the last echo. */
interface Output {
  /** Whether more messages follow. `"Echo"`: neither the echo has arrived, nor a text that is certainly output. */
  pending: "Echo" | ReturnType<Expectation["pending"]>
  texts: Array<string>
  /** Texts that are neither events nor in a known form. They count as output if no message in a known form follows. */
  unread: Array<string>
  /** Whether a message of the output may be missing. */
  torn: boolean
  /** When the echo or the last message of the output arrived. */
  touchedAt: number
}

/** The command in progress. */
interface Current extends Output {
  readonly command: string
  readonly expectation: Expectation
  readonly window: Window
  /** Its output is not awaited after this time. */
  deadline: number
  /** When the server first showed that it has received the command. */
  takenAt: number
  /** How often the server has begun to execute the command in this session, or may have: an echo may be lost. */
  executions: number
  /** As in {@link Answer}. */
  repeated: boolean
  /** The claim with which it lost a message to another command. From then on claims of this kind do not count. */
  disputed: Claim
}

/** The output of a command, message by message. */
export interface Answer {
  readonly texts: ReadonlyArray<string>
  /**
   * Whether the server has executed the command twice, or may have. Then the first execution may have removed a player
   * or ban that the second one does not find.
   */
  readonly repeated: boolean
}

export type Outcome = Answer & { readonly _tag: "Complete" } | { readonly _tag: "Incomplete" }

/** The command in progress, and those whose output may still arrive. Times are in milliseconds. */
export class Exchange {
  readonly #expect: (command: string) => Expectation
  #current: Current | undefined
  readonly #strays = new Strays()

  /** `expect` returns the possible output of a command of any client. */
  constructor(expect: (command: string) => Expectation) {
    this.#expect = expect
  }

  /** Begins a command. Its output is not awaited after `deadline`. */
  begin(command: string, expectation: Expectation, window: Window, deadline: number): void {
    const name = trimBlanks(command)
    this.#strays.supersede(name)
    this.#current = {
      command: name,
      expectation,
      window,
      deadline,
      takenAt: Infinity,
      executions: 0,
      repeated: false,
      disputed: "No",
      ...noOutput("Echo", Infinity)
    }
  }

  /** Records that the server has acknowledged the command. */
  acknowledged(now: number): void {
    if (this.#current !== undefined) take(this.#current, now)
  }

  /** Ends the wait for the command. `settled`: no output can arrive, or the command was never sent. */
  end(now: number, settled: boolean): void {
    const current = this.#current
    this.#current = undefined
    if (current === undefined || settled) return
    const { command, executions, expectation, pending, texts, touchedAt } = current
    const quiet = now >= wakeAt(current)
    const complete = pending === "Nothing" || (pending === "Perhaps" && quiet)
    const owed = Math.max(1, executions) - (complete ? 1 : 0)
    if (owed === 0) return
    this.#strays.remember(now, {
      command,
      expectation,
      echoExpected: executions === 0,
      owed,
      answered: quiet && expectation.query && isUnread(current),
      ...(!complete && { texts, touchedAt })
    })
  }

  /** Records a command that has no output, only an echo. */
  announce(now: number, command: string): void {
    this.#strays.remember(now, { command: trimBlanks(command), expectation: SILENT, echoExpected: true })
  }

  /** Records that the announced command was not sent. */
  withdraw(command: string): void {
    this.#strays.withdraw(trimBlanks(command))
  }

  /** Records that some messages are lost for good. */
  gap(): void {
    this.#strays.gap()
    const current = this.#current
    if (current === undefined) return
    if (current.pending === "Echo") {
      // The echo may be missing. If another one arrives, it may be from a second execution.
      current.executions = 1
      current.repeated = true
    } else current.torn = true
  }

  /** Records that a new session has begun. In it the server sends no output of commands from the previous one. */
  restart(): void {
    this.gap()
    const current = this.#current
    if (current === undefined) return
    // A command that the server has not received is sent again.
    if (current.takenAt < Infinity) current.deadline = -Infinity
    else current.executions = 0
  }

  /**
   * Offers a message of the server. Returns `true` if it belongs to a command of this client, and so is not an event.
   */
  offer(now: number, text: string): boolean {
    this.#strays.expire(now)
    if (text.startsWith(ECHO)) return this.#offerEcho(now, trimBlanks(text.slice(ECHO.length)))
    const current = this.#current
    const claim = claimOf(current, text)
    const better = this.#strays.bidder(text, claim)
    if (better !== undefined) {
      const { bid, stray } = better
      // Both commands were in progress together, and either can have this text as output. So the next text with the
      // same claim can belong to either, too.
      if (bid === claim && stray.rival !== undefined) stray.rival.disputed = claim
      this.#strays.give(stray, now, text)
      return false
    }
    if (current === undefined) return false
    if (claim === "No") {
      this.#offerUnread(now, current, text)
      return false
    }
    if (current.texts.length === MAX_TEXTS) {
      current.torn = true
      return false
    }
    take(current, now)
    // The text is known to be the first one, so the missing messages came before the output.
    if (current.pending === "Surely" && claim === "Surely") current.torn = false
    current.touchedAt = now
    current.texts.push(text)
    current.unread = []
    current.pending = current.expectation.pending(current.texts)
    return true
  }

  /** Whether the server has shown that it has received the command. */
  get taken(): boolean {
    return this.#current !== undefined && this.#current.takenAt < Infinity
  }

  /** When to call {@link outcome}, unless an input comes before. */
  get wakeAt(): number {
    return this.#current === undefined ? Infinity : wakeAt(this.#current)
  }

  /** The outcome of the command, as soon as it is certain. */
  outcome(now: number): Outcome | undefined {
    const current = this.#current
    if (current === undefined || now < wakeAt(current)) return undefined
    const { disputed, pending, repeated, texts, torn, unread } = current
    if (isUnread(current)) return { _tag: "Complete", texts: [...texts, ...unread], repeated }
    const whole = !torn && (texts.length > 0 || disputed === "No")
    return pending === "Nothing" || ((pending === "Perhaps" || pending === "Likely") && whole)
      ? { _tag: "Complete", texts, repeated }
      : { _tag: "Incomplete" }
  }

  #offerEcho(now: number, command: string): boolean {
    const current = this.#current
    if (current?.command === command) {
      take(current, now)
      current.executions++
      const { pending, texts, torn } = current
      if (pending === "Perhaps" && texts.length > 0 && !torn) {
        // The server executes the command a second time, so the output of the first execution is complete.
        current.pending = "Nothing"
      } else if (pending !== "Nothing") {
        if (current.executions > 1) current.repeated = true
        Object.assign(current, noOutput(current.expectation.pending([]), now))
      }
      this.#strays.overtake()
      return true
    }
    if (this.#strays.takeEcho(command)) return true
    this.#strays.remember(now, { command, expectation: this.#expect(command), rival: current })
    return false
  }

  /**
   * Keeps an unreadable text if it can belong to no other command. It is published as an event nevertheless, because it
   * may be one.
   */
  #offerUnread(now: number, current: Current, text: string): void {
    const { disputed, pending, unread } = current
    if (pending !== "Surely" || disputed !== "No" || unread.length === MAX_TEXTS) return
    if (this.#strays.canHaveUnread || !isPlain(text)) return
    unread.push(text)
    current.touchedAt = now
  }
}

const noOutput = (pending: Output["pending"], touchedAt: number): Output => ({
  pending,
  texts: [],
  unread: [],
  torn: false,
  touchedAt
})

/** Records that the server has received the command. */
const take = (current: Current, now: number): void => {
  current.takenAt = Math.min(current.takenAt, now)
}

const wakeAt = (current: Current): number => {
  const { deadline, pending, takenAt, window } = current
  if (pending === "Nothing") return -Infinity
  // Until the server has shown that it has received the command, only the session's timeout counts.
  const end = takenAt === Infinity ? Infinity : Math.min(takenAt + window.longest, deadline)
  return Math.min(end, current.touchedAt + patience(current))
}

/** The time after the last message until the output counts as complete. */
const patience = (current: Current): number => {
  const { expectation, pending, texts, window } = current
  if (pending === "Perhaps") return texts.length === 0 ? window.first : window.quiet
  // Unread texts do not end the wait for an action: its result may still follow.
  if (!expectation.query || !isUnread(current)) return Infinity
  return Math.max(window.quiet, expectation.late ? window.first : 0)
}

/** Whether the output may consist of unreadable texts, and not of the rest of a readable output. */
const isUnread = ({ torn, unread }: Current): boolean => unread.length > 0 && !torn

/** The claim of the command in progress on a text. */
const claimOf = (current: Current | undefined, text: string): Claim => {
  if (current === undefined || current.pending === "Nothing") return "No"
  const { disputed, executions, expectation, pending, texts } = current
  const claim = expectation.claim(text, texts.at(-1))
  if (pending === "Echo" && !(executions > 0 && claim === "Surely")) return "No"
  return disputed === "No" || (claim === "Surely" && disputed !== "Surely") ? claim : "No"
}
