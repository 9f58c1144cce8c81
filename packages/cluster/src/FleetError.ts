/**
 * Why a change of a fleet, or a look into it, failed. The module of `@bercon/fleet`.
 *
 * @since 0.1.0
 */
export * from "@bercon/fleet/FleetError"
