/**
 * What an administrator of a BattlEye server does and sees.
 *
 * @since 0.1.0
 */
import * as CommandError from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Gap, Message } from "@bercon/session/Message"
import * as Session from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import type { Transport } from "@bercon/session/Transport"
import { Broadcast, Monotonic, Span } from "@bercon/session/unstable"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { AdminId } from "./Admin.ts"
import type { ActionOptions, Commands } from "./Commands.ts"
import type { Flavour, ReplyWindow } from "./Flavour.ts"
import * as BattlEye from "./internal/battleye/commands.ts"
import type { Call, FlavourCommands, Occupant } from "./internal/flavourCommands.ts"
import * as LiveRoster from "./internal/liveRoster.ts"
import { invalid } from "./internal/outgoing.ts"
import * as Reforger from "./internal/reforger/commands.ts"
import { reported } from "./internal/reported.ts"
import type { PlayerId } from "./Player.ts"
import type { Roster } from "./Roster.ts"
import * as ServerEvent from "./ServerEvent.ts"
import type { Table } from "./Table.ts"

/** The event with a tag. */
type EventOf<T extends ServerEvent.Tag> = Extract<ServerEvent.ServerEvent, { readonly _tag: T }>

/**
 * What to wait for, see `waitFor` of {@link RconClient}.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitOptions<in Event, out E = never, out R = never> {
  /** Which of the events it must be. Default: any. */
  readonly where?: ((event: Event) => boolean) | undefined
  /** How long to wait, from when `trigger` is through. Default: for ever. */
  readonly timeout?: Duration.Input | undefined
  /** What to do once the wait has begun, say the command that is to set the event off. Default: nothing. */
  readonly trigger?: Effect.Effect<unknown, E, R> | undefined
}

/**
 * A client logged in to one server: its {@link Commands}, and what happens there.
 *
 * **Example** (Greeting whoever speaks)
 *
 * ```ts
 * import { RconClient, ServerEvent } from "@bercon/client"
 * import { Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const players = yield* rcon.players
 *   yield* rcon.say(`${players.length} players are here`)
 *   yield* rcon.events.pipe(
 *     Stream.filter(ServerEvent.is("PlayerChat")),
 *     Stream.runForEach((chat) => rcon.whisper(chat.player.id, "hello"))
 *   )
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class RconClient extends Context.Service<RconClient, Service>()("@bercon/client/RconClient") {}

/**
 * What a client offers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends Commands {
  /**
   * What happens on the server from now on, in the server's order. Every subscriber gets everything; one that is too
   * slow loses its oldest events and finds a `Gap` in their place. Ends when the session's owner closes it, and fails where
   * it ends for good by itself: where the server refuses to log it in again.
   *
   * Who speaks in chat is looked up in the roster.
   */
  readonly events: Stream.Stream<ServerEvent.ServerEvent, LoginFailure>
  /**
   * Runs a handler for every event of a kind from now on, one after the other, until the scope closes. A handler that fails,
   * in whatever way, is logged as an error and stops neither the next event nor other handlers. One that is more than
   * `messageCapacity` events (of all kinds) behind loses the oldest, and does not hear of it.
   *
   * The fiber ends as `events` ends; interrupting it removes the handler.
   */
  readonly on: <const T extends ServerEvent.Tag, E, R>(
    tag: T,
    handler: (event: EventOf<T>) => Effect.Effect<unknown, E, R>
  ) => Effect.Effect<Fiber.Fiber<void, LoginFailure>, never, R | Scope.Scope>
  /**
   * Waits for the first event of a kind. It listens before `trigger` runs, so that what that sets off is not missed; nor is,
   * where the wait is forked with `startImmediately`, anything after the fork.
   *
   * Fails with `TimeoutError` after `timeout`, as `trigger` fails, and as `events` fails; is interrupted where the session's
   * owner closes it.
   *
   * **Example** (What a command sets off)
   *
   * ```ts
   * import type { Player } from "@bercon/client"
   * import { RconClient } from "@bercon/client"
   * import { Effect } from "effect"
   *
   * const kick = Effect.fn(function*(player: Player.Player) {
   *   const rcon = yield* RconClient.RconClient
   *   const kicked = yield* rcon.waitFor("PlayerKicked", {
   *     where: (event) => event.player.id === player.id,
   *     timeout: "5 seconds",
   *     trigger: rcon.kick(player.id, "be nice")
   *   })
   *   return kicked.guid
   * })
   * ```
   */
  readonly waitFor: <const T extends ServerEvent.Tag, E = never, R = never>(
    tag: T,
    options?: WaitOptions<EventOf<T>, E, R>
  ) => Effect.Effect<EventOf<T>, LoginFailure | Cause.TimeoutError | E, R>
  /** Who is on the server, kept up to date. */
  readonly roster: Roster
  /** What the server speaks. Where it was to be found out, this waits until it is, as commands do. */
  readonly flavour: Effect.Effect<Flavour, CommandError.CommandError>
  /**
   * The number that the server has given this client, where it has told it. It does so right after each login; `None`
   * also where that message was lost.
   */
  readonly adminId: Effect.Effect<Option.Option<AdminId>>
  /** How the session is doing now. */
  readonly status: Effect.Effect<Status>
  /** How the session is doing: now, and every change. Ends after `Closed`. */
  readonly statusChanges: Stream.Stream<Status>
}

