/**
 * The command `bercon`.
 */
import { command } from "./commands/index.ts"
import { run } from "./run.ts"

run(command)
