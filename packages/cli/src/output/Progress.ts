/**
 * What is being waited for, on standard error, once that takes longer than a second.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import process from "node:process"
import * as SafeText from "./SafeText.ts"

const NAMED = 5

const listed = (names: ReadonlyArray<string>): string =>
  names.slice(0, NAMED).join(", ") + (names.length > NAMED ? ` and ${names.length - NAMED} more` : "")

/** Whether nothing is told of progress (`--quiet`). */
export const Quiet = Context.Reference<boolean>("@bercon/cli/Quiet", { defaultValue: () => false })

/**
 * Tells after a second, and from then on every second on a terminal and every ten elsewhere, which of the things are not done
 * yet. On a terminal it is one line that is gone afterwards.
 */
export const during = <A, E, R>(
  names: ReadonlyArray<string>,
  work: (done: (name: string) => Effect.Effect<void>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    if (yield* Quiet) return yield* work(() => Effect.void)
    const waiting = new Set(names)
    const isTerminal = process.stderr.isTTY
    let seconds = 0
    let shown = false
    const show = Effect.sync(() => {
      seconds++
      if (waiting.size === 0 || !isTerminal && seconds % 10 !== 1) return
      const text = SafeText.line(`waiting for ${listed([...waiting])} (${seconds} s)`)
      shown = true
      process.stderr.write(isTerminal ? `\r\x1b[2K${text.slice(0, process.stderr.columns - 1)}` : `bercon: ${text}\n`)
    })
    const erase = Effect.sync(() => {
      if (shown && isTerminal) process.stderr.write("\r\x1b[2K")
    })
    const ticking = Effect.forever(Effect.andThen(Effect.sleep("1 second"), show))
    return yield* Effect.raceFirst(
      work((name) => Effect.sync(() => waiting.delete(name))),
      ticking
    ).pipe(Effect.ensuring(erase))
  })
