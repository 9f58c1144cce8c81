/**
 * Whether a command that may change something is under way on a server: it was sent, and its outcome is not known.
 *
 * **Details**
 *
 * Only the datagrams show whether a command was sent. An action may have to read a list or determine the flavour first, and
 * during an outage its command waits for the next login.
 */
import type { Transport } from "@bercon/client/Transport"
import { CommandTable } from "@bercon/client/unstable"
import * as Packet from "@bercon/codec/Packet"
import * as Result from "effect/Result"
import { observed } from "./observed.ts"

const decoder = new TextDecoder()

const isChange = (datagram: Uint8Array): boolean => {
  const packet = Packet.decodeClient(datagram)
  return Result.isSuccess(packet) && packet.success._tag === "Command" &&
    !CommandTable.isHarmless(decoder.decode(packet.success.payload))
}

/** Notes the commands that are sent to one server. */
export class UnderWay {
  #isAny = false

  /** Whether a command that may change something was sent after the last `settle`. */
  get isAny(): boolean {
    return this.#isAny
  }

  /** Notes that the outcomes of all commands sent so far are known, or reported. */
  readonly settle = (): void => {
    this.#isAny = false
  }

  /** Wraps a transport, and notes the commands that it sends. */
  readonly of = (transport: Transport["Service"]): Transport["Service"] =>
    observed(transport, (datagram, direction) => {
      if (direction === "sent" && !this.#isAny) this.#isAny = isChange(datagram)
    })
}
