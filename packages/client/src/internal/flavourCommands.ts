/**
 * What a flavour implements. The rest of the client is the same for all.
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

/** The context of a command, captured when it is called. */
export interface Call {
  /** As the caller chose; `undefined` for the command's own default. */
  readonly repeatable?: boolean | undefined
  /** The only session in which the caller wants it executed. */
  readonly epoch?: number | undefined
  /** The session it was called in. A slot or a place in a list is valid in this one alone. */
  readonly calledIn: number
  /** Asked before each sending whether the command still means what it meant at the call. */
  readonly isCurrent?: (() => boolean) | undefined
  /** When to give up, in milliseconds of the monotonic clock. */
  readonly deadline: number
  /** As in `ActionOptions`. */
  readonly confirmWithin?: Duration.Input | undefined
}

/** How long to ban, and why. */
export interface Sentence {
  readonly duration: Duration.Input | "permanent"
  readonly reason: string
}

type Query<A> = (call: Call) => Effect.Effect<A, CommandError | ReplyError>
/** Succeeds with what the server says about it. */
type Confirmed = Effect.Effect<string, CommandError | ActionError>

/** The commands, see `Commands`. Arguments are checked already. */
export interface FlavourCommands {
  readonly playerTable: Query<Table<Player>>
  readonly banTable: Query<Table<Ban>>
  /** Runs a command of the table. */
  readonly simple: <A, E>(command: SimpleCommand<A, E>, call: Call) => Effect.Effect<A, CommandError | E>
  readonly say: (text: string, call: Call) => Confirmed
  readonly whisper: (player: PlayerTarget, text: string, call: Call) => Confirmed
  readonly kick: (player: PlayerTarget, reason: string, call: Call) => Confirmed
  readonly ban: (target: PlayerTarget | BanTarget, sentence: Sentence, call: Call) => Confirmed
  /** Adds the bans that are not in the list yet. Always confirmed. */
  readonly banAll: (targets: ReadonlyArray<BanTarget>, sentence: Sentence, call: Call) => Confirmed
  /** Removes all bans of each target, or one ban of the list. */
  readonly unban: (targets: ReadonlyArray<BanTarget | Ban>, call: Call) => Confirmed
  /** Whether servers of this flavour have a command of the table. */
  readonly supports: (command: SimpleCommand<unknown, unknown>) => boolean
  readonly command: (text: string, call: Call) => Effect.Effect<string, CommandError>
}
