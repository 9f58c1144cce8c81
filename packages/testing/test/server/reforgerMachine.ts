/**
 * `ServerMachine` with the flavour of Reforger, for tests.
 */
import type { ServerMachine } from "@bercon/testing"
import { World } from "@bercon/testing"
import { assert } from "@effect/vitest"
import { command, heard, online as classic } from "../machine.ts"

type Options = Omit<ServerMachine.Options, "flavour">

/** A server with Alice logged in. */
export const online = (options?: Options) => classic({ ...options, flavour: "Reforger" })

/** A world of these players. */
export const worldOf = (...players: ReadonlyArray<World.PlayerOptions>): World.World =>
  players.reduce((world, options) => World.join(world, World.player(world, options, 1)), World.make())

/** The identity id of the first player of `world`. */
export const MILLER = "67ab5fd5-7e35-579a-68d9-b934ff7124f0"

export const world = worldOf({ name: "Cpt. Miller - Fox", identity: MILLER }, { name: "Kerry" })

/** An identity id that no player has. */
export const UNKNOWN = "00000000-1111-2222-3333-444444444444"

/** Sends a command, and returns its output: all messages except the one that repeats the command. */
export const says = (server: ServerMachine.ServerMachine, text: string, now = 0): ReadonlyArray<string> => {
  heard(server)
  command(server, now, 0, text)
  const [reply, echo, ...messages] = heard(server)
  assert.strictEqual(reply, "0: ")
  assert.match(echo ?? "", /^message \d+: Processing Command: /)
  assert.strictEqual(echo?.replace(/^message \d+: Processing Command: /, ""), text)
  return messages.map((message) => message.replace(/^message \d+: /, ""))
}

/** The names of the players. */
export const names = (server: ServerMachine.ServerMachine) => server.world.players.map(({ name }) => name)

/** The bans, as target, name, end and reason. */
export const bans = (server: ServerMachine.ServerMachine) =>
  server.world.bans.map(({ expires, name, reason, target }) => [target, name, expires, reason])
