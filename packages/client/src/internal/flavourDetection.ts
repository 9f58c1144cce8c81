/**
 * Determines the flavour of a server.
 *
 * The server's greeting to this client identifies the flavour, and so does nearly every event. If no greeting has
 * arrived when the first command is called, the client sends `players`: BattlEye replies with a table, Arma Reforger's
 * own RCON with an empty reply. The client waits for the greeting and for the reply at the same time, and the first of
 * them decides. The query is sent once for all waiting commands, and its table is also the result of waiting queries
 * for the list of players.
 *
 * A table, a greeting or an event is evidence. From any other reply the flavour is only guessed, because a starting
 * BattlEye server can send an empty reply, too. A guess is used, and the query is repeated with the next command.
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import { Monotonic } from "@bercon/session/unstable"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { type CommandError, FlavourUnknown } from "../CommandError.ts"
import type { Flavour } from "../Flavour.ts"
import type { Player } from "../Player.ts"
import type * as ServerEvent from "../ServerEvent.ts"
import type { Table } from "../Table.ts"
import * as PlayersReply from "./battleye/playersReply.ts"
import type { ClientSession } from "./clientSession.ts"
import { closedBy, make as commandError } from "./commandError.ts"
import { lists } from "./commandTable.ts"
import { notConnected } from "./notConnected.ts"
import { reported } from "./reported.ts"

/** The outcome of the query. */
export interface Answer {
  readonly flavour: Flavour
  /** The list of players, if the reply was one. */
  readonly table: Table<Player> | undefined
}

export interface Options {
  readonly session: ClientSession
  /** The flavour, if it need not be determined. */
  readonly flavour: Flavour | undefined
  readonly context: Context.Context<never>
  readonly now: () => number
}

/** Minimum time between two queries in milliseconds. */
const REST = 1000

/**
 * Time to wait for evidence after a reply that is not a table. Arma Reforger's own RCON sends the query's output right
 * after its reply.
 */
const FIRST_WORDS = "1 second"

export class FlavourDetection {
  readonly #options: Options
  #flavour: Flavour | undefined
  /** The flavour that the last evidence proved. It is kept even if the flavour was given as an option. */
  #shown: Flavour | undefined
  /** Whether the flavour is only a guess, from a reply that is not a table. */
  #isGuess = false
  /** Done as soon as there is evidence. Replaced after each login. */
  #evidence = Deferred.makeUnsafe<Flavour>()
  readonly #ended = Deferred.makeUnsafe<Exit.Exit<void, LoginFailure>>()
  /** The current query. */
  #asking: Fiber.Fiber<Answer, CommandError> | undefined
  #askedAt = -Infinity

  constructor(options: Options) {
    this.#options = options
    this.#flavour = options.flavour
  }

  /** Whether a command can be sent without a query. */
  get isKnown(): boolean {
    return this.#flavour !== undefined && !(this.#isGuess && this.#mayAsk)
  }

  /** The flavour as far as known or guessed. */
  get flavour(): Flavour | undefined {
    return this.#flavour
  }

  /** Whether the server itself has proved that it is a BattlEye server. */
  get isBattlEye(): boolean {
    return this.#shown === "BattlEye"
  }

