/**
 * A server process that costs as little as possible: answers from tables, no state but the one client's messages.
 *
 * - `short` is answered with 20 bytes, `long` with 100 KiB in 100 parts, anything else with nothing.
 * - `flood N` is answered with nothing, and then N messages are sent, 64 of them unacknowledged at a time.
 */
import { Packet } from "@bercon/codec"
import * as Dgram from "node:dgram"

const sequences = Array.from({ length: 256 }, (_, sequence) => sequence)
const empty = sequences.map((sequence) => Packet.encode(Packet.commandReply(sequence, "")))
const short = sequences.map((sequence) => Packet.encode(Packet.commandReply(sequence, "twenty bytes of text")))
const messages = sequences.map((sequence) => Packet.encode(Packet.message(sequence, "(Side) Survivor: hello everyone")))
const part = new Uint8Array(1024).fill(0x78)
const long = sequences.map((sequence) =>
  Array.from({ length: 100 }, (_, index) => Packet.encode(Packet.commandReplyPart(sequence, 100, index, part)))
)
const accepted = Packet.encode(Packet.loginResult(true))

const WINDOW = 64

const socket = Dgram.createSocket({ type: "udp4", recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 })
// One flood at a time is what the benchmark asks for.
let flood = { left: 0, next: 0 }

socket.on("message", (datagram, { address, port }) => {
  const send = (reply: Uint8Array) => socket.send(reply, port, address)
  const flow = () => {
    if (flood.left === 0) return
    flood.left--
    send(messages[flood.next++ & 255]!)
  }
  switch (datagram[7]) {
    case 0:
      flood = { left: 0, next: 0 }
      return send(accepted)
    case 1: {
      const sequence = datagram[8]!
      switch (datagram[9]) {
        case 0x73: // short
          return send(short[sequence]!)
        case 0x6c: // long
          for (const reply of long[sequence]!) send(reply)
          return
        case 0x66: // flood
          flood.left = Number(datagram.toString("latin1", 15))
          send(empty[sequence]!)
          for (let i = 0; i < WINDOW; i++) flow()
          return
        default:
          return send(empty[sequence]!)
      }
    }
    case 2:
      return flow()
  }
})

socket.bind(0, "127.0.0.1", () => process.send?.(socket.address().port))
process.on("disconnect", () => process.exit())
