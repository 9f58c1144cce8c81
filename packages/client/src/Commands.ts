/**
 * The commands of an administrator, typed.
 *
 * A query reads data from the server. An action changes something. Every command is an effect that can be run any
 * number of times; each run sends the command. {@link Commands} describes what all commands have in common: errors,
 * repetition, confirmation.
 *
 * **Example** (A kick that is confirmed)
 *
 * ```ts
 * import { type Player, RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const kick = Effect.fn(function*(player: Player.Player) {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.kick(player, "be nice", { confirmWithin: "5 seconds" })
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type * as Session from "@bercon/session/Session"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { ActionError } from "./ActionError.ts"
import type { Admin } from "./Admin.ts"
import type { Ban, BanTarget } from "./Ban.ts"
import type { CommandError } from "./CommandError.ts"
import type { Guid } from "./Guid.ts"
import type { IdentityId } from "./Identity.ts"
import type { Player, PlayerId } from "./Player.ts"
import type { ReplyError } from "./ReplyError.ts"
import type { Table } from "./Table.ts"
import type { Version } from "./Version.ts"

/**
 * Options of an action that can be confirmed.
 *
 * @category models
 * @since 0.1.0
 */
export interface ActionOptions extends Session.CommandOptions {
  /**
   * Maximum time to wait for the confirmation, counted from the server's reply to the command; reading a list may add
   * 5 seconds. Without confirmation the action fails with an `ActionError` of reason `Unconfirmed`. Without this
   * option the action succeeds with the server's reply, which proves nothing about its effect. (Arma Reforger reports
   * the outcome of its own commands. The client always waits for this outcome, and sends no other command with output
   * meanwhile.)
   */
  readonly confirmWithin?: Duration.Input | undefined
}

/**
 * Options of {@link Commands.say}.
 *
 * @category models
 * @since 0.1.0
 */
export interface SayOptions extends ActionOptions {
  /**
   * Whether to send a text of several lines, or of more than 128 bytes of UTF-8, as several announcements in order,
   * split between words. Each is sent after the reply to the previous one. Default `false`: the text must be one line.
   */
  readonly split?: boolean | undefined
}

/**
 * Options of an action on many bans.
 *
 * @category models
 * @since 0.1.0
 */
export interface BulkOptions extends Pick<Session.CommandOptions, "timeout"> {
  /** Whether the server writes the list to its file afterwards, as with `writeBans`. Default `false`. */
  readonly write?: boolean | undefined
}

/**
 * Options of {@link Commands.banAll}.
 *
 * @category models
 * @since 0.1.0
 */
export interface BanAllOptions extends BulkOptions, Pick<BanOptions, "duration" | "reason" | "repeatable"> {}

/**
 * Options of a ban.
 *
 * @category models
 * @since 0.1.0
 */
export interface BanOptions extends ActionOptions {
  /**
   * Length of the ban: more than 0, rounded up to whole minutes (on Arma Reforger: seconds), at most 2^31 - 1 of them.
   * An infinite duration is permanent. Default `"permanent"`.
   */
  readonly duration?: Duration.Input | "permanent" | undefined
  /** The reason that the player sees, one line. Default: the server's own text. */
  readonly reason?: string | undefined
}

/**
 * Options of {@link Commands.selectMission}.
 *
 * @category models
 * @since 0.1.0
 */
export interface MissionOptions extends Session.CommandOptions {
  /** Difficulty by the game's name for it: `"Recruit"`, `"Regular"`, `"Veteran"`, ... Default: the server's. */
  readonly difficulty?: string | undefined
}

/**
 * All commands of a server.
 *
 * **Details**
 *
 * Every command can fail with a `CommandError`. Its `execution` states whether the server may have executed the command
 * nevertheless. Its reason is `Unsupported` if servers of this flavour have no such command, and `InvalidCommand` if an
 * argument cannot be sent: a line break, a NUL, a slot or a time out of range. In both cases nothing was sent.
 *
 * A `timeout` counts from the call, including all waiting before the command is sent.
 *
 * A repeatable command is sent again if no reply arrives, and a server might execute it twice. The option `repeatable`
 * overrides this. A command with a player's slot is valid only in the session in which it was called, because after a
 * restart the slot may belong to another player.
 *
 * An action succeeds with the text of the server's reply, mostly `""`. Success means that the server has received the
 * action. It does not prove the effect: a BattlEye server replies to the kick of an empty slot in the same way as to
 * any other. `confirmWithin` waits for evidence.
 *
 * @category models
 * @since 0.1.0
 */
export interface Commands {
  // ---------------------------------------------------------------------------
  // queries
  // ---------------------------------------------------------------------------

