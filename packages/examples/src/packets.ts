import { Packet, Reassembly, Text } from "@bercon/codec"
import { Redacted, Result } from "effect"

export const login = Packet.encode(Packet.login(Redacted.make("secret")))
export const players = Packet.encode(Packet.command(0, "players"))

/** The text of the reply in these datagrams, or `undefined` if a part of it is missing. */
export const replyText = (datagrams: Iterable<Uint8Array>): string | undefined => {
  const parts = Reassembly.make()
  for (const datagram of datagrams) {
    const packet = Result.getOrUndefined(Packet.decodeServer(datagram))
    if (packet?._tag === "CommandReply") return Text.decode(packet.payload)
    if (packet?._tag === "CommandReplyPart") {
      const whole = Reassembly.add(parts, packet)
      if (whole !== undefined) return Text.decode(whole)
    }
  }
  return undefined
}
