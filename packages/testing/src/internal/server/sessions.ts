/**
 * The sessions of a simulated server: login, messages until their acknowledgement, the end.
 */
import * as Packet from "@bercon/codec/Packet"
import * as Text from "@bercon/codec/Text"
import { lowestFree } from "../lowestFree.ts"
import { type Drop, record, type Violation } from "./records.ts"
import type { ServerMachine, Session } from "./state.ts"

/** Sends a datagram, unless the server is silent. */
export const send = (self: ServerMachine, address: string, datagram: Uint8Array): void => {
  if (!self.silent) self.outgoing.push({ address, datagram })
}

/** Sends a message to a session for the first time. It is sent again until it is acknowledged. */
export const sendMessage = (self: ServerMachine, now: number, session: Session, text: string | Uint8Array): void => {
  const payload = typeof text === "string" ? Text.encode(text) : text
  const sequence = session.messages++ % 256
  const datagram = Packet.encode(Packet.message(sequence, payload))
  // Deleting first keeps the order if the number still belongs to an older message.
  session.unacknowledged.delete(sequence)
  session.unacknowledged.set(sequence, { sequence, datagram, tries: 1, due: now + self.policy.messageGap })
  record(self, "messages", { time: now, address: session.address, sequence, payload })
  send(self, session.address, datagram)
}

export const sendMessageToAll = (self: ServerMachine, now: number, texts: ReadonlyArray<string | Uint8Array>): void => {
  for (const text of texts) {
    for (const session of self.sessions.values()) sendMessage(self, now, session, text)
  }
}

export const drop = (self: ServerMachine, now: number, session: Session, cause: Drop["cause"]): void => {
  self.sessions.delete(session.address)
  session.held.length = 0
  session.unacknowledged.clear()
  record(self, "drops", { time: now, address: session.address, admin: session.admin, cause })
}

export const dropAll = (self: ServerMachine, now: number, cause: Drop["cause"]): void => {
  for (const session of self.sessions.values()) drop(self, now, session, cause)
}

/** Records that a client broke the protocol. */
export const violate = (self: ServerMachine, now: number, address: string, reason: Violation["reason"]): void =>
  record(self, "violations", { time: now, address, reason })

export const login = (self: ServerMachine, now: number, address: string, password: Uint8Array): void => {
  if (password.includes(0)) violate(self, now, address, { _tag: "NotText", sequence: undefined })
  if (self.refusing || !equals(password, self.policy.password)) {
    record(self, "logins", { time: now, address, admin: undefined })
    return send(self, address, Packet.encode(Packet.loginResult(false)))
  }
  const previous = self.sessions.get(address)
  if (previous === undefined && self.sessions.size >= self.policy.maxClients) {
    return record(self, "logins", { time: now, address, admin: undefined })
  }
  if (previous !== undefined) drop(self, now, previous, "Replaced")
  const admin = lowestFree(Array.from(self.sessions.values(), (session) => session.admin))
  const session: Session = {
    address,
    admin,
    since: now,
    lastCommand: now,
    messages: 0,
    unacknowledged: new Map(),
    received: new Map(),
    held: []
  }
  self.sessions.set(address, session)
  record(self, "logins", { time: now, address, admin })
  send(self, address, Packet.encode(Packet.loginResult(true)))
  const { news, welcome } = self.policy.dialect
  for (const text of welcome(admin)) sendMessage(self, now, session, text)
  sendMessageToAll(self, now, news.loggedIn(admin, address))
}

const equals = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

export const acknowledge = (self: ServerMachine, now: number, session: Session, sequence: number): void => {
  const { address } = session
  if (sequence >= session.messages) return violate(self, now, address, { _tag: "NeverSent", sequence })
  const repeat = !session.unacknowledged.delete(sequence)
  record(self, "acknowledgements", { time: now, address, sequence, repeat })
}

/** Sends due messages again. After the last try, forgets a message, or drops the session if the policy requires it. */
export const retryMessages = (self: ServerMachine, now: number, session: Session): void => {
  for (const message of session.unacknowledged.values()) {
    if (message.due > now) return
    session.unacknowledged.delete(message.sequence)
    if (message.tries < self.policy.messageTries) {
      session.unacknowledged.set(message.sequence, {
        ...message,
        tries: message.tries + 1,
        due: now + self.policy.messageGap
      })
      send(self, session.address, message.datagram)
    } else if (self.policy.dropUnacknowledged) {
      return drop(self, now, session, "Unacknowledged")
    }
  }
}
