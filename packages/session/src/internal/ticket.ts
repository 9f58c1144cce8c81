/**
 * Describes a submitted command from its submission to its outcome.
 *
 * A ticket is mutable state of `outbound` and its parts. Times are in milliseconds.
 */
import type * as Reassembly from "@bercon/codec/Reassembly"
import { Outdated } from "../CommandError.ts"
import type { Schedule } from "./retransmission.ts"

/**
 * A command as it is submitted. `handle` belongs to the submitter, and is returned with the outcome.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request<H> {
  readonly handle: H
  /** The text of the command, at most 1,391 bytes. */
  readonly payload: Uint8Array
  readonly repeatable: boolean
  /** The only epoch in which the command is valid; `undefined` if it is valid in every epoch. */
  readonly epoch: number | undefined
  /**
   * Returns whether the command is still valid. Called right before every send. If it throws, the command is invalid.
   */
  readonly isCurrent: (() => boolean) | undefined
  /** When to give up. */
  readonly deadline: number
}

/**
 * A submitted command. It is opaque, and used only for `cancel`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket<out H> extends Schedule {
  /** `undefined` for a probe. */
  readonly request: Request<H> | undefined
  readonly repeatable: boolean
  /** Its position in the order of submission. */
  readonly order: number
  state: "Waiting" | "InFlight" | "Settled"
  /** Its sequence number while it is in flight. */
  number: number
  datagram: Uint8Array
  /** Number of datagrams sent, in this session and the ones before. */
  sends: number
  /** Whether the time to its reply is a valid round-trip time. */
  isMeasurable: boolean
  /** How many times its reply has contradicted itself. */
  contradictions: number
  /** The parts of its reply that have arrived while it is in flight. */
  reply: Reassembly.Reassembly | undefined
  /** How many parts were missing when its reply was last discarded. `undefined` if no reply was discarded. */
  incomplete: { readonly missing: number; readonly total: number } | undefined
}

/** The ticket of a command that a caller waits for. */
export interface Submitted<H> extends Ticket<H> {
  readonly request: Request<H>
}

/** The text of a command; empty for a probe. */
export const payloadOf = ({ request }: Ticket<unknown>): Uint8Array => request?.payload ?? empty

/** Whether a caller waits for the command. */
export const isSubmitted = <H>(ticket: Ticket<H>): ticket is Submitted<H> => ticket.request !== undefined

/** Calls `isCurrent`. A function that throws affects only its own command. */
export const outdatedBy = ({ isCurrent }: Request<unknown>): Outdated | undefined => {
  try {
    return isCurrent === undefined || isCurrent() ? undefined : new Outdated({})
  } catch (cause) {
    return new Outdated({ cause })
  }
}

/** Makes the ticket of a command that was not sent yet. */
export const makeTicket = <H, R extends Request<H> | undefined>(
  request: R,
  repeatable: boolean,
  order: number
): Omit<Ticket<H>, "request"> & { readonly request: R } => ({
  request,
  repeatable,
  order,
  state: "Waiting",
  number: 0,
  datagram: empty,
  dueAt: Infinity,
  interval: 0,
  sends: 0,
  // Stryker disable next-line BooleanLiteral: it is set when the command is sent
  isMeasurable: false,
  contradictions: 0,
  reply: undefined,
  incomplete: undefined
})

const empty = new Uint8Array(0)
