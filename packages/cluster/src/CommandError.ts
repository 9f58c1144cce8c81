/**
 * Errors of a client's commands, and whether the server may have executed the command nevertheless. Re-exported from
 * `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/CommandError"
