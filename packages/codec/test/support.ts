/**
 * Helpers of this package's tests: readable bytes, comparable packets, shown values, example datagrams, numbers from
 * a seed.
 */
import { type Packet, PacketSchema } from "@bercon/codec"
import { Arbitrary, Redacted } from "effect"
import * as Fs from "node:fs"
import { inspect } from "node:util"
import * as Zlib from "node:zlib"

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

export const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"))

/** A datagram built from the specification alone, with zlib's checksum. It uses no code of this package. */
export const datagram = (...bytes: ReadonlyArray<number | string>): Uint8Array => {
  const covered = Buffer.concat(bytes.map((item) => typeof item === "string" ? Buffer.from(item) : Buffer.of(item)))
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(Zlib.crc32(covered))
  return Uint8Array.from(Buffer.concat([Buffer.from("BE"), checksum, covered]))
}

/** A packet as a value that compares by content: bytes as hexadecimal digits, the password in clear. */
export const plain = (packet: Packet.ClientPacket | Packet.ServerPacket): Record<string, unknown> => ({
  ...packet,
  ...("payload" in packet ? { payload: hex(packet.payload) } : undefined),
  ...("password" in packet ? { password: hex(Redacted.value(packet.password)) } : undefined)
})

/**
 * A value as logs show it: as a string, by `inspect`, and as JSON. White space and the indexes of JSON are removed, so
 * that bytes look like `104,117`.
 */
export const shownForms = (value: unknown): ReadonlyArray<string> =>
  [String(value), inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value) ?? ""].map((text) =>
    text.replaceAll(/\s|"\d+":/g, "")
  )

export const clientPackets = Arbitrary.schema(PacketSchema.ClientPacket)

export const serverPackets = Arbitrary.schema(PacketSchema.ServerPacket)

// -----------------------------------------------------------------------------
// the corpus: example datagrams
// -----------------------------------------------------------------------------

export interface CorpusRow {
  readonly name: string
  readonly sender: "client" | "server"
  readonly bytes: Uint8Array
}

export interface Corpus {
  /** The origin of the datagrams, for the names of tests. */
  readonly name: string
  readonly rows: ReadonlyArray<CorpusRow>
}

const at = (name: string, file: URL): ReadonlyArray<Corpus> =>
  Fs.existsSync(file)
    ? [{
      name,
      rows: Fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(1).map((line) => {
        const [name, sender, bytes] = line.split("\t")
        return { name: name!, sender: sender as CorpusRow["sender"], bytes: fromHex(bytes!) }
      })
    }]
    : []

/**
 * Datagrams built by hand with another implementation of CRC-32, and datagrams of real servers and clients. The real
 * ones are not part of this repository: they are read from a folder `shared` beside it, if that exists.
 */
export const corpora: ReadonlyArray<Corpus> = [
  ...at("made by hand", new URL("fixtures/packets.tsv", import.meta.url)),
  ...at("of real servers and clients", new URL("../../../../shared/corpus/packets.tsv", import.meta.url))
]

// -----------------------------------------------------------------------------
// numbers from a seed
// -----------------------------------------------------------------------------

/** The seed of this run: a random one, or `BERCON_SEED`, which repeats a run that failed. */
export const seed = Number(process.env["BERCON_SEED"] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0

export const withSeed = (message: string): string => `${message} (repeat with BERCON_SEED=${seed})`

/** Integers from 0 to `limit - 1`, the same for the same seed (mulberry32). */
export const random = (from: number): (limit: number) => number => {
  let state = from
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}
