/**
 * How a session is doing. The module of `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/Status"
