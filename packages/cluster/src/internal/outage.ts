/**
 * Reads the outage, if there is one, from a status.
 */
import type { OutageCause } from "@bercon/session/LoginFailure"
import type { Outage, Status } from "@bercon/session/Status"

export const isOutage = (status: Status): status is Extract<Status, Outage> =>
  status._tag === "Connecting" || status._tag === "Reconnecting"

export const causeOf = (status: Status): OutageCause | undefined => isOutage(status) ? status.cause : undefined

export const triesOf = (status: Status): number | undefined => isOutage(status) ? status.tries : undefined
