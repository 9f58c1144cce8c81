/**
 * Errors of a session that could not be established. Re-exported from `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/LoginFailure"
