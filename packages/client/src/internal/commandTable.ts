/**
 * The simple commands, each defined once: its text, whether it may be sent again, and how its reply is parsed. The
 * client has a method for each entry.
 */
import * as Result from "effect/Result"
import { type ActionError, Rejected } from "../ActionError.ts"
import type { ReplyError } from "../ReplyError.ts"
import { make as actionError } from "./actionError.ts"
import * as AdminsReply from "./battleye/adminsReply.ts"
import * as CommandsReply from "./battleye/commandsReply.ts"
import * as MissionsReply from "./battleye/missionsReply.ts"
import * as VersionReply from "./battleye/versionReply.ts"
import { isRefusal } from "./refusal.ts"

/** A command whose reply is the only information about its outcome. */
export interface SimpleCommand<out A, out E = never> {
  readonly text: string
  /**
   * Whether it may be sent again. A command that has an effect each time it is executed is sent once, and only in the
   * session that existed when the method was called.
   */
  readonly repeatable: boolean
  readonly parse: (reply: string) => Result.Result<A, E>
}

const query = <A>(
  text: string,
  parse: (reply: string) => Result.Result<A, ReplyError>
): SimpleCommand<A, ReplyError> => ({ text, repeatable: true, parse })

/** Succeeds with the server's reply, unless that is a refusal. `name` is the name of the method. */
const action = (name: string, text: string, repeatable = true): SimpleCommand<string, ActionError> => ({
  text,
  repeatable,
  parse: (reply) =>
    isRefusal(reply) ? Result.fail(actionError(name, new Rejected({ text: reply }))) : Result.succeed(reply)
})

/** Queries without arguments. */
export const queries = {
  adminTable: query("admins", AdminsReply.parse),
  missions: query("missions", MissionsReply.parse),
  version: query("version", VersionReply.parse),
  commands: query("commands", CommandsReply.parse)
}

/** The queries for lists, whose replies depend on the flavour. Reforger prints its bans in pages: `#ban list 2`. */
export const lists = {
  BattlEye: { players: "players", bans: "bans" },
  Reforger: { players: "#players", bans: "#ban list" }
} as const

/** Frees the admin number of this client on Arma Reforger. */
export const LOGOUT = "@logout"

const harmless: ReadonlySet<string> = new Set([
  // The keepalive.
  "",
  LOGOUT,
  ...Object.values(queries).map(({ text }) => text),
  ...Object.values(lists).flatMap(({ bans, players }) => [players, bans])
])

/** Whether a command surely changes nothing for players and other admins. `false` for commands that are not in this table. */
export const isHarmless = (text: string): boolean =>
  harmless.has(text.trim().toLowerCase().replace(/^(#ban list) +\d+$/, "$1"))

/** Actions without arguments. */
export const actions = {
  writeBans: action("writeBans", "writeBans"),
  loadScripts: action("loadScripts", "loadScripts"),
  loadEvents: action("loadEvents", "loadEvents"),
  lock: action("lock", "#lock"),
  unlock: action("unlock", "#unlock"),
  restart: action("restart", "#restart", false),
  reassign: action("reassign", "#reassign", false),
  restartServer: action("restartServer", "#restartserver", false),
  shutdown: action("shutdown", "#shutdown", false)
}

/** Actions whose arguments are part of the text. The arguments have been checked. */
export const actionsWith = {
  loadBans: (file: string) => action("loadBans", words("loadBans", file)),
  /** -1 removes the limit. */
  maxPing: (milliseconds: number) => action("maxPing", words("maxPing", milliseconds)),
  selectMission: (mission: string, difficulty: string) =>
    action("selectMission", words("#mission", mission, difficulty), false)
}

/** Joins words with blanks. Empty words are omitted. */
export const words = (...words: ReadonlyArray<string | number>): string => words.filter((word) => word !== "").join(" ")
