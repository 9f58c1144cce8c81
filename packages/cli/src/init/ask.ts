/**
 * Asks the person at the terminal, on standard error.
 */
import * as Effect from "effect/Effect"
import process from "node:process"
import * as Readline from "node:readline"
import { usage, type UsageError } from "../Failure.ts"
import { noteUnsafe } from "../output/Output.ts"

/** Asks until the answer has no problem. An empty answer counts as `fallback`. Fails if the input ends. */
export const ask = (
  question: string,
  problemOf: (answer: string) => string | undefined = () => undefined,
  fallback?: string
): Effect.Effect<string, UsageError> =>
  Effect.callback((resume, signal) => {
    const terminal = Readline.createInterface({ input: process.stdin, output: process.stderr, historySize: 0 })
    const end = (answer: Effect.Effect<string, UsageError>) => {
      terminal.off("close", ended)
      terminal.close()
      resume(answer)
    }
    const ended = () => {
      process.stderr.write("\n")
      end(usage("the input ended before all was answered. Nothing was written"))
    }
    terminal.setPrompt(`${question}${fallback === undefined ? "" : ` [${fallback}]`}: `)
    terminal.on("line", (line) => {
      const answer = line.trim() === "" && fallback !== undefined ? fallback : line.trim()
      const problem = answer === "" ? "an answer is needed" : problemOf(answer)
      if (problem === undefined) return end(Effect.succeed(answer))
      noteUnsafe(problem)
      terminal.prompt()
    })
    terminal.once("close", ended)
    // In raw mode Ctrl-C is a key, not a signal.
    terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"))
    signal.addEventListener("abort", () => {
      terminal.off("close", ended)
      terminal.close()
      process.stderr.write("\n")
    }, { once: true })
    terminal.prompt()
  })

/** Asks a yes-or-no question. An empty answer is no. */
export const confirm = (question: string): Effect.Effect<boolean, UsageError> =>
  Effect.map(
    ask(`${question} (yes or no)`, (answer) => /^(?:y|yes|n|no)$/i.test(answer) ? undefined : "yes or no?", "no"),
    (answer) => /^y/i.test(answer)
  )
