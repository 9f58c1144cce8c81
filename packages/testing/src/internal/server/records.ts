/**
 * The records of a simulated server, for tests to read.
 */
import type { DecodeError } from "@bercon/codec/DecodeError"
import type { ServerMachine } from "./state.ts"

/**
 * The time of an event, and its client.
 *
 * @category records
 * @since 0.1.0
 */
export interface Event {
  /**
   * In milliseconds on the server's clock. In a `ServerMachine`, this is the `now` that its functions were given; in a
   * `SimulatedServer`, it is the time since 1970.
   */
  readonly time: number
  /** The client's address, `ip:port`. */
  readonly address: string
}

/**
 * A login packet was received.
 *
 * @category records
 * @since 0.1.0
 */
export interface Login extends Event {
  /** The admin number (on Reforger, the client number); `undefined` if the login was refused or not answered. */
  readonly admin: number | undefined
}

/**
 * A command packet was received from a session. Keepalives are commands with an empty text.
 *
 * **Details**
 *
 * `outcome`:
 *
 * - `"Executed"`: it was executed, by the server or by `onCommand`.
 * - `"Refused"`: the command does not exist, or it is disallowed.
 * - `"Replayed"`, `"Ignored"`: it was a repetition, see {@link Repeats}.
 *
 * @category records
 * @since 0.1.0
 */
export interface Command extends Event {
  readonly admin: number
  readonly sequence: number
  readonly text: string
  /** Whether it had been received before, with the same number and text, less than `repeatWindow` ago. */
  readonly repeat: boolean
  readonly outcome: "Executed" | "Refused" | "Replayed" | "Ignored"
}

/**
 * A message was sent to a session for the first time.
 *
 * @category records
 * @since 0.1.0
 */
export interface Message extends Event {
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * A session acknowledged a message.
 *
 * @category records
 * @since 0.1.0
 */
export interface Acknowledgement extends Event {
  readonly sequence: number
  /** Whether the message had been acknowledged or given up before. */
  readonly repeat: boolean
}

/**
 * A session ended.
 *
 * **Details**
 *
 * - `"Silence"`: it sent no command for too long.
 * - `"Unacknowledged"`: it did not acknowledge a message.
 * - `"Replaced"`: its address logged in again.
 * - `"LoggedOut"`: it gave Reforger's command `@logout`.
 * - `"Forgotten"`: {@link forget} was called.
 * - `"Stopped"`: the server stopped or restarted.
 *
 * @category records
 * @since 0.1.0
 */
export interface Drop extends Event {
  readonly admin: number
  readonly cause: "Silence" | "Unacknowledged" | "Replaced" | "LoggedOut" | "Forgotten" | "Stopped"
}

/**
 * A client broke the protocol from the server's point of view. The cause may also be the network (a damaged or late
 * datagram), or the server (a session that it dropped).
 *
 * **Details**
 *
 * - `Malformed`: the datagram is not a client packet.
 * - `NoSession`: a command or acknowledgement was received from an address without a session.
 * - `NeverSent`: it acknowledged a message that was not sent to this session.
 * - `NumberInUse`: a command had the number of a different command that was received less than `repeatWindow` before
 *   and is not answered yet.
 * - `NotText`: a command or login contains a NUL. For a login, `sequence` is `undefined`.
 *
 * Silence and missing acknowledgements are not violations: they end the session, see {@link Drop}. Packets received
 * after that are `NoSession`.
 *
 * @category records
 * @since 0.1.0
 */
export interface Violation extends Event {
  readonly reason:
    | { readonly _tag: "Malformed"; readonly error: DecodeError }
    | { readonly _tag: "NoSession"; readonly packet: "Command" | "Acknowledge" }
    | { readonly _tag: "NeverSent"; readonly sequence: number }
    | { readonly _tag: "NumberInUse"; readonly sequence: number }
    | { readonly _tag: "NotText"; readonly sequence: number | undefined }
}

/**
 * The records and their entries.
 *
 * @category records
 * @since 0.1.0
 */
export interface Records {
  readonly logins: Login
  readonly commands: Command
  readonly messages: Message
  readonly acknowledgements: Acknowledgement
  readonly drops: Drop
  readonly violations: Violation
}

/**
 * Functions that are called with every new entry of a record. They must return quickly, because they run within a step
 * of the machine. If one of them throws, the function of the machine that made the entry throws, too.
 *
 * @category records
 * @since 0.1.0
 */
export type Observer = { readonly [K in keyof Records]?: ((entry: Records[K]) => void) | undefined }

type Lists = { readonly [K in keyof Records]: Array<Records[K]> }

export const record = <K extends keyof Records>(
  self: ServerMachine,
  kind: K,
  entry: Records[K]
): void => {
  const lists: Lists = self
  const records = lists[kind]
  if (records.length >= self.policy.recordCapacity) records.shift()
  records.push(entry)
  self.policy.observer[kind]?.(entry)
}

export const recordExecution = (self: ServerMachine, entry: Command): void => {
  const { executionCounts: counts, executions } = self
  if (executions.length >= self.policy.recordCapacity) {
    // Drops the oldest entry with the commonest text. Of equally common texts, the one recorded first is taken.
    const [text, count] = Array.from(counts).reduce((most, next) => next[1] > most[1] ? next : most)
    executions.splice(executions.findIndex((execution) => execution.text === text), 1)
    if (count === 1) counts.delete(text)
    else counts.set(text, count - 1)
  }
  executions.push(entry)
  counts.set(entry.text, (counts.get(entry.text) ?? 0) + 1)
}
