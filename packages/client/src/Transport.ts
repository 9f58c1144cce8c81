/**
 * How datagrams get to the server and back. The module of `@bercon/session`.
 *
 * @since 0.1.0
 */
export * from "@bercon/session/Transport"
