/**
 * Reads passwords from a file, from standard input, or from a person at the terminal. They are shown nowhere.
 */
import { SystemError } from "@bercon/fleet/unstable"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import process from "node:process"
import * as Readline from "node:readline"
import { Writable } from "node:stream"
import { usage, UsageError } from "../Failure.ts"
import * as SafeText from "../output/SafeText.ts"

/** The maximum size of a password in bytes. More is a mistake, such as the name of another file. */
const LIMIT = 4096

/** Reads a stream to its end, or until it has exceeded the limit. */
const beginningOf = async (stream: NodeJS.ReadableStream): Promise<Buffer> => {
  const chunks = new Array<Buffer>()
  let length = 0
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk))
    length += chunk.length
    if (length > LIMIT) break
  }
  return Buffer.concat(chunks)
}

/** The password in a file of at most 4 KiB, without the line break at its end. `-` is standard input. */
export const fromFile = (path: string): Effect.Effect<Redacted.Redacted, UsageError> => {
  const source = path === "-" ? "standard input" : path
  const failed = (problem: string) =>
    new UsageError({ message: `the password cannot be read from ${source} (${problem})` })
  return Effect.tryPromise({
    try: () => beginningOf(path === "-" ? process.stdin : Fs.createReadStream(path)),
    catch: (cause) => failed(SystemError.reason(cause))
  }).pipe(Effect.flatMap((bytes) => {
    if (bytes.length > LIMIT) return Effect.fail(failed(`it has more than ${LIMIT} bytes`))
    const password = bytes.toString("utf8").replace(/\r?\n$/, "")
    return password === ""
      ? usage(`the password is missing: ${source} is empty`)
      : Effect.succeed(Redacted.make(password))
  }))
}

/** Whether there is a terminal at which a person can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** Asks the person at the terminal, without showing the input. `None` if there is no terminal, or the input ends. */
export const ask = (server: string): Effect.Effect<Option.Option<Redacted.Redacted>> =>
  Effect.suspend(() =>
    canAsk()
      ? Effect.callback<Option.Option<Redacted.Redacted>>((resume, signal) => {
        process.stderr.write(SafeText.line(`Password of ${server}: `))
        const terminal = Readline.createInterface({
          input: process.stdin,
          // Discards what readline would show of the password.
          output: new Writable({ write: (_chunk, _encoding, done) => done() }),
          terminal: true,
          historySize: 0
        })
        const end = (password: Option.Option<string>) => {
          // Removes only this listener. Readline's own one must run: it stops listening to the keys.
          terminal.off("close", ended)
          terminal.close()
          process.stderr.write("\n")
          resume(Effect.succeed(Option.map(password, (text) => Redacted.make(text))))
        }
        const ended = () => end(Option.none())
        terminal.once("line", (text) => end(Option.some(text)))
        terminal.once("close", ended)
        // In raw mode Ctrl-C is a key, not a signal.
        terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"))
        signal.addEventListener("abort", () => end(Option.none()), { once: true })
      })
      : Effect.succeedNone
  )
