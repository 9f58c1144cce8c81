/**
 * Why a reply could not be read. The module of `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/ReplyError"
