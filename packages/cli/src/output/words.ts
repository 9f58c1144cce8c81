/**
 * Describes events of the server, and changes of the session, in words.
 */
import type { ServerEvent } from "@bercon/client/ServerEvent"
import type { Status } from "@bercon/client/Status"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

const CAUSES = {
  Silence: "the server does not answer any more",
  PortClosed: "the server has closed its port",
  LoginRefused: "the server refuses the password",
  TransportError: "the socket has failed"
}

/** An event or a change of status in a sentence. Players choose parts of it: print it with `SafeText`. */
export const inWords = (item: ServerEvent | Status): string => {
  switch (item._tag) {
    case "Connecting":
      return item.cause._tag === "Silence" ? "logging in" : `${item.cause.message}: trying again`
    case "Online":
      return "logged in"
    case "Reconnecting":
      return `${CAUSES[item.cause._tag]}: logging in again`
    case "Closed":
      return Exit.match(item.exit, {
        onSuccess: () => "the session is over",
        onFailure: (cause) =>
          Option.match(Cause.findErrorOption(cause), {
            onNone: () => Cause.pretty(cause),
            onSome: (error) => error.message
          })
      })
    case "AdminLoggedIn":
      return `admin #${item.admin} has logged in from ${item.address.ip}:${item.address.port}`
    case "AdminChat":
      return `admin #${item.admin} to ${item.recipient ?? "everybody"}: ${item.message}`
    case "PlayerConnected":
      return `#${item.player.id} ${item.player.name} is joining from ${item.address.ip}:${item.address.port}`
    case "PlayerGuid":
      return `#${item.player.id} ${item.player.name} has the GUID ${item.guid}`
    case "PlayerVerified":
      return `#${item.player.id} ${item.player.name} has a GUID that BattlEye has verified`
    case "PlayerDisconnected":
      return `#${item.player.id} ${item.player.name} has left`
    case "PlayerKicked":
      return `#${item.player.id} ${item.player.name} was kicked: ${item.reason.text}`
    case "PlayerChat":
      return `#${item.player.id} ${item.player.name} to ${item.channel}: ${item.message}`
    case "UnattributedChat":
      return `${item.name} to ${item.channel}: ${item.message}`
    case "FilterLog":
      return `#${item.player.id} ${item.player.name} matches rule ${item.rule} of the ${item.filter} filter: ${item.code}`
    case "LoggedIn":
      return `this client is admin #${item.admin}`
    case "BattlEyeMaster":
    case "ServerInitialized":
    case "ServerUpdated":
    case "ConfigEntry":
    case "FileError":
    case "KickingDisabled":
    case "CommandEcho":
    case "CommandResult":
    case "Unrecognized":
      return item.text
    case "PlayerIdentified":
      return `#${item.player.id} ${item.player.name} is identified: GUID ${item.player.guid ?? "unknown"}, address ${
        item.player.address?.toString() ?? "unknown"
      }`
    case "BanAdded":
      return `banned: ${item.ban.toString()}`
    case "BanRemoved":
      return `no longer banned: ${item.ban.toString()}`
    case "BanExpired":
      return `the ban has expired: ${item.ban.toString()}`
    case "Gap":
      return item.missed === undefined
        ? "an unknown number of events is missing"
        : item.missed === 1
        ? "1 event is missing"
        : `${item.missed} events are missing`
  }
}