  /**
   * Reads the list of players, in the server's order. A player whom the server prints twice is listed twice.
   *
   * Lines that are not a valid row are logged as a warning and omitted; {@link playerTable} contains them. Fails with
   * `ReplyError` if the reply is not a list of players.
   */
  readonly players: Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
  /** Reads the list of players like `players`, with the invalid lines and the server's count of players. */
  readonly playerTable: Effect.Effect<Table<Player>, CommandError | ReplyError>
  /**
   * Reads the list of bans, in the server's order: GUIDs, then IP addresses. Expired bans stay in it until the server
   * writes its list to its file. A list of more than about 5,000 bans is not sent completely: see `cut` of
   * {@link banTable}. Arma Reforger sends its list page by page: at most 1,000 pages of 25 bans are read, and changes
   * meanwhile may be missing.
   *
   * Lines that are not a valid row are logged as a warning and omitted; {@link banTable} contains them. Fails with
   * `ReplyError` if the reply is not a list of bans.
   */
  readonly bans: Effect.Effect<ReadonlyArray<Ban>, CommandError | ReplyError>
  /** Reads the list of bans like `bans`, with the invalid lines. BattlEye servers do not send the number of bans. */
  readonly banTable: Effect.Effect<Table<Ban>, CommandError | ReplyError>
  /**
   * Reads the list of RCON clients, including this one.
   *
   * Lines that are not a valid row are logged as a warning and omitted; {@link adminTable} contains them. Fails with
   * `ReplyError` if the reply is not a list of RCON clients.
   */
  readonly admins: Effect.Effect<ReadonlyArray<Admin>, CommandError | ReplyError>
  /**
   * Reads the list of RCON clients like `admins`, with the invalid lines. Servers do not send the number of clients.
   */
  readonly adminTable: Effect.Effect<Table<Admin>, CommandError | ReplyError>
  /**
   * Reads the list of missions: the names of their files, such as `Liberation.Altis.pbo`. Only Arma has missions. Fails
   * with `ReplyError` if the reply is not a list of missions.
   */
  readonly missions: Effect.Effect<ReadonlyArray<string>, CommandError | ReplyError>
  /** Reads the version of the BattlEye server. Fails with `ReplyError` if the reply is blank. */
  readonly version: Effect.Effect<Version, CommandError | ReplyError>
  /**
   * Reads the server's list of commands: one line each, without surrounding blanks. Fails with `ReplyError` if the
   * reply is not a list of commands.
   */
  readonly commands: Effect.Effect<ReadonlyArray<string>, CommandError | ReplyError>

  // ---------------------------------------------------------------------------
  // players
  // ---------------------------------------------------------------------------

