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
 * another command: of another client, if its echo was in between, or of an earlier command of this client that was
 * given up too early. No output is better than the output of another command.
 *
 * The state, {@link Exchange}, has no clock and no fiber; {@link make} drives it.
 */
import { Alarm } from "@bercon/session/unstable"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { type CommandError, IncompleteReply } from "../../CommandError.ts"
import * as ServerEvent from "../../ServerEvent.ts"
import type { ClientSession } from "../clientSession.ts"
import { make as commandError } from "../commandError.ts"
import type { Call } from "../flavourCommands.ts"
import { sendWith } from "../outgoing.ts"
import * as Turn from "../turn.ts"

// -----------------------------------------------------------------------------
// expectations
// -----------------------------------------------------------------------------

/**
 * Whether a text belongs to the output of a command. `"Surely"`: no other kind of command has this text in its output.
 */
export type Claim = "No" | "Perhaps" | "Surely"

/** The possible output of a command. */
export interface Expectation {
  /** Whether a text can be the next message of the output, after `last`, or the first one. */
  readonly claim: (text: string, last: string | undefined) => Claim
  /**
   * Whether more messages follow these. `"Perhaps"`: at once or never. `"Likely"`: they are awaited like `"Surely"`,
   * but the output is complete if they do not arrive.
   */
  readonly pending: (texts: ReadonlyArray<string>) => "Nothing" | "Perhaps" | "Likely" | "Surely"
  /**
   * Whether the output may arrive seconds later, among the output of other commands. Otherwise it follows the echo at
   * once.
   */
  readonly late: boolean
  /**
   * Whether the command is a query: the output of an earlier execution is as good, and an unreadable text is an error.
   */
  readonly query: boolean
}

/** Removes NULs, blanks and line ends at both ends in linear time. A regular expression would take longer. */
export const trim = (text: string): string => {
  const isBlank = (index: number): boolean => text.charCodeAt(index) <= 0x20
  let end = text.length
  while (end > 0 && isBlank(end - 1)) end--
  let start = 0
  while (start < end && isBlank(start)) start++
  return text.slice(start, end)
}

/** Whether the text is no known event of the server, so that it can be the output of a command. */
export const isPlain = (text: string): boolean => isNoEvent(ServerEvent.parse(text))

const isNoEvent = ServerEvent.is("Unrecognized", "CommandResult")
const isUnrecognized = ServerEvent.is("Unrecognized")

// -----------------------------------------------------------------------------
// the state
// -----------------------------------------------------------------------------

const ECHO = "Processing Command:"

/** Maximum number of messages of one output. A longer output is incomplete. The longest known list has about twenty. */
export const MAX_TEXTS = 256

/** Maximum number of remembered commands whose output may still arrive. The oldest are forgotten. */
export const MAX_STRAYS = 32

/** Time for which they are remembered. The service that keeps the bans replies within seconds, or times out. */
export const STRAY_MILLIS = 30_000

/**
 * Time after their last message until their output counts as complete, if that is possible. Servers repeat a lost
 * message after 2 seconds.
 */
export const STRAY_QUIET_MILLIS = 3000

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
  /** Whether it takes messages: its echo has arrived, or a text that needs no echo. */
  open: boolean
  /** Number of echoes: how often the server has begun to execute the command. */
  echoes: number
  /** Whether messages are missing, and the echo may be among them. */
  echoLost: boolean
  /** Whether a message of the output may be missing. */
  torn: boolean
  /** Whether a message after the echo is missing, so that an unreadable text may be the rest of a readable output. */
  doubtful: boolean
  /** The claim on a message that another command got although this one claimed it, too. Such claims no longer count. */
  disputed: Claim
  /** When the last message of the output arrived. */
  touchedAt: number
  pending: ReturnType<Expectation["pending"]>
  texts: Array<string>
  /** Texts that are neither events nor in a known form. They are the output if no other message is. */
  unread: Array<string>
  /** As in {@link Answer}. */
  repeated: boolean
  /** Whether no more output can arrive. */
  over: boolean
}

/** A command that is no longer awaited, or a command of another client, whose output may still arrive. */
interface Stray {
  readonly command: string
  readonly expectation: Expectation
  readonly until: number
  /** The command that was in progress when this one was remembered. */
  readonly rival: Current | undefined
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

/** The output of a command, message by message. */
export interface Answer {
  readonly texts: ReadonlyArray<string>
  /**
   * Whether the server executed the command before, or may have. Then the first execution may have removed what this
   * one does not find.
   */
  readonly repeated: boolean
}

export type Outcome = Answer & { readonly _tag: "Complete" } | { readonly _tag: "Incomplete" }

/** The command in progress, and those whose output may still arrive. Times are in milliseconds. */
export class Exchange {
  readonly #expect: (command: string) => Expectation
  #current: Current | undefined
  #strays: ReadonlyArray<Stray> = []

  /** `expect` returns the possible output of a command of any client. */
  constructor(expect: (command: string) => Expectation) {
    this.#expect = expect
  }

