import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { define } from "../command/define.ts"
import { gather } from "../command/gather.ts"
import { resolve, type Servers } from "../connection/Servers.ts"
import type { Check } from "../doctor/Check.ts"
import { ExitCode } from "../ExitCode.ts"
import * as Failure from "../Failure.ts"
import * as Flags from "../flags.ts"
import * as Output from "../output/Output.ts"
import { Quiet } from "../output/Progress.ts"

const NO_SERVERS: Servers = { servers: [], unusable: [], labelled: false }

/** Finds out why a server cannot be administered. */
export const doctor = define(
  "doctor",
  {
    description:
      "Finds out why a connection does not work: checks host name, password, port, login and network, step by step",
    examples: [
      ["bercon doctor", "Why the server of the environment, or of the file of servers, cannot be reached"],
      ["bercon doctor --host 203.0.113.7 --port 2306", "Another server; asks for the password"],
      [
        "bercon doctor --server-cfg /srv/dayz/battleye --game-port 2302",
        "Looks for mistakes in the server's own files first"
      ],
      ["bercon doctor --all --format json", "All servers of the file, for programs"]
    ]
  },
  {
    gamePort: Flags.integer("game-port", 1, 65_535).pipe(
      Flag.withDescription("The port that players connect to. It and the next four must not be the RConPort"),
      Flag.optional
    ),
    keepalives: Flags.integer("keepalives", 1, 1000).pipe(
      Flag.withDescription("How many keepalives to send, to measure round trip and loss. Default 10"),
      Flag.withDefault(10)
    )
  },
  ({ gamePort, keepalives }) =>
    Effect.gen(function*() {
      const flags = yield* Flags.bercon
      const Doctor = yield* Effect.promise(() => import("../doctor/examine.ts"))
      const configuration = Option.match(flags.serverCfg, {
        onNone: () => [],
        onSome: (path) => Doctor.configuration(path, Option.getOrUndefined(gamePort))
      })
      const resolved = yield* Effect.result(resolve(flags))
      if (Result.isFailure(resolved) && configuration.length === 0) return yield* Effect.fail(resolved.failure)
      const { labelled, servers, unusable } = Result.getOrElse(resolved, () => NO_SERVERS)
      const examinations = new Map<string, Effect.Effect<ReadonlyArray<Check>>>(
        Result.isFailure(resolved)
          ? [["", Effect.succeed([...configuration, Doctor.notTried(resolved.failure, configuration)])]]
          : [
            ...servers.map(({ name, options }) =>
              [
                name,
                Effect.map(Doctor.connection(options, keepalives), (found) => [...configuration, ...found])
              ] as const
            ),
            ...unusable.map(({ failure, name }) => [name, Effect.succeed([Doctor.notTried(failure, [])])] as const)
          ]
      )
      const names = [...examinations.keys()]
      const codes = new Array<ExitCode>()
      yield* gather({ names, labelled }, Doctor.view, (name, { emit }) =>
        Effect.flatMap(examinations.get(name)!, (rows) => {
          const code = Doctor.exitCode(rows)
          if (code !== ExitCode.done) {
            codes.push(code)
          }
          return emit(...rows)
        })).pipe(
          Effect.provide(Output.layer({ format: flags.format, labelled })),
          Effect.provideService(Quiet, flags.quiet)
        )
      if (codes.length > 0) {
        return yield* new Failure.Reported({ code: Failure.ofSeveral(names.length, codes) })
      }
    })
)