  /**
   * Sends a chat message to all players. The text must be one line. Servers cut long texts; 128 bytes of UTF-8 are
   * safe. Repeatable. It is confirmed by the server's echo, which every RCON client receives; a cut echo counts, too,
   * if it has at least 100 bytes.
   */
  readonly say: (text: string, options?: SayOptions) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Sends a chat message to one player. The text must be one line. The player is identified, and the command repeated,
   * as in {@link kick}. It is confirmed like {@link say}.
   */
  readonly whisper: (
    player: PlayerId | Guid | IdentityId | Player,
    text: string,
    options?: ActionOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Kicks a player. The player sees the reason, which must be one line. The kick is confirmed by its event, by the
   * event of the player's departure, or by the absence of the player from the server's list; after the event the
   * client does not wait for the reply. Arma Reforger has no reasons for kicks: the reason is not sent.
   *
   * The command is not repeated blindly, because the slot may belong to another player by then. Without a reply for 2
   * seconds it is sent again only if the list shows that the same player is still there. On Arma Reforger it is sent
   * once. (The option `repeatable` overrides this.)
   *
   * The player is identified by slot, by GUID or account, or by a row of the list. A slot is used as it is. Otherwise
   * the player is looked up when the command is sent: first in the roster, then in the list.
   *
   * Fails with an `ActionError` of reason `PlayerNotFound` if the player is known not to be on the server,
   * `ListIncomplete` if the player was not found but the list is incomplete, `LookupFailed` if the list could not be
   * read, `Unconfirmed` if the player may still be there after `confirmWithin`, and `Rejected` if the server's reply is
   * a refusal.
   */
  readonly kick: (
    player: PlayerId | Guid | IdentityId | Player,
    reason?: string,
    options?: ActionOptions
  ) => Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // bans
  // ---------------------------------------------------------------------------

  /**
   * Bans a player on the server, a GUID, an IP address or, on Arma Reforger, the id of an account. A player on the
   * server is also kicked. The ban is confirmed by the event of the kick, or by the row in the list of bans, which is
   * read after the ban was sent; in the second case a player must also be absent from the server. An older ban of the
   * same target, reason and remaining time counts, too, because it has the same effect.
   *
   * A ban of a player on the server is repeated like a {@link kick}. Any other ban is repeatable, so the list may
   * contain it twice. On Arma Reforger every ban is sent once.
   *
   * Servers keep bans in memory until {@link writeBans}.
   */
  readonly ban: (
    target: PlayerId | Player | BanTarget,
    options?: BanOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Bans many targets, which need not be on the server. It reads the list once, adds the missing bans, and reads the
   * list again to confirm them. Repeatable. Fails with reason `Unconfirmed` if some are not in the list afterwards. (On
   * Arma Reforger the list is not read: the bans are sent one after the other, each once, and the replies confirm
   * them.)
   */
  readonly banAll: (
    targets: ReadonlyArray<BanTarget>,
    options?: BanAllOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Removes all bans of a target, or one ban of the list. Confirms the removal, and that no other ban was removed.
   *
   * A given ban is recognised by its target, its reason and its time, which may have run down or ended since. (On Arma
   * Reforger: by its target.) So it is not confused with a new ban that lasts longer. If the server's clock was set back
   * since the list was read, the ban seems to have more time than before: `unban` removes nothing, and fails with
   * `BanNotFound`. Read the list again.
   *
   * If bans of one target and reason differ only in their remaining time, the list shows which of them was removed,
   * unless their times are so close that one can have run down to the other during the call (one minute, or the minutes
   * that the call took). `unban` then fails with `Unconfirmed`, although one of them was removed. Bans with the same
   * number of minutes count as the same ban.
   *
   * BattlEye servers remove bans by their position in the list, and positions change. So `unban` looks up the ban,
   * removes it and looks again. Meanwhile all other changes of the list by this client wait. The removal is sent once,
   * and only in the session in which the list was read. Two things cannot be prevented: changes by another RCON client
   * at the same time, and a removal that the network delivers twice and the server executes twice. Either can remove a
   * wrong ban. If that is detected, `unban` fails with reason `BansChanged`. It also fails with this reason if the
   * server restarts meanwhile and loses bans that were not written to its file.
   *
   * Fails with an `ActionError` of reason `LookupFailed` if the list cannot be read, `BanNotFound` if the ban is not in
   * it, `ListIncomplete` if the ban was not found but the list is incomplete (as a list of more than about 5,000 bans
   * is), and `Unconfirmed` if the ban is still in it afterwards. After a `CommandError` with the execution
   * `"MaybeExecuted"`, wait before you try again, because the removal may still be under way.
   */
  readonly unban: (
    target: BanTarget | Ban,
    options?: Pick<Session.CommandOptions, "timeout">
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Removes many bans like {@link unban}, but reads the list only before and after. Nothing is removed if one of the
   * bans is not in the list.
   */
  readonly unbanAll: (
    targets: ReadonlyArray<BanTarget | Ban>,
    options?: BulkOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /** Loads the bans from the server's `bans.txt`, or from `file`, whose name must be one line. Repeatable. */
  readonly loadBans: (
    file?: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /** Writes the bans to the server's `bans.txt`, and drops expired ones. Repeatable. */
  readonly writeBans: Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // BattlEye
  // ---------------------------------------------------------------------------

  /** Loads the server's `scripts.txt` again. Repeatable. */
  readonly loadScripts: Effect.Effect<string, CommandError | ActionError>
  /** Loads the server's event filters again. Repeatable. */
  readonly loadEvents: Effect.Effect<string, CommandError | ActionError>
  /**
   * Sets the maximum ping; players with a higher ping are kicked. From 1 to 2^31 - 1 milliseconds, rounded up to whole
   * ones, or `"unlimited"`. Repeatable.
   */
  readonly maxPing: (
    limit: Duration.Input | "unlimited",
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // the game
  // ---------------------------------------------------------------------------

  /** Locks the server: no further player can join. Repeatable. It has no effect on DayZ. */
  readonly lock: Effect.Effect<string, CommandError | ActionError>
  /** Unlocks the server. Repeatable. */
  readonly unlock: Effect.Effect<string, CommandError | ActionError>
  /** Restarts the mission, or the scenario on Arma Reforger. The session continues. Not repeatable. */
  readonly restart: Effect.Effect<string, CommandError | ActionError>
  /** Sends all players to the lobby of the same mission. Not repeatable. */
  readonly reassign: Effect.Effect<string, CommandError | ActionError>
  /**
   * Restarts the server's process (Arma 3). Not repeatable. If the process ends before it has replied, the command
   * fails with `SessionLost` or `NoReply`.
   */
  readonly restartServer: Effect.Effect<string, CommandError | ActionError>
  /**
   * Ends the server's process. Not repeatable. If the process ends before it has replied, the command fails with
   * `SessionLost` or `NoReply`.
   */
  readonly shutdown: Effect.Effect<string, CommandError | ActionError>
  /**
   * Changes the mission. `mission` is the name of its file as {@link missions} lists it, with or without `.pbo`. It
   * must not be empty. Not repeatable.
   */
  readonly selectMission: (
    mission: string,
    options?: MissionOptions
  ) => Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // anything
  // ---------------------------------------------------------------------------

  /**
   * Sends any command of one line and returns the reply unchanged. Fails with reason `UnknownCommand` or
   * `CommandDisallowed` if the server replies so. Repeatable.
   */
  readonly command: (
    text: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError>

  /**
   * Returns the same commands with these options as defaults. They also apply to commands that take no options
   * themselves.
   *
   * **Example** (A list of players within two seconds)
   *
   * ```ts
   * import { RconClient } from "@bercon/client"
   * import { Effect } from "effect"
   *
   * const players = Effect.gen(function*() {
   *   const rcon = yield* RconClient.RconClient
   *   return yield* rcon.withOptions({ timeout: "2 seconds" }).players
   * })
   * ```
   */
  readonly withOptions: (options: Session.CommandOptions) => Commands
}
