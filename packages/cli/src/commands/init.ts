import { Peer } from "@bercon/client/unstable"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "node:path"
import { define } from "../command/define.ts"
import * as Password from "../connection/Password.ts"
import { portOf } from "../connection/port.ts"
import * as Profiles from "../connection/Profiles.ts"
import { fromFlags, fromVariables, namesIn } from "../connection/Sources.ts"
import * as Failure from "../Failure.ts"
import { bercon, text } from "../flags.ts"
import { ask, confirm } from "../init/ask.ts"
import { note, write } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"
import { quoted } from "../output/quoted.ts"

const missing = (what: string, flag: string) => Failure.usage(`${what} is missing: use ${flag}`)

const portProblem = (text: string): string | undefined =>
  portOf(text) === undefined ? "a port is from 1 to 65535" : undefined

const hostProblem = (host: string): string | undefined => Peer.problemOfHost("host", host)

/** Writes a profile. */
export const init = define(
  "init",
  {
    description: "Writes a server to the file of servers: asks for missing values, and tries to log in",
    examples: [
      ["bercon init", "Asks for everything"],
      ["bercon init --id eu1 --host 203.0.113.7 --port 2306 --password-file - < secret", "For scripts: asks nothing"],
      [
        "bercon init --id eu1 --port 2306 --password-variable EU1_PASSWORD --skip-login",
        "The password stays in a variable"
      ]
    ]
  },
  {
    id: Flag.String("id").pipe(
      Flag.withDescription("The name of the server, for --profile: letters, digits, _ and -"),
      Flag.optional
    ),
    passwordVariable: text("password-variable", "name", "the name of a variable").pipe(
      Flag.withDescription("The variable that holds the password. The password itself is then not written"),
      Flag.optional
    ),
    skipLogin: Flag.Boolean("skip-login").pipe(
      Flag.withDescription("Writes the profile without trying it"),
      Flag.withDefault(false)
    ),
    overwrite: Flag.Boolean("overwrite").pipe(
      Flag.withDescription("Replaces a server of the same name without asking"),
      Flag.withDefault(false)
    )
  },
  (input) =>
    Effect.gen(function*() {
      const flags = yield* bercon
      const { store, toml, trial } = yield* Effect.promise(async () => ({
        store: await import("../init/store.ts"),
        toml: await import("../init/toml.ts"),
        trial: await import("../init/trial.ts")
      }))
      const given = yield* fromFlags(flags)
      const variables = yield* fromVariables
      const { path } = yield* Profiles.path(flags.config)
      const ids = yield* store.idsIn(path)
      const idProblem = (id: string) => toml.isId(id) ? undefined : "a name has 1 to 64 letters, digits, _ and -"

      const id = Option.isSome(input.id)
        ? input.id.value
        : Password.canAsk()
        ? yield* ask("Name of the server, such as eu1", idProblem)
        : yield* missing("the name of the server", "--id")
      if (!toml.isId(id)) return yield* Failure.usage(`--id: ${idProblem(id)} (got ${quoted(id)})`)
      if (ids.has(id) && !input.overwrite) {
        const replaces = Password.canAsk() && (yield* confirm(`${path} has a server ${id}. Replace it?`))
        if (!replaces) {
          return yield* Failure.usage(`${path} has a server ${id} already: use another name, or --overwrite`)
        }
      }
      const { passwordVariable } = input
      const taken = namesIn(Option.isSome(passwordVariable) ? { ...variables, password: undefined } : variables, given)
      if (Password.canAsk() && taken.length > 0) {
        yield* note(`bercon: taken from the environment: ${taken.join(", ")}`)
      }
      const knownHost = given.host ?? variables.host
      const host = knownHost ?? (Password.canAsk() ? yield* ask("Host", hostProblem, "127.0.0.1") : "127.0.0.1")
      const problem = hostProblem(host)
      if (problem !== undefined) return yield* Failure.usage(problem)
      const knownPort = given.port ?? variables.port
      const port = knownPort ?? (Password.canAsk()
        ? Number(yield* ask("RConPort", portProblem))
        : yield* missing("the port", "--port"))
      const flavour = given.flavour ?? variables.flavour ?? "auto"

      const ownFile = Option.filter(flags.passwordFile, (file) => file !== "-")
      const isOwn = Option.isNone(passwordVariable) && Option.isNone(ownFile)
      let password = Option.isSome(passwordVariable)
        ? yield* Profiles.redactedVariable(passwordVariable.value)
        : yield* (given.password ?? variables.password ?? Effect.succeedNone).pipe(
          Effect.flatMap((password) => Option.isSome(password) ? Effect.succeed(password) : Password.ask(id))
        )
      if (Option.isNone(password) && !(input.skipLogin && Option.isSome(passwordVariable))) {
        return yield* Option.isSome(passwordVariable)
          ? Failure.usage(`the variable ${passwordVariable.value} is not set: set it, or use --skip-login`)
          : missing("the password", "--password-file (- is standard input) or --password-variable")
      }
      if (Option.isSome(password) && !input.skipLogin) {
        const subject = {
          options: { host, port, flavour, loginTimeout: Option.getOrElse(flags.wait, () => flags.timeout) },
          isPatient: Option.isSome(flags.wait)
        }
        const tried = yield* trial.tried(subject, password.value, (problem) =>
          isOwn && Password.canAsk()
            ? Effect.andThen(note(`bercon: ${problem}`), Password.ask(id))
            : Effect.succeedNone).pipe(Effect.provideService(Progress.Quiet, flags.quiet))
        password = Option.some(tried.password)
        if (tried.failure !== undefined) {
          if (!Password.canAsk()) return yield* Effect.fail(tried.failure)
          yield* note(`bercon: ${Failure.describe(tried.failure)}`)
          if (!(yield* confirm("Write the profile all the same?"))) {
            yield* note("bercon: nothing was written")
            return yield* new Failure.Reported({ code: Failure.exitCode(tried.failure) })
          }
        }
      }

      const where = Option.isSome(passwordVariable)
        ? { passwordVariable: passwordVariable.value }
        : Option.isSome(ownFile)
        ? { passwordFile: Path.resolve(ownFile.value) }
        : { passwordFile: store.passwordPath(id) }
      yield* store.writeServer(
        path,
        id,
        { host, port, flavour: flavour === "auto" ? undefined : flavour, password: where },
        isOwn && Option.isSome(password)
          ? store.writePassword(path, id, password.value)
          : Effect.void
      )
      yield* write(`${path} has the server ${id} now: \`bercon players --profile ${id}\`\n`)
    })
)