/**
 * Options of a client on a session that is there already.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions extends Pick<Session.Options, "messageCapacity" | "commandTimeout"> {
  /**
   * What the server speaks. Default `"auto"`: found out after each login from its first words to this client, or, where it
   * has none for a second, from how it answers `players`. Commands wait until it is known, for their timeout at most.
   */
  readonly flavour?: Flavour | "auto" | undefined
  /**
   * How often to ask who is on the server, beside after each login and gap. While it is less than the session's
   * `keepaliveInterval` no keepalives are needed. Default 25 seconds. Infinite: only after logins and gaps.
   */
  readonly rosterInterval?: Duration.Input | undefined
  /** How the outcomes of commands are recognised on Arma Reforger's own RCON. */
  readonly replyWindow?: ReplyWindow | undefined
}

/**
 * Options of a client and the session under it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Session.Options, ClientOptions {}

const onSession = Effect.fnUntraced(function*(options: ClientOptions = {}) {
  const session = yield* Session.Session
  const context = yield* Effect.context()
  const now = yield* Monotonic.make
  const broadcast = new Broadcast<ServerEvent.ServerEvent, LoginFailure>({
    capacity: options.messageCapacity ?? 4096,
    overflow: (missed) => new ServerEvent.Gap({ cause: "Overflow", missed })
  })
  const events = broadcast.values
  const commandTimeout = Monotonic.duration(options.commandTimeout ?? "20 seconds")
  let adminId: AdminId | undefined

  // ---------------------------------------------------------------------------
  // flavours
  // ---------------------------------------------------------------------------

  const occupantOf = (player: PlayerId): Occupant => {
    const players = roster.players()
    return players === undefined ? "Unknown" : players.get(player) ?? "Nobody"
  }
  // Made when the first command of the kind is called: most servers are of one, and there may be thousands of clients.
  let reforger: Reforger.Reforger | undefined
  let battleye: FlavourCommands | undefined
  const commandsOf = (flavour: Flavour): FlavourCommands =>
    flavour === "Reforger"
      ? (reforger ??= Reforger.make(session, options.replyWindow, occupantOf, { now, context })).commands
      : battleye ??= BattlEye.make(session, { events, adminId: () => adminId, occupantOf })

  /** How the session has ended. */
  const ended = Deferred.makeUnsafe<Exit.Exit<void, LoginFailure>>()
  const auto = (options.flavour ?? "auto") === "auto"
  let flavour = options.flavour === "auto" ? undefined : options.flavour
  const known = Latch.makeUnsafe(flavour !== undefined)

  /** Whether the flavour is only a guess, by an answer. */
  let guessed = false
  const recognise = (found: Flavour, guess: boolean): void => {
    flavour = found
    guessed = guess
    known.openUnsafe()
  }
  /** After an outage it may be another server. */
  const forget = (): void => {
    if (!auto) return
    flavour = undefined
    known.closeUnsafe()
  }

  /** Asks what the server's first words have not told. */
  const guess = Effect.map(session.command("players"), (reply) => {
    if (flavour === undefined) recognise(reply === "" ? "Reforger" : "BattlEye", true)
  }).pipe(
    // Nobody could be asked; the session tells why, and the commands that wait give up in their time.
    Effect.catch(() => Effect.void)
  )
  const find = Effect.whileLoop({
    while: () => flavour === undefined && !Deferred.isDoneUnsafe(ended),
    body: () =>
      Effect.andThen(
        Effect.timeoutOption(known.await, FIRST_WORDS),
        Effect.suspend(() => flavour === undefined ? guess : Effect.void)
      ),
    step: constVoid
  })
  /** Finds it out while a command waits to know. */
  let finding: Fiber.Fiber<void> | undefined

  const theFlavour = (text: string, deadline: number): Effect.Effect<Flavour, CommandError.CommandError> =>
    Effect.suspend(() => {
      if (flavour !== undefined) return Effect.succeed(flavour)
      if (finding === undefined || finding.pollUnsafe() !== undefined) {
        finding = Effect.runForkWith(context)(reported("finding out what the server speaks failed", find))
      }
      const found = Effect.andThen(known.await, theFlavour(text, deadline))
      return Effect.flatMap(Monotonic.now, (now) =>
        Effect.timeoutOrElse(found, {
          duration: Math.max(0, deadline - now),
          orElse: () => Effect.fail(CommandError.make(text, new CommandError.NotConnected({ peer: NO_KIND })))
        })).pipe(
          Effect.raceFirst(
            Effect.flatMap(
              Deferred.await(ended),
              (exit) => Effect.fail(CommandError.make(text, CommandError.closedBy(exit, 0)))
            )
          )
        )
    })

  /** A command of whichever flavour it is, called now. */
  const call = <A, E>(
    name: string,
    select: (commands: FlavourCommands, call: Call) => Effect.Effect<A, E>,
    given?: ActionOptions
  ): Effect.Effect<A, E | CommandError.CommandError> =>
    Effect.clockWith((clock) => {
      const { confirmWithin } = given ?? {}
      const timeout = given?.timeout === undefined ? commandTimeout : Monotonic.duration(given.timeout)
      if (!(timeout > 0) || (confirmWithin !== undefined && Number.isNaN(Monotonic.duration(confirmWithin)))) {
        return invalid(name, "the time to wait for it is not a duration above 0")
      }
      const deadline = Monotonic.millis(clock) + timeout
      return Effect.flatMap(session.epoch, (calledIn) => {
        const call: Call = {
          repeatable: given?.repeatable,
          epoch: given?.epoch,
          // Before the first login it is that session which is meant.
          calledIn: Math.max(1, calledIn),
          deadline,
          confirmWithin
        }
        // It is known but for a moment after each login.
        return flavour !== undefined
          ? select(commandsOf(flavour), call)
          : Effect.flatMap(theFlavour(name, deadline), (found) => select(commandsOf(found), call))
      })
    })

  // ---------------------------------------------------------------------------
  // messages
  // ---------------------------------------------------------------------------

  const roster = LiveRoster.make({
    query: call("players", (_, call) => _.playerTable(call)),
    status: session.status,
    interval: options.rosterInterval ?? "25 seconds",
    now,
    context
  })

  /** Whether the next message is the first after a login. */
  let loggingIn = (yield* session.status)._tag !== "Online"

  const take = (item: Message | Gap): void => {
    const event = read(item)
    if (event === undefined) return
    // A late message is older than what the roster knows. For the gap that it left the list is asked for.
    if (item._tag === "Gap" || !item.late) roster.observe(event)
    broadcast.publish(event)
  }

  const read = (item: Message | Gap): ServerEvent.ServerEvent | undefined => {
    if (item._tag === "Gap") {
      loggingIn = item.cause === "Reconnected"
      if (loggingIn) {
        adminId = undefined
        forget()
        reforger?.restart()
      } else reforger?.gap()
      return new ServerEvent.Gap({ cause: item.cause, ...(item.missed !== undefined && { missed: item.missed }) })
    }
    if (flavour === "Reforger" && reforger?.offer(item.text) === true) return undefined
    const event = ServerEvent.parse(item.text, roster.known.values())
    const isLogin = event._tag === "AdminLoggedIn" || event._tag === "LoggedIn"
    const speaks = flavourOf(event)
    // Only the word of a login is stronger than what the server has said before.
    if (auto && speaks !== undefined && (isLogin || guessed || flavour === undefined)) recognise(speaks, false)
    // The first thing a server says to a client is that this client has logged in. Later logins are those of others.
    if (loggingIn && isLogin) adminId = event.admin
    loggingIn = false
    return event
  }

  yield* session.messages.pipe(
    Stream.runForEachArray((items) => Effect.sync(() => items.forEach(take))),
    // How it ends the subscribers have to hear, and of a defect the log.
    Effect.onExit((exit) => {
      Deferred.doneUnsafe(ended, Effect.succeed(exit))
      reforger?.close()
      finding?.interruptUnsafe()
      const closing = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      broadcast.close(closing ? Exit.void : exit)
      roster.close(closing ? Exit.void : exit)
      return Exit.isFailure(exit) && Cause.hasDies(exit.cause)
        ? Effect.logError("reading the server's messages failed, no more events will come", exit.cause)
        : Effect.void
    }),
    Effect.forkScoped({ startImmediately: true })
  )

  // A session that never comes online tells its owner.
  yield* Effect.forkScoped(Effect.ignore(Effect.map(session.online, () => roster.begin())), { startImmediately: true })

  // ---------------------------------------------------------------------------
  // the client
  // ---------------------------------------------------------------------------

  /** The rows alone. Of the lines that are none the log tells. */
  const rowsOf = <Row, E>(name: string, table: Effect.Effect<Table<Row>, E>): Effect.Effect<ReadonlyArray<Row>, E> =>
    spanned(name, () =>
      Effect.flatMap(table, ({ rows, unparsed }) =>
        unparsed.length === 0
          ? Effect.succeed(rows)
          : Effect.as(Effect.logWarning(`cannot read these lines of the list of ${name}`, unparsed), rows)))

  /** A command without arguments. */
  const plain = <A, E>(
    name: keyof Commands & keyof FlavourCommands,
    select: (commands: FlavourCommands, call: Call) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | CommandError.CommandError> => spanned(name, () => call(name, select))

  const banTable = call("bans", (_, call) => _.banTable(call))
  const adminTable = call("admins", (_, call) => _.adminTable(call))

  const client = RconClient.of({
    players: rowsOf("players", roster.playerTable),
    playerTable: spanned("playerTable", () => roster.playerTable),
    bans: rowsOf("bans", banTable),
    banTable: spanned("banTable", () => banTable),
    admins: rowsOf("admins", adminTable),
    adminTable: spanned("adminTable", () => adminTable),
    missions: plain("missions", (_, call) => _.missions(call)),
    version: plain("version", (_, call) => _.version(call)),
    commands: plain("commands", (_, call) => _.commands(call)),
    say: (text, options) => spanned("say", () => call("say", (_, call) => _.say(text, call), options)),
    whisper: (player, text, options) =>
      spanned("whisper", () => {
        const who = occupantOf(player)
        return call("say", (_, call) => _.whisper(player, who, text, call), options)
      }),
    kick: (player, reason = "", options) =>
      spanned("kick", () => {
        const who = occupantOf(player)
        return call("kick", (_, call) => _.kick(player, who, reason, call), options)
      }),
    ban: (target, options) =>
      spanned("ban", () => {
        const { duration = "permanent", reason = "" } = options ?? {}
        const who = typeof target === "number" ? occupantOf(target) : "Nobody"
        return call("ban", (_, call) => _.ban(target, who, { duration, reason }, call), options)
      }),
    unban: (target, options) => spanned("unban", () => call("unban", (_, call) => _.unban(target, call), options)),
    loadBans: (file = "", options) =>
      spanned("loadBans", () => call("loadBans", (_, call) => _.loadBans(file, call), options)),
    writeBans: plain("writeBans", (_, call) => _.writeBans(call)),
    loadScripts: plain("loadScripts", (_, call) => _.loadScripts(call)),
    loadEvents: plain("loadEvents", (_, call) => _.loadEvents(call)),
    maxPing: (limit, options) =>
      spanned("maxPing", () => call("maxPing", (_, call) => _.maxPing(limit, call), options)),
    lock: plain("lock", (_, call) => _.lock(call)),
    unlock: plain("unlock", (_, call) => _.unlock(call)),
    restart: plain("restart", (_, call) => _.restart(call)),
    reassign: plain("reassign", (_, call) => _.reassign(call)),
    restartServer: plain("restartServer", (_, call) => _.restartServer(call)),
    shutdown: plain("shutdown", (_, call) => _.shutdown(call)),
    selectMission: (mission, options) =>
      spanned(
        "selectMission",
        () => call("#mission", (_, call) => _.selectMission(mission, options?.difficulty ?? "", call), options)
      ),
    command: (text, options) => call(text, (_, call) => _.command(text, call), options),
    events,
    ...listeners(events),
    roster: roster.roster,
    flavour: Effect.flatMap(
      Monotonic.now,
      (now) => theFlavour("players", now + commandTimeout)
    ),
    adminId: Effect.sync(() => Option.fromUndefinedOr(adminId)),
    status: session.status,
    statusChanges: session.statusChanges
  })

  return { client, logout: Effect.suspend(() => flavour === "BattlEye" ? Effect.void : Reforger.logout(session)) }
})

