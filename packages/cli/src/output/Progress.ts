/**
 * Prints progress on standard error if work takes longer than a second.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { cut } from "./cells.ts"
import { Streams } from "./Output.ts"
import * as SafeText from "./SafeText.ts"

/** Maximum number of servers that a sentence names. */
const NAMED = 5

/** Whether no progress is printed (`--quiet`). */
export const Quiet = Context.Reference<boolean>("@bercon/cli/Quiet", { defaultValue: () => false })

/** Receives reports about the work. */
export interface Progress {
  /** A server is done. After the last one, the line on the terminal is erased. */
  readonly done: (name: string) => Effect.Effect<void>
  /** `done` of `total` parts of the work on a server are done. */
  readonly count: (name: string, done: number, total: number) => Effect.Effect<void>
  /** Erases the line on the terminal before something else is printed. The line is printed again within a second. */
  readonly erase: Effect.Effect<void>
}

/** A sentence about the servers that are not done. `waiting`: the name and state of each. `total`: number of all servers. */
export const sentence = (total: number, waiting: ReadonlyMap<string, string>, seconds: number): string => {
  const listed = Array.from(waiting).slice(0, NAMED)
    .map(([name, state]) => state === "" ? name : `${name} (${state})`).join(", ")
  const others = waiting.size > NAMED ? ` and ${waiting.size - NAMED} more` : ""
  const count = total > 1 ? `${total - waiting.size} of ${total} done, ` : ""
  return `${count}waiting for ${listed}${others} (${seconds} s)`
}

/**
 * Does the work, and meanwhile prints a {@link sentence}: after a second, then every second on a terminal, and every ten
 * seconds elsewhere. On a terminal it is one line, which is erased at the end.
 */
export const during = <A, E, R>(
  names: ReadonlyArray<string>,
  work: (progress: Progress) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const waiting = new Map(names.map((name) => [name, ""]))
    const { stderr } = yield* Streams
    const isTerminal = stderr.isTTY
    let seconds = 0
    let shown = false
    const erase = Effect.sync(() => {
      if (shown && isTerminal) stderr.write("\r\x1b[2K")
      shown = false
    })
    const progress: Progress = {
      done: (name) =>
        Effect.suspend(() => {
          waiting.delete(name)
          return waiting.size === 0 ? erase : Effect.void
        }),
      count: (name, done, total) => Effect.sync(() => waiting.set(name, `${done} of ${total}`)),
      erase
    }
    if (yield* Quiet) return yield* work(progress)
    const show = Effect.sync(() => {
      seconds++
      if (waiting.size === 0 || !isTerminal && seconds % 10 !== 1) return
      const text = SafeText.line(sentence(names.length, waiting, seconds))
      shown = true
      stderr.write(
        isTerminal ? `\r\x1b[2K${cut(text, (stderr.columns || 80) - 1)}` : `bercon: ${text}\n`
      )
    })
    const ticking = Effect.forever(Effect.andThen(Effect.sleep("1 second"), show))
    return yield* Effect.raceFirst(work(progress), ticking).pipe(Effect.ensuring(erase))
  })
