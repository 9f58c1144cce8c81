/**
 * Happenings on a simulated server: the actions of its players and of its clients.
 */
import type * as ServerMachine from "@bercon/testing/ServerMachine"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as View from "../output/View.ts"
import type { Action } from "./crowd.ts"

/** Something that happened. `text` is the message, the command or the reason. */
export const Happening = Schema.Struct({
  time: Schema.DateTimeUtc,
  kind: Schema.Literals([
    "Listening",
    "Joined",
    "Left",
    "Chat",
    "Login",
    "LoginRefused",
    "Command",
    "CommandRefused",
    "SessionEnded",
    "Violation"
  ]),
  /** The player. */
  player: Schema.optionalKey(Schema.String),
  /** The number of the admin. */
  admin: Schema.optionalKey(Schema.Int),
  /** `ip:port` of the client or, for `Listening`, of the server. */
  address: Schema.optionalKey(Schema.String),
  channel: Schema.optionalKey(Schema.String),
  text: Schema.optionalKey(Schema.String)
})

/** Something that happened. */
export type Happening = typeof Happening.Type

const sentence = ({ address, admin, channel, kind, player, text }: Happening): string => {
  switch (kind) {
    case "Listening":
      return `at ${address}`
    case "Joined":
    case "Left":
      return player!
    case "Chat":
      return `(${channel}) ${player}: ${text}`
    case "Login":
      return `admin #${admin} from ${address}`
    case "LoginRefused":
      return `from ${address}: ${text}`
    case "Command":
    case "CommandRefused":
      return `admin #${admin}: ${text}`
    case "SessionEnded":
      return `admin #${admin}: ${text}`
    case "Violation":
      return `${address}: ${text}`
  }
}

/** How happenings are printed. */
export const view = View.make(Happening, {
  columns: [
    { key: "time", title: "Time", cell: ({ time }) => DateTime.formatIso(time) },
    { key: "kind", title: "Kind", cell: ({ kind }) => kind },
    { key: "what", title: "What", cell: sentence }
  ],
  text: (happening) =>
    `${DateTime.toDate(happening.time).toTimeString().slice(0, 8)}  ${happening.kind.padEnd(14)}  ` +
    // A happening is one line, even if its text has several.
    sentence(happening).replaceAll("\n", "\\n"),
  isProse: true
})

/** The happening for an action of a player, or `undefined` if it is not printed. */
export const ofAction = (time: DateTime.Utc, action: Action): Happening | undefined => {
  switch (action._tag) {
    case "Joins":
      return { time, kind: "Joined", player: action.name }
    case "Leaves":
      return { time, kind: "Left", player: action.player.name }
    case "Chats":
      return { time, kind: "Chat", player: action.player.name, channel: action.channel, text: action.text }
    case "Identified":
    case "Verified":
      return undefined
  }
}

const ENDS: Record<ServerMachine.Drop["cause"], string> = {
  Silence: "sent no command for too long",
  Unacknowledged: "did not acknowledge a message",
  Replaced: "logged in again from the same address",
  LoggedOut: "logged out",
  Forgotten: "was dropped",
  Stopped: "the server has ended"
}

const VIOLATIONS: Record<ServerMachine.Violation["reason"]["_tag"], string> = {
  Malformed: "sent a malformed datagram",
  NoSession: "is not logged in, and sent a packet",
  NeverSent: "acknowledged a message that was not sent",
  NumberInUse: "used the number of a command that is not answered yet",
  NotText: "sent a NUL"
}

/** An observer of the server that reports the actions of clients, except keepalives. */
export const observer = (tell: (happening: Happening) => void): ServerMachine.Observer => {
  const at = ({ address, time }: ServerMachine.Event) => ({ time: DateTime.makeUnsafe(time), address })
  return {
    logins: (login) =>
      tell(
        login.admin === undefined
          ? { ...at(login), kind: "LoginRefused", text: "wrong password" }
          : { ...at(login), kind: "Login", admin: login.admin }
      ),
    commands: (command) => {
      if (command.text === "") return
      const { admin, outcome, text } = command
      tell({ ...at(command), kind: outcome === "Refused" ? "CommandRefused" : "Command", admin, text })
    },
    drops: (drop) => tell({ ...at(drop), kind: "SessionEnded", admin: drop.admin, text: ENDS[drop.cause] }),
    violations: (violation) => tell({ ...at(violation), kind: "Violation", text: VIOLATIONS[violation.reason._tag] })
  }
}
