/**
 * Internal parts that the packages of bercon share. They may change in any release; do not use them in programs.
 *
 * @stability experimental
 * @since 0.1.0
 */

/** Servers by id, whether they are given as a record or as a map. */
export * as GivenServers from "./internal/givenServers.ts"
/** Describes errors of the operating system. */
export * as SystemError from "./internal/systemError.ts"
