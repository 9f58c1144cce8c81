/**
 * The interface of a flavour. The rest of the client is the same for all flavours.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { ActionError } from "../ActionError.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import type { CommandError } from "../CommandError.ts"
import type { Player } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import type { Table } from "../Table.ts"
import type { SimpleCommand } from "./commandTable.ts"
import type { PlayerTarget } from "./playerTarget.ts"

/** Context captured when a command is called. */
export interface Call {
  /** The caller's choice; `undefined` for the default of the command. */
  readonly repeatable?: boolean | undefined
  /** The epoch of the only session in which the caller wants the command executed. */
  readonly epoch?: number | undefined
  /** The epoch of the call. A slot or a position in a list is valid only in this epoch. */
  readonly calledIn: number
  /** Returns `false` if the command must no longer be sent. Called before each send. */
  readonly isCurrent?: (() => boolean) | undefined
  /** When to give up, in milliseconds of the monotonic clock. */
  readonly deadline: number
  /** As in `ActionOptions`. */
  readonly confirmWithin?: Duration.Input | undefined
}

/** The length of a ban and its reason. */
export interface BanTerms {
  readonly duration: Duration.Input | "permanent"
  readonly reason: string
}

type Query<A> = (call: Call) => Effect.Effect<A, CommandError | ReplyError>
/** Succeeds with the server's reply. */
type Confirmed = Effect.Effect<string, CommandError | ActionError>

/** The commands, see `Commands`. The arguments have been checked. */
export interface FlavourCommands {
  readonly playerTable: Query<Table<Player>>
  readonly banTable: Query<Table<Ban>>
  /** Runs a command of the table. */
  readonly simple: <A, E>(command: SimpleCommand<A, E>, call: Call) => Effect.Effect<A, CommandError | E>
  readonly say: (text: string, call: Call) => Confirmed
  readonly whisper: (player: PlayerTarget, text: string, call: Call) => Confirmed
  readonly kick: (player: PlayerTarget, reason: string, call: Call) => Confirmed
  readonly ban: (target: PlayerTarget | BanTarget, terms: BanTerms, call: Call) => Confirmed
  /** Adds the bans, on BattlEye only those that the list lacks. Always confirmed. The targets are all different. */
  readonly banAll: (targets: ReadonlyArray<BanTarget>, terms: BanTerms, call: Call) => Confirmed
  /** Removes all bans of each target, or one ban of the list. */
  readonly unban: (targets: ReadonlyArray<BanTarget | Ban>, call: Call) => Confirmed
  /** Whether servers of this flavour have a command of the table. */
  readonly supports: (command: SimpleCommand<unknown, unknown>) => boolean
  readonly command: (text: string, call: Call) => Effect.Effect<string, CommandError>
}
