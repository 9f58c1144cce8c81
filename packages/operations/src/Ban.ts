/**
 * The bans of a server, and who is banned. The module of `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/Ban"
