/**
 * Datagrams on a simulated network.
 */
import type { Transport } from "@bercon/session"
import { SimulatedNetwork } from "@bercon/testing"
import type { Scope } from "effect"
import { Cause, Effect, Exit } from "effect"
import * as Client from "./client.ts"

export const SERVER = { host: "127.0.0.1", port: 2306 }
export const OTHER = { host: "127.0.0.2", port: 2306 }

/** A datagram that contains a number. */
export const datagram = (number: number) => Uint8Array.of(number >> 8, number)
export const numberOf = (bytes: Uint8Array) => (bytes[0]! << 8) | bytes[1]!

/** A network with a server endpoint and one open connection to it. */
export const setup = Effect.fnUntraced(function*(options?: SimulatedNetwork.Options) {
  const network = yield* SimulatedNetwork.make(options)
  const endpoint = yield* network.bind(SERVER)
  const connection = yield* Client.open(network.transport(SERVER))
  return { network, endpoint, connection }
})

/** Sends the numbers from 0 on, each in a datagram. */
export const writeNumbers = (connection: Client.Polled, count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, number) => number), (number) => connection.write(datagram(number)), {
    discard: true
  })

/** The numbers in the received datagrams. */
export const numbers = <E>(pull: Effect.Effect<ReadonlyArray<{ readonly datagram: Uint8Array }>, E>) =>
  Effect.map(pull, (batch) => batch.map(({ datagram }) => numberOf(datagram)))

/** The kind of the error with which a call has failed. */
export const kindOf = (exit: Exit.Exit<unknown, Transport.TransportError>) =>
  Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause).valueOrUndefined?.reason.kind : undefined

/** The reason and kind of the error with which a call fails. */
export const failureOf = <A>(effect: Effect.Effect<A, Transport.TransportError, Scope.Scope>) =>
  Effect.map(Effect.scoped(Effect.flip(effect)), ({ reason }) => [reason._tag, reason.kind])
