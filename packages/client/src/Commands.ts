/**
 * What an administrator asks of a server, and tells it to do.
 *
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
 * Options of an action of whose effect the server gives evidence.
 *
 * @category models
 * @since 0.1.0
 */
export interface ActionOptions extends Session.CommandOptions {
  /**
   * How long to wait for the evidence, after the server has taken the command; a look into a list may take 5 seconds more.
   * If it does not come, the action fails with an `ActionError` of reason `Unconfirmed`. Default: not at all, the action
   * succeeds when the server has taken it, which says nothing of its effect. (Arma Reforger tells the outcome; there it is
   * always waited for, and no other command is sent meanwhile.)
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
   * Whether to send a text of several lines, or of more than 128 bytes of UTF-8, as several announcements, in order, split
   * between words. Each is sent when the one before it has been answered. Default `false`: the text must be one line.
   */
  readonly split?: boolean | undefined
}

/**
 * Options of a change of many bans.
 *
 * @category models
 * @since 0.1.0
 */
export interface BulkOptions extends Pick<Session.CommandOptions, "timeout"> {
  /** Whether to have the server write the list to its file afterwards, as `writeBans` does. Default `false`. */
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
   * How long it lasts: from one minute (Arma Reforger: one second) on, rounded up to whole ones, 2^31 - 1 of them at most.
   * Infinite is permanent. Default `"permanent"`.
   */
  readonly duration?: Duration.Input | "permanent" | undefined
  /** What the player is told, one line. Default: the server's own word for it. */
  readonly reason?: string | undefined
}

/**
 * Options of {@link Commands.selectMission}.
 *
 * @category models
 * @since 0.1.0
 */
export interface MissionOptions extends Session.CommandOptions {
  /** As the game names it: `"Recruit"`, `"Regular"`, `"Veteran"`, ... Default: the server's. */
  readonly difficulty?: string | undefined
}

/**
 * The commands of a server.
 *
 * **Details**
 *
 * All can fail with a `CommandError`, whose `execution` says whether the server may have run the command all the same. Its
 * reason is `Unsupported` if servers of this flavour have no such command, and `InvalidCommand` if what it was given
 * cannot be sent: a line break, a NUL, a slot or a time out of range. In both cases nothing was sent.
 *
 * `timeout` counts from the call, whatever the command waits for before it is sent.
 *
 * A repeatable command is sent again if no answer comes, and a server might run it twice; options can say
 * otherwise. What names a player's slot is for the session it was called in: after a restart the slot is somebody else's.
 *
 * Actions succeed with what the server said about them, which is mostly nothing, `""`. An action that succeeds was taken by
 * the server. Whether it had its effect is another matter: a BattlEye server answers a
 * kick of nobody as it answers any other. `confirmWithin` waits for evidence.
 *
 * @category models
 * @since 0.1.0
 */
export interface Commands {
  // ---------------------------------------------------------------------------
  // queries
  // ---------------------------------------------------------------------------

