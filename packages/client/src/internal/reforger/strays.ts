/**
 * The commands whose output may still arrive although it is not awaited: commands of this client that were given up,
 * and commands of other clients.
 *
 * Each of them bids for every message: it states how well the message fits its output. So the command in progress does
 * not take the output of another.
 */
import * as ServerEvent from "../../ServerEvent.ts"
import { type Claim, type Expectation, MAX_TEXTS, SILENT } from "./expectation.ts"

/** Maximum number of remembered commands. The oldest are forgotten. */
export const MAX_STRAYS = 32

/** Time for which a command is remembered. The service that keeps the bans replies within seconds, or times out. */
export const STRAY_MILLIS = 30_000

/**
 * Time after the last message of an output until that output counts as complete, unless it is certain that more messages
 * follow. Servers repeat a lost message after 2 seconds.
 */
export const STRAY_QUIET_MILLIS = 3000

/** How well a text fits the output of a remembered command. */
type Bid = Exclude<Claim, "No">

/** A command in progress. */
interface Rival {
  /** The claim with which it lost a message to another command. */
  disputed: Claim
}

export interface Stray {
  readonly command: string
  readonly expectation: Expectation
  readonly until: number
  /** For a command of another client: the command of this client that was in progress when the echo arrived. */
  readonly rival: Rival | undefined
  /** Whether unreadable texts were taken for its output. */
  readonly answered: boolean
  /** Whether its echo is taken when it arrives. */
  echoExpected: boolean
  /** Number of executions whose output is not complete. */
  owed: number
  /** The messages of the current output. */
  texts: ReadonlyArray<string>
  /** When the last of them arrived. */
  touchedAt: number
}

/** The remembered commands. Times are in milliseconds. */
export class Strays {
  #all: ReadonlyArray<Stray> = []

  /** Remembers a command. A command without output is remembered only until its echo arrives. */
  remember(now: number, stray: Pick<Stray, "command" | "expectation"> & Partial<Stray>): void {
    if (stray.expectation === SILENT && stray.echoExpected !== true) return
    this.#all = [
      ...this.#all,
      {
        rival: undefined,
        echoExpected: false,
        answered: false,
        owed: 1,
        texts: [],
        touchedAt: Infinity,
        ...stray,
        until: now + STRAY_MILLIS
      }
    ].slice(-MAX_STRAYS)
  }

  /** Forgets a query that is sent again. Its late output is as good as the new one. */
  supersede(command: string): void {
    this.#all = this.#all.filter((stray) => !(stray.expectation.query && stray.command === command))
  }

  /** Forgets a command that was remembered before it was sent, and then was not sent. */
  withdraw(command: string): void {
    this.#forget(this.#expected(command))
  }

  /** Forgets the commands whose output is complete, or has not arrived in time. */
  expire(now: number): void {
    this.#all = this.#all.filter((stray) => stray.until > now && !isQuiet(stray, now))
  }

  /** The echo of a later command has arrived: forgets the commands whose output follows their echo at once. */
  overtake(): void {
    this.#all = this.#all.filter((stray) => stray.expectation.late || stray.echoExpected)
  }

  /** Messages are lost for good, and expected echoes may be among them. Then the output of their commands follows. */
  gap(): void {
    for (const stray of this.#all) {
      if (stray.expectation !== SILENT) stray.echoExpected = false
    }
  }

  /** Takes an echo. Returns whether it was expected, and so is not an event. */
  takeEcho(command: string): boolean {
    const expected = this.#expected(command)
    if (expected === undefined) return false
    expected.echoExpected = false
    if (expected.expectation === SILENT) this.#forget(expected)
    return true
  }

  /** Returns the first command whose bid for a text is at least as good as the claim of the command in progress. */
  bidder(text: string, claim: Claim): { readonly stray: Stray; readonly bid: Bid } | undefined {
    for (const stray of this.#all) {
      const bid = bidOf(stray, text)
      if (bid === "Surely" || (bid === "Perhaps" && claim !== "Surely")) return { stray, bid }
    }
    return undefined
  }

  /** Adds a text to the output of a command. */
  give(stray: Stray, now: number, text: string): void {
    const { claim, pending } = stray.expectation
    stray.texts = claim(text, undefined) === "No" ? [...stray.texts, text].slice(-MAX_TEXTS) : [text]
    stray.touchedAt = now
    if (pending(stray.texts) !== "Nothing") return
    stray.texts = []
    if (--stray.owed === 0) this.#forget(stray)
  }

  /**
   * Whether an unreadable text can be the output of a remembered command. Only output that can arrive at any time can
   * precede its echo.
   */
  get canHaveUnread(): boolean {
    return this.#all.some(({ answered, echoExpected, expectation }) => !answered && (expectation.late || !echoExpected))
  }

  /** The first command with this text whose echo is expected. */
  #expected(command: string): Stray | undefined {
    return this.#all.find((stray) => stray.echoExpected && stray.command === command)
  }

  #forget(stray: Stray | undefined): void {
    this.#all = this.#all.filter((other) => other !== stray)
  }
}

/** Whether the output may be complete, and has had no more messages for a while. */
const isQuiet = ({ echoExpected, expectation, owed, texts, touchedAt }: Stray, now: number): boolean =>
  !echoExpected && owed === 1 && now >= touchedAt + STRAY_QUIET_MILLIS &&
  expectation.pending(texts) !== "Surely"

const isUnrecognized = ServerEvent.is("Unrecognized")

/** The bid of a command for a text; `undefined` if the text cannot be its output. */
const bidOf = ({ echoExpected, expectation, texts }: Stray, text: string): Bid | undefined => {
  const { claim, late } = expectation
  if (echoExpected && !late) return undefined
  const claims = new Set([claim(text, undefined), claim(text, texts.at(-1))])
  if (claims.has("Surely")) return "Surely"
  // Output that can arrive at any time is recognised only by texts that no other command outputs.
  if (late) return undefined
  // Output that follows its echo at once can also have an unknown form.
  const isReply = texts.length === 0 && isUnrecognized(ServerEvent.parse(text))
  return claims.has("Perhaps") || isReply ? "Perhaps" : undefined
}
