import type { Transport } from "@bercon/session"
import { Effect } from "effect"

export interface Recorded {
  readonly direction: "sent" | "received"
  readonly datagram: Uint8Array
}

export const recording = (
  { open, peer }: Transport.Transport["Service"],
  record: (datagram: Recorded) => void
): Transport.Transport["Service"] => {
  const write = (direction: Recorded["direction"], datagram: Uint8Array) => {
    // Login packets (type 0) are left out: the client's contains the password in clear text.
    if (datagram[7] !== 0) record({ direction, datagram: datagram.slice() })
  }
  return {
    peer,
    open: Effect.map(open, ({ listen, send }) => ({
      listen: (receiver) =>
        listen({
          ...receiver,
          receive: (datagram) => {
            write("received", datagram)
            receiver.receive(datagram)
          }
        }),
      send: (datagram) => {
        write("sent", datagram)
        send(datagram)
      }
    }))
  }
}
