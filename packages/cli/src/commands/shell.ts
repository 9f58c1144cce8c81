import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import process from "node:process"
import { define, withServers } from "../command/define.ts"
import { login } from "../connection/login.ts"
import { UnderWay } from "../connection/UnderWay.ts"
import { usage } from "../Failure.ts"
import { bercon } from "../flags.ts"
import { widthOf } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"

/** An interactive session. */
export const shell = define(
  "shell",
  {
    description: "Opens a session in which you type commands, and events appear above them. `help` lists the commands",
    examples: [
      ["bercon shell --profile eu1", "Tab completes commands and names, Ctrl-D leaves"],
      ["bercon shell < commands.txt", "One command per line, as in a script"]
    ]
  },
  {},
  () =>
    withServers(({ servers: [server, ...others], unusable }) =>
      Effect.gen(function*() {
        const { format, passwordFile } = yield* bercon
        if (server === undefined || others.length + unusable.length > 0) {
          return yield* usage("shell is for one server: name one")
        }
        if (Option.contains(passwordFile, "-") && !process.stdin.isTTY) {
          return yield* usage("shell reads commands from standard input: give the password in another way")
        }
        const { interactive, script } = yield* Effect.promise(async () => ({
          ...await import("../shell/interactive.ts"),
          ...await import("../shell/script.ts")
        }))
        const underWay = new UnderWay()
        const rcon = yield* Progress.during([server.name], () => login(server, underWay))
        const isTerminal = process.stdin.isTTY && process.stdout.isTTY
        const style = () => ({
          format,
          labelled: false,
          isTerminal,
          width: isTerminal ? widthOf(process.stdout) : undefined,
          colours: isTerminal && process.stdout.hasColors()
        })
        const session = { rcon, server, underWay }
        yield* isTerminal ? interactive(session, style) : script(session, style())
      })
    )
)
