/**
 * One authenticated RCON session that survives failures of the network and of the server. Re-exported from
 * `@bercon/session`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/session/Session"
