/**
 * Finds the messages that are the reply to a command. Arma Reforger's own RCON does not mark them.
 *
 * ```text
 * <- #players
 * -> (the reply: empty)
 * -> Processing Command: #players
 * -> Players on server: ...
 * ```
 *
 * Only one command is out at a time. It takes messages from its echo on, until they show the end of its reply, or the
 * server has been quiet for a while. It does not take a message that can be the reply to another command: to one of another
 * client whose echo came in between, or to one of this client that was given up too early. No reply is better than the
 * reply to another command.
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

/** Whether a text belongs to the reply to a command. `"Surely"`: no other kind of command has this text in its reply. */
export type Claim = "No" | "Perhaps" | "Surely"

/** What can be the reply to a command. */
export interface Expectation {
  /** Whether a text can be the next message of the reply, behind `last`, or the first one. */
  readonly claim: (text: string, last: string | undefined) => Claim
  /**
   * Whether more messages follow these. `"Perhaps"`: at once or never. `"Likely"`: they are waited for as for `"Surely"`, but
   * the reply is complete if they do not come.
   */
  readonly pending: (texts: ReadonlyArray<string>) => "Nothing" | "Perhaps" | "Likely" | "Surely"
  /** Whether the reply may come seconds later, among the replies to other commands. Otherwise it follows the echo at once. */
  readonly late: boolean
  /** Whether the command only asks: a reply to an earlier run is as good, and a text that cannot be read is an error. */
  readonly query: boolean
}

/** The text without NUL, blanks and line ends at both ends. Takes linear time, which a pattern for the end would not. */
export const trim = (text: string): string => {
  const isBlank = (index: number): boolean => text.charCodeAt(index) <= 0x20
  let end = text.length
  while (end > 0 && isBlank(end - 1)) end--
  let start = 0
  while (start < end && isBlank(start)) start++
  return text.slice(start, end)
}

/** The text is no event of the server's that is known: it can be the reply to a command. */
export const isPlain = (text: string): boolean => isNoEvent(ServerEvent.parse(text))

const isNoEvent = ServerEvent.is("Unrecognized", "CommandResult")
const isUnrecognized = ServerEvent.is("Unrecognized")

// -----------------------------------------------------------------------------
// the state
// -----------------------------------------------------------------------------

const ECHO = "Processing Command:"

/** The most messages of one reply. A reply with more is incomplete. The longest list known has some twenty. */
export const MAX_TEXTS = 256

/** The most commands that are remembered because their replies may still come. The oldest are forgotten. */
export const MAX_STRAYS = 32

/** How long they are remembered. The service that keeps the bans replies within seconds, or times out. */
export const STRAY_MILLIS = 30_000

/** How long after a message of theirs their reply is complete, if it may be. Servers send a lost message after 2 seconds. */
export const STRAY_QUIET_MILLIS = 3000

/** A `ReplyWindow` in milliseconds. */
export interface Window {
  readonly first: number
  readonly quiet: number
  readonly longest: number
}

/** The command that is out. */
interface Current {
  readonly command: string
  readonly expectation: Expectation
  readonly window: Window
  readonly deadline: number
  /** When the server first showed that it has the command. */
  takenAt: number
  /** It takes messages: its echo has come, or a text that needs no echo. */
  open: boolean
  /** The number of echoes: how often the server has begun to run the command. */
  echoes: number
  /** Messages are missing, and an echo may be one of them. */
  echoLost: boolean
  /** A message of the reply may be missing. */
  torn: boolean
  /** A message was missing behind the echo. So a text that cannot be read may be the rest of a reply that can. */
  doubtful: boolean
  /** The claim of a message that another command was given although this one claimed it too. Such claims no longer count. */
  disputed: Claim
  /** When the last message of the reply came. */
  touchedAt: number
  pending: ReturnType<Expectation["pending"]>
  texts: Array<string>
  /** Texts that are no events and in no layout that is known. They are the reply if nothing else is. */
  unread: Array<string>
  /** As in {@link Answer}. */
  repeated: boolean
  /** No message of it can come any more. */
  over: boolean
}

