/**
 * Errors of a fleet. Re-exported from `@bercon/fleet`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/fleet/FleetError"
