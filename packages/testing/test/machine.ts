/**
 * Clients of a `ServerMachine`, for tests that set the time of each datagram.
 */
import { Packet } from "@bercon/codec"
import { ServerMachine, type World } from "@bercon/testing"
import { Redacted } from "effect"
import * as Client from "./client.ts"

export const ALICE = "127.0.0.1:50001"
export const BOB = "127.0.0.1:50002"

const send = (server: ServerMachine.ServerMachine, now: number, packet: Packet.ClientPacket, address: string) =>
  ServerMachine.receive(server, now, address, Packet.encode(packet))

export const login = (server: ServerMachine.ServerMachine, now: number, address = ALICE, password = "secret") =>
  send(server, now, Packet.login(Redacted.make(password)), address)

export const command = (
  server: ServerMachine.ServerMachine,
  now: number,
  sequence: number,
  text: string,
  address = ALICE
) => send(server, now, Packet.command(sequence, text), address)

export const acknowledge = (server: ServerMachine.ServerMachine, now: number, sequence: number, address = ALICE) =>
  send(server, now, Packet.acknowledge(sequence), address)

/** The packets that are sent to an address, as text: `login true`, `0: reply`, `message 0: text`. */
export const heard = (server: ServerMachine.ServerMachine, address = ALICE): Array<string> =>
  ServerMachine.drain(server).filter((outgoing) => outgoing.address === address).map(({ datagram }) =>
    Client.describe(datagram)
  )

/** A server on which Alice has logged in at 0 and acknowledged the message about it. Nothing is left to send. */
export const online = (options?: ServerMachine.Options) => {
  const server = ServerMachine.make(options)
  login(server, 0)
  acknowledge(server, 0, 0)
  ServerMachine.drain(server)
  return server
}

/** Runs the server to `end` by its own deadlines. Returns the packets to Alice with their times. */
export const run = (server: ServerMachine.ServerMachine, end: number) => {
  const log: Array<readonly [now: number, text: string]> = []
  for (let due = ServerMachine.wakeAt(server); due <= end;) {
    ServerMachine.tick(server, due)
    for (const text of heard(server)) log.push([due, text])
    due = ServerMachine.wakeAt(server)
  }
  return log
}

/** The reply of a new server to a command. */
export const reply = (options: ServerMachine.Options, text: string): string => {
  const server = online(options)
  command(server, 0, 0, text)
  return heard(server)[0]!.slice("0: ".length)
}

/** A player of a BattlEye server. */
export const player = (slot: number, name: string, options: Partial<World.Player> = {}): World.Player => ({
  slot,
  name,
  ip: "203.0.113.100",
  port: 2304,
  guid: "6a1b2c3d4e5f60718293a4b5c6d7e8f9",
  identity: "67ab5fd5-7e35-579a-68d9-b934ff7124f0",
  ping: 140,
  verified: true,
  inLobby: false,
  ...options
})

/** A world of two players. */
export const world = { players: [player(0, "Miller"), player(3, "Kerry (x)")] }
