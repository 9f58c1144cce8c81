import type { Transport } from "@bercon/session"
import { Effect } from "effect"

export interface Recorded {
  readonly direction: "sent" | "received"
  readonly datagram: Uint8Array
}

export const recording = (
  { open, peer }: Transport.Transport["Service"],
  record: (datagram: Recorded) => void
): Transport.Transport["Service"] => ({
  peer,
  open: Effect.map(open, ({ listen, send }) => ({
    listen: (receiver) =>
      listen({
        ...receiver,
        receive: (datagram) => {
          record({ direction: "received", datagram })
          receiver.receive(datagram)
        }
      }),
    send: (datagram) => {
      record({ direction: "sent", datagram })
      send(datagram)
    }
  }))
})
