/**
 * Parses the reply to `missions`.
 *
 * ```text
 * Missions on server:
 * Liberation.Altis.pbo
 * ```
 */
import type * as Result from "effect/Result"
import type { ReplyError } from "../../ReplyError.ts"
import * as ReplyLines from "./replyLines.ts"

export const parse = (text: string): Result.Result<ReadonlyArray<string>, ReplyError> =>
  ReplyLines.readList(LAYOUT, text)

const LAYOUT: ReplyLines.Layout = { command: "missions", heading: [/^Missions on server:\s*$/] }
