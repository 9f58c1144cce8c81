/**
 * The BattlEye GUID, by which bans know a player. The module of `@bercon/client`.
 *
 * @since 0.1.0
 */
export * from "@bercon/client/Guid"
