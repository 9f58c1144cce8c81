/**
 * Errors of a session that could not be established. Re-exported from `@bercon/session`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/session/LoginFailure"
