/**
 * Handles the datagrams that a simulated server receives: logins, commands, acknowledgements.
 */
import * as Packet from "@bercon/codec/Packet"
import * as Text from "@bercon/codec/Text"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { nameOf, nothing } from "../dialect.ts"
import { giveAnswer, replyDatagrams } from "./answers.ts"
import { elapse, restart, stop } from "./lifecycle.ts"
import { type CustomReply, millis, type OnCommand } from "./options.ts"
import { type Command, record, recordExecution } from "./records.ts"
import { acknowledge, login, send, sendMessageToAll, violate } from "./sessions.ts"
import type { Received, ServerMachine, Session } from "./state.ts"

/**
 * Receives a datagram from `address` (`ip:port`). The bytes are not kept.
 *
 * @category inputs
 * @since 0.1.0
 */
export const receive = (self: ServerMachine, now: number, address: string, datagram: Uint8Array): void => {
  elapse(self, now, self.silent ? undefined : address)
  if (!self.listening || self.silent) return
  const packet = Packet.decodeClient(datagram)
  if (Result.isFailure(packet)) return violate(self, now, address, { _tag: "Malformed", error: packet.failure })
  const received = packet.success
  if (received._tag === "Login") return login(self, now, address, Redacted.value(received.password))
  const session = self.sessions.get(address)
  if (session === undefined) return violate(self, now, address, { _tag: "NoSession", packet: received._tag })
  return received._tag === "Command"
    ? command(self, now, session, received)
    : acknowledge(self, now, session, received.sequence)
}

const command = (
  self: ServerMachine,
  now: number,
  session: Session,
  { payload, sequence }: Packet.Command
): void => {
  session.lastCommand = now
  const text = Text.decode(payload)
  if (payload.includes(0)) violate(self, now, session.address, { _tag: "NotText", sequence })
  const previous = session.received.get(sequence)
  const recent = previous !== undefined && now < previous.time + self.policy.repeatWindow
  const repeat = recent && previous.text === text
  if (recent && !repeat && previous.reply === undefined) {
    violate(self, now, session.address, { _tag: "NumberInUse", sequence })
  }
  const note = (outcome: Command["outcome"]): void => {
    const { address, admin } = session
    const entry: Command = { time: now, address, admin, sequence, text, repeat, outcome }
    record(self, "commands", entry)
    if (outcome === "Executed" && text !== "") recordExecution(self, entry)
  }
  if (repeat && self.policy.repeats !== "execute") {
    previous.time = now
    note(self.policy.repeats === "replay" ? "Replayed" : "Ignored")
    if (self.policy.repeats === "replay") previous.reply?.forEach((datagram) => send(self, session.address, datagram))
    return
  }
  const received: Received = { text, time: now, reply: undefined }
  session.received.set(sequence, received)
  const { delay, outcome, result } = execute(self, now, session, text)
  note(outcome.known ? "Executed" : "Refused")
  const { banDelay, dialect, restartDowntime } = self.policy
  const { messages, reply } = dialect.answer(text, result)
  const datagrams = replyDatagrams(sequence, reply)
  const last = outcome.fate === "LogsOut"
  giveAnswer(self, now, session, { reply: { command: received, datagrams }, messages, last, delay })
  const later = dialect.messages(outcome.later)
  if (later.length > 0) {
    giveAnswer(self, now, session, { reply: undefined, messages: later, last: false, delay: delay + banDelay })
  }
  self.world = outcome.world
  sendMessageToAll(self, now, outcome.messages)
  if (outcome.fate === "Restarts") restart(self, now, { downtime: restartDowntime })
  if (outcome.fate === "Stops") stop(self, now)
}

const execute = (self: ServerMachine, now: number, session: Session, text: string) => {
  const { dialect, disallowed, replyDelay: delay, restricted } = self.policy
  const name = nameOf(text)
  if (disallowed.has(name) || restricted && dialect.restricts(name)) {
    return { delay, outcome: { ...nothing(self.world), known: false }, result: dialect.disallowed }
  }
  const answer = self.onCommand?.(text)
  const custom: CustomReply = typeof answer === "object" && !(answer instanceof Uint8Array) ? answer : { reply: answer }
  if (custom.before !== undefined) self.world = custom.before(self.world)
  const outcome = custom.reply === undefined
    ? dialect.execute(text, { world: self.world, admins: self.sessions.values(), admin: session.admin, now })
    : nothing(self.world)
  return {
    delay: custom.delay === undefined ? delay : millis(custom.delay),
    outcome,
    result: custom.reply ?? outcome.result
  }
}

/**
 * Sets a function that answers commands instead of the server. `undefined` removes it.
 *
 * @category inputs
 * @since 0.1.0
 */
export const onCommand = (self: ServerMachine, hook: OnCommand | undefined): void => {
  self.onCommand = hook
}
