/**
 * The command `bercon`: what commands there are, and how the process ends.
 */
import * as Command from "effect/cli/Command"
import { players } from "./commands/players.ts"
import { bercon } from "./flags.ts"
import { run } from "./run.ts"

run(bercon.pipe(Command.withSubcommands([players])))
