/**
 * What any client on `node:dgram` costs at least: a connected socket, a checksum for each command, a table of callbacks,
 * and nothing that a session is for. It trusts every datagram and loses whatever the network loses.
 */
import { Packet } from "@bercon/codec"
import { Redacted } from "effect"
import * as Dgram from "node:dgram"

const acknowledgements = Array.from({ length: 256 }, (_, sequence) => Packet.encode(Packet.acknowledge(sequence)))

export class BareClient {
  readonly #socket = Dgram.createSocket({ type: "udp4" })
  readonly #pending = new Array<((reply: Buffer) => void) | undefined>(256)
  readonly #parts = new Array<{ left: number; readonly payloads: Array<Buffer> } | undefined>(256)
  #next = 0
  #onLogin: () => void = () => {}
  onMessage: () => void = () => {}

  constructor() {
    this.#socket.on("message", (datagram) => this.#receive(datagram))
  }

  async login(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.connect(port, "127.0.0.1", resolve))
    await new Promise<void>((resolve) => {
      this.#onLogin = resolve
      this.#socket.send(Packet.encode(Packet.login(Redacted.make("secret"))))
    })
  }

  #receive(datagram: Buffer): void {
    if (datagram[7] === 0) return this.#onLogin()
    const sequence = datagram[8]!
    if (datagram[7] === 2) {
      this.#socket.send(acknowledgements[sequence]!)
      return this.onMessage()
    }
    const settle = this.#pending[sequence]
    if (settle === undefined) return
    if (datagram[9] !== 0 || datagram.length < 12) {
      this.#pending[sequence] = undefined
      return settle(datagram.subarray(9))
    }
    const reply = (this.#parts[sequence] ??= { left: datagram[10]!, payloads: [] })
    reply.payloads[datagram[11]!] = datagram.subarray(12)
    if (--reply.left > 0) return
    this.#parts[sequence] = undefined
    this.#pending[sequence] = undefined
    settle(Buffer.concat(reply.payloads))
  }

  command(text: string, settle: (reply: string) => void): void {
    const sequence = this.#next
    this.#next = (sequence + 1) & 255
    this.#pending[sequence] = (reply) => settle(reply.toString("utf8"))
    this.#socket.send(Packet.encode(Packet.command(sequence, text)))
  }

  close(): void {
    this.#socket.close()
  }
}
