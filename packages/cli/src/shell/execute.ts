/**
 * Executes a typed line on a server, and returns the text to print.
 */
import type { Player } from "@bercon/client/Player"
import type * as RconClient from "@bercon/client/RconClient"
import { CommandTable } from "@bercon/client/unstable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Target from "../command/Target.ts"
import { view as adminsView } from "../commands/admins.ts"
import { view as bansView } from "../commands/bans.ts"
import { view as playersView } from "../commands/players.ts"
import { type ServerFailure, usage } from "../Failure.ts"
import { parseDuration } from "../flags.ts"
import * as Format from "../output/Format.ts"
import { quoted } from "../output/quoted.ts"
import * as SafeText from "../output/SafeText.ts"
import type { View } from "../output/View.ts"
import { wrap } from "../output/wrap.ts"
import * as Line from "./line.ts"

type Printed = Effect.Effect<string, ServerFailure>

/** Whether a line ends the server, or the game of its players. */
export const isDrastic = (line: string): boolean =>
  /^(?:shutdown|restart|restart-server|reassign|mission\s.*|!?\s*#(?:shutdown|restart|reassign|missions?\b).*)$/i.test(
    line.trim()
  )

/** How a question is asked, and its answer printed. */
type Question = (rcon: RconClient.Service, context: Format.Context) => Printed

const table = <Row>(
  view: View<Row>,
  ask: (rcon: RconClient.Service) => Effect.Effect<ReadonlyArray<Row>, ServerFailure>
): Question =>
(rcon, context) => Effect.map(ask(rcon), (rows) => Format.render(view, [{ server: "", rows }], context))

const list = (lines: ReadonlyArray<string>): string => lines.map((line) => `${SafeText.line(line)}\n`).join("")

/** Commands without arguments that change nothing. */
const questions: Readonly<Record<string, Question>> = {
  players: table(playersView, (rcon) => rcon.players),
  admins: table(adminsView, (rcon) => rcon.admins),
  bans: table(bansView, (rcon) => rcon.bans),
  missions: (rcon) => Effect.map(rcon.missions, list),
  version: (rcon) => Effect.map(rcon.version, (version) => list([version.toString()])),
  commands: (rcon) => Effect.map(rcon.commands, list),
  help: (_, { width }) => Effect.succeed(wrap(help, width))
}

/** The entry of a table for a line of one word. */
const entry = <A>(table: Readonly<Record<string, A>>, words: ReadonlyArray<string>): A | undefined => {
  const [command = "", ...others] = words
  return others.length === 0 && Object.hasOwn(table, command) ? table[command] : undefined
}

/** Whether a line surely changes nothing on the server. `false` for unknown commands, which are sent as they are. */
export const isQuestion = (line: string): boolean => CommandTable.isHarmless(line.trim().replace(/^!/, ""))

type Simple = keyof {
  [Name in keyof RconClient.Service as RconClient.Service[Name] extends Printed ? Name : never]: never
}

/** Commands without arguments. The server gives no evidence of their effect. */
const simple: Readonly<Record<string, Simple>> = {
  lock: "lock",
  unlock: "unlock",
  restart: "restart",
  reassign: "reassign",
  "restart-server": "restartServer",
  shutdown: "shutdown",
  "write-bans": "writeBans",
  "load-scripts": "loadScripts",
  "load-events": "loadEvents"
}

const anyFlag = (word: string): boolean => /^--[a-z]/.test(word)

const flagOf = (...flags: ReadonlyArray<string>) => (word: string): boolean => flags.includes(word)

/**
 * For each command, a test for words that look like flags: they are mistakes, because the shell has no flags. But a message may
 * contain any word, and in a reason only the flags that the command has on the command line are mistakes.
 */
const mistakes: Readonly<Record<string, (word: string) => boolean>> = {
  ...Object.fromEntries([...Object.keys(simple), ...Line.names].map((name) => [name, anyFlag])),
  say: () => false,
  whisper: () => false,
  kick: flagOf("--reason", "--confirm-within"),
  ban: flagOf("--for", "--reason", "--write", "--confirm-within")
}

/** The text of the command `help`. */
const help: string = [
  ...Line.commands.map(([usage, description]) => `${usage.padEnd(35)} ${description}`.trimEnd()),
  "A player is a name (in quotes if it has blanks), a slot or a GUID. Tab completes; the arrow keys recall lines.",
  ""
].join("\n")

const CONFIRMED = { confirmWithin: "5 seconds" } as const

const printed = (action: string, target: string, reply: string): string =>
  `${action} ${SafeText.line(target)}: done${reply === "" ? "" : ` (${SafeText.line(reply)})`}\n`