  /**
   * Asks who is on the server, in the server's order. A player whom the server prints twice is there twice.
   *
   * Lines that cannot be read as a row are logged as a warning and left out; {@link playerTable} has them. Fails with
   * `ReplyError` if the reply is not a list of players.
   */
  readonly players: Effect.Effect<ReadonlyArray<Player>, CommandError | ReplyError>
  /** As `players`, with the lines that could not be read and the number of players that the server says there are. */
  readonly playerTable: Effect.Effect<Table<Player>, CommandError | ReplyError>
  /**
   * Asks who is banned, in the server's order: GUIDs, then IP addresses. Bans that have expired are there until the server
   * writes its list to its file. A list of more than some 5,000 does not come whole: see `cut` of {@link banTable}. Arma
   * Reforger's comes page by page, 1,000 of 25 bans at most; what changes meanwhile may be missing.
   *
   * Lines that cannot be read as a row are logged as a warning and left out; {@link banTable} has them. Fails with
   * `ReplyError` if the reply is not a list of bans.
   */
  readonly bans: Effect.Effect<ReadonlyArray<Ban>, CommandError | ReplyError>
  /** As `bans`, with the lines that could not be read. BattlEye servers do not say how many there are. */
  readonly banTable: Effect.Effect<Table<Ban>, CommandError | ReplyError>
  /**
   * Asks who is logged in over RCON, this client among them.
   *
   * Lines that cannot be read as a row are logged as a warning and left out; {@link adminTable} has them. Fails with
   * `ReplyError` if the reply is not a list of RCON clients.
   */
  readonly admins: Effect.Effect<ReadonlyArray<Admin>, CommandError | ReplyError>
  /** As `admins`, with the lines that could not be read. Servers do not say how many there are. */
  readonly adminTable: Effect.Effect<Table<Admin>, CommandError | ReplyError>
  /**
   * Asks which missions there are: the names of their files, such as `Liberation.Altis.pbo`. Only Arma has them; fails with
   * `ReplyError` if the reply is not a list of missions.
   */
  readonly missions: Effect.Effect<ReadonlyArray<string>, CommandError | ReplyError>
  /** Asks for the version of the BattlEye server. Fails with `ReplyError` if the reply is blank. */
  readonly version: Effect.Effect<Version, CommandError | ReplyError>
  /**
   * Asks which commands there are, as the server words it: one line each, without blanks around it. Fails with
   * `ReplyError` if the reply is not a list of commands.
   */
  readonly commands: Effect.Effect<ReadonlyArray<string>, CommandError | ReplyError>

  // ---------------------------------------------------------------------------
  // players
  // ---------------------------------------------------------------------------

