/**
 * The BattlEye GUID, which identifies a player in bans. Re-exported from `@bercon/client`.
 *
 * @stability stable
 * @since 0.1.0
 */
export * from "@bercon/client/Guid"
