/**
 * Bans that hold on every BattlEye server and restarts that are announced.
 *
 * @since 0.1.0
 */
export {}
