/**
 * Runs the command as the program of this process: prints why it fails, and ends the process with the exit code.
 */
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Runtime from "effect/Runtime"
import * as Os from "node:os"
import process from "node:process"
import { ExitCode } from "./ExitCode.ts"
import * as Failure from "./Failure.ts"
import { nearest } from "./output/nearest.ts"
import { note, Streams, widthOf, write } from "./output/Output.ts"
import * as SafeText from "./output/SafeText.ts"
import { wrap } from "./output/wrap.ts"
import * as Services from "./services.ts"
import { version } from "./version.ts"

/** Prints log lines on standard error, like everything that is not data. */
const logger = Logger.make(({ logLevel, message, cause }) => {
  const words = Array.isArray(message) ? message : [message]
  const text = words.map((word) =>
    typeof word === "string" ? word : Cause.isCause(word) ? Cause.pretty(word) : String(word)
  )
  if (cause.reasons.length > 0) text.push(Cause.pretty(cause))
  process.stderr.write(`bercon: ${logLevel.toLowerCase()}: ${SafeText.lines(text.join(" "))}\n`)
})

/** Prints a result of `effect/cli`. Its handlers cannot fail with our errors, so these become defects: see `ofDefect`. */
const print = (text: string): Effect.Effect<void> => Effect.orDie(write(text))

/** The flag `--completions` of `effect/cli`, but it waits until everything is written. */
const completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag,
  run: (shell, { command }) =>
    Option.match(shell, {
      onNone: () => Effect.void,
      onSome: (shell) => print(`${Completions.generate(command.name, shell, Completions.fromCommand(command))}\n`)
    })
})

/** Adds suggestions to an unknown flag. `effect/cli` compares it only with the flags of the command itself. */
const suggesting = ({ errors, helpDoc }: CliOutput.Presenter.InvalidInvocation): ReadonlyArray<CliError.CliError> =>
  errors.map((error) => {
    if (error._tag !== "UnrecognizedOption" || error.suggestions.length > 0) return error
    const { flags, globalFlags = [], inheritedFlags = [] } = helpDoc
    const names = [...flags, ...inheritedFlags, ...globalFlags].map(({ name }) => `--${name}`)
    return new CliError.UnrecognizedOption({
      option: error.option,
      command: error.command,
      suggestions: nearest(error.option.replace(/=.*/s, ""), names)
    })
  })

/**
 * A hint after an unknown flag for which there is no suggestion. If the command has arguments, and the word does not look like a
 * flag, the hint is to write it after `--`. Otherwise it lists the flags of the command. With a mistyped flag, `--` would do
 * harm: `ban -- --duration` bans a player called `--duration`.
 */
const instead = (
  { commandPath, helpDoc }: CliOutput.Presenter.InvalidInvocation,
  errors: ReadonlyArray<CliError.CliError>
): string => {
  const unknown = errors.find((error) => error._tag === "UnrecognizedOption")
  if (unknown === undefined || unknown.suggestions.length > 0) return ""
  const command = commandPath.join(" ")
  const isText = (helpDoc.args?.length ?? 0) > 0 && !/^--[a-z][\w-]*$/i.test(unknown.option)
  if (isText) return `\nWords after -- are not flags: \`${command} -- ${quotedIfNeeded(unknown.option)}\`.`
  return helpDoc.flags.length === 0
    ? ""
    : `\nThe flags of \`${command}\` itself are ${helpDoc.flags.map(({ name }) => `--${name}`).join(", ")}.`
}

const quotedIfNeeded = (word: string): string => /^[\w-]+$/.test(word) ? word : JSON.stringify(word)

/** Prints help on standard output if it was asked for. Mistakes, and the help that follows them, go to standard error. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Help": {
        const text = (colors: boolean) => CliOutput.defaultFormatter({ colors }).formatHelpDoc(event.helpDoc).trim()
        return event.reason === "Requested"
          ? Effect.flatMap(
            Streams,
            ({ stdout }) => print(`${wrap(text(stdout.isTTY && stdout.hasColors()), widthOf(stdout))}\n`)
          )
          // `note` prints no escape sequences.
          : note(text(false))
      }
      case "InvalidInvocation": {
        const errors = suggesting(event)
        return note(
          errors.map((error) => `bercon: ${error.message}`).join("\n") +
            `${instead(event, errors)}\nSee \`${event.commandPath.join(" ")} --help\`.`
        )
      }
      case "Version":
        return print(`${event.name} ${event.version}\n`)
    }
  }
}

/** Returns the exit code of a failure, and prints the failure if necessary. */
const concluded = (error: Failure.Failure | CliError.CliError): Effect.Effect<ExitCode> => {
  if (CliError.isCliError(error)) return Effect.succeed(ExitCode.usage)
  const code = Failure.exitCode(error)
  return error._tag === "Reported" || error._tag === "OutputClosed"
    ? Effect.succeed(code)
    : Effect.as(note(Failure.lines(error)), code)
}

const BUGS = "https://github.com/bercon/bercon/issues"

/** Prints a bug in one line. `--log-level debug` prints its stack trace. */
const ofDefect = (defect: unknown): Effect.Effect<ExitCode> =>
  defect instanceof Failure.OutputClosed || defect instanceof Failure.OutputFailed
    ? concluded(defect)
    : Effect.as(
      note(
        `bercon: this is a bug of bercon: ${
          defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect)
        }. ` +
          `Please report it at ${BUGS}, with the output of the same command with --log-level debug.`
      ),
      ExitCode.defect
    )

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** The first signal interrupts the program, so that its sessions are closed; a second one ends the process at once. */
const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let received: NodeJS.Signals | undefined
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (received !== undefined) process.exit(128 + Os.constants.signals[signal])
      received = signal
      fiber.interruptUnsafe()
    })
  }
  fiber.addObserver((exit) =>
    received === undefined
      ? teardown(exit, (code) => process.exit(code))
      : process.exit(128 + Os.constants.signals[received])
  )
})

type Runnable<Name extends string, Input, ContextInput, E extends Failure.Failure> = Command.Command<
  Name,
  Input,
  ContextInput,
  E,
  Command.Environment
>

/** Runs a command line, prints why it fails, and returns the exit code. */
export const exitCodeOf = <Name extends string, Input, ContextInput, E extends Failure.Failure>(
  command: Runnable<Name, Input, ContextInput, E>,
  args: ReadonlyArray<string>
): Effect.Effect<ExitCode> =>
  Command.runWith(command, { version })(args).pipe(
    Effect.as<ExitCode>(ExitCode.done),
    Effect.catch(concluded),
    Effect.catchDefect(ofDefect),
    Effect.provide(Layer.mergeAll(
      Services.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, completions, GlobalFlag.LogLevel] }),
      CliOutput.layerPresenter(presenter),
      Logger.layer([logger]),
      Layer.succeed(References.MinimumLogLevel, "Error")
    ))
  )

/** Runs a command with the arguments of this process. */
export const run = <Name extends string, Input, ContextInput, E extends Failure.Failure>(
  command: Runnable<Name, Input, ContextInput, E>
): void => {
  // The reader of the output may close it early. A failed write reports its error itself.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})

  runMain(exitCodeOf(command, process.argv.slice(2)), {
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? exit.value as ExitCode : ExitCode.defect)
  })
}
