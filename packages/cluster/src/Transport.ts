/**
 * How datagrams get to a server and back. The module of `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/Transport"
