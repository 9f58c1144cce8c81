/**
 * Internal parts that the packages of bercon share. They may change in any release; do not use them in programs.
 *
 * @stability experimental
 * @since 0.1.0
 */

/** The table of simple commands. */
export * as CommandTable from "./internal/commandTable.ts"
/** Checks the options of a client and its session, without making them. */
export { checkOptions } from "./internal/settings.ts"
/** Constructs command errors. */
export * as CommandErrors from "./internal/commandError.ts"
/** Compares rows of two lists of bans. */
export * as BanRows from "./internal/banRows.ts"
/** Shortens the values that errors repeat. */
export { shortened } from "./internal/shortened.ts"
/** Validates and formats the address of a server. */
export { Peer } from "@bercon/session/unstable"
