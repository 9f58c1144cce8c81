/**
 * The session under a client. The module of `@bercon/session`.
 *
 * @since 0.1.0
 */
export * from "@bercon/session/Session"
