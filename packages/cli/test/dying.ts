/**
 * A `bercon` whose only command has a bug, to see how a bug is reported.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { define } from "../src/command/define.ts"
import { bercon } from "../src/flags.ts"
import { run } from "../src/run.ts"

const die = define("die", { description: "Dies", examples: [] }, {}, () => Effect.die(new RangeError("a bug")))

run(bercon.pipe(Command.withSubcommands([die])))
