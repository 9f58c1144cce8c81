/**
 * Observes the datagrams of a transport, for findings that the client does not report.
 */
import { Transport } from "@bercon/client/Transport"
import * as Effect from "effect/Effect"

/** Passes every datagram of a transport to `see`. The bytes must not be kept: their buffer is used again. */
export const observed = (
  transport: Transport["Service"],
  see: (datagram: Uint8Array, direction: "sent" | "received") => void
): Transport["Service"] =>
  Transport.of({
    peer: transport.peer,
    open: Effect.map(transport.open, ({ listen, send }) => ({
      listen: (receiver) =>
        listen({
          ...receiver,
          receive: (datagram) => {
            see(datagram, "received")
            receiver.receive(datagram)
          }
        }),
      send: (datagram) => {
        see(datagram, "sent")
        send(datagram)
      }
    }))
  })
