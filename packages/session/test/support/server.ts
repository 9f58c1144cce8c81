/**
 * A server in a worker thread. It accepts every login, and holds its replies to commands back until the test releases
 * them. So the replies are sure to arrive while the thread of the test is suspended.
 */
// Single modules are imported, because loading all of Effect takes seconds on a busy machine.
import * as Packet from "@bercon/codec/Packet"
import * as Result from "effect/Result"
import * as Dgram from "node:dgram"
import { parentPort, workerData } from "node:worker_threads"

/** The data of the worker. Each array has one number, in memory that both threads share. */
export interface Data {
  /** Number of different commands that have arrived. */
  readonly arrived: Int32Array
  /** 1 when the replies may be sent. */
  readonly released: Int32Array
  /** Number of replies that were sent. */
  readonly replied: Int32Array
  /** The replies are held back at least until this many different commands have arrived. */
  readonly commands: number
}

const { arrived, commands, released, replied } = workerData as Data
const socket = Dgram.createSocket("udp4")
const held = new Map<number, () => void>()

socket.on("message", (datagram, client) => {
  const packet = Result.getOrThrow(Packet.decodeClient(datagram))
  const send = (reply: Packet.ServerPacket, sent?: () => void) =>
    socket.send(Packet.encode(reply), client.port, client.address, sent)
  if (packet._tag === "Login") send(Packet.loginResult(true))
  if (packet._tag !== "Command") return
  held.set(packet.sequence, () =>
    send(Packet.commandReply(packet.sequence, packet.payload), () => {
      Atomics.add(replied, 0, 1)
      Atomics.notify(replied, 0)
    }))
  Atomics.store(arrived, 0, held.size)
  if (held.size < commands) return
  Atomics.wait(released, 0, 0)
  for (const reply of held.values()) reply()
  held.clear()
})

socket.bind(0, "127.0.0.1", () => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a port of Node, not a window
  parentPort?.postMessage(socket.address().port)
})
