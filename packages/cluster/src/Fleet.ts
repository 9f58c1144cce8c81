/**
 * Many servers in one process, each with an id. Re-exported from `@bercon/fleet`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/fleet/Fleet"
