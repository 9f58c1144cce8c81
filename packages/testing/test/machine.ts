/**
 * Clients of the pure machine, with manual time.
 */
import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
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

/** A server with Alice logged in at 0, the message about her login acknowledged, and nothing left to send. */
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
