/**
 * The answers of a simulated server to commands: replies in parts, and delayed answers.
 */
import * as Packet from "@bercon/codec/Packet"
import * as Text from "@bercon/codec/Text"
import { drop, send, sendMessage } from "./sessions.ts"
import type { Answer, ServerMachine, Session } from "./state.ts"

/** Maximum number of delayed answers for one session. Further ones are not sent. */
const HELD_ANSWERS = 1024

export const replyDatagrams = (sequence: number, reply: string | Uint8Array): ReadonlyArray<Uint8Array> => {
  const bytes = typeof reply === "string" ? Text.encode(reply) : reply
  // A byte 0 at the beginning announces a part, so a reply that begins with it can only be sent in parts.
  if (bytes.length <= Packet.PART_PAYLOAD_BYTES && bytes[0] !== 0) {
    return [Packet.encode(Packet.commandReply(sequence, bytes))]
  }
  const total = Math.min(255, Math.ceil(bytes.length / Packet.PART_PAYLOAD_BYTES))
  return Array.from({ length: total }, (_, index) => {
    const start = index * Packet.PART_PAYLOAD_BYTES
    const part = bytes.subarray(start, start + Packet.PART_PAYLOAD_BYTES)
    return Packet.encode(Packet.commandReplyPart(sequence, total, index, part))
  })
}

/** Sends an answer now, or after its delay. */
export const giveAnswer = (
  self: ServerMachine,
  now: number,
  session: Session,
  { delay, ...answer }: Answer & { readonly delay: number }
): void => {
  if (delay <= 0) return sendAnswer(self, now, session, answer)
  if (delay === Infinity || session.held.length >= HELD_ANSWERS) {
    // The end of the session does not wait for an answer that is never sent.
    if (answer.last) drop(self, now, session, "LoggedOut")
    return
  }
  const due = now + delay
  session.held.splice(session.held.findLastIndex((held) => held.due <= due) + 1, 0, { ...answer, due })
}

const sendAnswer = (self: ServerMachine, now: number, session: Session, { last, messages, reply }: Answer): void => {
  if (reply !== undefined) {
    reply.command.reply = reply.datagrams
    for (const datagram of reply.datagrams) send(self, session.address, datagram)
  }
  for (const message of messages) sendMessage(self, now, session, message)
  if (last) drop(self, now, session, "LoggedOut")
}

export const sendHeld = (self: ServerMachine, now: number, session: Session): void => {
  while (session.held.length > 0 && session.held[0]!.due <= now) {
    sendAnswer(self, now, session, session.held.shift()!)
  }
}
