/**
 * Constructs the errors of actions.
 */
import { ActionError, BanNotFound, ListIncomplete, Unconfirmed } from "../ActionError.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import type { CommandError } from "../CommandError.ts"
import type { ReplyError } from "../ReplyError.ts"
import { isComplete, type Table } from "../Table.ts"

/** The error of the action with this name. */
export const make = (action: string, reason: ActionError["reason"]): ActionError => new ActionError({ action, reason })

/** The reason why a ban that is not in a list cannot be removed. An incomplete list does not prove that the ban is absent. */
export const banNotListed = (list: Table<Ban>, target: BanTarget): ActionError["reason"] =>
  isComplete(list)
    ? new BanNotFound({ target })
    : new ListIncomplete({ list: "bans", target, isCut: list.cut, unread: list.unparsed.length })

/**
 * The error of a step that failed after earlier steps were executed. `expected`: the effect of this and the following
 * steps.
 */
export const ofStep = (action: string, expected: string) => (error: CommandError | ActionError): ActionError => {
  const cause = causeOf(error)
  return make(action, new Unconfirmed({ expected, ...(cause !== undefined && { cause }) }))
}

const causeOf = (error: CommandError | ActionError): CommandError | ReplyError | undefined => {
  if (error._tag === "CommandError") return error
  const { reason } = error
  return reason._tag === "LookupFailed" || reason._tag === "Unconfirmed" ? reason.cause : undefined
}
