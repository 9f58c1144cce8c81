/**
 * Executes commands of the flavour BattlEye: a pure function from one world to the next.
 */
import * as World from "../World.ts"
import { type Context, type Dialect, expiry, nameOf, type News, nothing, type Outcome } from "./dialect.ts"
import * as Texts from "./texts.ts"

const news: News = {
  loggedIn: (admin, address) => [Texts.adminLoggedIn(admin, address)],
  connected: (player) => [Texts.connected(player)],
  identified: (player, guidKind) => [Texts.guidKnown(player, guidKind)],
  verified: (player) => [Texts.guidVerified(player)],
  left: (player) => [Texts.disconnected(player)],
  kicked: (player, reason) => [Texts.kicked(player, reason), Texts.disconnected(player)],
  chat: (player, channel, text) => [Texts.chat(player, channel, text)]
}

/** A new world, and the messages about the change. */
type Change = readonly [world: World.World, messages: ReadonlyArray<string>]

const kick = (world: World.World, player: World.Player, reason: string): Change => [
  World.leave(world, player),
  news.kicked(player, reason)
]

const addBan = (world: World.World, target: string, terms: BanTerms, now: number): World.World => ({
  ...world,
  bans: [...world.bans, {
    target,
    expires: expiry(now, terms.minutes * 60_000),
    reason: terms.reason
  }]
})

interface BanTerms {
  /** The ban is permanent if this is 0 or less. */
  readonly minutes: number
  readonly reason: string
}

/** Parses `[minutes] [reason]`. A first word that is not a number belongs to the reason. */
const termsOf = (text: string): BanTerms => {
  const match = /^(-?\d+)(?: ([\s\S]*))?$/.exec(text)
  return match === null ? { minutes: 0, reason: text } : { minutes: Number(match[1]), reason: match[2] ?? "" }
}

/** The first word and, after one blank, the rest. */
const split = (text: string): readonly [word: string, rest: string] => {
  const blank = text.indexOf(" ")
  return blank === -1 ? [text, ""] : [text.slice(0, blank), text.slice(blank + 1)]
}

const numberOf = (text: string): number | undefined => /^-?\d+$/.test(text) ? Number(text) : undefined

/** The players that a command selects: one, all of them for -1, or none if the slot is free. */
const playersAt = (world: World.World, text: string): ReadonlyArray<World.Player> => {
  const slot = numberOf(text)
  return world.players.filter((player) => slot === -1 || player.slot === slot)
}

type Command = (argument: string, context: Context) => Partial<Outcome>

const noEffect: Command = () => ({})

const changeAll = (
  world: World.World,
  players: ReadonlyArray<World.Player>,
  change: (world: World.World, player: World.Player) => Change
): Partial<Outcome> => {
  const messages: Array<string> = []
  for (const player of players) {
    const [next, announced] = change(world, player)
    world = next
    messages.push(...announced)
  }
  return { world, messages }
}

const commands: Record<string, Command> = {
  addBan: (argument, { now, world }) => {
    const [target, rest] = split(argument)
    return target === "" ? {} : { world: addBan(world, target, termsOf(rest), now) }
  },
  admins: (_, { admins }) => ({ result: Texts.admins(admins) }),
  ban: (argument, { now, world }) => {
    const [slot, rest] = split(argument)
    const { minutes, reason } = termsOf(rest)
    const terms = { minutes, reason: reason === "" ? "Banned" : reason }
    return changeAll(world, playersAt(world, slot), (world, player) => {
      const [next, messages] = kick(world, player, `Admin Ban (${terms.reason})`)
      return [player.guid === undefined ? next : addBan(next, player.guid, terms, now), messages]
    })
  },
  bans: (_, { now, world }) => ({ result: Texts.bans(world, now) }),
  commands: () => ({ result: Texts.commands(Object.keys(commands)) }),
  kick: (argument, { world }) => {
    const [slot, reason] = split(argument)
    return changeAll(
      world,
      playersAt(world, slot),
      (world, player) => kick(world, player, `Admin Kick (${reason})`)
    )
  },
  loadBans: (file, { world }) => ({ world: World.loadBans(world, file === "" ? undefined : file) }),
  loadEvents: noEffect,
  loadScripts: noEffect,
  maxPing: noEffect,
  missions: (_, { world }) => ({ result: Texts.missions(world) }),
  players: (_, { world }) => ({ result: Texts.players(world) }),
  RConIP: noEffect,
  RConPassword: noEffect,
  RConPort: noEffect,
  removeBan: (argument, { world }) => {
    const number = numberOf(argument)
    return { world: { ...world, bans: World.numberedBans(world).filter((_, index) => index !== number) } }
  },
  say: (argument, { admin, world }) => {
    const [slot, text] = split(argument)
    if (slot === "-1") return { messages: [Texts.adminSaid(admin, "Global", text)] }
    return { messages: playersAt(world, slot).map((player) => Texts.adminSaid(admin, `To ${player.name}`, text)) }
  },
  update: noEffect,
  version: (_, { world }) => ({ result: world.version }),
  writeBans: (_, { now, world }) => ({ world: World.writeBans(world, now) })
}

const byLowerCase = new Map(Object.entries(commands).map(([name, command]) => [name.toLowerCase(), command]))

/** Only kicking, banning and shutting down are known to be barred. The other entries are similar commands. */
const restricted = new Set(["addban", "ban", "kick", "loadbans", "removeban", "writebans"])

/** `#` commands go to the game, which does not answer them. `#restartserver` and `#shutdown` also end the process. */
const game = (name: string): Partial<Outcome> =>
  name === "#restartserver" ? { fate: "Restarts" } : name === "#shutdown" ? { fate: "Stops" } : {}

const execute = (text: string, context: Context): Outcome => {
  const outcome = nothing(context.world)
  if (text === "") return outcome
  const name = nameOf(text)
  if (name.startsWith("#")) return { ...outcome, ...game(name) }
  const command = byLowerCase.get(name)
  return command === undefined
    ? { ...outcome, known: false, result: Texts.UNKNOWN_COMMAND }
    : { ...outcome, ...command(split(text)[1], context) }
}

/** The output is in the reply, and nothing follows later. */
export const dialect: Dialect = {
  lowestSlot: 0,
  disallowed: Texts.DISALLOWED_COMMAND,
  restricts: (name) => restricted.has(name) || name.startsWith("#"),
  reboot: (world) => World.loadBans(world),
  execute,
  answer: (_, result) => ({ reply: result, messages: [] }),
  messages: () => [],
  welcome: () => [],
  news
}
