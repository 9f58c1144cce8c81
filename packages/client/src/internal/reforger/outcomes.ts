/**
 * Recognises the texts with which Arma Reforger's own RCON reports the outcome of a command.
 */
import { trimBlanks } from "../patterns.ts"
import type { Claim } from "./expectation.ts"

/** Texts that occur only in the output of certain commands, and texts that also occur in the output of others. */
export interface Texts {
  readonly own: RegExp
  readonly shared: RegExp
}

/** Refusals of any command, as a part of a pattern. */
export const REFUSED = "(?:unknown|disallowed) command|Command is supported only on Dedicated Servers\\.?"

/** A refusal of any command. */
export const ANY_REFUSED = new RegExp(`^(?:${REFUSED})$`, "i")

export const KICK: Texts = {
  own: /^Player '.*' kicked!$/is,
  shared: new RegExp(`^(?:Player not found|Not Valid Player ID|${REFUSED})$`, "i")
}

// The service for bans is slow to reply. Errors in the command itself are reported at once.
export const BAN_CREATE: Texts = {
  own:
    /^(?:Player '.*' banned!|Ban created!|Failed to create ban\.|Multiple users found!.*|Timeout|Unknown error\.)$/is,
  shared: new RegExp(
    `^(?:Player not found|User not found!|Not Valid Player ID|Not Valid time value in seconds|Help for ban command\\..*|${REFUSED})$`,
    "is"
  )
}

export const BAN_REMOVE: Texts = {
  own: /^(?:Ban removed!|User not found!|Failed to remove .*|Multiple users found!.*|Timeout|Unknown error\.)$/is,
  shared: new RegExp(`^(?:Help for ban command\\..*|${REFUSED})$`, "is")
}

export const BAN_LIST: Texts = {
  own:
    /^(?:Processing ban list|Server has no bans to list\.|Page not found!|Failed to list bans\.|Timeout|Unknown error\.)$/i,
  shared: new RegExp(`^(?:Not Valid page number|Help for ban command\\..*|${REFUSED})$`, "is")
}

/** Whether the reply reports that the player was kicked. */
export const isKicked = (reply: string): boolean => KICK.own.test(trimBlanks(reply))

/** Whether the reply reports that the ban was added. */
export const isBanned = (reply: string): boolean => /^(?:Player '.*' banned!|Ban created!)$/is.test(trimBlanks(reply))

/** Whether the reply reports that the ban was removed. */
export const isUnbanned = (reply: string): boolean => /^Ban removed!$/i.test(trimBlanks(reply))

/** Whether the reply reports that the player does not exist. */
export const isNoPlayer = (reply: string): boolean =>
  /^(?:Player not found|Not Valid Player ID)$/i.test(trimBlanks(reply))

/** Whether the reply reports that the ban does not exist. */
export const isNoBan = (reply: string): boolean => /^User not found!$/i.test(trimBlanks(reply))

/**
 * Whether the reply reports that the server refused the command, or failed to execute it. `Timeout` and
 * `Unknown error.` are not refusals: they concern the service for bans, and it may have executed the command.
 */
export const isRefusal = (reply: string): boolean => {
  const text = trimBlanks(reply)
  return !isBanned(text) && !isUnbanned(text) && !/^(?:Timeout|Unknown error\.)$/i.test(text) &&
    [BAN_CREATE, BAN_REMOVE].some((texts) => claimOf(texts, text) !== "No")
}

/** Whether a text is an outcome of the command that has these texts. */
export const claimOf = ({ own, shared }: Texts, text: string): Claim => {
  const trimmed = trimBlanks(text)
  return own.test(trimmed) ? "Surely" : shared.test(trimmed) ? "Perhaps" : "No"
}
