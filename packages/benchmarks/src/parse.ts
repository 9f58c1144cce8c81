/**
 * Measures the time to parse a row of a ban list, and the time to parse an event. Each should be the same for any number
 * of rows or events.
 */
import * as RconClient from "@bercon/client/RconClient"
import * as ServerEvent from "@bercon/client/ServerEvent"
import * as Session from "@bercon/session/Session"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { summarize, type Summary } from "./measure.ts"
import { spread, writeResults } from "./report.ts"

const ROUNDS = 9

const bans = (count: number): string =>
  [
    "GUID Bans:",
    "[#] [GUID] [Minutes left] [Reason]",
    "----------------------------------------",
    ...Array.from(
      { length: count },
      (_, i) => `${i}  ${i.toString(16).padStart(32, "0")} perm Cheating, see report ${i}`
    )
  ].join("\n")

const events = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) =>
    [
      `(Side) Survivor ${i % 60}: hello everyone, this is line ${i}`,
      `Player #${i % 60} Survivor ${i % 60} (203.0.113.${i % 250}:2304) connected`,
      `Player #${i % 60} Survivor ${i % 60} disconnected`,
      `Verified GUID (${"0a".repeat(16)}) of player #${i % 60} Survivor ${i % 60}`
    ][i % 4]!)

/** A client of a server that answers every command with the same text. */
const clientOf = (reply: string, bytes = new TextEncoder().encode(reply)) =>
  RconClient.fromSession({ flavour: "BattlEye", rosterInterval: "Infinity" }).pipe(
    Effect.provideService(
      Session.Session,
      Session.Session.of({
        peer: "server",
        greeting: Effect.succeedNone,
        command: () => Effect.succeed(reply),
        commandBytes: () => Effect.succeed(bytes),
        decode: () => reply,
        messages: Stream.never,
        epoch: Effect.succeed(1),
        status: Effect.succeed({ _tag: "Online" }),
        statusChanges: Stream.never,
        online: Effect.never,
        closed: Effect.never
      })
    )
  )

const nanoseconds = new Array<Summary & { readonly name: string; readonly count: number }>()

const row = (name: string, count: number, samples: ReadonlyArray<number>): void => {
  const summary = summarize(samples)
  nanoseconds.push({ name, count, ...summary })
  console.log(`${name.padEnd(8)} ${count.toLocaleString("en-US").padStart(8)}  ${spread(summary, 0).padStart(18)}`)
}

/** Nanoseconds per row or event in each round, except the first round, which compiles the code. */
const timed = <E>(count: number, run: Effect.Effect<void, E>): Effect.Effect<ReadonlyArray<number>, E> =>
  Effect.map(
    Effect.forEach(Array.from({ length: ROUNDS + 1 }), () => Effect.timed(run)),
    (rounds) => rounds.slice(1).map(([duration]) => Number(Duration.toNanosUnsafe(duration)) / count)
  )

const program = Effect.gen(function*() {
  console.log("nanoseconds per row or event: median (quartiles)\n")
  for (const count of [100, 1000, 10_000]) {
    const rcon = yield* clientOf(bans(count))
    row(
      "bans",
      count,
      yield* timed(
        count,
        Effect.flatMap(
          rcon.banTable,
          // A list of 10,000 rows exceeds one reply, so the client takes its last row for an incomplete one.
          ({ rows }) => rows.length >= count - 1 ? Effect.void : Effect.die(`${rows.length} of ${count} bans were read`)
        )
      )
    )
  }
  for (const count of [1000, 10_000, 100_000]) {
    const texts = events(count)
    row(
      "events",
      count,
      yield* timed(
        count,
        Effect.sync(() => {
          for (const text of texts) if (ServerEvent.parse(text)._tag === "Unrecognized") throw new Error(text)
        })
      )
    )
  }
})

await Effect.runPromise(Effect.scoped(program))
writeResults("parse", { nanoseconds })
