/**
 * The transport over UDP on Node. The module of `@bercon/session`.
 *
 * @since 0.1.0
 */
export * from "@bercon/session/NodeTransport"
