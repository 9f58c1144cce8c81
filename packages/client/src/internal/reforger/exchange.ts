/**
 * Which messages are the reply to a command, on a server that does not say: Arma Reforger's own RCON.
 *
 * ```text
 * <- #players
 * -> (the reply: empty)
 * -> Processing Command: #players
 * -> Players on server: ...
 * ```
 *
 * One command is out at a time. It is open to what is said from its echo on, until that shows its end or the server has
 * been quiet for a while. What another command can have been meant with is not taken: of another client, whose echo came
 * in between, or of this one, given up before it was done. Better no reply than somebody else's.
 *
 * The state, {@link Exchange}, knows no clock and no fiber; {@link make} drives it.
 */
import { type CommandError, IncompleteReply, make as commandError } from "@bercon/session/CommandError"
import type * as Session from "@bercon/session/Session"
import { Alarm } from "@bercon/session/unstable"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { ReplyWindow } from "../../Flavour.ts"
import type { Call } from "../flavourCommands.ts"
import { sendWith } from "../outgoing.ts"
import * as Turn from "../turn.ts"

// -----------------------------------------------------------------------------
// what commands say
// -----------------------------------------------------------------------------

/** Whether a text is of a command. `"Surely"`: it can be of no command of another kind. */
export type Claim = "No" | "Perhaps" | "Surely"

/** What a command has to say. */
export interface Expectation {
  /** Whether a message can be the next, after `last`, or the first. */
  readonly owns: (text: string, last: string | undefined) => Claim
  /**
   * Whether more is to come after these. `"Perhaps"`: at once or never. `"Likely"`: as `"Surely"`, but where it does not
   * come, there was none.
   */
  readonly after: (texts: ReadonlyArray<string>) => "Nothing" | "Perhaps" | "Likely" | "Surely"
  /** Whether it may be said seconds later, between what others have to say. Otherwise it follows the echo at once. */
  readonly deferred: boolean
  /** Whether what it says is as good an answer to the same command given again. */
  readonly query: boolean
}

// -----------------------------------------------------------------------------
// the state
// -----------------------------------------------------------------------------

const ECHO = "Processing Command:"

/** How many messages a reply can have; those beyond make it incomplete. The longest list known has some twenty. */
export const MAX_TEXTS = 256

/** How many commands are remembered of which something may be said yet; the oldest are forgotten. */
export const MAX_STRAYS = 32

/** For how long. The server's own list of bans answers within seconds or times out. */
export const STRAY_MILLIS = 30_000

/** A {@link ReplyWindow} in milliseconds. */
export interface Window {
  readonly first: number
  readonly quiet: number
  readonly longest: number
}

interface Current {
  readonly command: string
  readonly expectation: Expectation
  readonly window: Window
  readonly deadline: number
  /** When the server first showed that it has the command. */
  takenAt: number
  /** Open to texts: the echo has come, or a text that needs none. */
  open: boolean
  /** How often the server has told that it runs the command. */
  echoes: number
  /** Messages are missing, and an echo may be one of them. */
  echoLost: boolean
  /** Something that belongs here may be missing. */
  torn: boolean
  /** What another command was given that this one claimed just so. No such claim is good any more. */
  disputed: Claim
  /** When the last thing of it came. */
  touchedAt: number
  awaiting: ReturnType<Expectation["after"]>
  texts: Array<string>
  /** As in {@link Said}. */
  again: boolean
  /** Nothing of it is to come any more. */
  over: boolean
}

/** A command that is not waited for, but may have something to say. */
interface Stray {
  readonly command: string
  readonly expectation: Expectation
  readonly until: number
  /** The command that was out when this one was heard of. */
  readonly rival: Current | undefined
  /** Its echo is to be swallowed when it comes. */
  echoExpected: boolean
  /** How many runs of it have not said all they have to say. */
  owed: number
  last: string | undefined
}

/** What a command had to say, message by message. */
export interface Said {
  readonly texts: ReadonlyArray<string>
  /** The server ran the command before, or may have: what it finds missing now may be what it took away itself. */
  readonly again: boolean
}

export type Outcome = Said & { readonly _tag: "Complete" } | { readonly _tag: "Incomplete" }

/** The command that is out, and those of which something may be said yet. Times are in milliseconds. */
export class Exchange {
  readonly #expect: (command: string) => Expectation
  #current: Current | undefined
  #strays: ReadonlyArray<Stray> = []

  /** `expect` tells what anybody's command has to say. */
  constructor(expect: (command: string) => Expectation) {
    this.#expect = expect
  }

