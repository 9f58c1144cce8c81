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
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ActionError from "./ActionError.ts"
import type { AdminId } from "./Admin.ts"
import type { Ban, BanTarget } from "./Ban.ts"
import type { ActionOptions, BanOptions, BulkOptions, Commands, SayOptions } from "./Commands.ts"
import type { Flavour, ReplyWindow } from "./Flavour.ts"
import * as Arguments from "./internal/arguments.ts"
import * as BanWatch from "./internal/banWatch.ts"
import * as BattlEye from "./internal/battleye/commands.ts"
import type { SimpleCommand } from "./internal/commandTable.ts"
import * as CommandTable from "./internal/commandTable.ts"
import type { Call, FlavourCommands } from "./internal/flavourCommands.ts"
import { FlavourDetection } from "./internal/flavourDetection.ts"
import * as LiveRoster from "./internal/liveRoster.ts"
import { compare, PlayerTarget } from "./internal/playerTarget.ts"
import * as Reforger from "./internal/reforger/commands.ts"
import { splitText } from "./internal/splitText.ts"
import type { Player, PlayerId } from "./Player.ts"
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
  /**
   * How often to read the list of bans, to publish what has changed in it as `BanAdded`, `BanRemoved` and `BanExpired`.
   * Default `"never"`: a list can have 255 KiB.
   */
  readonly banInterval?: Duration.Input | "never" | undefined
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
  const clock = yield* Clock.Clock
  const now = () => Monotonic.millis(clock)
  const broadcast = new Broadcast<ServerEvent.ServerEvent, LoginFailure>({
    capacity: options.messageCapacity ?? 4096,
    overflow: (missed) => new ServerEvent.Gap({ cause: "Overflow", missed })
  })
  const publish = (event: ServerEvent.ServerEvent) => broadcast.publish(event)
  const events = broadcast.values
  const commandTimeout = Monotonic.duration(options.commandTimeout ?? "20 seconds")
  let adminId: AdminId | undefined

  // ---------------------------------------------------------------------------
  // flavours
  // ---------------------------------------------------------------------------

  const detection = new FlavourDetection({
    session,
    flavour: options.flavour === "auto" ? undefined : options.flavour,
    context,
    now
  })
  // Made when the first command of the flavour is called: most servers have one, and there may be thousands of clients.
  let reforger: Reforger.Reforger | undefined
  let battleye: FlavourCommands | undefined
  const commandsOf = (flavour: Flavour): FlavourCommands =>
    flavour === "Reforger"
      ? (reforger ??= Reforger.make(session, options.replyWindow, { now, context })).commands
      : battleye ??= BattlEye.make(session, {
        events,
        adminId: () => adminId,
        isBattlEye: () => detection.isBattlEye
      })

  /** A command of either flavour, called now. */
  const call = <A, E>(
    name: string,
    select: (commands: FlavourCommands, call: Call) => Effect.Effect<A, E>,
    given?: ActionOptions
  ): Effect.Effect<A, E | CommandError.CommandError> =>
    calling(name, given, (call) =>
      // The flavour is unknown only for a moment after each login.
      detection.isKnown
        ? select(commandsOf(detection.flavour!), call)
        : Effect.flatMap(
          detection.resolve(name, call.deadline),
          (flavour) => select(commandsOf(flavour), call)
        ))

  /** Captures the context of a command. */
  const calling = <A, E>(
    name: string,
    given: ActionOptions | undefined,
    run: (call: Call) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | CommandError.CommandError> =>
    Effect.suspend((): Effect.Effect<A, E | CommandError.CommandError> => {
      const timeout = given?.timeout === undefined ? commandTimeout : Monotonic.duration(given.timeout)
      const problem = problemOf(timeout, given)
      if (problem !== undefined) return Arguments.invalid(name, problem)
      const deadline = now() + timeout
      return Effect.flatMap(session.epoch, (epoch) =>
        run({
          repeatable: given?.repeatable,
          epoch: given?.epoch,
          isCurrent: given?.isCurrent,
          // Before the first login that session is meant.
          calledIn: Math.max(1, epoch),
          deadline,
          confirmWithin: given?.confirmWithin
        }))
    })

  // ---------------------------------------------------------------------------
  // messages
  // ---------------------------------------------------------------------------

  const live = LiveRoster.make({
    query: calling("players", undefined, (call) =>
      Effect.flatMap(
        detection.table(call.deadline),
        (table) =>
          table === undefined
            ? Effect.flatMap(
              detection.resolve("players", call.deadline),
              (flavour) => commandsOf(flavour).playerTable(call)
            )
            : Effect.succeed(table)
      )),
    status: session.status,
    interval: options.rosterInterval ?? "25 seconds",
    clock,
    context,
    publish
  })

  /** Whether the next message is the first after a login. */
  let isGreeting = (yield* session.status)._tag !== "Online"

  const take = (item: Message | Gap): void => {
    const event = read(item)
    if (event === undefined) return
    // A late message is older than what the roster knows. For the gap that it left the list is asked for.
    if (item._tag === "Message" && item.late) return publish(event)
    const described = live.describe(event)
    live.observe(described)
    publish(described)
    live.announce()
  }

  const read = (item: Message | Gap): ServerEvent.ServerEvent | undefined => {
    if (item._tag === "Gap") {
      isGreeting = item.cause === "Reconnected"
      if (isGreeting) {
        adminId = undefined
        detection.forget()
        reforger?.restart()
      } else reforger?.gap()
      return new ServerEvent.Gap({ cause: item.cause, ...(item.missed !== undefined && { missed: item.missed }) })
    }
    if (detection.flavour === "Reforger" && reforger?.offer(item.text) === true) return undefined
    const event = ServerEvent.parse(item.text, live.known.values())
    detection.learn(event)
    // The first thing a server says to a client is that this client has logged in. Later logins are those of others.
    if (isGreeting && (event._tag === "AdminLoggedIn" || event._tag === "LoggedIn")) adminId = event.admin
    isGreeting = false
    return event
  }

  const bans = BanWatch.make({
    query: call("bans", (_, call) => _.banTable(call)),
    interval: options.banInterval ?? "never",
    now,
    context,
    publish
  })

  yield* session.messages.pipe(
    Stream.runForEachArray((items) => Effect.sync(() => items.forEach(take))),
    // The subscribers learn how it ends, and the log of a defect.
    Effect.onExit((exit) => {
      detection.close(exit)
      reforger?.close()
      const closing = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      broadcast.close(closing ? Exit.void : exit)
      live.close(closing ? Exit.void : exit)
      bans.close()
      return Exit.isFailure(exit) && Cause.hasDies(exit.cause)
        ? Effect.logError("reading the server's messages failed, no more events will come", exit.cause)
        : Effect.void
    }),
    Effect.forkScoped({ startImmediately: true })
  )

  const begin = Effect.map(session.online, () => {
    live.begin()
    bans.begin()
  })
  // If the session never comes online, its owner hears of it.
  yield* Effect.forkScoped(Effect.ignore(begin), { startImmediately: true })

  // ---------------------------------------------------------------------------
  // the client
  // ---------------------------------------------------------------------------

  /** The rows alone. Unparsed lines are logged. */
  const rowsOf = <Row, E>(name: string, table: Effect.Effect<Table<Row>, E>): Effect.Effect<ReadonlyArray<Row>, E> =>
    spanned(name, () =>
      Effect.flatMap(table, ({ rows, unparsed }) =>
        unparsed.length === 0
          ? Effect.succeed(rows)
          : Effect.as(Effect.logWarning(`cannot read these lines of the list of ${name}`, unparsed), rows)))

  const simple = <A, E>(command: SimpleCommand<A, E>, options?: Session.CommandOptions) =>
    call(command.text, (_, call) => _.simple(command, call), options)

  /** The methods for commands without arguments. */
  const methodsOf = <Table extends Record<string, SimpleCommand<unknown, unknown>>>(table: Table) =>
    Record.map(table, (command, name) => spanned(name, () => simple(command))) as {
      readonly [K in keyof Table]: Table[K] extends SimpleCommand<infer A, infer E>
        ? Effect.Effect<A, CommandError.CommandError | E>
        : never
    }

  /** The player that a caller means: by slot, or found by what identifies the player. */
  const targetOf = (
    action: string,
    named: Arguments.PlayerName,
    deadline: number
  ): Effect.Effect<PlayerTarget, CommandError.CommandError | ActionError.ActionError> =>
    typeof named === "number"
      ? Effect.sync(() => new PlayerTarget(named, live.occupantOf))
      : live.roster.get.pipe(
        Effect.mapError((failure) => ActionError.make(action, new ActionError.LookupFailed({ failure }))),
        Effect.flatMap((players) => {
          const there = typeof named === "string"
            ? players.find(({ guid }) => guid === named)
            : players.find((player) => player.guid !== undefined && player.guid === named.guid) ??
              players.find((player) => player.id === named.id && compare(player, named) !== "Other")
          return there === undefined
            ? Effect.fail(ActionError.make(
              action,
              new ActionError.PlayerNotFound({ player: typeof named === "string" ? named : named.guid ?? named.id })
            ))
            : Effect.succeed(new PlayerTarget(there.id, live.occupantOf, there))
        }),
        Effect.timeoutOrElse({
          duration: Math.max(0, deadline - now()),
          orElse: () => Effect.fail(CommandError.make(action, new CommandError.NotConnected({ peer: "the server" })))
        })
      )

  /** An action on a player. */
  const onPlayer = (
    name: "whisper" | "kick" | "ban",
    command: string,
    named: Arguments.PlayerName,
    act: (commands: FlavourCommands, target: PlayerTarget, call: Call) => Action,
    options?: ActionOptions
  ): Action =>
    typeof named === "number"
      // The occupant is captured at the call, also if the flavour is still to be found out.
      ? Effect.flatMap(
        targetOf(name, named, Infinity),
        (target) => call(command, (commands, call) => act(commands, target, call), options)
      )
      : call(command, (commands, call) =>
        Effect.flatMap(
          targetOf(name, named, call.deadline),
          (target) => act(commands, target, call)
        ), options)

  const banTable = call("bans", (_, call) => _.banTable(call))
  const queries = methodsOf(CommandTable.queries)

  const say = (text: string, options?: SayOptions): Action =>
    Effect.flatMap(
      options?.split === true
        ? Effect.map(Arguments.text("say", "text", text), splitText)
        : Effect.map(Arguments.line("say", "text", text), Arr.of),
      (lines) =>
        Effect.map(
          Effect.forEach(lines, (line) => call("say", (_, call) => _.say(line, call), options)),
          (replies) => replies.find((reply) => reply !== "") ?? ""
        )
    )

  const ban = (target: PlayerId | Player | BanTarget, options?: BanOptions): Action =>
    Effect.all([
      Arguments.banned("ban", target),
      Arguments.line("ban", "reason", options?.reason ?? "")
    ]).pipe(
      Effect.flatMap(([target, reason]) => {
        const sentence = { duration: options?.duration ?? "permanent", reason }
        return typeof target === "string"
          ? call("addBan", (_, call) => _.ban(target, sentence, call), options)
          : onPlayer("ban", "ban", target, (_, player, call) => _.ban(player, sentence, call), options)
      })
    )

  const unban = (targets: ReadonlyArray<BanTarget | Ban>, options?: Session.CommandOptions): Action =>
    Effect.flatMap(
      Effect.forEach(targets, (target) => Arguments.listed("removeBan", target)),
      (targets) => call("removeBan", (_, call) => _.unban(targets, call), options)
    )

  /** Runs a change of the list of bans, and has the server write the list to its file if that is wanted. */
  const written = <A, E>(change: Effect.Effect<A, E>, options: BulkOptions | undefined) =>
    options?.write === true ? Effect.tap(change, () => simple(CommandTable.actions.writeBans)) : change

  const client = RconClient.of({
    players: rowsOf("players", live.playerTable),
    playerTable: spanned("playerTable", () => live.playerTable),
    bans: rowsOf("bans", banTable),
    banTable: spanned("banTable", () => banTable),
    admins: rowsOf("admins", queries.adminTable),
    ...queries,
    ...methodsOf(CommandTable.actions),
    say: (text, options) => spanned("say", () => say(text, options)),
    whisper: (player, text, options) =>
      spanned("whisper", () =>
        Effect.flatMap(
          Effect.all([Arguments.player("say", player), Arguments.line("say", "text", text)]),
          ([player, text]) =>
            onPlayer("whisper", "say", player, (_, target, call) => _.whisper(target, text, call), options)
        )),
    kick: (player, reason, options) =>
      spanned("kick", () =>
        Effect.flatMap(
          Effect.all([Arguments.player("kick", player), Arguments.line("kick", "reason", reason ?? "")]),
          ([player, reason]) =>
            onPlayer("kick", "kick", player, (_, target, call) => _.kick(target, reason, call), options)
        )),
    ban: (target, options) => spanned("ban", () => ban(target, options)),
    unban: (target, options) => spanned("unban", () => unban([target], options)),
    banAll: (targets, options) =>
      spanned("banAll", () =>
        Effect.flatMap(
          Effect.all([
            Effect.forEach(targets, (target) => Arguments.banTarget("addBan", target)),
            Arguments.line("addBan", "reason", options?.reason ?? "")
          ]),
          ([targets, reason]) =>
            written(
              call("addBan", (_, call) =>
                _.banAll(targets, { duration: options?.duration ?? "permanent", reason }, call), options),
              options
            )
        )),
    unbanAll: (targets, options) =>
      spanned("unbanAll", () => written(targets.length === 0 ? Effect.succeed("") : unban(targets, options), options)),
    loadBans: (file, options) =>
      spanned("loadBans", () =>
        Effect.flatMap(
          Arguments.line("loadBans", "file", file ?? ""),
          (file) => simple(CommandTable.actionsWith.loadBans(file), options)
        )),
    maxPing: (limit, options) =>
      spanned("maxPing", () =>
        Effect.flatMap(
          Arguments.count("maxPing", "limit", limit, "millisecond", "unlimited"),
          (milliseconds) => simple(CommandTable.actionsWith.maxPing(milliseconds === 0 ? -1 : milliseconds), options)
        )),
    selectMission: (mission, options) =>
      spanned("selectMission", () =>
        Effect.flatMap(
          Effect.all([
            Arguments.mission("#mission", mission),
            Arguments.line("#mission", "difficulty", options?.difficulty ?? "")
          ]),
          ([mission, difficulty]) => simple(CommandTable.actionsWith.selectMission(mission, difficulty), options)
        )),
    command: (text, options) => call(text, (_, call) => _.command(text, call), options),
    events,
    ...listeners(events),
    roster: live.roster,
    flavour: Effect.suspend(() => detection.resolve("players", now() + commandTimeout)),
    adminId: Effect.sync(() => Option.fromUndefinedOr(adminId)),
    status: session.status,
    statusChanges: session.statusChanges
  })

  return {
    client,
    logout: Effect.suspend(() => detection.flavour === "BattlEye" ? Effect.void : Reforger.logout(session))
  }
})

type Action = Effect.Effect<string, CommandError.CommandError | ActionError.ActionError>

const problemOf = (timeout: number, given: ActionOptions | undefined): string | undefined => {
  if (!(timeout > 0)) return `timeout must be a positive duration (got ${Formatter.format(given?.timeout)})`
  return given?.confirmWithin !== undefined && Number.isNaN(Monotonic.duration(given.confirmWithin))
    ? `confirmWithin must be a duration (got ${Formatter.format(given.confirmWithin)})`
    : undefined
}

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
