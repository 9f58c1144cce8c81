/**
 * Why an action failed. Re-exported from `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/ActionError"
