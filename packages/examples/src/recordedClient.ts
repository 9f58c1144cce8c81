import { RconClient, Transport } from "@bercon/client"
import * as NodeTransport from "@bercon/client/NodeTransport"
import { Effect, Layer } from "effect"
import { type Recorded, recording } from "./recording.ts"

/** Provides a client, and records its datagrams. */
export const recordedClient = (
  address: NodeTransport.Options,
  options: RconClient.Options,
  record: (datagram: Recorded) => void
) =>
  RconClient.layer(options).pipe(
    Layer.provide(
      Layer.effect(Transport.Transport, Effect.map(Transport.Transport, (transport) => recording(transport, record)))
    ),
    Layer.provide(NodeTransport.layer(address))
  )
