/**
 * Flags of the commands for a community's bans and plans.
 */
import * as Flag from "effect/cli/Flag"
import { text } from "../flags.ts"

/** The folder of the store. */
export const folder = text("folder", "path", "the path of a folder").pipe(
  Flag.withDescription("The folder in which your program keeps bans and plans (FolderStore). Default community"),
  Flag.withDefault("community")
)
