/**
 * Lines of the shell: their words, and their completions.
 */
import type { Player } from "@bercon/client/Player"

/** The words of a line. A word with blanks is in single or double quotes. The closing quote may be missing at the end. */
export const words = (line: string): ReadonlyArray<string> =>
  Array.from(
    line.matchAll(/"((?:[^"\\]|\\.)*)"?|'([^']*)'?|(\S+)/g),
    ([, double, single, bare]) => double?.replace(/\\(.)/g, "$1") ?? single ?? bare ?? ""
  )

/** The rest of a line after this number of words, as it was typed, without blanks around it. */
export const after = (line: string, count: number): string => {
  let rest = line.trimStart()
  for (let word = 0; word < count; word++) {
    rest = rest.replace(/^(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|\S+)\s*/, "")
  }
  return rest.trimEnd()
}

/** Commands whose first argument is a player. */
const ofPlayers: ReadonlySet<string> = new Set(["kick", "ban", "whisper"])

/** The commands of the shell, and what each does. Other lines are sent as they are. */
export const commands: ReadonlyArray<readonly [usage: string, description: string]> = [
  ["players", "the players on the server"],
  ["admins", "the RCON clients"],
  ["bans", "the bans"],
  ["missions", "the missions (Arma)"],
  ["version", "the version of BattlEye"],
  ["commands", "the commands that the server supports"],
  ["say TEXT", "sends a message to all players"],
  ["whisper PLAYER TEXT", "sends a message to one player"],
  ["kick PLAYER [REASON]", "kicks a player"],
  ["ban PLAYER|GUID [TIME] [REASON]", "bans for ever, or for minutes (60) or a time (2h, 7d)"],
  ["unban GUID|ADDRESS|NUMBER", "removes bans"],
  ["lock, unlock", "lets no more players join, or lets them join again"],
  [
    "restart, reassign, mission NAME",
    "restarts the mission, sends players to the lobby, changes the mission; asks first"
  ],
  ["restart-server, shutdown", "restarts or ends the server; asks first"],
  ["write-bans, load-bans", "writes or reads the server's bans.txt"],
  ["load-scripts, load-events", "reads the filters again"],
  ["events on|off", "shows events, or hides them"],
  ["!COMMAND", "sends a command as it is; commands that are not in this list need no !"],
  ["help, quit", ""]
]

/** The names of the commands. */
export const names: ReadonlyArray<string> = [
  ...new Set(commands.flatMap(([usage]) => usage.split(", ").map((part) => part.split(" ")[0]!)))
].filter((name) => !name.startsWith("!"))

const quotedIfNeeded = (name: string): string =>
  /^[^\s"'\\]+$/.test(name) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`

/** Completions of a line that ends at the cursor, and the part of it that they replace. */
export const complete = (
  line: string,
  players: ReadonlyArray<Player>
): readonly [completions: ReadonlyArray<string>, part: string] => {
  const first = /^\S*$/.exec(line)
  if (first !== null) {
    return [names.filter((name) => name.startsWith(line.toLowerCase())).map((name) => `${name} `), line]
  }
  const match = /^(\S+)\s+("(?:[^"\\]|\\.)*|\S*)$/.exec(line)
  if (match === null) return [[], line]
  const [, command = "", part = ""] = match
  if (command === "events") return [["on", "off"].filter((word) => word.startsWith(part)), part]
  if (!ofPlayers.has(command)) return [[], line]
  const wanted = part.replace(/^"/, "").replace(/\\(.)/g, "$1").toLowerCase()
  const named = players.filter(({ name }) => name.toLowerCase().startsWith(wanted)).map(({ name }) =>
    quotedIfNeeded(name)
  )
  const known = wanted === "" ? [] : players.flatMap(({ guid }) => guid?.startsWith(wanted) === true ? [guid] : [])
  return [[...named, ...known].map((text) => `${text} `), part]
}
