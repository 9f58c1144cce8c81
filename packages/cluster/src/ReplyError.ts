/**
 * The error of a reply that does not have the expected form. Re-exported from `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/ReplyError"