/** A command that is no longer waited for, or of another client, whose reply may still come. */
interface Stray {
  readonly command: string
  readonly expectation: Expectation
  readonly until: number
  /** The command that was out when this one was remembered. */
  readonly rival: Current | undefined
  /** Texts that could not be read were taken for its reply. */
  readonly answered: boolean
  /** Its echo is taken when it comes. */
  echoExpected: boolean
  /** The number of its runs whose replies are not complete. */
  owed: number
  /** The messages of the reply that has begun. */
  texts: ReadonlyArray<string>
  /** When the last one of them came. */
  touchedAt: number
}

/** The reply to a command, message by message. */
export interface Answer {
  readonly texts: ReadonlyArray<string>
  /** The server ran the command before, or may have. Then the first run may have removed what this one does not find. */
  readonly repeated: boolean
}

export type Outcome = Answer & { readonly _tag: "Complete" } | { readonly _tag: "Incomplete" }

/** The command that is out, and those whose replies may still come. Times are in milliseconds. */
export class Exchange {
  readonly #expect: (command: string) => Expectation
  #current: Current | undefined
  #strays: ReadonlyArray<Stray> = []

  /** `expect` returns what can be the reply to a command of any client. */
  constructor(expect: (command: string) => Expectation) {
    this.#expect = expect
  }

  /** Sends a command. Its reply is not waited for after `deadline`. */
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

