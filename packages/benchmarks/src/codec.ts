/**
 * Measures encoding and decoding a packet, compared with the checksum that every codec needs. See the README.
 */
import { Packet, Text } from "@bercon/codec"
import CRC32 from "crc-32"
import { Result } from "effect"
import * as Zlib from "node:zlib"
import { type Case, measure, type Measurement } from "./measure.ts"
import * as Report from "./report.ts"

const SIZES = [20, 200, 1000]
const ROUNDS = 15
const MILLISECONDS = 10

const decoded = <A, E>(result: Result.Result<A, E>): A => {
  if (Result.isSuccess(result)) return result.success
  throw new Error("a benchmark's datagram must be a packet")
}

const repeat = (name: string, once: () => number): Case => ({
  name,
  run: (iterations) => {
    let sum = 0
    for (let i = 0; i < iterations; i++) sum = (sum + once()) | 0
    return sum
  }
})

const casesOf = (size: number): ReadonlyArray<Case> => {
  const text = "say -1 Restart in five minutes. ".repeat(40).slice(0, size)
  const payload = Text.encode(text)
  const command = Packet.command(7, payload)
  const reply = Packet.commandReply(7, payload)
  // A socket delivers `Buffer`s.
  const commandDatagram = Buffer.from(Packet.encode(command))
  const replyDatagram = Buffer.from(Packet.encode(reply))
  const covered = commandDatagram.subarray(6)
  return [
    repeat("crc-32", () => CRC32.buf(covered)),
    repeat("zlib.crc32", () => Zlib.crc32(covered)),
    repeat("allocate", () => new Uint8Array(Packet.COMMAND_OVERHEAD_BYTES + size).length),
    repeat("encode command", () => Packet.encode(command)[2]!),
    repeat("encode reply", () => Packet.encode(reply)[2]!),
    repeat("encode text", () => Packet.encode(Packet.command(7, text))[2]!),
    repeat("decode command", () => (decoded(Packet.decodeClient(commandDatagram)) as Packet.Command).payload.length),
    repeat("decode reply", () => (decoded(Packet.decodeServer(replyDatagram)) as Packet.CommandReply).payload.length)
  ]
}

const started = performance.now()
// All sizes are measured in one run, so that they share the machine's fluctuations.
const measurements = measure(
  SIZES.flatMap((size) => casesOf(size).map((self) => ({ ...self, name: `${size} ${self.name}` }))),
  { rounds: ROUNDS, milliseconds: MILLISECONDS }
)

const of = (size: number, name: string): Measurement =>
  measurements.find((measurement) => measurement.name === `${size} ${name}`)!

const names = casesOf(0).map((self) => self.name)
const cell = (size: number, name: string): string => {
  const { lower, median, upper } = of(size, name)
  const ratio = (median / of(size, "crc-32").median).toFixed(1)
  return `${median.toFixed(0)} (${lower.toFixed(0)}-${upper.toFixed(0)}) ${ratio.padStart(4)}x`
}

console.log(`ns per operation: median of ${ROUNDS} rounds (quartiles), and the multiple of crc-32 over the same bytes`)
console.log(["payload".padEnd(16), ...SIZES.map((size) => `${size} bytes`.padStart(24))].join(""))
for (const name of names) {
  console.log([name.padEnd(16), ...SIZES.map((size) => cell(size, name).padStart(24))].join(""))
}
Report.printMachine(started)
Report.writeResults("codec", {
  rounds: ROUNDS,
  nanoseconds: Object.fromEntries(
    SIZES.map((size) => [
      size,
      Object.fromEntries(names.map((name) => {
        const { lower, median, upper } = of(size, name)
        return [name, { median, lower, upper }]
      }))
    ])
  )
})
