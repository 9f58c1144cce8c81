/**
 * The events in the game of a simulated server.
 */
import type { ChatChannel } from "@bercon/client/ServerEvent"
import * as Text from "@bercon/codec/Text"
import * as World from "../../World.ts"
import { tick } from "./lifecycle.ts"
import { sendMessageToAll } from "./sessions.ts"
import type { ServerMachine } from "./state.ts"

/** Maximum size of a message: a datagram has at most 65,507 bytes, of which 9 precede the message. */
const MESSAGE_CAPACITY = 65_498

/** Like {@link tick}, but throws a `RangeError` if the server is down. */
const play = (self: ServerMachine, now: number): void => {
  tick(self, now)
  if (!self.listening) throw new RangeError("the server is down: start it first")
}

const playerAt = (self: ServerMachine, slot: number): World.Player => {
  const player = World.find(self.world, slot)
  if (player === undefined) throw new RangeError(`there is no player in slot ${slot}`)
  return player
}

/** Kicks the player if a ban matches the data that are known so far. Returns whether the player was kicked. */
const turnAway = (self: ServerMachine, now: number, player: World.Player): boolean => {
  const ban = World.banOf(self.world, player, now)
  if (ban === undefined) return false
  self.world = World.leave(self.world, player)
  sendMessageToAll(self, now, self.policy.dialect.news.kicked(player, `Admin Ban (${ban.reason})`))
  return true
}

const identified = (self: ServerMachine, now: number, newcomer: World.Player, guid: string | undefined) => {
  const [world, player] = World.identify(self.world, newcomer, guid)
  self.world = world
  sendMessageToAll(self, now, self.policy.dialect.news.identified(player, self.policy.guidKind))
  return player
}

const verified = (self: ServerMachine, now: number, identified: World.Player): World.Player => {
  const [world, player] = World.verify(self.world, identified)
  self.world = world
  sendMessageToAll(self, now, self.policy.dialect.news.verified(player))
  return player
}

/**
 * Makes a player join. Sends `… connected`, then the GUID and its verification. With `guid: null` or `verified: false`
 * the later messages are not sent; {@link identify} and {@link verify} are then the next steps. Reforger sends nothing.
 * Throws a `RangeError` if the options are invalid (see {@link World.player}), or the server is down.
 *
 * A banned player is kicked, and is not in the world when this returns.
 *
 * @category inputs
 * @since 0.1.0
 */
export const join = (self: ServerMachine, now: number, options: World.PlayerOptions): World.Player => {
  play(self, now)
  const { lowestSlot, news } = self.policy.dialect
  const { guid, ...joining } = World.player(self.world, options, lowestSlot)
  const newcomer: World.Player = { ...joining, guid: undefined, verified: false }
  self.world = World.join(self.world, newcomer)
  sendMessageToAll(self, now, news.connected(newcomer))
  if (turnAway(self, now, newcomer) || guid === undefined) return newcomer
  const player = identified(self, now, newcomer, guid)
  if (turnAway(self, now, player) || !joining.verified) return player
  return verified(self, now, player)
}

/**
 * Makes the GUID of a joining player (`guid: null`) known. The default of `guid` is derived from the name. Sends
 * `… - BE GUID: …` (see `guidKind`); Reforger sends nothing. Throws a `RangeError` if the slot is free, the GUID is
 * already known or invalid, or the server is down.
 *
 * A banned player is kicked, and is not in the world when this returns.
 *
 * @category inputs
 * @since 0.1.0
 */
export const identify = (self: ServerMachine, now: number, slot: number, guid?: string): World.Player => {
  play(self, now)
  const newcomer = playerAt(self, slot)
  if (newcomer.guid !== undefined) throw new RangeError(`the GUID of player #${slot} is already known`)
  const player = identified(self, now, newcomer, guid)
  turnAway(self, now, player)
  return player
}

/**
 * Marks the GUID of a player (`verified: false`) as verified. Sends `Verified GUID …`; Reforger sends nothing. Throws a
 * `RangeError` if the slot is free, the GUID is unknown or already verified, or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const verify = (self: ServerMachine, now: number, slot: number): World.Player => {
  play(self, now)
  const player = playerAt(self, slot)
  if (player.guid === undefined) {
    throw new RangeError(`the GUID of player #${slot} is not known yet: identify the player first`)
  }
  if (player.verified) throw new RangeError(`the GUID of player #${slot} is already verified`)
  return verified(self, now, player)
}

/**
 * Makes a player leave. Sends `… disconnected`; Reforger sends nothing. Throws a `RangeError` if the slot is free or
 * the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const leave = (self: ServerMachine, now: number, slot: number): void => {
  play(self, now)
  const player = playerAt(self, slot)
  self.world = World.leave(self.world, player)
  sendMessageToAll(self, now, self.policy.dialect.news.left(player))
}

/**
 * Makes BattlEye kick a player for a reason such as `"Client not responding"`. Sends
 * `… has been kicked by BattlEye: …`, then `… disconnected`; Reforger sends nothing. Throws a `RangeError` if the slot
 * is free or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const kick = (self: ServerMachine, now: number, slot: number, reason: string): void => {
  play(self, now)
  const player = playerAt(self, slot)
  self.world = World.leave(self.world, player)
  sendMessageToAll(self, now, self.policy.dialect.news.kicked(player, reason))
}

/**
 * Makes a player send a chat message in a channel: a known one (`"Side"`) or any other word. Sends `(Side) NAME: …`;
 * Reforger sends nothing. Throws a `RangeError` if the slot is free or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const chat = (self: ServerMachine, now: number, slot: number, channel: ChatChannel, text: string): void => {
  play(self, now)
  sendMessageToAll(self, now, self.policy.dialect.news.chat(playerAt(self, slot), channel, text))
}

/**
 * Sends any message to every session. A string is sent as UTF-8. Throws a `RangeError` if the message has more than
 * 65,498 bytes, the maximum for a datagram, or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const emit = (self: ServerMachine, now: number, text: string | Uint8Array): void => {
  play(self, now)
  const payload = typeof text === "string" ? Text.encode(text) : text.slice()
  if (payload.length > MESSAGE_CAPACITY) {
    throw new RangeError(`a message must have at most ${MESSAGE_CAPACITY} bytes (got ${payload.length})`)
  }
  sendMessageToAll(self, now, [payload])
}

/**
 * Changes the world without a message, even while the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const update = (self: ServerMachine, now: number, f: (world: World.World) => World.World): void => {
  tick(self, now)
  self.world = f(self.world)
}
