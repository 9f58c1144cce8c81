import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { define } from "../command/define.ts"
import { resolve } from "../connection/Servers.ts"
import { fromFlags, fromVariables } from "../connection/Sources.ts"
import { usage } from "../Failure.ts"
import * as Flags from "../flags.ts"
import * as Output from "../output/Output.ts"

const PORT = 2306

/**
 * The address, password and flavour of the simulated server. Without `--profile`, `--all` and `--server-cfg`, they come from
 * the other flags, then from the environment. `BERCON_HOST` and `BERCON_PROFILE` are ignored: they may be for another machine.
 */
const settings = Effect.fnUntraced(function*(flags: Flags.Flags) {
  if (Option.isSome(flags.profile) || flags.all || Option.isSome(flags.serverCfg)) {
    const { servers: [server, ...others], unusable } = yield* resolve(flags)
    return server === undefined || others.length + unusable.length > 0 ?
      yield* usage("simulate is for one server: name one") :
      {
        host: server.options.host,
        port: server.options.port,
        password: server.options.password,
        flavour: server.options.flavour
      }
  }
  const anyPort = Option.contains(flags.port, 0)
  const given = yield* fromFlags(anyPort ? { ...flags, port: Option.none() } : flags)
  const variables = yield* fromVariables
  const password = yield* given.password ?? variables.password ?? Effect.succeedNone
  return {
    host: given.host ?? "127.0.0.1",
    port: anyPort ? 0 : given.port ?? variables.port ?? PORT,
    password: Option.getOrUndefined(password),
    flavour: given.flavour ?? variables.flavour
  }
})

/** A simulated server. */
export const simulate = define(
  "simulate",
  {
    description: "Simulates a server on UDP, with players who come, chat and go, until Ctrl-C or `bercon shutdown`",
    examples: [
      ["bercon simulate", `At 127.0.0.1:${PORT}, with the password secret`],
      ["bercon simulate --players 60 --loss 0.3 --latency 80ms", "Many players, and a bad network"],
      ["bercon simulate --flavour Reforger --port 0", "Arma Reforger's own RCON, at any free port"],
      ["bercon simulate --speed 20 --duration 1m --format ndjson", "A busy minute, for programs"]
    ]
  },
  {
    players: Flags.integer("players", 0, 255).pipe(
      Flag.withDescription("The approximate number of players. Default 8"),
      Flag.withDefault(8)
    ),
    loss: Flags.number("loss", { isAllowed: (loss) => loss >= 0 && loss <= 1, expected: "a number from 0 to 1" }).pipe(
      Flag.withDescription("The fraction of datagrams that is lost each way, from 0 to 1. Default 0"),
      Flag.withDefault(0)
    ),
    latency: Flags.duration("latency", { isAllowed: Duration.isFinite, expected: "a finite duration such as 80ms" })
      .pipe(
        Flag.withDescription("How long a datagram takes each way. Default 0"),
        Flag.withDefault(Duration.zero)
      ),
    seed: Flag.Int("seed").pipe(
      Flag.withDescription("The same seed gives the same players. Default 0"),
      Flag.withDefault(0)
    ),
    speed: Flags.number("speed", {
      isAllowed: (speed) => speed > 0 && speed <= 1000,
      expected: "a number above 0, and at most 1000"
    }).pipe(
      Flag.withDescription("How fast players act. At 1, the default, 8 players act about a dozen times a minute"),
      Flag.withDefault(1)
    ),
    duration: Flags.duration("duration").pipe(Flag.withDescription("Ends after this time"), Flag.optional)
  },
  ({ duration, latency, loss, players, seed, speed }) =>
    Effect.gen(function*() {
      const flags = yield* Flags.bercon
      const { flavour, ...where } = yield* settings(flags)
      const [server, { view }] = yield* Effect.promise(() =>
        Promise.all([import("../simulate/run.ts"), import("../simulate/Happening.ts")])
      )
      const happenings = server.simulate({
        ...where,
        flavour: flavour === "Reforger" ? "Reforger" : "BattlEye",
        players,
        speed,
        seed,
        network: loss > 0 || Duration.isPositive(latency) ? { loss, latency } : undefined
      }).pipe(
        Option.isSome(duration) ? Stream.interruptWhen(Effect.sleep(duration.value)) : identity,
        Stream.map((row) => ({ server: "", row }))
      )
      yield* Output.Output.use((output) => output.printStream(view, happenings)).pipe(
        Effect.provide(Output.layer({ format: flags.format, labelled: false }))
      )
    })
)
