/**
 * Executes commands of Arma Reforger's own RCON: a pure function from one world to the next.
 */
import * as World from "../World.ts"
import { type Context, type Dialect, expiry, nameOf, type News, nothing, type Outcome } from "./dialect.ts"
import * as Texts from "./reforgerTexts.ts"

/** Clients get the output of their own commands, and no events. */
const news: News = {
  loggedIn: () => [],
  connected: () => [],
  identified: () => [],
  verified: () => [],
  left: () => [],
  kicked: () => [],
  chat: () => []
}

const isNumber = (word: string): boolean => /^\d+$/.test(word)

const isIdentity = (word: string): boolean => /^.{8}-.{4}-.{4}-.{4}-.{12}$/s.test(word)

/**
 * If the word at `index` begins with a double quote, joins it and the words after it, up to the last one that ends with
 * a quote. A single word keeps its quotes, because the game looks for the closing quote only in the words after it.
 */
const unquoted = (words: ReadonlyArray<string>, index: number): ReadonlyArray<string> => {
  if (words[index]?.startsWith("\"") !== true) return words
  const end = words.findLastIndex((word, at) => at > index && word.endsWith("\""))
  if (end === -1) return words
  return [...words.slice(0, index), words.slice(index, end + 1).join(" ").slice(1, -1), ...words.slice(end + 1)]
}

// -----------------------------------------------------------------------------
// bans
// -----------------------------------------------------------------------------

/** An identity has one ban: the latest. */
const addBan = (world: World.World, ban: World.Ban): World.World => ({
  ...world,
  bans: [...world.bans.filter((other) => other.target !== ban.target), ban]
})

const createBan = (words: ReadonlyArray<string>, { now, world }: Context): Partial<Outcome> => {
  if (words.length < 4) return {}
  const [, , target = "", seconds = "", ...reason] = unquoted(words, 2)
  if (!isNumber(seconds)) return { result: Texts.NOT_A_TIME }
  const terms = {
    expires: expiry(now, Number(seconds) * 1000),
    reason: reason.length === 0 ? "No reason provided" : reason.join(" ")
  }
  if (isIdentity(target)) {
    // The game bans the identity without looking for its player, so no player is kicked.
    const name = world.players.find((player) => player.identity === target)?.name
    return { world: addBan(world, { target, name, ...terms }), later: Texts.banned(target) }
  }
  const player = isNumber(target)
    ? World.find(world, Number(target))
    : world.players.find((player) => player.name === target)
  if (player === undefined) return { result: isNumber(target) ? Texts.PLAYER_NOT_FOUND : Texts.BAN_FAILED }
  const ban = { target: player.identity, name: player.name, ...terms }
  return { world: addBan(World.leave(world, player), ban), later: Texts.banned(player.name) }
}

const startsWith = (name: string) => (ban: World.Ban): boolean => ban.name?.startsWith(name) === true

/** The bans of players called `name`, or else of players whose names begin with it. */
const bansOf = (bans: ReadonlyArray<World.Ban>, name: string): ReadonlyArray<World.Ban> => {
  const exact = bans.filter((ban) => ban.name === name)
  return exact.length > 0 ? exact : bans.filter(startsWith(name))
}

const removeBan = (words: ReadonlyArray<string>, { now, world }: Context): Partial<Outcome> => {
  if (words.length < 3) return {}
  const [, , target = ""] = unquoted(words, 2)
  const byName = !isIdentity(target) && !isNumber(target)
  const bans = World.bansInForce(world, now)
  const meant = byName ? bansOf(bans, target) : bans.filter((ban) => ban.target === target)
  if (meant.length === 0) return { later: Texts.USER_NOT_FOUND }
  if (byName && meant.length > 1) return { later: Texts.severalUsers(bans.filter(startsWith(target))) }
  return { world: { ...world, bans: world.bans.filter((ban) => !meant.includes(ban)) }, later: Texts.BAN_REMOVED }
}

const listBans = (words: ReadonlyArray<string>, { now, world }: Context): Partial<Outcome> => {
  const page = words[2] ?? "1"
  return isNumber(page) && Number(page) >= 1
    ? { result: Texts.LISTING_BANS, later: Texts.banList(World.bansInForce(world, now), Number(page)) }
    : { result: Texts.NOT_A_PAGE }
}

// -----------------------------------------------------------------------------
// commands
// -----------------------------------------------------------------------------

const LOGOUT = "@logout"

/** Executes a command. `words` includes its name. The game separates words at every single blank, so some may be empty. */
type Command = (words: ReadonlyArray<string>, context: Context) => Partial<Outcome>

const players: Command = (_, { world }) => ({ result: Texts.players(world) })

const bans = new Map<string | undefined, Command>([["create", createBan], ["remove", removeBan], ["list", listBans]])

const commands = new Map<string, Command>([
  ["#players", players],
  ["players", players],
  ["#kick", (words, { world }) => {
    const word = words[1]
    if (word === undefined) return {}
    if (!isNumber(word) || Number(word) < 1) return { result: Texts.NOT_A_PLAYER_NUMBER }
    const player = World.find(world, Number(word))
    if (player === undefined) return { result: Texts.PLAYER_NOT_FOUND }
    return { world: World.leave(world, player), result: Texts.kicked(player) }
  }],
  ["#ban", (words, context) => bans.get(words[1])?.(words, context) ?? { result: Texts.BAN_HELP }],
  // The scenario begins anew, with the same players.
  ["#restart", () => ({})],
  ["#shutdown", () => ({ fate: "Stops" })],
  [LOGOUT, () => ({ fate: "LogsOut" })]
])

/** The commands that the permission `monitor` allows: the list of players, and the commands that every client needs. */
const monitorCommands = new Set(["", "#players", "players", LOGOUT])

const execute = (text: string, context: Context): Outcome => {
  const outcome = nothing(context.world)
  if (text === "") return outcome
  const command = commands.get(nameOf(text))
  return command === undefined
    ? { ...outcome, known: false, result: Texts.UNKNOWN_COMMAND }
    : { ...outcome, ...command(text.split(" "), context) }
}

/** A keepalive is not a command, and after a logout there is no client for messages. */
const isSilent = (command: string): boolean => command === "" || nameOf(command) === LOGOUT

/** Replies are empty. The output is in messages, after one that repeats the command. */
export const dialect: Dialect = {
  lowestSlot: 1,
  // The real answer to a disallowed command is unknown. Here the client gets the answer to an unknown command.
  disallowed: Texts.UNKNOWN_COMMAND,
  restricts: (name) => !monitorCommands.has(name),
  // Another service keeps the bans, so a restart does not affect them.
  reboot: (world) => world,
  execute,
  answer: (command, result) => ({
    reply: "",
    messages: isSilent(command) ? [] : [...Texts.messages(Texts.processing(command)), ...Texts.messages(result)]
  }),
  messages: Texts.messages,
  welcome: (admin) => [Texts.loggedIn(admin)],
  news
}
