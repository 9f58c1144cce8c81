/**
 * What a flavour implements. The rest of the client is the same for all.
 */
import type { CommandError } from "@bercon/session/CommandError"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { ActionError } from "../ActionError.ts"
import type { Admin } from "../Admin.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import type { Player, PlayerId } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import type { Table } from "../Table.ts"
import type { Version } from "../Version.ts"

/** What every command comes with: the circumstances of its call, which waiting for a turn does not change. */
export interface Call {
  /** As the caller said. */
  readonly repeatable?: boolean | undefined
  /** The session that the caller said it is for. */
  readonly epoch?: number | undefined
  /** The session it was called in. What names a slot or a place in a list is for this one alone. */
  readonly calledIn: number
  /** Asked before every sending: whether it still means what it meant. */
  readonly isCurrent?: (() => boolean) | undefined
  /** When to give up, in milliseconds of the monotonic clock. */
  readonly deadline: number
  /** As in `ActionOptions`. */
  readonly confirmWithin?: Duration.Input | undefined
}

/** Who was in a slot when a command about it was called: a player, nobody, or nobody knows. */
export type Occupant = Player | "Nobody" | "Unknown"

/** A ban that is to be given. */
export interface Sentence {
  readonly duration: Duration.Input | "permanent"
  readonly reason: string
}

type Query<A> = (call: Call) => Effect.Effect<A, CommandError | ReplyError>
type Action = (call: Call) => Effect.Effect<void, CommandError>
type Confirmed = Effect.Effect<void, CommandError | ActionError>

/** The commands, see `Commands`; of queries for a table only those for the whole table. */
export interface FlavourCommands {
  readonly playerTable: Query<Table<Player>>
  readonly banTable: Query<Table<Ban>>
  readonly adminTable: Query<Table<Admin>>
  readonly missions: Query<ReadonlyArray<string>>
  readonly version: Query<Version>
  readonly commands: Query<ReadonlyArray<string>>
  readonly say: (text: string, call: Call) => Confirmed
  readonly whisper: (player: PlayerId, who: Occupant, text: string, call: Call) => Confirmed
  readonly kick: (player: PlayerId, who: Occupant, reason: string, call: Call) => Confirmed
  /** `who` is in the slot where the target is one. */
  readonly ban: (target: PlayerId | BanTarget, who: Occupant, sentence: Sentence, call: Call) => Confirmed
  readonly unban: (target: BanTarget | Ban, call: Call) => Confirmed
  readonly loadBans: (file: string, call: Call) => Effect.Effect<void, CommandError>
  readonly writeBans: Action
  readonly loadScripts: Action
  readonly loadEvents: Action
  readonly maxPing: (limit: Duration.Input | "unlimited", call: Call) => Effect.Effect<void, CommandError>
  readonly lock: Action
  readonly unlock: Action
  readonly restart: Action
  readonly reassign: Action
  readonly restartServer: Action
  readonly shutdown: Action
  readonly selectMission: (mission: string, difficulty: string, call: Call) => Effect.Effect<void, CommandError>
  readonly command: (text: string, call: Call) => Effect.Effect<string, CommandError>
}
