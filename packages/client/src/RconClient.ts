/**
 * What an administrator of a BattlEye server does and sees.
 *
 * @since 0.1.0
 */
import * as Broadcast from "@bercon/session/Broadcast"
import {
  CommandDisallowed,
  type CommandError,
  InvalidCommand,
  make as failure,
  UnknownCommand
} from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Gap, Message } from "@bercon/session/Message"
import * as Session from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import type { Transport } from "@bercon/session/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Admin, AdminId } from "./Admin.ts"
import type { Ban } from "./Ban.ts"
import * as AdminsReply from "./internal/adminsReply.ts"
import * as BansReply from "./internal/bansReply.ts"
import * as CommandsReply from "./internal/commandsReply.ts"
import * as KnownPlayers from "./internal/knownPlayers.ts"
import * as MissionsReply from "./internal/missionsReply.ts"
import * as PlayersReply from "./internal/playersReply.ts"
import * as VersionReply from "./internal/versionReply.ts"
import { type Player, PlayerId } from "./Player.ts"
import type { ReplyError } from "./ReplyError.ts"
import * as ServerEvent from "./ServerEvent.ts"
import type { Table } from "./Table.ts"
import type { Version } from "./Version.ts"

/**
 * A client logged in to one server.
 *
 * **Details**
 *
 * Commands can fail with a `CommandError`, whose `execution` says whether the server may have run them all the same. All
 * of them are repeatable: where no answer comes, they are sent again, and a server might run them twice. Say
 * `repeatable: false` where that does harm.
 *
 * That a command succeeded means that the server has taken it, not that it had its effect: servers answer a kick of
 * nobody as they answer any other. `events` and `players` tell.
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
export class RconClient extends Context.Service<RconClient, {
  /**
   * Asks who is on the server, in the server's order. A player whom the server prints twice is there twice.
   *
   * Lines that cannot be read as a row are logged as a warning and left out; {@link playerTable} has them. Fails with
   * `ReplyError` where the reply is not a list of players.
   */
  readonly players: Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
  /** As `players`, with the lines that could not be read and the number of players that the server says there are. */
  readonly playerTable: Effect.Effect<Table<Player>, CommandError | ReplyError>
  /**
   * Asks who is banned, in the server's order: GUIDs, then IP addresses. Bans that have expired are there until the server
   * writes its list to its file.
   *
   * Lines that cannot be read as a row are logged as a warning and left out; {@link banTable} has them. Fails with
   * `ReplyError` where the reply is not a list of bans.
   */
  readonly bans: Effect.Effect<ReadonlyArray<Ban>, CommandError | ReplyError>
  /** As `bans`, with the lines that could not be read. Servers do not say how many there are. */
  readonly banTable: Effect.Effect<Table<Ban>, CommandError | ReplyError>
  /**
   * Asks who is logged in over RCON, this client among them.
   *
   * Lines that cannot be read as a row are logged as a warning and left out; {@link adminTable} has them. Fails with
   * `ReplyError` where the reply is not a list of RCON clients.
   */
  readonly admins: Effect.Effect<ReadonlyArray<Admin>, CommandError | ReplyError>
  /** As `admins`, with the lines that could not be read. Servers do not say how many there are. */
  readonly adminTable: Effect.Effect<Table<Admin>, CommandError | ReplyError>
  /**
   * Asks which missions there are: the names of their files, such as `Liberation.Altis.pbo`. Only Arma has them; fails with
   * `ReplyError` where the reply is not a list of missions.
   */
  readonly missions: Effect.Effect<ReadonlyArray<string>, CommandError | ReplyError>
  /** Asks for the version of the BattlEye server. Fails with `ReplyError` where the reply is blank. */
  readonly version: Effect.Effect<Version, CommandError | ReplyError>
  /**
   * Asks which commands there are, as the server words it: one line each, without blanks around it. Fails with
   * `ReplyError` where the reply is not a list of commands.
   */
  readonly commands: Effect.Effect<ReadonlyArray<string>, CommandError | ReplyError>
  /** Tells everybody. The text must be one line. Servers show long texts cut; 128 characters are safe. */
  readonly say: (
    text: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<void, CommandError>
  /** Tells one player. The text must be one line. */
  readonly whisper: (
    player: PlayerId,
    text: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<void, CommandError>
  /** Kicks a player, who sees the reason. The reason must be one line. */
  readonly kick: (
    player: PlayerId,
    reason?: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<void, CommandError>
  /**
   * Sends any command and returns the reply as it is. Fails with reason `UnknownCommand` or `CommandDisallowed` where
   * that is what the server replies.
   */
  readonly command: (
    text: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError>
  /**
   * What happens on the server from now on, in the server's order. Every subscriber gets everything; one that is too
   * slow loses its oldest events and finds a `Gap` in their place. Ends when the session's owner closes it, and fails where
   * it ends for good by itself: where the server refuses to log it in again.
   *
   * Who speaks in chat is looked up among the players the client knows: those who were in the last `players`, and those
   * who have come since. After an outage (a `Gap` of cause `"Reconnected"`) it knows nobody until the next `players`.
   */
  readonly events: Stream.Stream<ServerEvent.ServerEvent, LoginFailure>
  /**
   * The number that the server has given this client, where it has told it. It does so right after each login; `None`
   * also where that message was lost.
   */
  readonly adminId: Effect.Effect<Option.Option<AdminId>>
  /** How the session is doing now. */
  readonly status: Effect.Effect<Status>
  /** How the session is doing: now, and every change. Ends after `Closed`. */
  readonly statusChanges: Stream.Stream<Status>
}>()("@bercon/client/RconClient") {}

/**
 * Options of a client on a session that is there already.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Pick<Session.Options, "messageCapacity"> {}

/**
 * A client on the session in context. It listens for as long as the scope is open; the session remains its owner's.
 *
 * {@link connect} makes the session, too.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (
  options?: Options
) => Effect.Effect<RconClient["Service"], never, Session.Session | Scope.Scope> = Effect.fnUntraced(
  function*(options) {
    const session = yield* Session.Session
    const knownPlayers = KnownPlayers.make()
    const broadcast = Broadcast.make<ServerEvent.ServerEvent, LoginFailure>({
      capacity: options?.messageCapacity ?? 4096,
      overflow: (missed) => new ServerEvent.Gap({ cause: "Overflow", missed })
    })
    let adminId = Option.none<AdminId>()
    /** Whether the next message is the first after a login. */
    let loggingIn = (yield* session.status)._tag !== "Online"

    /** For each list of players that was asked for and is not there yet, what has happened since. */
    const asked = new Set<Array<ServerEvent.ServerEvent>>()

    const take = (item: Message | Gap): void => {
      const event = read(item)
      KnownPlayers.observe(knownPlayers, event)
      for (const since of asked) if (since.length < KnownPlayers.CAPACITY) since.push(event)
      broadcast.publish(event)
    }

    const read = (item: Message | Gap): ServerEvent.ServerEvent => {
      if (item._tag === "Gap") {
        loggingIn = item.cause === "Reconnected"
        if (loggingIn) adminId = Option.none()
        return new ServerEvent.Gap({ cause: item.cause, ...(item.missed !== undefined && { missed: item.missed }) })
      }
      const event = ServerEvent.parse(item.text, knownPlayers.values())
      // The first thing a server says to a client is that this client has logged in. Later logins are those of others.
      if (loggingIn && event._tag === "AdminLoggedIn") adminId = Option.some(event.admin)
      loggingIn = false
      return event
    }

    yield* session.messages.pipe(
      Stream.runForEachArray((items) => Effect.sync(() => items.forEach(take))),
      // Nobody joins this fiber: how it ends, the subscribers have to hear, and of a defect the log.
      Effect.onExit((exit) => {
        const closing = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        broadcast.close(closing ? Exit.void : exit)
        return Exit.isFailure(exit) && Cause.hasDies(exit.cause)
          ? Effect.logError("reading the server's messages failed, no more events will come", exit.cause)
          : Effect.void
      }),
      Effect.forkScoped({ startImmediately: true })
    )

    const command = Effect.fnUntraced(function*(text: string, options?: Session.CommandOptions) {
      const reply = yield* session.command(text, options)
      switch (reply.trim()) {
        case "Unknown command":
          return yield* failure(text, new UnknownCommand({}))
        case "Disallowed command":
          return yield* failure(text, new CommandDisallowed({}))
        default:
          return reply
      }
    })

    /** A command that ends in free text. */
    const send = Effect.fnUntraced(function*(
      start: string,
      text: string,
      options: Session.CommandOptions | undefined
    ) {
      if (/[\r\n]/.test(text)) {
        return yield* failure(start, new InvalidCommand({ problem: "the text holds a line break" }))
      }
      yield* command(text === "" ? start : `${start} ${text}`, options)
    })

    /** The same about one player. */
    const sendAbout = (
      word: string,
      player: number,
      text: string,
      options: Session.CommandOptions | undefined
    ): Effect.Effect<void, CommandError> =>
      // Types do not keep -1 out of a program in JavaScript, and servers take it for everybody.
      isPlayerId(player)
        ? send(`${word} ${player}`, text, options)
        : Effect.fail(failure(word, new InvalidCommand({ problem: `${player} is not the number of a player` })))

    const query = <A>(
      text: string,
      parse: (reply: string) => Result.Result<A, ReplyError>
    ): Effect.Effect<A, CommandError | ReplyError> =>
      Effect.flatMap(command(text), (reply) => Effect.fromResult(parse(reply)))

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

    const banTable = query("bans", BansReply.parse)
    const adminTable = query("admins", AdminsReply.parse)
    const playerTable = Effect.suspend(() => {
      const since: Array<ServerEvent.ServerEvent> = []
      asked.add(since)
      return query("players", PlayersReply.parse).pipe(
        // The events that came while the list was on its way may be newer than the list.
        Effect.tap((table) => Effect.sync(() => KnownPlayers.replace(knownPlayers, table.rows, since))),
        Effect.ensuring(Effect.sync(() => asked.delete(since)))
      )
    })

    return RconClient.of({
      players: rowsOf("players", playerTable),
      playerTable: Effect.withSpan(playerTable, "RconClient.playerTable"),
      bans: rowsOf("bans", banTable),
      banTable: Effect.withSpan(banTable, "RconClient.banTable"),
      admins: rowsOf("admins", adminTable),
      adminTable: Effect.withSpan(adminTable, "RconClient.adminTable"),
      missions: Effect.withSpan(query("missions", MissionsReply.parse), "RconClient.missions"),
      version: Effect.withSpan(query("version", VersionReply.parse), "RconClient.version"),
      commands: Effect.withSpan(query("commands", CommandsReply.parse), "RconClient.commands"),
      say: Effect.fn("RconClient.say")((text, options) => send("say -1", text, options)),
      whisper: Effect.fn("RconClient.whisper")((player, text, options) => sendAbout("say", player, text, options)),
      kick: Effect.fn("RconClient.kick")((player, reason = "", options) => sendAbout("kick", player, reason, options)),
      command,
      events: broadcast.values,
      adminId: Effect.sync(() => adminId),
      status: session.status,
      statusChanges: session.statusChanges
    })
  }
)

/**
 * Logs in, and returns the client once the server has accepted the password. It stays logged in, through outages, for as
 * long as the scope is open. Use it in place of {@link layer} for several servers in one program.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect: (
  options: Session.Options
) => Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> = Effect.fnUntraced(
  function*(options) {
    const session = yield* Session.start(options)
    // Listening before the login: what the server says first is who we are.
    const client = yield* Effect.provideService(make(options), Session.Session, session)
    yield* session.online
    return client
  }
)

/**
 * Provides a client, and the session under it. The layer is built once the server has accepted the password.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Session.Options): Layer.Layer<RconClient, LoginFailure, Transport> =>
  Layer.effect(RconClient, connect(options))

/**
 * Provides a client on the session in context.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNoDeps = (options?: Options): Layer.Layer<RconClient, never, Session.Session> =>
  Layer.effect(RconClient, make(options))

const isPlayerId = Schema.is(PlayerId)