  /** A command goes out, and nothing of it is to be waited for after `deadline`. */
  begin(command: string, expectation: Expectation, window: Window, deadline: number): void {
    this.#strays = this.#strays.filter((stray) => !(stray.expectation.query && stray.command === command.trim()))
    this.#current = {
      command: command.trim(),
      expectation,
      window,
      deadline,
      takenAt: Infinity,
      open: false,
      echoes: 0,
      echoLost: false,
      torn: false,
      disputed: "No",
      touchedAt: -Infinity,
      awaiting: "Surely",
      texts: [],
      again: false,
      over: false
    }
  }

  /** The server has acknowledged the command. */
  acknowledged(now: number): void {
    if (this.#current !== undefined) this.#taken(this.#current, now)
  }

  /** The command is waited for no longer. `settled`: nothing of it is to come, or it was never sent. */
  end(now: number, settled: boolean): void {
    const current = this.#current
    const quiet = now >= this.wakeAt
    this.#current = undefined
    if (current === undefined || settled) return
    const { awaiting, command, echoes, expectation, open } = current
    if (!open) return this.#remember(now, command, expectation, true)
    const done = awaiting === "Nothing" || (awaiting === "Perhaps" && quiet)
    const owed = Math.max(1, echoes) - (done ? 1 : 0)
    if (expectation.deferred && owed > 0) this.#remember(now, command, expectation, false, owed)
  }

  /** A command goes out that has nothing to say but its echo. */
  announce(now: number, command: string): void {
    this.#remember(now, command.trim(), SILENT, true)
  }

  /** It was not sent. */
  withdraw(command: string): void {
    const index = this.#strays.findIndex((stray) => stray.expectation === SILENT && stray.command === command.trim())
    this.#strays = this.#strays.filter((_, at) => at !== index)
  }

  /** Some messages are missing for good, or the session is another. */
  gap(): void {
    const current = this.#current
    if (current === undefined) return
    if (!current.open) current.echoLost = true
    else if (current.texts.length > 0 || current.awaiting !== "Surely") current.torn = true
  }

  /** The session is another. Of what the server took in the one before it says nothing any more. */
  restart(): void {
    this.gap()
    const current = this.#current
    if (current !== undefined && current.takenAt !== Infinity) current.over = true
  }

  /** The server says something. `true` where it is of a command of this client, and so no news. */
  offer(now: number, text: string): boolean {
    this.#strays = this.#strays.filter((stray) => stray.until > now)
    if (text.startsWith(ECHO)) return this.#offerEcho(now, text.slice(ECHO.length).trim())
    const current = this.#current
    const claim = current === undefined ? "No" : claimOf(current, text)
    const stray = this.#strays.find((stray) => outbids(bidOf(stray, text), claim))
    if (stray !== undefined) {
      // Of two who may have meant it and were out together, nobody can tell who has what is said next either.
      if (current !== undefined && stray.rival === current && bidOf(stray, text) === claim) current.disputed = claim
      stray.last = text
      if (stray.expectation.after([text]) === "Nothing" && --stray.owed === 0) this.#forget(stray)
      return false
    }
    if (current === undefined || claim === "No") return false
    if (current.texts.length === MAX_TEXTS) {
      current.torn = true
      return false
    }
    this.#taken(current, now)
    current.open = true
    current.touchedAt = now
    current.texts.push(text)
    current.again = current.echoes > 1 || current.echoLost
    current.awaiting = current.expectation.after(current.texts)
    return true
  }

  /** Whether the server has shown that it has the command. */
  get taken(): boolean {
    return this.#current !== undefined && this.#current.takenAt < Infinity
  }

  /** When {@link outcome} has to be asked for again, if nothing else happens. */
  get wakeAt(): number {
    const current = this.#current
    if (current === undefined) return Infinity
    const { awaiting, deadline, open, over, takenAt, texts, touchedAt, window } = current
    if (over) return -Infinity
    // Until it is taken it is the session that waits.
    const end = takenAt === Infinity ? Infinity : Math.min(takenAt + window.longest, deadline)
    if (!open) return end
    switch (awaiting) {
      case "Nothing":
        return -Infinity
      case "Perhaps":
        return Math.min(end, touchedAt + (texts.length === 0 ? window.first : window.quiet))
      case "Likely":
      case "Surely":
        return end
    }
  }

  /** What became of the command, as soon as that is clear. */
  outcome(now: number): Outcome | undefined {
    const current = this.#current
    if (current === undefined || now < this.wakeAt) return undefined
    const { again, awaiting, disputed, open, texts, torn } = current
    const whole = !torn && (texts.length > 0 || disputed === "No")
    return open && (awaiting === "Nothing" || (awaiting !== "Surely" && whole))
      ? { _tag: "Complete", texts, again }
      : { _tag: "Incomplete" }
  }

  #offerEcho(now: number, command: string): boolean {
    const current = this.#current
    if (current?.command === command) {
      this.#taken(current, now)
      current.echoes++
      const { awaiting, open, texts, torn } = current
      if (open && awaiting === "Perhaps" && texts.length > 0 && !torn) {
        // The server runs the command again, so it had nothing more to say the first time.
        current.awaiting = "Nothing"
      } else if (awaiting !== "Nothing" || !open) {
        if (!open) current.disputed = "No"
        current.open = true
        current.torn = false
        current.touchedAt = now
        current.texts = []
        current.awaiting = current.expectation.after([])
      }
      // What those before had to say at once has been said.
      this.#strays = this.#strays.filter((stray) => stray.expectation.deferred || stray.echoExpected)
      return true
    }
    const expected = this.#strays.find((stray) => stray.echoExpected && stray.command === command)
    if (expected === undefined) {
      this.#remember(now, command, this.#expect(command), false)
      return false
    }
    expected.echoExpected = false
    if (expected.expectation === SILENT) this.#forget(expected)
    return true
  }

  #taken(current: Current, now: number): void {
    current.takenAt = Math.min(current.takenAt, now)
  }

  #remember(now: number, command: string, expectation: Expectation, echoExpected: boolean, owed = 1): void {
    const until = now + STRAY_MILLIS
    const stray: Stray = { command, expectation, rival: this.#current, echoExpected, owed, until, last: undefined }
    this.#strays = [...this.#strays, stray].slice(-MAX_STRAYS)
  }

  #forget(stray: Stray): void {
    this.#strays = this.#strays.filter((other) => other !== stray)
  }
}

