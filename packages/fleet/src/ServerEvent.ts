/**
 * The events of a server. The module of `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/ServerEvent"
