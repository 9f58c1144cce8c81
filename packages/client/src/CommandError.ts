/**
 * Why a command has no reply. The module of `@bercon/session`, so that an application needs to depend on the client alone.
 *
 * @since 0.1.0
 */
export * from "@bercon/session/CommandError"