  /** Learns from an event. */
  learn(event: ServerEvent.ServerEvent): void {
    const found = flavourOf(event)
    if (found === undefined) return
    this.#shown = found
    if (this.#options.flavour !== undefined) return
    const isGreeting = event._tag === "AdminLoggedIn" || event._tag === "LoggedIn"
    // Players can imitate the text of some events, but not of a login.
    if (isGreeting || this.#isGuess || this.#flavour === undefined) this.#recognise(found)
  }

  /** Forgets the flavour, because after a login it may be another server. */
  forget(): void {
    this.#shown = undefined
    if (this.#options.flavour !== undefined) return
    this.#flavour = undefined
    this.#isGuess = false
    this.#evidence = Deferred.makeUnsafe<Flavour>()
    this.#asking?.interruptUnsafe()
    this.#asking = undefined
    this.#askedAt = -Infinity
  }

  /** Ends the detection with the session: waiting commands fail with `SessionClosed`. */
  close(exit: Exit.Exit<void, LoginFailure>): void {
    Deferred.doneUnsafe(this.#ended, Effect.succeed(exit))
    this.#asking?.interruptUnsafe()
  }

  /** The flavour for a command. Queries the server if the flavour is unknown. */
  resolve(command: string, deadline: number): Effect.Effect<Flavour, CommandError> {
    return Effect.suspend(() =>
      this.isKnown
        ? Effect.succeed(this.#flavour!)
        : this.#within(command, deadline, Effect.raceFirst(Deferred.await(this.#evidence), this.#found))
    )
  }

  /**
   * The list of players from the query for the flavour, if that query is running or due. `undefined` if no such query
   * is needed, or if its reply is not a list.
   */
  table(deadline: number): Effect.Effect<Table<Player> | undefined, CommandError> {
    return Effect.suspend(() => {
      if (this.#asking === undefined && this.isKnown) return Effect.succeed(undefined)
      return this.#within(
        "players",
        deadline,
        Effect.map(this.#answer, ({ table }): Table<Player> | undefined => table)
      )
    })
  }

  get #mayAsk(): boolean {
    return this.#options.now() - this.#askedAt >= REST
  }

  #recognise(flavour: Flavour): void {
    this.#shown = flavour
    this.#flavour = flavour
    this.#isGuess = false
    Deferred.doneUnsafe(this.#evidence, Exit.succeed(flavour))
  }

  /** The result of the query, which is sent once for all callers. It is repeated as long as it fails. */
  readonly #answer: Effect.Effect<Answer> = Effect.suspend(() => {
    let asking = this.#asking
    if (asking === undefined) {
      const wait = Math.max(0, this.#askedAt + REST - this.#options.now())
      const ask = wait === 0 ? this.#ask : Effect.delay(this.#ask, wait)
      const fiber = asking = this.#asking = Effect.runForkWith(this.#options.context)(
        reported("the detection of the server's flavour has died", ask)
      )
      fiber.addObserver(() => {
        if (this.#asking === fiber) this.#asking = undefined
      })
    }
    return Effect.flatMap(
      Fiber.await(asking),
      (exit): Effect.Effect<Answer> => Exit.isSuccess(exit) ? Effect.succeed(exit.value) : this.#answer
    )
  })

  readonly #found = Effect.map(this.#answer, ({ flavour }) => flavour)

  readonly #ask: Effect.Effect<Answer, CommandError> = Effect.suspend(() => {
    this.#askedAt = this.#options.now()
    return this.#options.session.commandBytes(lists.BattlEye.players)
  }).pipe(
    Effect.flatMap((bytes) => {
      this.#askedAt = this.#options.now()
      const text = this.#options.session.decode(bytes)
      const table = Result.getOrUndefined(PlayersReply.parse(text))
      if (table !== undefined) this.#recognise("BattlEye")
      return this.#flavour === undefined
        ? Effect.as(Effect.timeoutOption(Deferred.await(this.#evidence), FIRST_WORDS), { text, table })
        : Effect.succeed({ text, table })
    }),
    Effect.map(({ table, text }) => {
      if (this.#flavour === undefined) {
        this.#flavour = text.trim() === "" ? "Reforger" : "BattlEye"
        this.#isGuess = true
        this.#askedAt = this.#options.now()
      }
      return { flavour: this.#flavour, table }
    })
  )

  #within<A>(command: string, deadline: number, run: Effect.Effect<A>): Effect.Effect<A, CommandError> {
    const closed = Effect.flatMap(
      Deferred.await(this.#ended),
      (exit) => Effect.fail(commandError(command, closedBy(exit, 0)))
    )
    return Effect.flatMap(Monotonic.now, (now) =>
      Effect.timeoutOrElse(Effect.raceFirst(run, closed), {
        duration: Math.max(0, deadline - now),
        orElse: () =>
          Effect.flatMap(
            notConnected(this.#options.session),
            (reason) => Effect.fail(commandError(command, reason.cause === undefined ? new FlavourUnknown({}) : reason))
          )
      }))
  }
}

/** The flavour that an event proves; `undefined` if it proves none. */
const flavourOf = (event: ServerEvent.ServerEvent): Flavour | undefined => {
  switch (event._tag) {
    case "LoggedIn":
    case "CommandEcho":
      return "Reforger"
    case "CommandResult":
    case "Unrecognized":
    case "Gap":
      return undefined
    default:
      return "BattlEye"
  }
}
