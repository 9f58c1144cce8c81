/**
 * The status of a session. Re-exports the module of `@bercon/session`.
 *
 * @since 0.1.0
 */
export * from "@bercon/session/Status"