  /** The server has acknowledged the command. */
  acknowledged(now: number): void {
    if (this.#current !== undefined) this.#taken(this.#current, now)
  }

  /** The command is no longer waited for. `settled`: no reply to it can come, or it was never sent. */
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

  /** Sends a command that has no reply, only an echo. */
  announce(now: number, command: string): void {
    this.#remember(now, this.#current, { command: trim(command), expectation: SILENT, echoExpected: true })
  }

  /** The announced command was not sent. */
  withdraw(command: string): void {
    const index = this.#strays.findIndex((stray) => stray.expectation === SILENT && stray.command === trim(command))
    this.#strays = this.#strays.filter((_, at) => at !== index)
  }

  /** Some messages are missing for good, or the session is another. */
  gap(): void {
    const current = this.#current
    if (current === undefined) return
    if (!current.open) current.echoLost = true
    else {
      current.doubtful = true
      if (current.texts.length > 0 || current.pending !== "Surely") current.torn = true
    }
  }

  /** The session is another. The server does not reply in it to commands that it took in the one before. */
  restart(): void {
    this.gap()
    const current = this.#current
    if (current !== undefined && current.takenAt !== Infinity) current.over = true
  }

  /** Offers a message of the server. Returns `true` if it belongs to a command of this client, and so is no event. */
  offer(now: number, text: string): boolean {
    this.#strays = this.#strays.filter((stray) => stray.until > now && !isQuiet(stray, now))
    if (text.startsWith(ECHO)) return this.#offerEcho(now, trim(text.slice(ECHO.length)))
    const current = this.#current
    const claim = current === undefined ? "No" : claimOf(current, text)
    const stray = this.#strays.find((stray) => outbids(bidOf(stray, text), claim))
    if (stray !== undefined) {
      // Both commands were out together and can have this text. So the next such text can be of either, too.
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

  /** Whether the server has shown that it has the command. */
  get taken(): boolean {
    return this.#current !== undefined && this.#current.takenAt < Infinity
  }

  /** When to ask for {@link outcome}, if nothing else happens before. */
  get wakeAt(): number {
    const current = this.#current
    if (current === undefined) return Infinity
    const { deadline, expectation, open, over, pending, takenAt, texts, touchedAt, window } = current
    if (over) return -Infinity
    // Until the server has the command, the session waits for it.
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
        // An action is waited for to the end: what it replies may come yet.
        if (!expectation.query || !isUnread(current)) return end
        return Math.min(end, touchedAt + Math.max(window.quiet, expectation.late ? window.first : 0))
      }
    }
  }

  /** What became of the command, as soon as that is clear. */
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
        // The server runs the command a second time, so the reply to the first run is complete.
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
      // Replies that follow their echoes at once have come before this echo.
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

  /** Keeps a text that cannot be read, if it can be of no other command. It stays an event, too: it may be just that. */
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

/** The expectation of a command that has no reply. */
export const SILENT: Expectation = { claim: () => "No", pending: () => "Nothing", late: false, query: false }

/** Whether the reply may consist of texts that cannot be read. */
const isUnread = ({ doubtful, unread }: Current): boolean => unread.length > 0 && !doubtful

/** Whether a text that cannot be read can be the reply to this command. No reply comes before the echo. */
const canHaveUnread = ({ answered, echoExpected, expectation }: Stray): boolean =>
  !answered && (expectation.late || !echoExpected)

const claimOf = ({ disputed, echoLost, expectation, open, pending, texts }: Current, text: string): Claim => {
  if (open ? pending === "Nothing" : !echoLost) return "No"
  const claim = expectation.claim(text, texts.at(-1))
  const needed = open && disputed === "No" ? "Perhaps" : "Surely"
  return disputed !== "Surely" && (claim === "Surely" || claim === needed) ? claim : "No"
}

/** Whether the reply has begun, may be complete, and has had no more messages for a while. */
const isQuiet = ({ echoExpected, expectation, owed, texts, touchedAt }: Stray, now: number): boolean =>
  !echoExpected && owed === 1 && texts.length > 0 && now >= touchedAt + STRAY_QUIET_MILLIS &&
  expectation.pending(texts) !== "Surely"

const bidOf = ({ echoExpected, expectation, texts }: Stray, text: string): Claim => {
  const { claim, late, pending } = expectation
  if (echoExpected && !late) return "No"
  const claims = new Set([claim(text, undefined), claim(text, texts.at(-1))])
  if (claims.has("Surely")) return "Surely"
  // A reply that can come at any time is recognised only by texts that no other command has.
  if (late) return "No"
  // A reply that follows its echo at once can also be in a layout that is not known.
  const isReply = texts.length === 0 && pending([]) !== "Nothing" && isUnrecognized(ServerEvent.parse(text))
  return claims.has("Perhaps") || isReply ? "Perhaps" : "No"
}

/** Whether a text is rather of a stray that made the bid than of the current command that made the claim. */
const outbids = (bid: Claim, claim: Claim): boolean => bid === "Surely" || (bid === "Perhaps" && claim !== "Surely")

// -----------------------------------------------------------------------------
// the driver
// -----------------------------------------------------------------------------

export interface Driver {
  /**
   * Sends a command when its turn comes, and returns its reply. If the server puts text into the reply to the packet, as
   * BattlEye servers do, that text is the reply.
   */
  readonly send: (command: string, expectation: Expectation, call: Call) => Effect.Effect<Answer, CommandError>
  readonly offer: (text: string) => boolean
  readonly gap: () => void
  /** The session is another. */
  readonly restart: () => void
  /** No more messages come. */
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
    now,
    wakeAt: () => exchange.wakeAt,
    ring: () => Effect.sync(() => changed.openUnsafe())
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

  /** Begins to wait for the reply. `confirmWithin` is a time for the reply alone, which may end after the call's deadline. */
  const begin = (command: string, expectation: Expectation, { confirmWithin, deadline }: Call): void =>
    confirmWithin === undefined
      ? exchange.begin(command, expectation, window, deadline)
      : exchange.begin(command, expectation, { ...window, longest: Duration.toMillis(confirmWithin) }, Infinity)

  /** Sends a command, and returns when its reply is complete, even if the acknowledgement is lost. */
  const converse = (command: string, expectation: Expectation, call: Call): Effect.Effect<Answer, CommandError> =>
    sendWith(command, call, (options) => {
      begin(command, expectation, call)
      let settled = false
      const reply = session.command(command, options).pipe(
        Effect.matchEffect({
          onFailure: (error) => {
            // The server has the command. Its messages decide, or that they do not come.
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

  /** Commands without a reply take no turns: no message of one can be taken for a message of another. */
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
