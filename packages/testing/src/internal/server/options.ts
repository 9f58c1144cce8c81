/**
 * What a simulated server is made with, and how it behaves then.
 */
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import type * as World from "../../World.ts"
import * as Commands from "../commands.ts"
import type { Dialect } from "../dialect.ts"
import * as ReforgerCommands from "../reforgerCommands.ts"

/**
 * Which of two servers it is.
 *
 * **Details**
 *
 * - `"BattlEye"`: BattlEye RCON, as Arma 2 OA, Arma 3 and DayZ have it, and Reforger too where it is turned on there.
 *   Commands are answered in their replies.
 * - `"Reforger"`: the RCON of Arma Reforger itself. Commands are answered in messages.
 *
 * @category models
 * @since 0.1.0
 */
export type Flavour = "BattlEye" | "Reforger"

/**
 * The answer of an {@link OnCommand} that wants more than a text.
 *
 * @category models
 * @since 0.1.0
 */
export interface CustomReply {
  /** Default: the command is executed as ever, and answered with what comes of it. */
  readonly reply?: string | Uint8Array | undefined
  /** How long the answer is held back. Default: `replyDelay`. Infinite: there is none. */
  readonly delay?: Duration.Input | undefined
}

/**
 * Answers commands in the server's place. Called with a command's text when it would be executed; `undefined` leaves the
 * command to the server. Strings are sent as UTF-8; on Reforger in messages, after the one that names the command.
 *
 * @category models
 * @since 0.1.0
 */
export type OnCommand = (text: string) => string | Uint8Array | CustomReply | undefined

/**
 * What the server makes of a command that comes with the same number and the same text as one less than `repeatWindow`
 * before. Nobody knows what real servers do.
 *
 * **Details**
 *
 * - `"execute"`: executes it again and answers.
 * - `"replay"`: does not execute it again, and sends the reply of the first time again.
 * - `"ignore"`: neither executes nor answers it.
 *
 * @category models
 * @since 0.1.0
 */
export type Repeats = "execute" | "replay" | "ignore"

/**
 * A spelling of the line with a player's GUID. A client may know only one of them.
 *
 * @category models
 * @since 0.1.0
 */
export type GuidKind = "BE GUID" | "GUID"

/**
 * How a server behaves. Everything has a default, which is what real servers do where that is known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Default `"BattlEye"`. */
  readonly flavour?: Flavour | undefined
  /** `RConPassword`. Default {@link DEFAULT_PASSWORD}. */
  readonly password?: Redacted.Redacted | undefined
  /** The world at first. Default: nobody, no bans, no missions. */
  readonly world?: Partial<World.World> | undefined
  /**
   * How the line with a player's GUID is spelled: `Player #0 Max - BE GUID: …` as by current games (DayZ, Reforger), or
   * `Player #0 Max - GUID: …` as by Arma 2 and 3. Reforger's own RCON has no such line. Default `"BE GUID"`.
   */
  readonly guidKind?: GuidKind | undefined
  /** Answers commands in the server's place. Default: none does. */
  readonly onCommand?: OnCommand | undefined
  /** Commands (first words) that are answered with `Disallowed command`, or on Reforger as unknown. Default: none. */
  readonly disallowed?: ReadonlyArray<string> | undefined
  /**
   * Whether administrators have few rights: what is left to them is answered, the rest as `disallowed` is. Default `false`.
   *
   * On BattlEye it is `RestrictRCon 1`. That bars kicking, banning and the game's `#shutdown`; what else is guessed. Here it
   * is `kick`, `ban`, `addBan`, `removeBan`, `loadBans`, `writeBans` and every `#` command. On Reforger it is the permission
   * `monitor`, which leaves `#players`, and `@logout`.
   */
  readonly restricted?: boolean | undefined
  /**
   * How many clients can be logged in at once, 1 or more: Reforger's `maxClients`. Default: any number. A login too many is
   * not answered, which is guessed.
   */
  readonly maxClients?: number | undefined
  /** How long every reply is held back, and on Reforger the messages that follow it. Default 0. */
  readonly replyDelay?: Duration.Input | undefined
  /** How much later Reforger says what came of a command about bans. Infinite: it never does. Default 0. */
  readonly banDelay?: Duration.Input | undefined
  /** A session without a command for this long is dropped. Default 45 seconds. */
  readonly sessionTimeout?: Duration.Input | undefined
  /** How often a message is sent in all before the server gives up, 1 or more. Default 5. */
  readonly messageTries?: number | undefined
  /** The time between two tries, and after the last. Default 2 seconds. */
  readonly messageGap?: Duration.Input | undefined
  /** Whether a session is dropped when it did not acknowledge any try of a message. Default `true`. */
  readonly dropUnacknowledged?: boolean | undefined
  /** Default `"execute"`. */
  readonly repeats?: Repeats | undefined
  /** Default 10 seconds. */
  readonly repeatWindow?: Duration.Input | undefined
  /** How long `#restartserver` takes. Default 30 seconds. */
  readonly restartDowntime?: Duration.Input | undefined
  /** How many entries each record keeps, 1 or more. Default 10,000. */
  readonly recordCapacity?: number | undefined
}

/**
 * The password of a server that was given none: `"secret"`.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_PASSWORD: Redacted.Redacted = Redacted.make("secret")

/**
 * What a stop does.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopOptions {
  /** Whether the players are still there afterwards. Default `false`. */
  readonly keepPlayers?: boolean | undefined
}

/**
 * What a restart does.
 *
 * @category models
 * @since 0.1.0
 */
export interface RestartOptions extends StopOptions {
  /** How long the port is closed. Default 0: the new process is there at once, and knows no session. */
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
}

export const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))
