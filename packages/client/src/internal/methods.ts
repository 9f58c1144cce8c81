/**
 * The methods of `Commands`: each checks its arguments and passes them to the server's flavour.
 */
import type * as Session from "@bercon/session/Session"
import { Span } from "@bercon/session/unstable"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as ActionError from "../ActionError.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import type * as CommandError from "../CommandError.ts"
import type { ActionOptions, BanOptions, BulkOptions, Commands, SayOptions } from "../Commands.ts"
import type { Guid } from "../Guid.ts"
import type { IdentityId } from "../Identity.ts"
import type { Player, PlayerId } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import { isComplete, type Table } from "../Table.ts"
import * as ActionErrors from "./actionError.ts"
import * as Arguments from "./arguments.ts"
import * as CommandErrors from "./commandError.ts"
import type { SimpleCommand } from "./commandTable.ts"
import * as CommandTable from "./commandTable.ts"
import type { Call, FlavourCommands } from "./flavourCommands.ts"
import type { LiveRoster } from "./liveRoster.ts"
import { compare, PlayerTarget } from "./playerTarget.ts"
import { splitText } from "./splitText.ts"

/** Calls a command of the server's flavour. `name` is used in errors. */
export type RunCall = <A, E>(
  name: string,
  select: (commands: FlavourCommands, call: Call) => Effect.Effect<A, E>,
  options?: ActionOptions
) => Effect.Effect<A, E | CommandError.CommandError>

type Action = Effect.Effect<string, CommandError.CommandError | ActionError.ActionError>

/** The parts that the methods need. */
export interface Dependencies {
  readonly run: RunCall
  readonly live: LiveRoster
  readonly now: () => number
  readonly epoch: Effect.Effect<number>
  /** Whether `live` contains the players of the current session. */
  readonly isOfThisSession: Effect.Effect<boolean>
  /** The error of a query that has no result in time, according to the current state of the session. */
  readonly late: Effect.Effect<CommandError.CommandError["reason"]>
  /** Attributes of the spans. */
  readonly attributes: Record<string, string>
}

