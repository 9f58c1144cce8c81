/**
 * Constructs the errors of actions.
 */
import { ActionError } from "../ActionError.ts"

/** The error of the action with this name. */
export const make = (action: string, reason: ActionError["reason"]): ActionError => new ActionError({ action, reason })
