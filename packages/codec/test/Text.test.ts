import { Packet, Reassembly, Text } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { corpus, CORPUS_ABSENT, hex } from "./support.ts"

const bytesOf = (...items: ReadonlyArray<number | string>): Uint8Array =>
  Uint8Array.from(items.flatMap((item) => typeof item === "string" ? [...new TextEncoder().encode(item)] : [item]))

/** Any UTF-16 code units, so lone surrogates too. */
const strings = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff })))),
  (units) => String.fromCharCode(...units)
)

/** Bytes among which broken and whole UTF-8, line ends and U+FFFD are frequent. */
const trickyBytes = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 31 })))),
  (picks) => {
    const pieces: ReadonlyArray<ReadonlyArray<number>> = [
      [0x0a],
      [0x0a],
      [0x0d, 0x0a],
      [0xef, 0xbf, 0xbd],
      [0xef, 0xbb, 0xbf],
      [0xef],
      [0xbf],
      [0xbd],
      [0xd0, 0x9c],
      [0xd0],
      [0xf0, 0x9f, 0x8e, 0xae],
      [0xf0, 0x9f, 0x8e],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xff],
      [0xfe],
      [0x1b, 0x24, 0x42],
      [0x80],
      [0xe2, 0x82],
      [0x00]
    ]
    return Uint8Array.from(picks.flatMap((pick) => pieces[pick] ?? [0x41 + pick]))
  }
)

const labels = [
  undefined,
  "windows-1251",
  "windows-1250",
  "windows-1252",
  "koi8-r",
  "gbk",
  "gb18030",
  "big5",
  "shift_jis",
  "euc-kr",
  "iso-2022-jp",
  "utf-8",
  "utf-16le",
  "utf-16be",
  "replacement",
  "x-user-defined",
  "",
  "no such thing",
  "\0",
  "constructor"
]

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

const linesOf = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  let start = 0
  bytes.forEach((byte, index) => {
    if (byte !== 0x0a) return
    lines.push(bytes.subarray(start, index))
    start = index + 1
  })
  return [...lines, bytes.subarray(start)]
}

describe("encode", () => {
  const same = (text: string) => assert.strictEqual(hex(Text.encode(text)), hex(new TextEncoder().encode(text)))

  it.prop("is what TextEncoder gives for any string", { text: strings }, ({ text }) => same(text), {
    arbitrary: { runs: 500, size: 150 }
  })

  it("is what TextEncoder gives at every length, with an odd character at every place or nowhere", () => {
    for (let length = 0; length <= 70; length++) {
      same("x".repeat(length))
      for (let at = 0; at < length; at++) {
        for (const odd of ["\u007f", "\u0080", "é", "К", "\uffff", "🎮", "\ud800", "\udfff", "\0"]) {
          same("x".repeat(at) + odd + "x".repeat(length - at - 1))
        }
      }
    }
    same("x".repeat(100_000))
    same("Ж".repeat(100_000))
  })
})

describe("UTF-8", () => {
  it.prop("is read back as it was written, a lone surrogate as U+FFFD", { text: strings }, ({ text }) => {
    assert.strictEqual(Text.decode(Text.encode(text)), text.replace(/\p{Surrogate}/gu, "\ufffd"))
  }, { arbitrary: { runs: 500, size: 150 } })

  it("keeps a byte order mark, a NUL, CRLF and a real U+FFFD", () => {
    for (const text of ["\ufeffplayers", "a\0b", "a\r\nb\r\n", "Макс \ufffd\ufffd\n\ufffd", ""]) {
      assert.strictEqual(Text.decode(Text.encode(text)), text)
    }
  })

  it("of a character cut between two parts is whole after joining", (context) => {
    const parts = corpus?.filter((row) => row.name.startsWith("part-utf8-split"))
    if (parts === undefined) return context.skip(CORPUS_ABSENT)
    const reply = Reassembly.make()
    let bytes: Uint8Array | undefined
    for (const { bytes: datagram } of parts) {
      bytes = Reassembly.add(reply, Result.getOrThrow(Packet.decodeServer(datagram)) as Packet.CommandReplyPart)
    }
    assert.strictEqual(Text.decode(bytes!), "aкb")
  })
})

describe("a line that is not UTF-8", () => {
  const legacy = [0xcc, 0xe0, 0xea, 0xf1]

  it("is read in the fallback, Cyrillic unless told otherwise", () => {
    assert.strictEqual(Text.DEFAULT_FALLBACK, "windows-1251")
    assert.strictEqual(Text.decode(bytesOf("Player #1 ", ...legacy, " disconnected")), "Player #1 Макс disconnected")
    assert.strictEqual(Text.decode(bytesOf(...legacy), "windows-1252"), "Ìàêñ")
    assert.strictEqual(Text.decode(bytesOf(0xc4, 0xe3), "gbk"), "你")
  })

  it("changes that line alone", () => {
    const bytes = bytesOf("Игроки:\n1 ", ...legacy, "\n2 Ёж \ufffd\n3 ", 0xff, 0xfe, "\n4 Öde 🎮")
    assert.strictEqual(Text.decode(bytes), "Игроки:\n1 Макс\n2 Ёж \ufffd\n3 яю\n4 Öde 🎮")
  })

  it("is read in the fallback also where it holds a real U+FFFD", () => {
    assert.strictEqual(Text.decode(bytesOf("\ufffd", 0xff), "windows-1252"), "ï¿½ÿ")
    assert.strictEqual(Text.decode(bytesOf(0xff, "\ufffd"), "windows-1252"), "ÿï¿½")
  })

  it("gets U+FFFD where the runtime does not know the fallback", () => {
    assert.strictEqual(Text.decode(bytesOf("a", 0xff, "b\nЁж"), "no such thing"), "a\ufffdb\nЁж")
  })

  it("keeps its byte order mark in any fallback", () => {
    assert.strictEqual(Text.decode(bytesOf("\ufeff", 0xff), "utf-8"), "\ufeff\ufffd")
  })

  it("costs the same in a long reply as in a short one", () => {
    // Nothing but odd lines. The best of some tries, since other work on the machine only ever adds.
    const nanoseconds = (lines: number): number => {
      const bytes = Uint8Array.from({ length: 2 * lines }, (_, index) => index % 2 === 0 ? 0xff : 0x0a)
      const tries = Array.from({ length: 5 }, () => {
        const started = process.hrtime.bigint()
        assert.strictEqual(Text.decode(bytes), "я\n".repeat(lines))
        return Number(process.hrtime.bigint() - started)
      })
      return Math.min(...tries) / lines
    }
    nanoseconds(1000)
    assert.isBelow(nanoseconds(50_000) / nanoseconds(1000), 10)
  })
})

describe("any bytes and any fallback", () => {
  const options = { arbitrary: { runs: 1000, size: 60 } }
  const check = ({ bytes }: { readonly bytes: Uint8Array }) => {
    for (const label of labels) {
      const lines = Text.decode(bytes, label).split("\n")
      linesOf(bytes).forEach((line, index) => {
        if (isUtf8(line)) assert.strictEqual(lines[index], new TextDecoder("utf-8", { ignoreBOM: true }).decode(line))
      })
      // A code page may make a line end of other bytes, but never loses one.
      assert.isAtLeast(lines.length, linesOf(bytes).length)
    }
  }

  it.prop(
    "never throw, never lose a line, and leave the UTF-8 lines alone",
    { bytes: Schema.Uint8Array },
    check,
    options
  )

  it.prop("nor do bytes made to be misread", { bytes: trickyBytes }, check, options)
})
