/**
 * Writes data to standard output, and everything else to standard error.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import process from "node:process"
import { OutputClosed, type OutputError, OutputFailed } from "../Failure.ts"
import * as Format from "./Format.ts"
import * as SafeText from "./SafeText.ts"
import type { View } from "./View.ts"
import { wrap } from "./wrap.ts"

/** The streams to which everything is written. Default: those of this process. */
export const Streams = Context.Reference<{
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}>("@bercon/cli/Streams", { defaultValue: () => process })

/** A result to which servers contribute at different times. */
export interface Gathered<in Row> {
  /**
   * Prints entries of a server at once, if the format allows it. If they cannot be written, only `end` fails, so that the work
   * is not interrupted.
   */
  readonly add: (part: Format.Part<Row>) => Effect.Effect<void>
  /** Prints what was held back, and waits until everything is written. */
  readonly end: Effect.Effect<void, OutputError>
}

/** The destination of results. */
export class Output extends Context.Service<Output, {
  readonly format: Format.Format
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  readonly style: Format.Context
  /** Prints a result in the format that was asked for. */
  readonly print: <Row>(view: View<Row>, parts: ReadonlyArray<Format.Part<Row>>) => Effect.Effect<void, OutputError>
  /** Begins a result to which servers contribute at different times. `servers`: their names in order. */
  readonly gather: <Row>(view: View<Row>, servers: ReadonlyArray<string>) => Gathered<Row>
  /** Prints the entries of a result, each as soon as it comes. */
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
    ? new OutputClosed({})
    : new OutputFailed({ code: error.code ?? error.message })

/** Writes to standard output, and waits until it is written. */
export const write = (text: string): Effect.Effect<void, OutputError> =>
  text === "" ? Effect.void : Effect.flatMap(Streams, ({ stdout }) =>
    Effect.callback((resume) => {
      stdout.write(text, (error) => resume(error ? Effect.fail(outputError(error)) : Effect.void))
    }))

const gathered = <Row>(gathering: Format.Gathering<Row>): Gathered<Row> => {
  let problem: OutputError | undefined
  return {
    add: (part) =>
      Effect.suspend(() => problem === undefined ? write(gathering.add(part)) : Effect.void).pipe(
        Effect.catch((error) => Effect.sync(() => void (problem ??= error)))
      ),
    end: Effect.suspend(() => problem === undefined ? write(gathering.end()) : Effect.fail(problem))
  }
}

/** Prints a text on standard error: one line, or several with line feeds between them. A terminal gets wrapped lines. */
export const note = (text: string): Effect.Effect<void> => Effect.map(Streams, ({ stderr }) => noteUnsafe(text, stderr))

/** The same as {@link note}, for callbacks. */
export const noteUnsafe = (text: string, stderr: NodeJS.WriteStream = process.stderr): void => {
  stderr.write(`${wrap(SafeText.lines(text), widthOf(stderr))}\n`)
}

/** The width of a terminal in cells. `undefined` if it is unknown: serial lines and containers report 0. */
export const widthOf = ({ columns, isTTY }: NodeJS.WriteStream): number | undefined =>
  isTTY && columns > 0 ? columns : undefined

/** Prints results in a format on the standard output of this process. */
export const layer = (options: { readonly format: Format.Format; readonly labelled: boolean }): Layer.Layer<Output> =>
  Layer.effect(
    Output,
    Effect.map(Streams, ({ stdout }) => {
      const isTerminal = stdout.isTTY
      const style: Format.Context = {
        ...options,
        isTerminal,
        // Read again for each entry, because a terminal may be resized while entries come.
        get width() {
          return widthOf(stdout)
        },
        // Node considers NO_COLOR, FORCE_COLOR and TERM.
        colours: isTerminal && stdout.hasColors()
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
            ).pipe(
              Effect.onExit((exit) => Exit.isSuccess(exit) ? write(end) : Effect.ignore(write(end)))
            )
          }),
        gather: (view, servers) => gathered(Format.gathering(view, style, servers))
      })
    })
  )