  /** Begins a command. Its output is not awaited after `deadline`. */
  begin(command: string, expectation: Expectation, window: Window, deadline: number): void {
    this.#strays = this.#strays.filter((stray) => !(stray.expectation.query && stray.command === trim(command)))
    this.#current = {
      command: trim(command),
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
    if (!open) return this.#remember(now, current, { command, expectation, echoExpected: true })
    const complete = pending === "Nothing" || (pending === "Perhaps" && quiet)
    const owed = Math.max(1, echoes) - (complete ? 1 : 0)
    if (!expectation.late || owed === 0) return
    this.#remember(now, current, {
      command,
      expectation,
      owed,
      answered: quiet && expectation.query && isUnread(current)
    })
  }

  /** Records a command that has no output, only an echo. */
  announce(now: number, command: string): void {
    this.#remember(now, this.#current, { command: trim(command), expectation: SILENT, echoExpected: true })
  }

  /** Records that the announced command was not sent. */
  withdraw(command: string): void {
    const index = this.#strays.findIndex((stray) => stray.expectation === SILENT && stray.command === trim(command))
    this.#strays = this.#strays.filter((_, at) => at !== index)
  }

  /** Records that some messages are lost for good, or that a new session has begun. */
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
    this.#strays = this.#strays.filter((stray) => stray.until > now && !isQuiet(stray, now))
    if (text.startsWith(ECHO)) return this.#offerEcho(now, trim(text.slice(ECHO.length)))
    const current = this.#current
    const claim = current === undefined ? "No" : claimOf(current, text)
    const stray = this.#strays.find((stray) => outbids(bidOf(stray, text), claim))
    if (stray !== undefined) {
      // Both commands were in progress together and can have this text. So the next such text can belong to either,
      // too.
      if (current !== undefined && stray.rival === current && bidOf(stray, text) === claim) current.disputed = claim
      this.#leaveTo(stray, now, text)
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
    // Until the server has received the command, the session waits for it.
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
        // An action is awaited to the end, because its output may still arrive.
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
      // Output that follows its echo at once has arrived before this echo.
      this.#strays = this.#strays.filter((stray) => stray.expectation.late || stray.echoExpected)
      return true
    }
    const expected = this.#strays.find((stray) => stray.echoExpected && stray.command === command)
    if (expected === undefined) {
      this.#remember(now, current, { command, expectation: this.#expect(command) })
      return false
    }
    expected.echoExpected = false
    if (expected.expectation === SILENT) this.#forget(expected)
    return true
  }

  #leaveTo(stray: Stray, now: number, text: string): void {
    const { claim, pending } = stray.expectation
    stray.texts = claim(text, undefined) === "No" ? [...stray.texts, text].slice(-MAX_TEXTS) : [text]
    stray.touchedAt = now
    if (pending(stray.texts) !== "Nothing") return
    stray.texts = []
    if (--stray.owed === 0) this.#forget(stray)
  }

  /**
   * Keeps an unreadable text if it can belong to no other command. It is also an event, because it may be just that.
   */
  #offerUnread(now: number, current: Current, text: string): void {
    const { disputed, open, pending, unread } = current
    if (!open || pending !== "Surely" || disputed !== "No" || unread.length === MAX_TEXTS) return
    if (this.#strays.some(canHaveUnread) || !isPlain(text)) return
    unread.push(text)
    current.touchedAt = now
  }

  #taken(current: Current, now: number): void {
    current.takenAt = Math.min(current.takenAt, now)
  }

  #remember(
    now: number,
    rival: Current | undefined,
    stray: Pick<Stray, "command" | "expectation"> & Partial<Stray>
  ): void {
    this.#strays = [
      ...this.#strays,
      {
        echoExpected: false,
        answered: false,
        owed: 1,
        ...stray,
        rival,
        until: now + STRAY_MILLIS,
        texts: [],
        touchedAt: now
      }
    ].slice(-MAX_STRAYS)
  }

  #forget(stray: Stray): void {
    this.#strays = this.#strays.filter((other) => other !== stray)
  }
}

/** The expectation of a command without output. */
export const SILENT: Expectation = { claim: () => "No", pending: () => "Nothing", late: false, query: false }

/** Whether the output may consist of unreadable texts. */
const isUnread = ({ doubtful, unread }: Current): boolean => unread.length > 0 && !doubtful

/** Whether an unreadable text can be the output of this command. No output precedes its echo. */
const canHaveUnread = ({ answered, echoExpected, expectation }: Stray): boolean =>
  !answered && (expectation.late || !echoExpected)

const claimOf = ({ disputed, echoLost, expectation, open, pending, texts }: Current, text: string): Claim => {
  if (open ? pending === "Nothing" : !echoLost) return "No"
  const claim = expectation.claim(text, texts.at(-1))
  const needed = open && disputed === "No" ? "Perhaps" : "Surely"
  return disputed !== "Surely" && (claim === "Surely" || claim === needed) ? claim : "No"
}

/** Whether the output has begun, may be complete, and has had no more messages for a while. */
const isQuiet = ({ echoExpected, expectation, owed, texts, touchedAt }: Stray, now: number): boolean =>
  !echoExpected && owed === 1 && texts.length > 0 && now >= touchedAt + STRAY_QUIET_MILLIS &&
  expectation.pending(texts) !== "Surely"

