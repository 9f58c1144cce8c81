/**
 * What a flavour implements. The rest of the client is the same for all.
 */
import type { Commands } from "../Commands.ts"

/** The commands; of queries for a table only those for the whole table. */
export interface FlavourCommands extends Omit<Commands, "players" | "bans" | "admins"> {}
