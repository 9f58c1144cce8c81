/**
 * The simple commands, each written once: what is sent, whether it may be sent again, and what its reply means. The
 * client's methods, the flavours and the mock derive from this table.
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

/** A command whose reply is all that is known of its outcome. */
export interface SimpleCommand<out A, out E = never> {
  readonly text: string
  /**
   * Whether it may be sent again. One that changes the world each time it is run is sent once, and only in the session of
   * its call.
   */
  readonly repeatable: boolean
  readonly parse: (reply: string) => Result.Result<A, E>
}

const query = <A>(
  text: string,
  parse: (reply: string) => Result.Result<A, ReplyError>
): SimpleCommand<A, ReplyError> => ({ text, repeatable: true, parse })

/** Succeeds with what the server says about it, unless that is a refusal. `name`: that of the method. */
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

/** Actions whose arguments are part of the text, and are checked already. */
export const actionsWith = {
  loadBans: (file: string) => action("loadBans", words("loadBans", file)),
  /** -1: no limit. */
  maxPing: (milliseconds: number) => action("maxPing", words("maxPing", milliseconds)),
  selectMission: (mission: string, difficulty: string) =>
    action("selectMission", words("#mission", mission, difficulty), false)
}

/** Words with a blank between them. An empty one leaves no trace. */
export const words = (...words: ReadonlyArray<string | number>): string => words.filter((word) => word !== "").join(" ")
