/**
 * The client with the minimum cost on `node:dgram`: a connected socket, a checksum for each command, and a table of
 * callbacks. It trusts every datagram, and repeats no datagram that the network loses.
 */
import CRC32 from "crc-32"
import * as Dgram from "node:dgram"
import { type Client, Countdown, HOST, PASSWORD, wrongReply } from "./client.ts"

const LOGIN = 0
const COMMAND = 1
const MESSAGE = 2

const encode = (type: number, sequence: number, text: string): Buffer => {
  const start = type === LOGIN ? 8 : 9
  const datagram = Buffer.allocUnsafe(start + Buffer.byteLength(text))
  datagram[0] = 0x42
  datagram[1] = 0x45
  datagram[6] = 0xff
  datagram[7] = type
  if (type !== LOGIN) datagram[8] = sequence
  datagram.write(text, start)
  datagram.writeInt32LE(CRC32.buf(datagram.subarray(6)), 2)
  return datagram
}

const acknowledgements = Array.from({ length: 256 }, (_, sequence) => encode(MESSAGE, sequence, ""))

class BareClient {
  readonly #socket: Dgram.Socket
  readonly #pending = new Array<((reply: string) => void) | undefined>(256)
  readonly #parts = new Array<{ left: number; readonly payloads: Array<Buffer> } | undefined>(256)
  #next = 0
  onMessage: (text: string) => void = () => {}

  constructor(socket: Dgram.Socket) {
    this.#socket = socket
    socket.on("message", (datagram) => this.#receive(datagram))
  }

  #receive(datagram: Buffer): void {
    const sequence = datagram[8]!
    if (datagram[7] === MESSAGE) {
      this.#socket.send(acknowledgements[sequence]!)
      return this.onMessage(datagram.toString("utf8", 9))
    }
    const settle = this.#pending[sequence]
    if (settle === undefined) return
    if (datagram[9] !== 0 || datagram.length < 12) {
      this.#pending[sequence] = undefined
      return settle(datagram.toString("utf8", 9))
    }
    const reply = (this.#parts[sequence] ??= { left: datagram[10]!, payloads: [] })
    reply.payloads[datagram[11]!] = datagram.subarray(12)
    if (--reply.left > 0) return
    this.#parts[sequence] = undefined
    this.#pending[sequence] = undefined
    settle(Buffer.concat(reply.payloads).toString("utf8"))
  }

  command(text: string, settle: (reply: string) => void): void {
    const sequence = this.#next
    this.#next = (sequence + 1) & 255
    this.#pending[sequence] = settle
    this.#socket.send(encode(COMMAND, sequence, text))
  }
}

const login = async (port: number): Promise<Dgram.Socket> => {
  const socket = Dgram.createSocket({ type: "udp4" })
  await new Promise<void>((resolve) => socket.connect(port, HOST, resolve))
  const answered = new Promise((resolve) => socket.once("message", resolve))
  socket.send(encode(LOGIN, 0, PASSWORD))
  await answered
  return socket
}

export const idle = login

export const connect = async (port: number): Promise<Client> => {
  const socket = await login(port)
  const bare = new BareClient(socket)
  const messages = new Countdown()
  bare.onMessage = () => messages.count()
  return {
    commands: (text, count, window, length) =>
      new Promise((resolve, reject) => {
        let unsent = count
        let unanswered = count
        const settle = (reply: string): void => {
          if (reply.length !== length) return reject(wrongReply(text, length, reply))
          if (--unanswered === 0) return resolve()
          if (unsent-- > 0) bare.command(text, settle)
        }
        for (let i = 0; i < window; i++) if (unsent-- > 0) bare.command(text, settle)
      }),
    messages: (count) => {
      const all = messages.wait(count)
      bare.command(`flood ${count}`, () => {})
      return all
    },
    close: () => new Promise((resolve) => socket.close(resolve))
  }
}
