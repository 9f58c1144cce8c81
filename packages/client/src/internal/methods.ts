/**
 * The methods of `Commands`: each checks its arguments, and hands them to the flavour that the server speaks.
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
import type { Player, PlayerId } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import type { Table } from "../Table.ts"
import * as ActionErrors from "./actionError.ts"
import * as Arguments from "./arguments.ts"
import type { ClientSession } from "./clientSession.ts"
import * as CommandErrors from "./commandError.ts"
import type { SimpleCommand } from "./commandTable.ts"
import * as CommandTable from "./commandTable.ts"
import type { Call, FlavourCommands } from "./flavourCommands.ts"
import type { LiveRoster } from "./liveRoster.ts"
import { notConnected } from "./notConnected.ts"
import { compare, PlayerTarget } from "./playerTarget.ts"
import { splitText } from "./splitText.ts"

/** Runs a command of the flavour that the server speaks, called now. `name`: for errors. */
export type RunCall = <A, E>(
  name: string,
  select: (commands: FlavourCommands, call: Call) => Effect.Effect<A, E>,
  options?: ActionOptions
) => Effect.Effect<A, E | CommandError.CommandError>

type Action = Effect.Effect<string, CommandError.CommandError | ActionError.ActionError>

export const make = (
  call: RunCall,
  live: LiveRoster,
  now: () => number,
  session: ClientSession
): Commands => {
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
  const methodsOf = <Table extends Record<string, SimpleCommand<unknown, ReplyError>>>(table: Table) =>
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
        Effect.mapError((cause) => ActionErrors.make(action, new ActionError.LookupFailed({ cause }))),
        Effect.flatMap((players) => {
          const there = typeof named === "string"
            ? players.find(({ guid }) => guid === named)
            : players.find((player) => player.guid !== undefined && player.guid === named.guid) ??
              players.find((player) => player.id === named.id && compare(player, named) !== "Other")
          return there === undefined
            ? Effect.fail(ActionErrors.make(
              action,
              new ActionError.PlayerNotFound({ player: typeof named === "string" ? named : named.guid ?? named.id })
            ))
            : Effect.succeed(new PlayerTarget(there.id, live.occupantOf, there))
        }),
        Effect.timeoutOrElse({
          duration: Math.max(0, deadline - now()),
          orElse: () =>
            Effect.flatMap(notConnected(session), (reason) => Effect.fail(CommandErrors.make(action, reason)))
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

  return {
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
    command: (text, options) => call(text, (_, call) => _.command(text, call), options)
  }
}

/** Runs a method in a span of its name. */
const spanned = <A, E>(name: string, run: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Span.within(`RconClient.${name}`, Effect.suspend(run))
