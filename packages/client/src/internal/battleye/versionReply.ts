/**
 * Parses the reply to `version`: a text, usually with a number like `1.220`. The rest of its form is unknown.
 */
import * as Result from "effect/Result"
import { ReplyError } from "../../ReplyError.ts"
import { Version } from "../../Version.ts"
import { trimBlanks } from "../patterns.ts"
import { trusted } from "../trusted.ts"

// Three digits after the only dot. The version of the game (`1.29.163451`) does not match.
const NUMBER = /(?<![\d.])\d{1,3}\.\d{3}(?!\.?\d)/

export const parse = (reply: string): Result.Result<Version, ReplyError> => {
  const text = trimBlanks(reply)
  if (text === "") {
    return Result.fail(new ReplyError({ command: "version", text: reply, ...(reply !== "" && { line: 1 }) }))
  }
  const match = NUMBER.exec(text)
  return Result.succeed(trusted(Version, { text, ...(match && { number: match[0] }) }))
}
