/**
 * Many servers, each by an id. The module of `@bercon/fleet`.
 *
 * @since 0.1.0
 */
export * from "@bercon/fleet/Fleet"
