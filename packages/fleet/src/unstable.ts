/**
 * Internal parts that the packages of bercon share. They may change in any release; do not use them in programs.
 *
 * @experimental
 * @since 0.1.0
 */

/** Describes errors of the operating system. */
export * as SystemError from "./internal/systemError.ts"
