/**
 * Parts that the packages of bercon share. They may change in any release; no program should use them.
 *
 * @since 0.1.0
 */

/** The simple commands. */
export * as CommandTable from "./internal/commandTable.ts"
/** Makes the errors of commands. */
export * as CommandErrors from "./internal/commandError.ts"
