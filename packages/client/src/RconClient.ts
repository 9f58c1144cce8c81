/**
 * What an administrator of a BattlEye server does and sees.
 *
 * @since 0.1.0
 */
import * as Broadcast from "@bercon/session/Broadcast"
import type { CommandError } from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Gap, Message } from "@bercon/session/Message"
import * as Session from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import type { Transport } from "@bercon/session/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { AdminId } from "./Admin.ts"
import type { Commands } from "./Commands.ts"
import type { Flavour, ReplyWindow } from "./Flavour.ts"
import * as BattlEye from "./internal/battleye.ts"
import type { FlavourCommands } from "./internal/flavourCommands.ts"
import * as LiveRoster from "./internal/liveRoster.ts"
import * as Reforger from "./internal/reforger.ts"
import { waitFor } from "./internal/waitFor.ts"
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
   * Runs a handler for every event of a kind from now on, one after the other, until the scope closes. A handler that fails is
   * logged as an error and stops neither the next event nor other handlers; one that is too slow loses its oldest events.
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
  readonly flavour: Effect.Effect<Flavour, CommandError>
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
export interface ClientOptions extends Pick<Session.Options, "messageCapacity"> {
  /**
   * What the server speaks. Default `"auto"`: found out from its first words to this client, or, where it has none for a
   * second, from how it answers `players`. Commands wait until it is known.
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
  const broadcast = Broadcast.make<ServerEvent.ServerEvent, LoginFailure>({
    capacity: options.messageCapacity ?? 4096,
    overflow: (missed) => new ServerEvent.Gap({ cause: "Overflow", missed })
  })
  const events = broadcast.values
  let adminId: AdminId | undefined

  // ---------------------------------------------------------------------------
  // flavours
  // ---------------------------------------------------------------------------

  const reforger = yield* Reforger.make(session, options.replyWindow)
  const battleye = BattlEye.make(session, { events, adminId: () => adminId, players: () => roster.players() })
  const flavours: Record<Flavour, FlavourCommands> = { BattlEye: battleye, Reforger: reforger.commands }

  let flavour = options.flavour === "auto" ? undefined : options.flavour
  const recognised = Deferred.makeUnsafe<Flavour>()
  const recognise = (found: Flavour): void => {
    flavour ??= found
    Deferred.doneUnsafe(recognised, Effect.succeed(flavour))
  }

  const askFlavour = session.command("players").pipe(
    Effect.map((reply): Flavour => reply === "" ? "Reforger" : "BattlEye"),
    Effect.tap((found) => Effect.sync(() => recognise(found)))
  )
  const theFlavour = Effect.suspend(() =>
    flavour !== undefined
      ? Effect.succeed(flavour)
      : Effect.raceFirst(Deferred.await(recognised), Effect.delay(askFlavour, ASK_FLAVOUR_AFTER))
  )

  /** A command of whichever flavour it is. */
  const by = <A, E>(
    select: (commands: FlavourCommands) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | CommandError> => Effect.flatMap(theFlavour, (flavour) => select(flavours[flavour]))

  // ---------------------------------------------------------------------------
  // messages
  // ---------------------------------------------------------------------------

  const roster = LiveRoster.make(by((_) => _.playerTable), options.rosterInterval ?? "25 seconds")

  /** Whether the next message is the first after a login. */
  let loggingIn = (yield* session.status)._tag !== "Online"

  const take = (item: Message | Gap): void => {
    const event = read(item)
    if (event === undefined) return
    roster.observe(event)
    broadcast.publish(event)
  }

  const read = (item: Message | Gap): ServerEvent.ServerEvent | undefined => {
    if (item._tag === "Gap") {
      loggingIn = item.cause === "Reconnected"
      if (loggingIn) adminId = undefined
      reforger.gap()
      return new ServerEvent.Gap({ cause: item.cause, ...(item.missed !== undefined && { missed: item.missed }) })
    }
    if (flavour === "Reforger" && reforger.offer(item.text)) return undefined
    const event = ServerEvent.parse(item.text, roster.known.values())
    const speaks = flavourOf(event)
    if (flavour === undefined && speaks !== undefined) recognise(speaks)
    // The first thing a server says to a client is that this client has logged in. Later logins are those of others.
    if (loggingIn && (event._tag === "AdminLoggedIn" || event._tag === "LoggedIn")) adminId = event.admin
    loggingIn = false
    return event
  }

  yield* session.messages.pipe(
    Stream.runForEachArray((items) => Effect.sync(() => items.forEach(take))),
    // Nobody joins this fiber: how it ends, the subscribers have to hear, and of a defect the log.
    Effect.onExit((exit) => {
      const closing = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      broadcast.close(closing ? Exit.void : exit)
      roster.close(closing ? Exit.void : exit)
      return Exit.isFailure(exit) && Cause.hasDies(exit.cause)
        ? Effect.logError("reading the server's messages failed, no more events will come", exit.cause)
        : Effect.void
    }),
    Effect.forkScoped({ startImmediately: true })
  )

  yield* session.online.pipe(
    Effect.andThen(roster.keep),
    // A session that never comes online tells its owner.
    Effect.ignore,
    Effect.onError((cause) =>
      Cause.hasDies(cause) ? Effect.logError("the roster is not kept up to date any more", cause) : Effect.void
    ),
    Effect.forkScoped({ startImmediately: true })
  )

  // ---------------------------------------------------------------------------
  // the client
  // ---------------------------------------------------------------------------

  /** The rows alone. Of the lines that are none the log tells. */
  const rowsOf = <Row, E>(name: string, table: Effect.Effect<Table<Row>, E>): Effect.Effect<ReadonlyArray<Row>, E> =>
    table.pipe(
      Effect.tap(({ unparsed }) =>
        unparsed.length === 0
          ? Effect.void
          : Effect.logWarning(`cannot read these lines of the list of ${name}`, unparsed)
      ),
      Effect.map(({ rows }) => rows),
      Effect.withSpan(`RconClient.${name}`)
    )

  const banTable = by((_) => _.banTable)
  const adminTable = by((_) => _.adminTable)

  const client = RconClient.of({
    players: rowsOf("players", roster.playerTable),
    playerTable: Effect.withSpan(roster.playerTable, "RconClient.playerTable"),
    bans: rowsOf("bans", banTable),
    banTable: Effect.withSpan(banTable, "RconClient.banTable"),
    admins: rowsOf("admins", adminTable),
    adminTable: Effect.withSpan(adminTable, "RconClient.adminTable"),
    missions: Effect.withSpan(by((_) => _.missions), "RconClient.missions"),
    version: Effect.withSpan(by((_) => _.version), "RconClient.version"),
    commands: Effect.withSpan(by((_) => _.commands), "RconClient.commands"),
    say: Effect.fn("RconClient.say")((text, options) => by((_) => _.say(text, options))),
    whisper: Effect.fn("RconClient.whisper")((player, text, options) => by((_) => _.whisper(player, text, options))),
    kick: Effect.fn("RconClient.kick")((player, reason, options) => by((_) => _.kick(player, reason, options))),
    ban: Effect.fn("RconClient.ban")((target, options) => by((_) => _.ban(target, options))),
    unban: Effect.fn("RconClient.unban")((target, options) => by((_) => _.unban(target, options))),
    loadBans: Effect.fn("RconClient.loadBans")((file, options) => by((_) => _.loadBans(file, options))),
    writeBans: Effect.withSpan(by((_) => _.writeBans), "RconClient.writeBans"),
    loadScripts: Effect.withSpan(by((_) => _.loadScripts), "RconClient.loadScripts"),
    loadEvents: Effect.withSpan(by((_) => _.loadEvents), "RconClient.loadEvents"),
    maxPing: Effect.fn("RconClient.maxPing")((limit, options) => by((_) => _.maxPing(limit, options))),
    lock: Effect.withSpan(by((_) => _.lock), "RconClient.lock"),
    unlock: Effect.withSpan(by((_) => _.unlock), "RconClient.unlock"),
    restart: Effect.withSpan(by((_) => _.restart), "RconClient.restart"),
    reassign: Effect.withSpan(by((_) => _.reassign), "RconClient.reassign"),
    restartServer: Effect.withSpan(by((_) => _.restartServer), "RconClient.restartServer"),
    shutdown: Effect.withSpan(by((_) => _.shutdown), "RconClient.shutdown"),
    selectMission: Effect.fn("RconClient.selectMission")((mission, options) =>
      by((_) => _.selectMission(mission, options))
    ),
    command: (text, options) => by((_) => _.command(text, options)),
    events,
    ...listeners(events),
    roster: roster.roster,
    flavour: theFlavour,
    adminId: Effect.sync(() => Option.fromUndefinedOr(adminId)),
    status: session.status,
    statusChanges: session.statusChanges
  })

  return { client, logout: Effect.suspend(() => flavour === "Reforger" ? reforger.logout : Effect.void) }
})

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
      Stream.runForEach((event) =>
        Effect.catchCause(handler(event), (cause) =>
          Cause.hasInterruptsOnly(cause)
            ? Effect.failCause(cause as Cause.Cause<never>)
            : Effect.logError(`a handler of ${tag} failed`, cause))
      ),
      Effect.forkScoped({ startImmediately: true })
    ),
  waitFor: (tag, options) => {
    const isTagged = ServerEvent.is(tag)
    const { timeout, trigger = Effect.void, where = () => true } = options ?? {}
    return Effect.flatMap(
      waitFor(events, (event): event is EventOf<typeof tag> => isTagged(event) && where(event), { timeout, trigger }),
      Option.match({ onNone: () => Effect.interrupt, onSome: Effect.succeed })
    )
  }
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

/** How long the server's first words may take before it is asked something. */
const ASK_FLAVOUR_AFTER = "1 second"

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
