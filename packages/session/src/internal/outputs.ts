/**
 * Collects the outputs of a session machine until its driver takes them.
 */
import type * as Result from "effect/Result"
import type { CommandError } from "../CommandError.ts"
import type { Gap, Message } from "../Message.ts"
import type { Status } from "../Status.ts"

/**
 * An action that the machine requests. The driver sends all datagrams first, and performs the other actions in order.
 *
 * - `Transmit`: send the datagram on the open socket.
 * - `Open`: close the current socket if there is one, open a new one, and report the result with `opened` or
 *   `openFailed`.
 * - `Settle`: the command with this handle has its outcome.
 * - `Deliver`: pass the item to the subscribers of messages.
 * - `StatusChanged`: publish the new status.
 * - `Measured`: record the time in milliseconds from a command to its reply. The command was sent once.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<H> =
  | { readonly _tag: "Transmit"; readonly datagram: Uint8Array }
  | { readonly _tag: "Open" }
  | { readonly _tag: "Settle"; readonly handle: H; readonly result: Result.Result<Uint8Array, CommandError["reason"]> }
  | { readonly _tag: "Deliver"; readonly item: Omit<Message, "receivedAt"> | Gap }
  | { readonly _tag: "StatusChanged"; readonly status: Status }
  | { readonly _tag: "Measured"; readonly milliseconds: number }

export class Outputs<H> {
  #list: Array<Output<H>> = []

  /** Takes the outputs that were collected since the last call. */
  drain(): ReadonlyArray<Output<H>> {
    if (this.#list.length === 0) return none
    const outputs = this.#list
    this.#list = []
    return outputs
  }

  transmit(datagram: Uint8Array): void {
    this.#list.push({ _tag: "Transmit", datagram })
  }

  open(): void {
    this.#list.push({ _tag: "Open" })
  }

  settle(handle: H, result: Result.Result<Uint8Array, CommandError["reason"]>): void {
    this.#list.push({ _tag: "Settle", handle, result })
  }

  deliver(item: Omit<Message, "receivedAt"> | Gap): void {
    this.#list.push({ _tag: "Deliver", item })
  }

  statusChanged(status: Status): void {
    this.#list.push({ _tag: "StatusChanged", status })
  }

  measured(milliseconds: number): void {
    this.#list.push({ _tag: "Measured", milliseconds })
  }
}

const none: ReadonlyArray<never> = []
