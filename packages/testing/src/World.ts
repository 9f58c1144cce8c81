/**
 * The world of a simulated server: its players, bans and missions, as immutable data.
 *
 * Every change returns a new world, so a test can keep and compare states.
 *
 * **Example** (Adding a ban without a command)
 *
 * ```ts
 * import { SimulatedServer } from "@bercon/testing"
 * import { Effect } from "effect"
 *
 * const ban = Effect.fn(function*(target: string) {
 *   const server = yield* SimulatedServer.SimulatedServer
 *   yield* server.update((world) => ({ ...world, bans: [...world.bans, { target, expires: undefined, reason: "" }] }))
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { hash } from "./internal/hash.ts"
import { lowestFree } from "./internal/lowestFree.ts"

/**
 * A player in a slot of the server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Player {
  /** The slot, 0 or more (Reforger: 1 or more). Commands identify the player by it. */
  readonly slot: number
  readonly name: string
  readonly ip: string
  readonly port: number
  /** The BattlEye GUID, 32 lower-case hexadecimal digits; `undefined` while the player is still joining. */
  readonly guid: string | undefined
  /** Reforger's identity id, a UUID in lower case. Other servers do not use it. */
  readonly identity: string
  /** In milliseconds; -1 while the player is still joining. */
  readonly ping: number
  /** Whether BattlEye has verified the GUID: `(OK)` in the list of players, otherwise `(?)`. */
  readonly verified: boolean
  /** Whether the player is in the lobby and not in the game. */
  readonly inLobby: boolean
}

/**
 * A ban. The command `removeBan` identifies it by its position in the list that `bans` prints (GUIDs first, then IP
 * addresses). The position changes when other bans are added or removed. Reforger identifies it by `target` or `name`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ban {
  /** A GUID, or an IP address (recognised by its dot); on Reforger an identity id. */
  readonly target: string
  /** On Reforger, the name of the banned player. Default: unknown. */
  readonly name?: string | undefined
  /** When it ends, in milliseconds on the server's clock (since 1970 in a `SimulatedServer`); `undefined` for never. */
  readonly expires: number | undefined
  /** May be empty. */
  readonly reason: string
}

/**
 * The world of a server. It is immutable: every change returns a new one. Admins are not part of it, because they are
 * the server's sessions.
 *
 * @category models
 * @since 0.1.0
 */
export interface World {
  /** In the order in which they joined. */
  readonly players: ReadonlyArray<Player>
  /** The bans in memory, including expired ones until `writeBans`. */
  readonly bans: ReadonlyArray<Ban>
  /**
   * The ban files of a BattlEye server, by name: {@link BANS_FILE}, which it reads when it starts, and any others.
   * Changes of `bans` do not affect them. The command `writeBans` writes {@link BANS_FILE}, see {@link writeBans}.
   */
  readonly banFiles: Readonly<Record<string, ReadonlyArray<Ban>>>
  /** File names, such as `"Liberation.Altis.pbo"`. */
  readonly missions: ReadonlyArray<string>
  /** The BattlEye server's version. */
  readonly version: string
}

/**
 * Options of a joining player. Everything except the name has a default.
 *
 * **Details**
 *
 * Address, GUID and identity are derived from the name: a player who returns has the same ones in any slot, and another
 * player has different ones.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlayerOptions {
  readonly name: string
  /** Default: the lowest free slot, from 0, or from 1 on Reforger. */
  readonly slot?: number | undefined
  /** IPv4. Default: derived from the name, in 198.18.0.0/15, which is not used on the internet. */
  readonly ip?: string | undefined
  /** From 1 to 65535. Default 2304. */
  readonly port?: number | undefined
  /**
   * 32 lower-case hexadecimal digits. Default: derived from the name. `null`: the player is still joining and has no
   * GUID yet.
   */
  readonly guid?: string | null | undefined
  /** A UUID in lower case. Default: derived from the name. */
  readonly identity?: string | undefined
  /** Default 47, or -1 while the player has no GUID. */
  readonly ping?: number | undefined
  /** Default `true`, or `false` while the player has no GUID. */
  readonly verified?: boolean | undefined
  /** Default `false`. */
  readonly inLobby?: boolean | undefined
}

/**
 * The file in which a BattlEye server keeps its bans: `bans.txt`.
 *
 * @category constants
 * @since 0.1.0
 */
export const BANS_FILE = "bans.txt"

