/**
 * A transport over UDP on Node, built directly on `node:dgram`. Re-exported from `@bercon/session`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/session/NodeTransport"
