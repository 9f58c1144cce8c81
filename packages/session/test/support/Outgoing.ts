/**
 * Outbound commands with manual inputs, and a record of their datagrams and outcomes.
 */
import { Packet, Text } from "@bercon/codec"
import type { CommandError, LoginFailure } from "@bercon/session"
import { assert } from "@effect/vitest"
import { Result } from "effect"
import { Outbound, type Phase } from "../../src/internal/outbound.ts"
import type { Request, Ticket } from "../../src/internal/ticket.ts"

interface Sent {
  readonly at: number
  readonly number: number
  readonly text: string
  readonly what: "Command" | "Repetition" | "Probe"
}

/** Every input happens at `now`. */
export class Outgoing {
  now = 0
  readonly sent: Array<Sent> = []
  readonly outcomes: Array<readonly [text: string, outcome: string]> = []
  readonly errors = new Map<string, CommandError.CommandError["reason"]>()
  readonly losses: Array<boolean> = []
  readonly measured: Array<number> = []
  readonly outbound: Outbound<string>
  /** The cause of the outage, if there is one. */
  outage: LoginFailure.OutageCause | undefined
  #what: Sent["what"] = "Command"

  constructor(options: { readonly maxInFlight?: number; readonly queueCapacity?: number } = {}) {
    this.outbound = new Outbound({ peer: "server", maxInFlight: 32, queueCapacity: 1000, ...options }, {
      transmit: (datagram) => {
        const packet = Result.getOrThrow(Packet.decodeClient(datagram))
        assert(packet._tag === "Command")
        this.sent.push({ at: this.now, number: packet.sequence, text: Text.decode(packet.payload), what: this.#what })
      },
      settle: (text, result) => {
        this.outcomes.push([text, Result.isSuccess(result) ? Text.decode(result.success) : result.failure._tag])
        if (Result.isFailure(result)) this.errors.set(text, result.failure)
      },
      sent: (at, what) => {
        assert.strictEqual(at, this.now)
        this.#what = what
      },
      outageCause: () => this.outage,
      learn: (isLost) => this.losses.push(isLost),
      measured: (milliseconds) => this.measured.push(milliseconds)
    })
    // The round trip is measured once, as a login does it.
    this.outbound.roundTrip.measure(20)
  }

  submit(text: string, options: Partial<Request<string>> = {}, phase: Phase = "Online"): Ticket<string> | undefined {
    const submitted = this.outbound.submit(this.now, {
      handle: text,
      payload: Text.encode(text),
      repeatable: true,
      epoch: undefined,
      isCurrent: undefined,
      deadline: this.now + 20_000,
      ...options
    }, phase)
    if (Result.isFailure(submitted)) this.outcomes.push([text, submitted.failure._tag])
    return Result.isSuccess(submitted) ? submitted.success : undefined
  }

  /** Lets time pass, with a tick whenever one is due. */
  until(end: number, phase: Phase = "Online"): void {
    for (let steps = 0; this.outbound.wakeAt(phase) <= end; steps++) {
      assert.isBelow(steps, 10_000, "time stands still")
      this.now = Math.max(this.now, this.outbound.wakeAt(phase))
      this.outbound.tick(this.now, phase)
      if (phase === "Online") this.outbound.start(this.now)
    }
    this.now = end
  }

  reply(number: number, text: string) {
    const received = this.outbound.receive(this.now, Packet.commandReply(number, text))
    this.outbound.start(this.now)
    return received
  }

  part(number: number, total: number, index: number, text: string | Uint8Array) {
    return this.outbound.receive(this.now, Packet.commandReplyPart(number, total, index, text))
  }

  /** The times at which a text was sent. */
  sentAt(text: string): ReadonlyArray<number> {
    return this.sent.filter((each) => each.text === text).map(({ at }) => at)
  }

  outcome(text: string): string | undefined {
    return this.outcomes.find(([each]) => each === text)?.[1]
  }
}