/** `defaults`: options for every call. */
export const make = (dependencies: Dependencies, defaults?: Session.CommandOptions): Commands => {
  const { attributes, epoch, isOfThisSession, late, live, now, run } = dependencies
  /** Runs a method in a span with its name. The spans of the session's commands are inside it. */
  const spanned = <A, E>(name: string, method: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Span.within(`RconClient.${name}`, Effect.suspend(method), () => ({ attributes }))

  const call: RunCall = defaults === undefined
    ? run
    : (name, select, options) => run(name, select, merged(defaults, options))
  // Without `defaults`, the list also updates the roster.
  const playerTable = defaults === undefined
    ? live.playerTable
    : call("players", (server, call) => server.playerTable(call))

  /** The rows of a table. Unparsed lines are logged. */
  const rowsOf = <Row, E>(name: string, table: Effect.Effect<Table<Row>, E>): Effect.Effect<ReadonlyArray<Row>, E> =>
    Effect.suspend(() =>
      spanned(name, () =>
        Effect.flatMap(table, ({ rows, unparsed }) =>
          unparsed.length === 0
            ? Effect.succeed(rows)
            : Effect.as(Effect.logWarning(`cannot read these lines of the list of ${name}`, unparsed), rows)))
    )

  const simple = <A, E>(command: SimpleCommand<A, E>, options?: Session.CommandOptions) =>
    call(command.text, (server, call) => server.simple(command, call), options)

  /** The methods for commands without arguments. */
  const methodsOf = <Table extends Record<string, SimpleCommand<unknown, ActionError.ActionError | ReplyError>>>(
    table: Table
  ) =>
    Record.map(table, (command, name) => Effect.suspend(() => spanned(name, () => simple(command)))) as {
      readonly [K in keyof Table]: Table[K] extends SimpleCommand<infer A, infer E>
        ? Effect.Effect<A, CommandError.CommandError | E>
        : never
    }

  /** Finds a player who is identified by more than a slot. */
  const findIn = (players: Iterable<Player>, named: Guid | IdentityId | Player): Player | undefined => {
    const all = Array.from(players)
    if (typeof named === "string") return all.find(({ guid, identity }) => guid === named || identity === named)
    return all.find((player) =>
      (player.guid !== undefined && player.guid === named.guid) ||
      (player.identity !== undefined && player.identity === named.identity)
    ) ?? all.find((player) => player.id === named.id && compare(player, named) !== "Other")
  }

  /** Finds the player in the roster, or else in the list. */
  const find = (
    action: string,
    named: Guid | IdentityId | Player
  ): Effect.Effect<Player, CommandError.CommandError | ActionError.ActionError> => {
    const inList = live.playerTable.pipe(
      Effect.mapError((cause) => ActionErrors.make(action, new ActionError.LookupFailed({ cause }))),
      Effect.flatMap((table) => {
        const listed = findIn(table.rows, named)
        if (listed !== undefined) return Effect.succeed(listed)
        const player = typeof named === "string" ? named : named.guid ?? named.identity ?? named.id
        // An incomplete list does not prove that the player is absent.
        const reason = isComplete(table)
          ? new ActionError.PlayerNotFound({ player })
          : new ActionError.ListIncomplete({
            list: "players",
            target: player,
            isCut: table.cut,
            unread: table.unparsed.length
          })
        return Effect.fail(ActionErrors.make(action, reason))
      })
    )
    // Right after a login the roster may still contain the players of the session before.
    return Effect.flatMap(isOfThisSession, (isOfThisSession) => {
      const inRoster = isOfThisSession ? findIn(live.known.values(), named) : undefined
      return inRoster === undefined ? inList : Effect.succeed(inRoster)
    })
  }

  /** Looks up the player until the deadline of the call. */
  const targetOf = (action: string, named: Guid | IdentityId | Player, deadline: number) =>
    find(action, named).pipe(
      Effect.map((there) => new PlayerTarget(there.id, live.occupantOf, there)),
      Effect.timeoutOrElse({
        duration: Math.max(0, deadline - now()),
        orElse: () =>
          Effect.flatMap(late, (reason) => {
            const cause = CommandErrors.make("players", reason)
            return Effect.fail(ActionErrors.make(action, new ActionError.LookupFailed({ cause })))
          })
      })
    )

  /**
   * An action on a player. `name` is its method, and `command` the command that it sends. It yields first, because a
   * reply resumes its caller before the roster has processed the messages that arrived together with the reply.
   */
  const onPlayer = (
    { command, name }: { readonly name: "whisper" | "kick" | "ban"; readonly command: string },
    named: Arguments.PlayerName,
    act: (commands: FlavourCommands, target: PlayerTarget, call: Call) => Action,
    options?: ActionOptions
  ): Action => {
    if (typeof named === "number") {
      // The occupant is captured at the call, even if the flavour is still unknown.
      return Effect.suspend(() => {
        const target = new PlayerTarget(named, live.occupantOf)
        return call(
          command,
          (commands, call) => Effect.andThen(Effect.yieldNow, act(commands, target, call)),
          options
        )
      })
    }
    /** The slot is valid in the session in which it was looked up, not in that of the call. */
    const attempt = (commands: FlavourCommands, call: Call): Action =>
      Effect.flatMap(
        targetOf(name, named, call.deadline),
        (target) => Effect.flatMap(epoch, (epoch) => act(commands, target, { ...call, calledIn: Math.max(1, epoch) }))
      )
    return call(command, (commands, call) =>
      Effect.catchReason(
        Effect.andThen(Effect.yieldNow, attempt(commands, call)),
        "ActionError",
        "PlayerNotFound",
        // The player may have changed the slot while the command waited for its turn.
        (_, error) => findIn(live.known.values(), named) === undefined ? Effect.fail(error) : attempt(commands, call)
      ), options)
  }

  const banTable = call("bans", (server, call) => server.banTable(call))
  const queries = methodsOf(CommandTable.queries)

  const say = (text: string, options?: SayOptions): Action =>
    Effect.flatMap(
      options?.split === true
        ? Effect.map(Arguments.text("say", "text", text), splitText)
        : Effect.map(Arguments.line("say", "text", text), Arr.of),
      (lines) =>
        lines.length === 0 ? Effect.succeed("") : call("say", (server, call) => sayAll(server, lines, call), options)
    )

  /**
   * Sends one line after the other, all within the time of the call. A failure after the first line never means that
   * nothing was executed.
   */
  const sayAll = (commands: FlavourCommands, lines: ReadonlyArray<string>, call: Call): Action =>
    Effect.map(
      Effect.forEach(lines, (line, index) =>
        index === 0
          ? commands.say(line, call)
          : partly(commands.say(line, call), "say", `the rest of the text after ${index} of ${lines.length} lines`)),
      (replies) => replies.find((reply) => reply !== "") ?? ""
    )

  const ban = (target: PlayerId | Player | BanTarget, options?: BanOptions): Action =>
    Effect.all([
      Arguments.banned("ban", target),
      Arguments.line("ban", "reason", options?.reason === undefined ? "" : options.reason)
    ]).pipe(
      Effect.flatMap(([target, reason]) => {
        const terms = { duration: options?.duration === undefined ? "permanent" : options.duration, reason }
        return typeof target === "string"
          ? call("addBan", (server, call) => server.ban(target, terms, call), options)
          : onPlayer({ name: "ban", command: "ban" }, target, (server, player, call) =>
            server.ban(player, terms, call), options)
      })
    )

  const unban = (
    name: "unban" | "unbanAll",
    targets: ReadonlyArray<BanTarget | Ban>,
    options?: BulkOptions
  ): Action =>
    Effect.flatMap(
      Effect.forEach(targets, (target) => Arguments.listed("removeBan", target)),
      (targets) =>
        call(
          "removeBan",
          (server, call) =>
            targets.length === 0
              ? Effect.succeed("")
              : changed(server, call, { name, run: named(name, server.unban(targets, call)), write: options?.write }),
          timeoutOf(options)
        )
    )

  /** Changes the list of bans, and then writes the list to its file if required. */
  const changed = (
    commands: FlavourCommands,
    call: Call,
    change: { readonly name: string; readonly run: Action; readonly write: boolean | undefined }
  ): Action => {
    if (change.write !== true) return change.run
    const write = commands.simple(CommandTable.actions.writeBans, call)
    // Checked before anything is changed.
    if (!commands.supports(CommandTable.actions.writeBans)) return write
    return Effect.tap(change.run, () => partly(write, change.name, "the list to be written to its file"))
  }

  // Methods without arguments construct little before they run, because each client has about twenty of them.
  return {
    players: rowsOf("players", playerTable),
    playerTable: Effect.suspend(() => spanned("playerTable", () => playerTable)),
    bans: rowsOf("bans", banTable),
    banTable: Effect.suspend(() => spanned("banTable", () => banTable)),
    admins: rowsOf("admins", queries.adminTable),
    ...queries,
    ...methodsOf(CommandTable.actions),
    say: (text, options) => spanned("say", () => say(text, options)),
    whisper: (player, text, options) =>
      spanned("whisper", () =>
        Effect.flatMap(
          Effect.all([Arguments.player("say", player), Arguments.line("say", "text", text)]),
          ([player, text]) =>
            onPlayer(
              { name: "whisper", command: "say" },
              player,
              (server, target, call) => server.whisper(target, text, call),
              options
            )
        )),
    kick: (player, reason, options) =>
      spanned("kick", () =>
        Effect.flatMap(
          Effect.all([
            Arguments.player("kick", player),
            Arguments.line("kick", "reason", reason === undefined ? "" : reason)
          ]),
          ([player, reason]) =>
            onPlayer(
              { name: "kick", command: "kick" },
              player,
              (server, target, call) => server.kick(target, reason, call),
              options
            )
        )),
    ban: (target, options) => spanned("ban", () => ban(target, options)),
    unban: (target, options) => spanned("unban", () => unban("unban", [target], options)),
    banAll: (targets, options) =>
      spanned("banAll", () =>
        Effect.flatMap(
          Effect.all([
            Arguments.list("addBan", "targets", targets),
            Arguments.line("addBan", "reason", options?.reason === undefined ? "" : options.reason)
          ]),
          ([given, reason]) =>
            Effect.flatMap(
              Effect.forEach(given, (target) => Arguments.banTarget("addBan", target)),
              (targets) =>
                call("addBan", (server, call) => {
                  const duration = options?.duration === undefined ? "permanent" : options.duration
                  const run = named("banAll", server.banAll([...new Set(targets)], { duration, reason }, call))
                  return changed(server, call, { name: "banAll", run, write: options?.write })
                }, options)
            )
        )),
    unbanAll: (targets, options) =>
      spanned("unbanAll", () =>
        Effect.flatMap(
          Arguments.list<BanTarget | Ban>("removeBan", "targets", targets),
          (targets) => unban("unbanAll", targets, options)
        )),
    loadBans: (file, options) =>
      spanned("loadBans", () =>
        Effect.flatMap(
          Arguments.line("loadBans", "file", file === undefined ? "" : file),
          (file) => simple(CommandTable.actionsWith.loadBans(file), options)
        )),
    maxPing: (limit, options) =>
      spanned("maxPing", () =>
        Effect.flatMap(
          Arguments.count("maxPing", "limit", limit, { unit: "millisecond", unlimited: "unlimited" }),
          (milliseconds) => simple(CommandTable.actionsWith.maxPing(milliseconds === 0 ? -1 : milliseconds), options)
        )),
    selectMission: (mission, options) =>
      spanned("selectMission", () =>
        Effect.flatMap(
          Effect.all([
            Arguments.mission("#mission", mission),
            Arguments.line("#mission", "difficulty", options?.difficulty === undefined ? "" : options.difficulty)
          ]),
          ([mission, difficulty]) => simple(CommandTable.actionsWith.selectMission(mission, difficulty), options)
        )),
    command: (text, options) =>
      spanned("command", () =>
        Effect.flatMap(
          Arguments.line(typeof text === "string" ? text : "command", "text", text),
          (text) => call(text, (server, call) => server.command(text, call), options)
        )),
    withOptions: (options) => make(dependencies, merged(defaults ?? {}, options))
  }
}

/** Merges options and defaults. An option that is `undefined` does not override its default. */
const merged = (defaults: Session.CommandOptions, options: ActionOptions | undefined): ActionOptions => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined))
})

/** Names the action in errors after the method that the caller used. */
const named = (name: string, run: Action): Action =>
  Effect.mapError(run, (error) => error._tag === "ActionError" ? ActionErrors.make(name, error.reason) : error)

/** Keeps only the timeout: callers cannot choose whether a removal is sent again, or in which session. */
const timeoutOf = (options: BulkOptions | undefined): ActionOptions => ({ timeout: options?.timeout })

/** Runs a step after others that were executed. Its failure does not mean that nothing was done. */
const partly = <A>(
  run: Effect.Effect<A, CommandError.CommandError | ActionError.ActionError>,
  action: string,
  expected: string
): Effect.Effect<A, ActionError.ActionError> => Effect.mapError(run, ActionErrors.ofStep(action, expected))