/** What a command has to say that says nothing. */
export const SILENT: Expectation = { owns: () => "No", after: () => "Nothing", deferred: false, query: false }

const claimOf = ({ awaiting, disputed, echoLost, expectation, open, texts }: Current, text: string): Claim => {
  if (open ? awaiting === "Nothing" : !echoLost) return "No"
  const claim = expectation.owns(text, texts.at(-1))
  const needed = open && disputed === "No" ? "Perhaps" : "Surely"
  return disputed !== "Surely" && (claim === "Surely" || claim === needed) ? claim : "No"
}

const bidOf = ({ echoExpected, expectation, last }: Stray, text: string): Claim => {
  if (echoExpected && !expectation.deferred) return "No"
  const claims = new Set([expectation.owns(text, undefined), expectation.owns(text, last)])
  if (claims.has("Surely")) return "Surely"
  // What is said at any time is known only by its own words.
  return claims.has("Perhaps") && !expectation.deferred ? "Perhaps" : "No"
}

/** Whether a text is rather of a command that made the one bid than of that which is out and made the other. */
const outbids = (bid: Claim, claim: Claim): boolean => bid === "Surely" || (bid === "Perhaps" && claim !== "Surely")

// -----------------------------------------------------------------------------
// the driver
// -----------------------------------------------------------------------------

export interface Driver {
  /**
   * Sends a command when its turn comes, and returns what it had to say. Where the server replies as BattlEye's do, that is
   * it.
   */
  readonly send: (command: string, expectation: Expectation, call: Call) => Effect.Effect<Said, CommandError>
  readonly offer: (text: string) => boolean
  readonly gap: () => void
  /** The session is another. */
  readonly restart: () => void
  /** Nothing is said any more. */
  readonly close: () => void
}

/** The clock to go by, and what the alarm's fiber runs in. */
export interface Runtime {
  readonly now: () => number
  readonly context: Context.Context<never>
}

export const make = (
  session: Session.Session["Service"],
  window: ReplyWindow | undefined,
  expect: (command: string) => Expectation,
  { context, now }: Runtime
): Driver => {
  const defaults: Window = {
    first: Duration.toMillis(window?.first ?? "1200 millis"),
    quiet: Duration.toMillis(window?.quiet ?? "450 millis"),
    longest: Duration.toMillis(window?.longest ?? "5 seconds")
  }
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

  /** Begins to wait for what a command has to say. How long was said for that alone goes on after the call's time. */
  const begin = (command: string, expectation: Expectation, { confirmWithin, deadline }: Call): void =>
    confirmWithin === undefined
      ? exchange.begin(command, expectation, defaults, deadline)
      : exchange.begin(command, expectation, { ...defaults, longest: Duration.toMillis(confirmWithin) }, Infinity)

  /** Sends a command, and is done when the server has said what it had to, even where its acknowledgement is lost. */
  const converse = (command: string, expectation: Expectation, call: Call): Effect.Effect<Said, CommandError> =>
    sendWith(command, call, (options) => {
      begin(command, expectation, call)
      let settled = false
      const reply = session.command(command, options).pipe(
        Effect.matchEffect({
          onFailure: (error) => {
            // It was not lost on the way there: what it has to say decides, or that this does not come.
            if (error.reason._tag === "NoReply" && exchange.taken) return Effect.never
            settled = error.execution === "NotExecuted"
            return Effect.fail(error)
          },
          onSuccess: (reply) => {
            settled = reply.trim() !== ""
            if (settled) return Effect.succeed<Said>({ texts: [reply], again: false })
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
            ? Effect.succeed<Said>(outcome)
            : Effect.fail(commandError(command, new IncompleteReply({ missing: 1, total: 1 })))
      )
      return Effect.raceFirst(reply, messages).pipe(
        Effect.ensuring(Effect.sync(() => exchange.end(now(), settled)))
      )
    })

  /** Commands with nothing to say do not wait for each other: there is nothing to take for somebody else's. */
  const announce = (command: string, call: Call): Effect.Effect<Said, CommandError> =>
    sendWith(command, call, (options) => {
      exchange.announce(now(), command)
      return session.command(command, options).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error.execution === "NotExecuted") exchange.withdraw(command)
          })
        ),
        Effect.map((reply): Said => ({ texts: [reply], again: false }))
      )
    })

  return {
    send: (command, expectation, call) =>
      expectation.after([]) === "Nothing"
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
