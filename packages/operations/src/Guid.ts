/**
 * The BattlEye GUID, which identifies a player in bans. Re-exported from `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/Guid"
