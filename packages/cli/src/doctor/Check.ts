/**
 * Findings of the doctor, one line each: whether something is in order, and how to correct it.
 */
import * as Schema from "effect/Schema"
import { ExitCode } from "../ExitCode.ts"
import * as View from "../output/View.ts"

/** A finding. */
export const Check = Schema.Struct({
  /** The thing that was examined, one word. */
  check: Schema.String,
  /**
   * - `ok`: in order.
   * - `note`: it works, and the message is worth knowing.
   * - `problem`: it does not work, or will not.
   */
  status: Schema.Literals(["ok", "note", "problem"]),
  /** The finding, and how to correct it. */
  message: Schema.String,
  /** The exit code of a problem. */
  exitCode: Schema.optionalKey(Schema.Int)
})

/** A finding. */
export type Check = typeof Check.Type

/** The thing is in order. */
export const ok = (check: string, message: string): Check => ({ check, status: "ok", message })

/** The thing works, and the message is worth knowing. */
export const note = (check: string, message: string): Check => ({ check, status: "note", message })

/** The thing does not work, or will not. */
export const problem = (check: string, exitCode: ExitCode, message: string): Check => ({
  check,
  status: "problem",
  message,
  exitCode
})

/** The exit code for findings: that of the first problem. */
export const exitCode = (checks: ReadonlyArray<Check>): ExitCode =>
  (checks.find(({ status }) => status === "problem")?.exitCode ?? ExitCode.done) as ExitCode

/** How findings are printed. */
export const view = View.make(Check, {
  columns: [
    { key: "check", title: "Check", cell: ({ check }) => check },
    { key: "status", title: "Status", cell: ({ status }) => status },
    { key: "message", title: "Message", cell: ({ message }) => message }
  ],
  // A finding is one line, even if its message has several.
  text: ({ check, message, status }) => `${status.padEnd(7)}  ${check.padEnd(9)}  ${message.replaceAll("\n", "\\n")}`,
  isProse: true
})
