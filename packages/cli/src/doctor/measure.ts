/**
 * Round-trip time and loss, from the packets of a session.
 */
import type { ClientPacket, ServerPacket } from "@bercon/codec/Packet"

/** A packet that was sent or received, and when: in milliseconds on any clock. */
export interface Seen {
  readonly at: number
  readonly packet: ClientPacket | ServerPacket
}

/** Counts of keepalives. */
export interface Measured {
  /** Datagrams that were sent, retransmissions among them. */
  readonly sent: number
  /** Answers that were received; at most `sent`. */
  readonly answered: number
  /**
   * In milliseconds. Keepalives that were sent again are left out, because it is unknown which datagram was answered.
   */
  readonly roundTrips: ReadonlyArray<number>
}

interface Pending {
  readonly at: number
  times: number
  answered: boolean
}

/** Counts the keepalives (commands without text) among these packets, and their answers. */
export const measure = (packets: Iterable<Seen>): Measured => {
  let sent = 0
  let answered = 0
  const roundTrips = new Array<number>()
  const pending = new Map<number, Pending>()
  for (const { at, packet } of packets) {
    if (packet._tag === "Command") {
      const previous = pending.get(packet.sequence)
      if (packet.payload.length > 0) {
        // From here on, the number belongs to another command.
        pending.delete(packet.sequence)
        continue
      }
      sent++
      if (previous === undefined || previous.answered) pending.set(packet.sequence, { at, times: 1, answered: false })
      else previous.times++
    } else if (packet._tag === "CommandReply") {
      const asked = pending.get(packet.sequence)
      if (asked === undefined) continue
      answered++
      if (!asked.answered && asked.times === 1) roundTrips.push(at - asked.at)
      asked.answered = true
    }
  }
  return { sent, answered: Math.min(sent, answered), roundTrips }
}
