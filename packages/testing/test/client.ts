/**
 * A minimal client: it sends packets, and returns the received ones as text.
 */
import { Packet, Text } from "@bercon/codec"
import type { Transport } from "@bercon/session"
import { ServerMachine } from "@bercon/testing"
import { Effect, Queue, Result, type Scope } from "effect"

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

/** A connection for tests that read step by step. */
export interface Polled {
  /** Returns the datagrams since the last pull, or waits for the next one. */
  readonly pull: Effect.Effect<ReadonlyArray<Uint8Array>, Transport.TransportError>
  /** Sends a datagram. Fails with the error that the connection has reported since the last write. */
  readonly write: (datagram: Uint8Array) => Effect.Effect<void, Transport.TransportError>
}

/** Opens a connection, and collects its datagrams and errors. */
export const open = (transport: Transport.Transport["Service"]) =>
  Effect.gen(function*(): Effect.fn.Return<Polled, Transport.TransportError, Scope.Scope> {
    const connection = yield* transport.open
    const arrived = yield* Queue.unbounded<Uint8Array, Transport.TransportError>()
    let problem: Transport.TransportError | undefined
    connection.listen({
      receive: (datagram) => Queue.offerUnsafe(arrived, datagram),
      notSent: (error) => {
        problem = error
      },
      failed: (cause) => Queue.failCauseUnsafe(arrived, cause)
    })
    return {
      pull: Queue.takeAll(arrived),
      write: (datagram) =>
        Effect.suspend(() => {
          connection.send(datagram)
          const error = problem
          problem = undefined
          return error ?? Effect.void
        })
    }
  })

export const make = ({ pull, write }: Polled) => {
  const send = (packet: Packet.ClientPacket) => write(Packet.encode(packet))
  return {
    login: send(Packet.login(ServerMachine.DEFAULT_PASSWORD)),
    command: (sequence: number, text: string) => send(Packet.command(sequence, text)),
    acknowledge: (sequence: number) => send(Packet.acknowledge(sequence)),
    pull: Effect.map(pull, (batch) => batch.map(describe))
  }
}
