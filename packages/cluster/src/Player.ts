/**
 * The players of a server, as immutable data. Re-exported from `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/Player"
