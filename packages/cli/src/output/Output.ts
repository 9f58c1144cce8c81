/**
 * Standard output, which has data only, and standard error, which has all else.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import process from "node:process"
import { OutputClosed, type OutputError, OutputFailed } from "../Failure.ts"
import * as Format from "./Format.ts"
import * as SafeText from "./SafeText.ts"
import type { View } from "./View.ts"

/** The destination of results. */
export class Output extends Context.Service<Output, {
  readonly format: Format.Format
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  readonly style: Format.Context
  /** Prints a result in the format that was asked for. */
  readonly print: <Row>(view: View<Row>, parts: ReadonlyArray<Format.Part<Row>>) => Effect.Effect<void, OutputError>
  /** Prints the replies of servers as they are. */
  readonly printRaw: (parts: ReadonlyArray<Format.Part<string>>) => Effect.Effect<void, OutputError>
  /** Prints a result that comes entry by entry, each at once. */
  readonly printStream: <Row, E>(
    view: View<Row>,
    entries: Stream.Stream<{ readonly server: string; readonly row: Row }, E>
  ) => Effect.Effect<void, E | OutputError>
}>()("@bercon/cli/Output") {}

/** The errors of a pipe or socket whose reader has closed it. */
const CLOSED: ReadonlySet<string> = new Set([
  "EPIPE",
  "ECONNRESET",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END"
])

const outputError = (error: NodeJS.ErrnoException): OutputError =>
  error.code !== undefined && CLOSED.has(error.code)
    ? new OutputClosed()
    : new OutputFailed({ code: error.code ?? error.message })

/** Writes to standard output, and waits until it is written. */
export const write = (text: string): Effect.Effect<void, OutputError> =>
  text === "" ? Effect.void : Effect.callback((resume) => {
    process.stdout.write(text, (error) => resume(error ? Effect.fail(outputError(error)) : Effect.void))
  })

/** Tells the person at the terminal, on standard error: one line, or several with line feeds between them. */
export const note = (text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    process.stderr.write(`${SafeText.lines(text)}\n`)
  })

/** Width of a terminal in cells. Some report 0 for an unknown width: serial lines, containers. */
export const widthOf = ({ columns, isTTY }: NodeJS.WriteStream): number | undefined =>
  isTTY && columns > 0 ? columns : undefined

/** Standard output as it is, for results in a format. */
export const layer = (options: { readonly format: Format.Format; readonly labelled: boolean }): Layer.Layer<Output> =>
  Layer.sync(Output, () => {
    const isTerminal = process.stdout.isTTY
    const style: Format.Context = {
      ...options,
      width: widthOf(process.stdout),
      // Node looks at NO_COLOR, FORCE_COLOR and TERM.
      colours: isTerminal && process.stdout.hasColors()
    }
    return Output.of({
      format: options.format,
      isTerminal,
      style,
      print: (view, parts) => Effect.suspend(() => write(Format.render(view, parts, style))),
      printStream: (view, entries) =>
        Effect.suspend(() => {
          const { begin, end, entry } = Format.streaming(view, style)
          return Effect.andThen(
            write(begin),
            Stream.runForEach(entries, ({ row, server }) => write(entry(server, row)))
          ).pipe(Effect.ensuring(Effect.ignore(write(end))))
        }),
      printRaw: (parts) => Effect.suspend(() => write(Format.renderRaw(parts, { isTerminal, ...options })))
    })
  })
