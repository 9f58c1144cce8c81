/**
 * A server with minimal cost. It answers from tables, and keeps only two counters for the messages to each client.
 *
 * - `short` is answered with 20 bytes, `long` with 100 KiB in 100 parts, `players` with a list of ten, any other
 *   command with an empty reply. Only the first letter of a command counts.
 * - `flood N` is answered with an empty reply. Then the server sends N messages, up to 64 of them unacknowledged at a
 *   time.
 *
 * As a program, it sends its port to its parent process, and ends when that process ends or disconnects.
 */
import * as Packet from "@bercon/codec/Packet"
import * as Dgram from "node:dgram"
import { HOST } from "./client.ts"

export const SHORT = "twenty bytes of text"
export const PARTS = 100
export const PART_BYTES = 1024

const WINDOW = 64

const sequences = Array.from({ length: 256 }, (_, sequence) => sequence)
const empty = sequences.map((sequence) => Packet.encode(Packet.commandReply(sequence, "")))
const short = sequences.map((sequence) => Packet.encode(Packet.commandReply(sequence, SHORT)))
const list = [
  "Players on server:",
  "[#] [IP Address]:[Port] [Ping] [GUID] [Name]",
  "--------------------------------------------------",
  ...Array.from({ length: 10 }, (_, i) => `${i}   203.0.113.${i}:2304     32   ${`${i}`.repeat(32)}(OK) Survivor ${i}`),
  "(10 players in total)"
].join("\n")
const players = sequences.map((sequence) => Packet.encode(Packet.commandReply(sequence, list)))
const messages = sequences.map((sequence) => Packet.encode(Packet.message(sequence, "(Side) Survivor: hello everyone")))
const part = new Uint8Array(PART_BYTES).fill(0x78)
const long = sequences.map((sequence) =>
  Array.from({ length: PARTS }, (_, index) => Packet.encode(Packet.commandReplyPart(sequence, PARTS, index, part)))
)
const accepted = Packet.encode(Packet.loginResult(true))

export interface Server {
  readonly port: number
  readonly close: () => void
}

export const serve = async (): Promise<Server> => {
  // The buffers are large enough for a thousand logins at the same time.
  const socket = Dgram.createSocket({ type: "udp4", recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 })
  /** By the client's port: how many messages are still to be sent, and the sequence number of the next one. */
  const floods = new Map<number, { left: number; next: number }>()

  socket.on("message", (datagram, { address, port }) => {
    const send = (reply: Uint8Array) => socket.send(reply, port, address)
    const flow = () => {
      const flood = floods.get(port)
      if (flood === undefined || flood.left === 0) return
      flood.left--
      send(messages[flood.next]!)
      flood.next = (flood.next + 1) & 255
    }
    switch (datagram[7]) {
      case 0:
        floods.set(port, { left: 0, next: 0 })
        return send(accepted)
      case 1: {
        const sequence = datagram[8]!
        switch (datagram[9]) {
          case 0x73: // short
            return send(short[sequence]!)
          case 0x70: // players
            return send(players[sequence]!)
          case 0x6c: // long
            for (const reply of long[sequence]!) send(reply)
            return
          case 0x66: // flood
            floods.get(port)!.left = Number(datagram.toString("latin1", 15))
            send(empty[sequence]!)
            for (let i = 0; i < WINDOW; i++) flow()
            return
          default:
            return send(empty[sequence]!)
        }
      }
      case 2:
        return flow()
      default:
    }
  })
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve))
  return { port: socket.address().port, close: () => socket.close() }
}

if (import.meta.main) {
  process.on("disconnect", () => process.exit())
  process.send?.((await serve()).port)
}