  /**
   * Tells everybody. The text must be one line. Servers show long texts cut; 128 characters are safe. Repeatable. The
   * evidence is the server's echo, which every RCON client sees; one cut to 100 characters or more will do.
   */
  readonly say: (text: string, options?: SayOptions) => Effect.Effect<string, CommandError | ActionError>
  /** Tells one player, as {@link say} tells all. The player is named as for {@link kick}. */
  readonly whisper: (
    player: PlayerId | Guid | IdentityId | Player,
    text: string,
    options?: ActionOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Kicks a player, who sees the reason, one line. The evidence is the event of the kick, or that the player is not in the
   * server's list any more; if it comes, the answer is not waited for. Arma Reforger knows no reason and ignores it.
   *
   * Not repeated blindly, since the slot may be another player's by then: if no answer comes for 2 seconds, it is sent
   * again only if the list says that the same player is there still. On Arma Reforger it is sent once. (With `repeatable` it
   * is as for other commands.)
   *
   * The player is named by slot, by GUID or account, or as a row of the list. If not by slot, the player is looked up in the
   * roster when the command is sent, and in the list if the roster does not know the player.
   *
   * Fails with an `ActionError` of reason `PlayerNotFound` if the player is not on the server, `Unconfirmed` if the player is
   * still there after `confirmWithin`, or the list does not show it, and `Rejected` if the server refuses in words.
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
   * Bans somebody: a player on the server, who is kicked, or a GUID, an IP address, on Arma Reforger the id of an account.
   * The evidence is the event of the kick, or the row in the list of bans, which is read after the ban was sent; of a player
   * on the server also that the player is gone. A ban of the same target, reason and remaining time that was in the list
   * before counts, too: it has the same effect.
   *
   * With a slot it is repeated as {@link kick} is; otherwise it is repeatable, and may then be in the list twice. On Arma
   * Reforger it is sent once.
   *
   * Servers keep bans in memory until {@link writeBans}.
   */
  readonly ban: (
    target: PlayerId | Player | BanTarget,
    options?: BanOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Bans many who need not be on the server: reads the list once, adds the bans that are not in it, and reads it once more
   * to see that they are. Repeatable; fails with reason `Unconfirmed` if some are not in the list afterwards. (Arma Reforger
   * is told one after the other.)
   */
  readonly banAll: (
    targets: ReadonlyArray<BanTarget>,
    options?: BanAllOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Removes every ban of a target, or one ban of the list, and makes sure that it is gone, and nobody else's.
   *
   * BattlEye servers remove bans by their place in the list, and places move. So this looks the ban up, removes it and looks
   * again, while all else that this client does to the list waits. The removal is sent once, and to the session of the call.
   * What it cannot prevent are another RCON client's changes in between, and a network that
   * delivers the removal twice to a server that then runs it twice: another ban is removed. If it sees that, it fails with
   * reason `BansChanged`.
   *
   * Fails with an `ActionError` of reason `LookupFailed` if the list cannot be read at first, `BanNotFound` if there is no
   * such ban in it, `ListIncomplete` if none was found but the list is not complete (one of more than some 5,000 bans is
   * not), and `Unconfirmed` if the ban is still in it. After a `CommandError` that may have been executed, wait before trying again: the removal may be
   * on its way yet.
   */
  readonly unban: (
    target: BanTarget | Ban,
    options?: Pick<Session.CommandOptions, "timeout">
  ) => Effect.Effect<string, CommandError | ActionError>
  /**
   * Removes many bans as {@link unban} removes one, but reads the list only before and after. Nothing is removed if one of
   * them is not in the list.
   */
  readonly unbanAll: (
    targets: ReadonlyArray<BanTarget | Ban>,
    options?: BulkOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /** Reads the bans from the server's `bans.txt`, or from another file: a name, one line. Repeatable. */
  readonly loadBans: (
    file?: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError | ActionError>
  /** Writes the bans to the server's `bans.txt`, and forgets those that have expired. Repeatable. */
  readonly writeBans: Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // BattlEye
  // ---------------------------------------------------------------------------

  /** Reads the server's `scripts.txt` again. Repeatable. */
  readonly loadScripts: Effect.Effect<string, CommandError | ActionError>
  /** Reads the server's event filters again. Repeatable. */
  readonly loadEvents: Effect.Effect<string, CommandError | ActionError>
  /** Has players with a longer ping kicked: a millisecond and more, rounded up to whole ones. Repeatable. */
  readonly maxPing: (
    limit: Duration.Input | "unlimited",
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // the game
  // ---------------------------------------------------------------------------

  /** Lets nobody join any more. Repeatable. DayZ does nothing of the kind. */
  readonly lock: Effect.Effect<string, CommandError | ActionError>
  /** Ends {@link lock}. Repeatable. */
  readonly unlock: Effect.Effect<string, CommandError | ActionError>
  /** Restarts the mission, on Arma Reforger the scenario. The session goes on. Not repeatable. */
  readonly restart: Effect.Effect<string, CommandError | ActionError>
  /** Sends all players to the lobby of the same mission. Not repeatable. */
  readonly reassign: Effect.Effect<string, CommandError | ActionError>
  /**
   * Restarts the server's process (Arma 3). Not repeatable. A server that goes before it has answered is a `SessionLost` or
   * `NoReply`.
   */
  readonly restartServer: Effect.Effect<string, CommandError | ActionError>
  /**
   * Ends the server's process. Not repeatable. A server that goes before it has answered is a `SessionLost` or `NoReply`.
   */
  readonly shutdown: Effect.Effect<string, CommandError | ActionError>
  /**
   * Changes to a mission: the name of its file, with or without `.pbo`, as {@link missions} lists it, not empty. Not
   * repeatable.
   */
  readonly selectMission: (
    mission: string,
    options?: MissionOptions
  ) => Effect.Effect<string, CommandError | ActionError>

  // ---------------------------------------------------------------------------
  // anything
  // ---------------------------------------------------------------------------

  /**
   * Sends any command of one line and returns the reply as it is. Fails with reason `UnknownCommand` or `CommandDisallowed` if that is
   * what the server replies. Repeatable.
   */
  readonly command: (
    text: string,
    options?: Session.CommandOptions
  ) => Effect.Effect<string, CommandError>

  /**
   * The same commands with other options, for those too that take none.
   *
   * **Example** (A list of players soon or not at all)
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