/** Runs a method in a span of its name. */
const spanned = <A, E>(name: string, run: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Span.within(`RconClient.${name}`, Effect.suspend(run))

/**
 * `on` and `waitFor` for a stream of events: for those who implement the service themselves, as mocks do.
 *
 * @category constructors
 * @since 0.1.0
 */
export const listeners = (
  events: Stream.Stream<ServerEvent.ServerEvent, LoginFailure>
): Pick<Service, "on" | "waitFor"> => ({
  on: (tag, handler) =>
    events.pipe(
      Stream.filter(ServerEvent.is(tag)),
      // In a fiber of its own, however it ends: also interrupted, which is not this one's end.
      Stream.runForEach((event) =>
        Effect.suspend(() => handler(event)).pipe(
          Effect.forkChild({ startImmediately: true }),
          Effect.flatMap(Fiber.await),
          Effect.flatMap((exit) =>
            Exit.isFailure(exit) ? Effect.logError(`a handler of ${tag} failed`, exit.cause) : Effect.void
          )
        )
      ),
      Effect.forkScoped({ startImmediately: true })
    ),
  waitFor: (tag, { timeout, trigger = Effect.void, where = () => true } = {}) =>
    Effect.scoped(Effect.gen(function*() {
      const first = yield* events.pipe(
        Stream.filter(ServerEvent.is(tag)),
        Stream.filter(where),
        Stream.runHead,
        Effect.forkScoped({ startImmediately: true })
      )
      yield* trigger
      const event = yield* timeout === undefined ? Fiber.join(first) : Effect.timeout(Fiber.join(first), timeout)
      return yield* Option.match(event, { onNone: () => Effect.interrupt, onSome: Effect.succeed })
    }))
})

/** Who says such a thing; `undefined` where anybody might. */
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

const NO_KIND = "a server that has shown what it speaks"

/** How long the server's first words may take before it is asked something. */
const FIRST_WORDS = "1 second"

/**
 * A client on the session in context. It listens for as long as the scope is open; the session remains its owner's.
 *
 * {@link connect} makes the session, too.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options?: ClientOptions
): Effect.Effect<RconClient["Service"], never, Session.Session | Scope.Scope> =>
  Effect.map(onSession(options), ({ client }) => client)

const onSessionOfItsOwn = Effect.fnUntraced(function*(options: Options) {
  const session = yield* Session.start(options)
  // Listening before the login: what the server says first is who we are.
  const { client, logout } = yield* Effect.provideService(onSession(options), Session.Session, session)
  yield* Effect.addFinalizer(() => logout)
  return { client, session }
})

/**
 * As {@link connect}, but returns the client at once, while it logs in. Commands wait until it has, or for their timeout.
 * That it cannot log in is seen in `status` and `events`, and in the commands, which fail with reason `SessionClosed`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = (
  options: Options
): Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> =>
  Effect.map(onSessionOfItsOwn(options), ({ client }) => client)

/**
 * Logs in, and returns the client once the server has accepted the password. It stays logged in, through outages, for as
 * long as the scope is open. Use it in place of {@link layer} for several servers in one program.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = (
  options: Options
): Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> =>
  Effect.flatMap(onSessionOfItsOwn(options), ({ client, session }) => Effect.as(session.online, client))

/**
 * Provides a client, and the session under it. The layer is built once the server has accepted the password.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<RconClient, LoginFailure, Transport> =>
  Layer.effect(RconClient, connect(options))

/**
 * Provides a client on the session in context.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNoDeps = (options?: ClientOptions): Layer.Layer<RconClient, never, Session.Session> =>
  Layer.effect(RconClient, make(options))