const bidOf = ({ echoExpected, expectation, texts }: Stray, text: string): Claim => {
  const { claim, late, pending } = expectation
  if (echoExpected && !late) return "No"
  const claims = new Set([claim(text, undefined), claim(text, texts.at(-1))])
  if (claims.has("Surely")) return "Surely"
  // Output that can arrive at any time is recognised only by texts that no other command has.
  if (late) return "No"
  // Output that follows its echo at once can also have an unknown form.
  const isReply = texts.length === 0 && pending([]) !== "Nothing" && isUnrecognized(ServerEvent.parse(text))
  return claims.has("Perhaps") || isReply ? "Perhaps" : "No"
}

/** Whether a stray's bid for a text is better than the current command's claim. */
const outbids = (bid: Claim, claim: Claim): boolean => bid === "Surely" || (bid === "Perhaps" && claim !== "Surely")

// -----------------------------------------------------------------------------
// the driver
// -----------------------------------------------------------------------------

export interface Driver {
  /**
   * Sends a command when its turn comes, and returns its output. If the server puts text into the reply itself, as
   * BattlEye servers do, that text is the output.
   */
  readonly send: (command: string, expectation: Expectation, call: Call) => Effect.Effect<Answer, CommandError>
  readonly offer: (text: string) => boolean
  readonly gap: () => void
  /** A new session has begun. */
  readonly restart: () => void
  /** No more messages will arrive. */
  readonly close: () => void
}

/** The clock, and the context of the alarm's fiber. */
export interface Runtime {
  readonly now: () => number
  readonly context: Context.Context<never>
}

export const make = (
  session: ClientSession,
  window: Window,
  expect: (command: string) => Expectation,
  { context, now }: Runtime
): Driver => {
  const exchange = new Exchange(expect)
  const turn = Turn.make()
  const changed = Latch.makeUnsafe(false)
  const alarm = new Alarm(context, {
    wakeAt: () => exchange.wakeAt,
    ring: () => {
      changed.openUnsafe()
      return undefined
    }
  })
  let closed = false

  const outcome = Effect.gen(function*() {
    while (true) {
      const outcome = exchange.outcome(now())
      if (outcome !== undefined) return outcome
      if (closed) return { _tag: "Incomplete" } as const
      changed.closeUnsafe()
      alarm.reset()
      yield* changed.await
    }
  })

  /** Begins to wait for the output. `confirmWithin` limits the output alone, and may end after the call's deadline. */
  const begin = (command: string, expectation: Expectation, { confirmWithin, deadline }: Call): void =>
    confirmWithin === undefined
      ? exchange.begin(command, expectation, window, deadline)
      : exchange.begin(command, expectation, { ...window, longest: Duration.toMillis(confirmWithin) }, Infinity)

  /** Sends a command, and returns when its output is complete, even if the acknowledgement is lost. */
  const converse = (command: string, expectation: Expectation, call: Call): Effect.Effect<Answer, CommandError> =>
    sendWith(command, call, (options) => {
      begin(command, expectation, call)
      let settled = false
      const reply = session.command(command, options).pipe(
        Effect.matchEffect({
          onFailure: (error) => {
            // The server has received the command. Its messages decide, or their absence.
            if (error.reason._tag === "NoReply" && exchange.taken) return Effect.never
            settled = error.execution === "NotExecuted"
            return Effect.fail(error)
          },
          onSuccess: (reply) => {
            settled = reply.trim() !== ""
            if (settled) return Effect.succeed<Answer>({ texts: [reply], repeated: false })
            exchange.acknowledged(now())
            changed.openUnsafe()
            return Effect.never
          }
        })
      )
      const messages = Effect.flatMap(
        outcome,
        (outcome) =>
          outcome._tag === "Complete"
            ? Effect.succeed<Answer>(outcome)
            : Effect.fail(commandError(command, new IncompleteReply({ missing: 1, total: 1 })))
      )
      return Effect.raceFirst(reply, messages).pipe(
        Effect.ensuring(Effect.sync(() => exchange.end(now(), settled)))
      )
    })

  /** Sends a command without output. It takes no turn, because its messages cannot be confused with others. */
  const announce = (command: string, call: Call): Effect.Effect<Answer, CommandError> =>
    sendWith(command, call, (options) => {
      exchange.announce(now(), command)
      return session.command(command, options).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error.execution === "NotExecuted") exchange.withdraw(command)
          })
        ),
        Effect.map((reply): Answer => ({ texts: [reply], repeated: false }))
      )
    })

  return {
    send: (command, expectation, call) =>
      expectation.pending([]) === "Nothing"
        ? announce(command, call)
        : turn(command, call.deadline, converse(command, expectation, call)),
    offer: (text) => {
      const taken = exchange.offer(now(), text)
      changed.openUnsafe()
      return taken
    },
    gap: () => exchange.gap(),
    restart: () => {
      exchange.restart()
      changed.openUnsafe()
    },
    close: () => {
      closed = true
      alarm.stop()
      changed.openUnsafe()
    }
  }
}
