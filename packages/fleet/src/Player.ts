/**
 * The players of a server, as immutable data. Re-exported from `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/Player"
