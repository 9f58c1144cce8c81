/**
 * The options of a simulated server.
 */
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import type * as World from "../../World.ts"
import * as Commands from "../commands.ts"
import type { Dialect } from "../dialect.ts"
import * as ReforgerCommands from "../reforgerCommands.ts"
import type { Observer } from "./records.ts"

/**
 * The kind of server.
 *
 * **Details**
 *
 * - `"BattlEye"`: BattlEye RCON, as in Arma 2 OA, Arma 3 and DayZ, and in Reforger if it is turned on there. The output
 *   of a command is its reply.
 * - `"Reforger"`: the RCON of Arma Reforger itself. The output of a command arrives in messages.
 *
 * @category models
 * @since 0.1.0
 */
export type Flavour = "BattlEye" | "Reforger"

/**
 * An answer of {@link OnCommand} that also sets the delay, or changes the world.
 *
 * @category models
 * @since 0.1.0
 */
export interface CustomReply {
  /** Default: the server executes the command as usual and answers with its output. */
  readonly reply?: string | Uint8Array | undefined
  /** How long the answer is delayed. Default: `replyDelay`. If infinite, no answer is sent. */
  readonly delay?: Duration.Input | undefined
  /**
   * Changes the world just before the server executes the command, as if another admin's command had come first.
   * Default: no change.
   */
  readonly before?: ((world: World.World) => World.World) | undefined
}

/**
 * Answers commands instead of the server. It is called with the text of a command when the server would execute it. If
 * it returns `undefined`, the server executes the command. Strings are sent as UTF-8. On Reforger, the answer is sent in
 * messages, after the one that repeats the command.
 *
 * @category models
 * @since 0.1.0
 */
export type OnCommand = (text: string) => string | Uint8Array | CustomReply | undefined

/**
 * How the server treats a repeated command: one with the number and the text of an earlier one that arrived less than
 * `repeatWindow` before. The behaviour of real servers is unknown.
 *
 * **Details**
 *
 * - `"execute"`: executes it again and answers.
 * - `"replay"`: does not execute it again, and sends the first reply again.
 * - `"ignore"`: neither executes nor answers it.
 *
 * @category models
 * @since 0.1.0
 */
export type Repeats = "execute" | "replay" | "ignore"

/**
 * The form of the line with a player's GUID. A client may support only one form.
 *
 * @category models
 * @since 0.1.0
 */
export type GuidKind = "BE GUID" | "GUID"

/**
 * The behaviour of a server. Every option has a default: the behaviour of real servers, as far as it is known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Default `"BattlEye"`. */
  readonly flavour?: Flavour | undefined
  /** `RConPassword`. Default {@link DEFAULT_PASSWORD}. */
  readonly password?: Redacted.Redacted | undefined
  /** The initial world. Default: no players, no bans, no missions. */
  readonly world?: Partial<World.World> | undefined
  /**
   * The form of the line with a player's GUID: `Player #0 Max - BE GUID: …` as in current games (DayZ, Reforger), or
   * `Player #0 Max - GUID: …` as in Arma 2 and 3. Reforger's own RCON has no such line. Default `"BE GUID"`.
   */
  readonly guidKind?: GuidKind | undefined
  /** Answers commands instead of the server. */
  readonly onCommand?: OnCommand | undefined
  /**
   * Commands (first words) that are answered with `Disallowed command`, or on Reforger as unknown ones. Default: `[]`.
   */
  readonly disallowed?: ReadonlyArray<string> | undefined
  /**
   * Whether admins have restricted rights. Commands outside these rights are answered like `disallowed` ones. Default
   * `false`.
   *
   * On BattlEye this is `RestrictRCon 1`: it bars `kick`, `ban`, `addBan`, `removeBan`, `loadBans`, `writeBans` and
   * every `#` command. This list is a guess: it is not documented which commands real servers bar. On Reforger this is
   * the permission `monitor`: it allows only `#players`, `players` and `@logout`.
   */
  readonly restricted?: boolean | undefined
  /**
   * Maximum number of clients that are logged in at once, at least 1: Reforger's `maxClients`. Default: unlimited.
   * Further logins are not answered; the behaviour of real servers is unknown.
   */
  readonly maxClients?: number | undefined
  /** Delay of every reply, and on Reforger of the messages that follow it. Default 0. */
  readonly replyDelay?: Duration.Input | undefined
  /** Additional delay of most output of Reforger's ban commands. If infinite, that output is never sent. Default 0. */
  readonly banDelay?: Duration.Input | undefined
  /** Time without a command after which a session is dropped. Default 45 seconds. */
  readonly sessionTimeout?: Duration.Input | undefined
  /** Maximum number of times that a message is sent, at least 1. Default 5. */
  readonly messageTries?: number | undefined
  /** The time between two sends of a message, and between the last send and giving up. Default 2 seconds. */
  readonly messageGap?: Duration.Input | undefined
  /** Whether a session is dropped if it has not acknowledged a message after all sends. Default `true`. */
  readonly dropUnacknowledged?: boolean | undefined
  /** How a repeated command is treated. Default `"execute"`. */
  readonly repeats?: Repeats | undefined
  /** How long a command with the number and text of an earlier one counts as repeated. Default 10 seconds. */
  readonly repeatWindow?: Duration.Input | undefined
  /** How long `#restartserver` takes. Default 30 seconds. */
  readonly restartDowntime?: Duration.Input | undefined
  /** Maximum number of entries in each record, at least 1. Default 10,000. */
  readonly recordCapacity?: number | undefined
  /** Called with every new entry of a record, for example to print it. Default: no observer. */
  readonly observer?: Observer | undefined
}

/**
 * The password of a server without the option `password`: `"secret"`.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_PASSWORD: Redacted.Redacted = Redacted.make("secret")

/**
 * Options of a stop.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopOptions {
  /** Whether the players stay. Default `false`. */
  readonly keepPlayers?: boolean | undefined
}

/**
 * Options of a restart.
 *
 * @category models
 * @since 0.1.0
 */
export interface RestartOptions extends StopOptions {
  /** How long the port is closed. Default 0: the new process listens at once, without sessions. */
  readonly downtime?: Duration.Input | undefined
}

export const dialects: Record<Flavour, Dialect> = {
  BattlEye: Commands.dialect,
  Reforger: ReforgerCommands.dialect
}

export interface Policy {
  readonly dialect: Dialect
  readonly guidKind: GuidKind
  readonly password: Uint8Array
  readonly disallowed: ReadonlySet<string>
  readonly restricted: boolean
  readonly maxClients: number
  readonly replyDelay: number
  readonly banDelay: number
  readonly sessionTimeout: number
  readonly messageTries: number
  readonly messageGap: number
  readonly dropUnacknowledged: boolean
  readonly repeats: Repeats
  readonly repeatWindow: number
  readonly restartDowntime: number
  readonly recordCapacity: number
  readonly observer: Observer
}

export const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))