const raw = (rcon: RconClient.Service, text: string): Printed =>
  Effect.map(rcon.command(text), (reply) => {
    const safe = SafeText.lines(reply)
    return safe === "" || safe.endsWith("\n") ? safe : `${safe}\n`
  })

const onPlayer = (
  rcon: RconClient.Service,
  word: string | undefined,
  doing: (player: Player) => Printed
): Printed =>
  word === undefined
    ? usage("name a player, by name, slot or GUID")
    : Effect.flatMap(Target.players(rcon, [word]), ([player]) => doing(player!))

const ban = (rcon: RconClient.Service, line: string, words: ReadonlyArray<string>): Printed => {
  const [, target, time = ""] = words
  if (target === undefined) return usage("ban needs a player, a GUID or an address")
  // A number is minutes, as in BattlEye's own command, in which 0 means for ever.
  const duration = /^\d+$/.test(time)
    ? Option.some(Number(time) > 0 ? Duration.minutes(Number(time)) : Duration.infinity)
    : parseDuration(time)
  // Taken for the beginning of the reason, a mistyped time would make the ban permanent.
  if (Option.isNone(duration) && /^\d/.test(time)) {
    return usage(`${quoted(time)} is not a time: write minutes (60), or 2h, 7d or forever, before the reason`)
  }
  const reason = Line.after(line, Option.isSome(duration) ? 3 : 2)
  const options = {
    ...CONFIRMED,
    ...(reason !== "" && { reason }),
    ...(Option.isSome(duration) && { duration: duration.value })
  }
  return Effect.flatMap(Target.toBan(rcon, [target]), ({ absent, present }) => {
    const banned = present[0] ?? absent[0]!
    return Effect.map(rcon.ban(banned, options), (reply) => printed("ban", Target.label(banned), reply))
  })
}

/** Executes a line. The returned text is safe to print. It is empty, or ends with a line break. */
export const execute = (rcon: RconClient.Service, line: string, context: Format.Context): Printed => {
  const text = line.trim()
  const words = Line.words(text)
  const [command = "", first] = words
  if (text.startsWith("!")) {
    const typed = text.slice(1).trim()
    return typed === "" ? usage("! needs a command") : raw(rcon, typed)
  }
  const isMistake = Object.hasOwn(mistakes, command) ? mistakes[command] : undefined
  const flag = isMistake && words.slice(1, 4).find(isMistake)
  if (flag !== undefined) {
    return usage(`the shell has no flags (got ${flag}): see help. \`!${text}\` would send it as it is`)
  }
  if (first?.trim() === "" && command !== "say" && Line.names.includes(command)) {
    return usage(`${command}: the first argument must not be empty (got ${quoted(first)})`)
  }
  const question = entry(questions, words)
  if (question !== undefined) return question(rcon, context)
  const method = entry(simple, words)
  if (method !== undefined) {
    return Effect.map(
      rcon[method],
      (reply) => `${command}: sent${reply === "" ? "" : ` (${SafeText.line(reply)})`}\n`
    )
  }
  switch (command) {
    case "say": {
      const announcement = Line.after(text, first === "-1" ? 2 : 1)
      return announcement === "" ? usage("say needs a text") : Effect.map(rcon.say(announcement, CONFIRMED), () => "")
    }
    case "whisper": {
      const message = Line.after(text, 2)
      return first !== undefined && message === ""
        ? usage("whisper needs a text")
        : onPlayer(rcon, first, (player) => Effect.map(rcon.whisper(player, message, CONFIRMED), () => ""))
    }
    case "mission":
      return first === undefined
        ? usage("mission needs the name of a mission, see `missions`")
        : Effect.map(rcon.selectMission(first), () => `mission ${SafeText.line(first)}: sent\n`)
    case "load-bans":
      return Effect.map(rcon.loadBans(first), () => "load-bans: sent\n")
    case "kick":
      return onPlayer(rcon, first, (player) =>
        Effect.map(
          rcon.kick(player, Line.after(text, 2), CONFIRMED),
          (reply) => printed("kick", Target.label(player), reply)
        ))
    case "ban":
      return ban(rcon, text, words)
    case "unban":
      return first === undefined
        ? usage("unban needs a GUID, an address or a number")
        : Effect.flatMap(Target.toUnban(rcon, words.slice(1)), (targets) =>
          Effect.map(
            targets.length === 1 ? rcon.unban(targets[0]!) : rcon.unbanAll(targets),
            (reply) => targets.map((target) => printed("unban", Target.label(target), reply)).join("")
          ))
    default:
      return raw(rcon, text)
  }
}
