/**
 * The events of a server, as it sends them to its RCON clients. Re-exported from `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/ServerEvent"
