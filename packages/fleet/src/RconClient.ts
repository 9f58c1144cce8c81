/**
 * The client of an administrator. Re-exported from `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/RconClient"