/**
 * Makes a world with the given parts. The other parts are empty, and the version is 1.220. If only one of `bans` and
 * {@link BANS_FILE} is given, the other one is equal to it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (parts: Partial<World> = {}): World => ({
  players: parts.players ?? [],
  bans: parts.bans ?? parts.banFiles?.[BANS_FILE] ?? [],
  banFiles: { [BANS_FILE]: parts.bans ?? [], ...parts.banFiles },
  missions: parts.missions ?? [],
  version: parts.version ?? "1.220"
})

const guidOf = (name: string): string => hash(`guid ${name}`)

const identityOf = (name: string): string =>
  hash(`identity ${name}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

const ipOf = (name: string): string => {
  const host = parseInt(hash(`ip ${name}`).slice(-5), 16)
  return `198.${18 + (host >> 16) % 2}.${(host >> 8) % 256}.${host % 256}`
}

const PING = 47

const check = (holds: boolean, mistake: string): void => {
  if (!holds) throw new RangeError(mistake)
}

const checkGuid = (guid: string): void =>
  check(/^[\da-f]{32}$/.test(guid), `the GUID must have 32 lower-case hexadecimal digits (got ${guid})`)

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * Makes a player with these options, for this world.
 *
 * Throws a `RangeError` if an option is invalid: the slot is taken, not an integer, or lower than `lowest` (default 0;
 * Reforger's is 1), or the IP address, the port, the GUID or the identity is malformed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const player = (self: World, options: PlayerOptions, lowest = 0): Player => {
  const {
    identity = identityOf(options.name),
    ip = ipOf(options.name),
    name,
    port = 2304,
    slot = lowestFree(self.players.map((player) => player.slot), lowest)
  } = options
  const guid = options.guid === null ? undefined : options.guid ?? guidOf(name)
  check(Number.isSafeInteger(slot) && slot >= lowest, `the slot must be an integer of at least ${lowest} (got ${slot})`)
  check(find(self, slot) === undefined, `slot ${slot} is already taken`)
  check(Result.isSuccess(NetAddress.ipv4FromString(ip)), `the IP address must be an IPv4 address (got ${ip})`)
  check(
    Number.isInteger(port) && port >= 1 && port <= 65_535,
    `the port must be an integer from 1 to 65535 (got ${port})`
  )
  if (guid !== undefined) checkGuid(guid)
  check(UUID.test(identity), `the identity must be a lower-case UUID (got ${identity})`)
  return {
    slot,
    name,
    ip,
    port,
    guid,
    identity,
    ping: options.ping ?? (guid === undefined ? -1 : PING),
    verified: options.verified ?? guid !== undefined,
    inLobby: options.inLobby ?? false
  }
}

/**
 * Adds a player to the world.
 *
 * @category changes
 * @since 0.1.0
 */
export const join = (self: World, player: Player): World => ({ ...self, players: [...self.players, player] })

/**
 * Removes a player, which must be an element of `players`.
 *
 * @category changes
 * @since 0.1.0
 */
export const leave = (self: World, player: Player): World => ({
  ...self,
  players: self.players.filter((other) => other !== player)
})

const alter = (self: World, player: Player, known: Partial<Player>): readonly [world: World, player: Player] => {
  const altered = { ...player, ...known }
  return [{ ...self, players: self.players.map((other) => other === player ? altered : other) }, altered]
}

/**
 * Makes the GUID of a player known but not verified. Returns the new world and player. The default of `guid` is derived
 * from the name. A ping of -1 becomes 47. Throws a `RangeError` if the GUID is malformed.
 *
 * @category changes
 * @since 0.1.0
 */
export const identify = (
  self: World,
  player: Player,
  guid: string = guidOf(player.name)
): readonly [world: World, player: Player] => {
  checkGuid(guid)
  return alter(self, player, { guid, verified: false, ping: player.ping === -1 ? PING : player.ping })
}

/**
 * Marks the GUID of a player as verified. Returns the new world and player.
 *
 * @category changes
 * @since 0.1.0
 */
export const verify = (self: World, player: Player): readonly [world: World, player: Player] =>
  alter(self, player, { verified: true })

/**
 * Replaces the bans with those of a file (default {@link BANS_FILE}). Changes nothing if the file does not exist.
 *
 * @category changes
 * @since 0.1.0
 */
export const loadBans = (self: World, file: string = BANS_FILE): World => {
  const bans = Object.hasOwn(self.banFiles, file) ? self.banFiles[file] : undefined
  return bans === undefined ? self : { ...self, bans }
}

/**
 * Drops the bans that have expired by `now`, and writes the others to {@link BANS_FILE}.
 *
 * @category changes
 * @since 0.1.0
 */
export const writeBans = (self: World, now: number): World => {
  const bans = bansInForce(self, now)
  return { ...self, bans, banFiles: { ...self.banFiles, [BANS_FILE]: bans } }
}

/**
 * The player in a slot, if any.
 *
 * @category getters
 * @since 0.1.0
 */
export const find = (self: World, slot: number): Player | undefined =>
  self.players.find((player) => player.slot === slot)

/**
 * Whether the target of a ban is an IP address, and not a GUID.
 *
 * @category getters
 * @since 0.1.0
 */
export const isIpBan = (ban: Ban): boolean => ban.target.includes(".")

/**
 * The bans that have not expired by `now`.
 *
 * @category getters
 * @since 0.1.0
 */
export const bansInForce = (self: World, now: number): ReadonlyArray<Ban> =>
  self.bans.filter(({ expires }) => expires === undefined || expires > now)

/**
 * The first ban in force at `now` that matches the known IP address, GUID or identity id of a player.
 *
 * @category getters
 * @since 0.1.0
 */
export const banOf = (self: World, player: Player, now: number): Ban | undefined =>
  bansInForce(self, now).find(({ target }) =>
    target === player.ip || target === player.guid || target === player.identity
  )

/**
 * The bans in the order of their numbers: GUIDs, then IP addresses.
 *
 * @category getters
 * @since 0.1.0
 */
export const numberedBans = (self: World): ReadonlyArray<Ban> => [
  ...self.bans.filter((ban) => !isIpBan(ban)),
  ...self.bans.filter(isIpBan)
]
