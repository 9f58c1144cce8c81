/**
 * How a session is doing. The module of `@bercon/session`.
 *
 * @since 0.1.0
 */
export * from "@bercon/session/Status"
