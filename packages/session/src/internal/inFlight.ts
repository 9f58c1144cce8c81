/**
 * Keeps the commands in flight by their sequence numbers, with the parts of their replies that have arrived.
 *
 * Bounds: {@link REPLY_BYTES} of incomplete replies.
 */
import type * as Packet from "@bercon/codec/Packet"
import * as Reassembly from "@bercon/codec/Reassembly"
import type { Ticket } from "./ticket.ts"

/** Maximum size of all incomplete replies together. The longest reply of a real server has 255 KiB. */
export const REPLY_BYTES = 16 * 1024 * 1024

export class InFlight<H> {
  /** Number of commands, and number of probes. */
  commands = 0
  probes = 0
  /** By sequence number. */
  // Stryker disable next-line ArrayDeclaration: the entry of a number that is not in use is never read
  readonly #tickets: Array<Ticket<H> | undefined> = []
  /** Size of incomplete replies in bytes. */
  #replyBytes = 0

  /** All commands and probes; `undefined` for each number that is not in use. */
  get tickets(): ReadonlyArray<Ticket<H> | undefined> {
    return this.#tickets
  }

  /** Adds a command or probe, which gets this number. */
  add(ticket: Ticket<H>, number: number): void {
    ticket.state = "InFlight"
    ticket.number = number
    this.#tickets[number] = ticket
    if (ticket.request === undefined) this.probes++
    else this.commands++
  }

  /** Removes a command or probe, and drops the parts of its reply. */
  remove(ticket: Ticket<H>): void {
    ticket.state = "Waiting"
    this.#tickets[ticket.number] = undefined
    if (ticket.request === undefined) this.probes--
    else this.commands--
    if (ticket.reply === undefined) return
    this.#replyBytes -= ticket.reply.bytes
    ticket.incomplete = { missing: Reassembly.missing(ticket.reply), total: ticket.reply.total }
    ticket.reply = undefined
  }

  /**
   * Adds a part of a command's reply. Returns the reply if it is now complete. If the part would exceed
   * {@link REPLY_BYTES}, ignores it and returns `"Excess"`.
   */
  addPart(ticket: Ticket<H>, part: Packet.CommandReplyPart): Uint8Array | "Excess" | undefined {
    if (this.#replyBytes + part.payload.length > REPLY_BYTES) return "Excess"
    const reply = ticket.reply ??= Reassembly.make()
    const before = reply.bytes
    const whole = Reassembly.add(reply, part)
    this.#replyBytes += reply.bytes - before
    return whole
  }
}
