/**
 * Flags of the commands for a community's bans and plans.
 */
import * as Flag from "effect/cli/Flag"

/** The folder of the store. */
export const folder = Flag.String("folder").pipe(
  Flag.withDescription("The folder in which your program keeps bans and plans (FolderStore). Default community"),
  Flag.withDefault("community")
)
