/**
 * Constructs the errors of actions.
 */
import { ActionError, BanNotFound, ListIncomplete } from "../ActionError.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import { isComplete, type Table } from "../Table.ts"

/** The error of the action with this name. */
export const make = (action: string, reason: ActionError["reason"]): ActionError => new ActionError({ action, reason })

/** The reason why a ban that is not in a list cannot be removed. An incomplete list does not prove its absence. */
export const banNotListed = (list: Table<Ban>, target: BanTarget): ActionError["reason"] =>
  isComplete(list)
    ? new BanNotFound({ target })
    : new ListIncomplete({ list: "bans", target, isCut: list.cut, unread: list.unparsed.length })
