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

/** The command in progress. */
interface Current {
  readonly command: string
  readonly expectation: Expectation
  readonly window: Window
  readonly deadline: number
  /** When the server first showed that it has received the command. */
  takenAt: number
  /** Whether it takes messages: its echo has arrived, or a text that is certainly its output. */
  open: boolean
  /** Number of echoes: how often the server has begun to execute the command. */
  echoes: number
  /** Whether messages are missing, and the echo may be among them. */
  echoLost: boolean
  /** Whether a message of the output may be missing. */
  torn: boolean
  /** Whether a message after the echo is missing, so that an unreadable text may be the rest of a readable output. */
  doubtful: boolean
  /** The claim with which it lost a message to another command. From then on claims of this kind do not count. */
  disputed: Claim
  /** When the echo or the last message of the output arrived. */
  touchedAt: number
  pending: ReturnType<Expectation["pending"]>
  texts: Array<string>
  /** Texts that are neither events nor in a known form. They count as output if no message in a known form follows. */
  unread: Array<string>
  /** As in {@link Answer}. */
  repeated: boolean
  /** Whether no more output can arrive. */
  over: boolean
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
      open: false,
      echoes: 0,
      echoLost: false,
      torn: false,
      doubtful: false,
      disputed: "No",
      touchedAt: -Infinity,
      pending: "Surely",
      texts: [],
      unread: [],
      repeated: false,
      over: false
    }
  }

  /** Records that the server has acknowledged the command. */
  acknowledged(now: number): void {
    if (this.#current !== undefined) this.#taken(this.#current, now)
  }

  /** Ends the wait for the command. `settled`: no output can arrive, or the command was never sent. */
  end(now: number, settled: boolean): void {
    const current = this.#current
    const quiet = now >= this.wakeAt
    this.#current = undefined
    if (current === undefined || settled) return
    const { command, echoes, expectation, open, pending } = current
    if (!open) return this.#strays.remember(now, current, { command, expectation, echoExpected: true })
    const complete = pending === "Nothing" || (pending === "Perhaps" && quiet)
    const owed = Math.max(1, echoes) - (complete ? 1 : 0)
    if (!expectation.late || owed === 0) return
    this.#strays.remember(now, current, {
      command,
      expectation,
      owed,
      answered: quiet && expectation.query && isUnread(current)
    })
  }

  /** Records a command that has no output, only an echo. */
  announce(now: number, command: string): void {
    this.#strays.remember(now, this.#current, {
      command: trimBlanks(command),
      expectation: SILENT,
      echoExpected: true
    })
  }

  /** Records that the announced command was not sent. */
  withdraw(command: string): void {
    this.#strays.withdraw(trimBlanks(command))
  }

  /** Records that some messages are lost for good. */
  gap(): void {
    const current = this.#current
    if (current === undefined) return
    if (!current.open) current.echoLost = true
    else {
      current.doubtful = true
      if (current.texts.length > 0 || current.pending !== "Surely") current.torn = true
    }
  }

  /** Records that a new session has begun. In it the server sends no output of commands from the previous one. */
  restart(): void {
    this.gap()
    const current = this.#current
    if (current !== undefined && current.takenAt !== Infinity) current.over = true
  }

  /**
   * Offers a message of the server. Returns `true` if it belongs to a command of this client, and so is not an event.
   */
  offer(now: number, text: string): boolean {
    this.#strays.expire(now)
    if (text.startsWith(ECHO)) return this.#offerEcho(now, trimBlanks(text.slice(ECHO.length)))
    const current = this.#current
    const claim = current === undefined ? "No" : claimOf(current, text)
    const better = this.#strays.bidder(text, claim)
    if (better !== undefined) {
      const { bid, stray } = better
      // Both commands were in progress together, and either can have this text as output. So the next text with the
      // same claim can belong to either, too.
      if (current !== undefined && stray.rival === current && bid === claim) current.disputed = claim
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
    this.#taken(current, now)
    current.open = true
    current.touchedAt = now
    current.texts.push(text)
    current.unread = []
    current.repeated = current.echoes > 1 || current.echoLost
    current.pending = current.expectation.pending(current.texts)
    return true
  }

  /** Whether the server has shown that it has received the command. */
  get taken(): boolean {
    return this.#current !== undefined && this.#current.takenAt < Infinity
  }

  /** When to call {@link outcome}, unless an input comes before. */
  get wakeAt(): number {
    const current = this.#current
    if (current === undefined) return Infinity
    const { deadline, expectation, open, over, pending, takenAt, texts, touchedAt, window } = current
    if (over) return -Infinity
    // Until the server has shown that it has received the command, only the session's timeout counts.
    const end = takenAt === Infinity ? Infinity : Math.min(takenAt + window.longest, deadline)
    if (!open) return end
    switch (pending) {
      case "Nothing":
        return -Infinity
      case "Perhaps":
        return Math.min(end, touchedAt + (texts.length === 0 ? window.first : window.quiet))
      case "Likely":
        return end
      case "Surely": {
        // Unread texts do not end the wait for an action: its result may still follow.
        if (!expectation.query || !isUnread(current)) return end
        return Math.min(end, touchedAt + Math.max(window.quiet, expectation.late ? window.first : 0))
      }
    }
  }

  /** The outcome of the command, as soon as it is certain. */
  outcome(now: number): Outcome | undefined {
    const current = this.#current
    if (current === undefined || now < this.wakeAt) return undefined
    const { disputed, echoes, open, pending, repeated, texts, torn, unread } = current
    if (open && pending === "Surely" && isUnread(current)) {
      return { _tag: "Complete", texts: [...texts, ...unread], repeated: echoes > 1 }
    }
    const whole = !torn && (texts.length > 0 || disputed === "No")
    return open && (pending === "Nothing" || (pending !== "Surely" && whole))
      ? { _tag: "Complete", texts, repeated }
      : { _tag: "Incomplete" }
  }

  #offerEcho(now: number, command: string): boolean {
    const current = this.#current
    if (current?.command === command) {
      this.#taken(current, now)
      current.echoes++
      const { open, pending, texts, torn } = current
      if (open && pending === "Perhaps" && texts.length > 0 && !torn) {
        // The server executes the command a second time, so the output of the first execution is complete.
        current.pending = "Nothing"
      } else if (pending !== "Nothing" || !open) {
        if (!open) current.disputed = "No"
        current.open = true
        current.torn = false
        current.doubtful = false
        current.touchedAt = now
        current.texts = []
        current.unread = []
        current.pending = current.expectation.pending([])
      }
      this.#strays.overtake()
      return true
    }
    if (this.#strays.takeEcho(command)) return true
    this.#strays.remember(now, current, { command, expectation: this.#expect(command) })
    return false
  }

  /**
   * Keeps an unreadable text if it can belong to no other command. It is published as an event nevertheless, because it
   * may be one.
   */
  #offerUnread(now: number, current: Current, text: string): void {
    const { disputed, open, pending, unread } = current
    if (!open || pending !== "Surely" || disputed !== "No" || unread.length === MAX_TEXTS) return
    if (this.#strays.canHaveUnread || !isPlain(text)) return
    unread.push(text)
    current.touchedAt = now
  }

  #taken(current: Current, now: number): void {
    current.takenAt = Math.min(current.takenAt, now)
  }
}

/** Whether the output may consist of unreadable texts. */
const isUnread = ({ doubtful, unread }: Current): boolean => unread.length > 0 && !doubtful

/** The claim of the command in progress on a text. */
const claimOf = ({ disputed, echoLost, expectation, open, pending, texts }: Current, text: string): Claim => {
  if (open ? pending === "Nothing" : !echoLost) return "No"
  const claim = expectation.claim(text, texts.at(-1))
  const needed = open && disputed === "No" ? "Perhaps" : "Surely"
  return disputed !== "Surely" && (claim === "Surely" || claim === needed) ? claim : "No"
}
