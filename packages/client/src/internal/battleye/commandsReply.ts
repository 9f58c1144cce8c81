/**
 * Parses the reply to `commands`. Only its heading is known from real servers.
 *
 * ```text
 * List of available commands:
 * players
 * ```
 */
import type * as Result from "effect/Result"
import type { ReplyError } from "../../ReplyError.ts"
import * as ReplyLines from "./replyLines.ts"

export const parse = (text: string): Result.Result<ReadonlyArray<string>, ReplyError> =>
  ReplyLines.readList(LAYOUT, text)

const LAYOUT: ReplyLines.Layout = { command: "commands", heading: [/^List of available commands:\s*$/] }
