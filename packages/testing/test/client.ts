/**
 * The smallest client there is: it sends packets, and puts what comes into words.
 */
import { Packet, Text } from "@bercon/codec"
import type { Transport } from "@bercon/session"
import { ServerMachine } from "@bercon/testing"
import { Effect, Result } from "effect"

export const describe = (datagram: Uint8Array): string => {
  const packet = Result.getOrThrow(Packet.decodeServer(datagram))
  switch (packet._tag) {
    case "LoginResult":
      return `login ${packet.accepted}`
    case "CommandReply":
      return `${packet.sequence}: ${Text.decode(packet.payload)}`
    case "CommandReplyPart":
      return `${packet.sequence}: part ${packet.index} of ${packet.total}, ${packet.payload.length} bytes`
    case "Message":
      return `message ${packet.sequence}: ${Text.decode(packet.payload)}`
  }
}

export const make = (connection: Transport.Connection) => {
  const send = (packet: Packet.ClientPacket) => connection.write(Packet.encode(packet))
  return {
    login: send(Packet.login(ServerMachine.DEFAULT_PASSWORD)),
    command: (sequence: number, text: string) => send(Packet.command(sequence, text)),
    acknowledge: (sequence: number) => send(Packet.acknowledge(sequence)),
    pull: Effect.map(connection.pull, (batch) => batch.map(describe))
  }
}
