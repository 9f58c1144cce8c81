import { Packet, Reassembly, Text } from "@bercon/codec"
import { assert, describe, it, vi } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { isUtf8 } from "node:buffer"
import { corpora, hex } from "./support.ts"

const bytesOf = (...items: ReadonlyArray<number | string>): Uint8Array =>
  Uint8Array.from(items.flatMap((item) => typeof item === "string" ? [...new TextEncoder().encode(item)] : [item]))

/** Any UTF-16 code units, including lone surrogates. */
const strings = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff })))),
  (units) => String.fromCharCode(...units)
)

/** Bytes with many line ends, many U+FFFD, and much whole and broken UTF-8. */
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
      [0xd0, 0x9c, 0xe4, 0xbd, 0xa0],
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

const utf8 = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

/** Whether these bytes only begin a character, so that the platform's decoder outputs nothing and waits for more. */
const isCutCharacter = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true }) === ""

/** Whether this text has two characters beyond ASCII, or one that takes at least three bytes. */
const isProof = (text: string): boolean => /[^\0-\x7f].*[^\0-\x7f]|[^\0-\u07ff]/su.test(text)

/** The rule for cut lines once more, as plainly as possible, for comparison. */
const isCutUtf8 = (line: Uint8Array): boolean => {
  const end = line.findLastIndex((byte) => byte > 0x7f) + 1
  return [1, 2, 3].some((size) => {
    const whole = line.subarray(0, Math.max(0, end - size))
    return isCutCharacter(line.subarray(whole.length, end)) && isUtf8(whole) && isProof(utf8(whole))
  })
}

/** The promise of `decode` once more, line by line, for comparison. */
const expected = (bytes: Uint8Array, label: string | undefined): string => {
  let legacy: (line: Uint8Array) => string = utf8
  try {
    const decoder = new TextDecoder(label ?? "windows-1251", { ignoreBOM: true })
    if (!["utf-16le", "utf-16be", "iso-2022-jp"].includes(decoder.encoding)) legacy = (line) => decoder.decode(line)
  } catch {
    // The runtime does not support the label.
  }
  return linesOf(bytes).map((line) => isUtf8(line) || isCutUtf8(line) ? utf8(line) : legacy(line)).join("")
}

/** The lines, each with its `\n`. */
const linesOf = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  let start = 0
  bytes.forEach((byte, index) => {
    if (byte !== 0x0a) return
    lines.push(bytes.subarray(start, index + 1))
    start = index + 1
  })
  return [...lines, bytes.subarray(start)]
}

describe("encode", () => {
  const same = (text: string) => assert.strictEqual(hex(Text.encode(text)), hex(new TextEncoder().encode(text)))

  it.prop("equals the output of TextEncoder for any string", { text: strings }, ({ text }) => same(text), {
    arbitrary: { runs: 500, size: 150 }
  })

  it("equals the output of TextEncoder at every length up to 70, with an unusual character at every position or at none", () => {
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

  it("calls no TextEncoder for ASCII of up to 64 characters, because that is faster", () => {
    const calls = vi.spyOn(TextEncoder.prototype, "encode")
    try {
      for (let length = 0; length <= 64; length++) Text.encode("\u007f".repeat(length))
      assert.strictEqual(calls.mock.calls.length, 0)
      Text.encode("x".repeat(65))
      assert.strictEqual(calls.mock.calls.length, 1)
    } finally {
      calls.mockRestore()
    }
  })
})

describe("UTF-8", () => {
  it.prop(
    "survives encoding and decoding, except that a lone surrogate becomes U+FFFD",
    { text: strings },
    ({ text }) => {
      assert.strictEqual(Text.decode(Text.encode(text)), text.replace(/\p{Surrogate}/gu, "\ufffd"))
    },
    { arbitrary: { runs: 500, size: 150 } }
  )

  it("keeps a byte order mark, a NUL, CRLF and a real U+FFFD", () => {
    for (const text of ["\ufeffplayers", "a\0b", "a\r\nb\r\n", "Макс \ufffd\ufffd\n\ufffd", ""]) {
      assert.strictEqual(Text.decode(Text.encode(text)), text)
    }
  })

  it.each(corpora)("of a character cut between two parts is whole once they are joined ($name)", ({ rows }) => {
    const parts = rows.filter(({ name }) => name.startsWith("part-utf8-split"))
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

  it("is read in the fallback, by default windows-1251", () => {
    assert.strictEqual(Text.DEFAULT_FALLBACK, "windows-1251")
    assert.strictEqual(Text.decode(bytesOf("Player #1 ", ...legacy, " disconnected")), "Player #1 Макс disconnected")
    assert.strictEqual(Text.decode(bytesOf(...legacy), "windows-1252"), "Ìàêñ")
    assert.strictEqual(Text.decode(bytesOf(0xc4, 0xe3), "gbk"), "你")
  })

  it("does not affect other lines", () => {
    const bytes = bytesOf("Игроки:\n1 ", ...legacy, "\n2 Ёж \ufffd\n3 ", 0xff, 0xfe, "\n4 Öde 🎮")
    assert.strictEqual(Text.decode(bytes), "Игроки:\n1 Макс\n2 Ёж \ufffd\n3 яю\n4 Öde 🎮")
  })

  it("is read in the fallback even if it contains a real U+FFFD", () => {
    assert.strictEqual(Text.decode(bytesOf("\ufffd", 0xff), "windows-1252"), "ï¿½ÿ")
    assert.strictEqual(Text.decode(bytesOf(0xff, "\ufffd"), "windows-1252"), "ÿï¿½")
  })

  it("becomes U+FFFD at its legacy bytes if the runtime does not support the fallback", () => {
    assert.strictEqual(Text.decode(bytesOf("a", 0xff, "b\nЁж"), "no such thing"), "a\ufffdb\nЁж")
  })

  it("keeps its byte order mark if the fallback is UTF-8", () => {
    assert.strictEqual(Text.decode(bytesOf("\ufeff", 0xff), "utf-8"), "\ufeff\ufffd")
  })

  it("becomes U+FFFD at its legacy bytes if the fallback is not a superset of ASCII", () => {
    for (const label of ["utf-16le", "utf-16be", "utf-16", "iso-2022-jp"]) {
      assert.strictEqual(Text.decode(bytesOf("a\\", 0xff, "b\nЁж"), label), "a\\\ufffdb\nЁж")
    }
  })

  it("becomes U+FFFD at bytes that the code page does not define", () => {
    assert.strictEqual(Text.decode(bytesOf(0xff, 0xc8, 0xf0, 0xe8), "windows-1253"), "\ufffdΘπθ")
  })
})

describe("isFallback", () => {
  it("accepts labels of supported encodings that are supersets of ASCII, and no others", () => {
    const accepted = ["windows-1251", "latin1", "utf-8", "shift_jis"]
    const refused = ["windows-12", "", "utf-16", "utf-16be", "iso-2022-jp"]
    assert.deepStrictEqual([...accepted, ...refused].filter(Text.isFallback), accepted)
  })
})

describe("decode", () => {
  // A decoder call costs microseconds. One call for each line of a long reply would block the program for seconds.
  const decoderCalls = (bytes: Uint8Array, label?: string): number => {
    const calls = vi.spyOn(TextDecoder.prototype, "decode")
    try {
      Text.decode(bytes, label)
      return calls.mock.calls.length
    } finally {
      calls.mockRestore()
    }
  }

  it("calls the decoder once if all lines are UTF-8", () => {
    assert.strictEqual(decoderCalls(bytesOf("Макс\n".repeat(1000))), 1)
  })

  it("calls the decoder as often for many lines that are not UTF-8 as for one", () => {
    for (const label of ["windows-1251", "gbk", "iso-2022-jp", "utf-16le", "no such thing"]) {
      const lines = (count: number) => bytesOf(...Array.from({ length: count }, () => [0xff, "\nЁж\n"]).flat())
      assert.strictEqual(decoderCalls(lines(1000), label), decoderCalls(lines(1), label), label)
    }
  })
})

describe("a line of UTF-8 that was cut inside a character", () => {
  const scalar = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x10ffff }))
  const character = Arbitrary.map(
    Arbitrary.schema(scalar),
    (code) => code >= 0xd800 && code <= 0xdfff ? "\ufffd" : String.fromCodePoint(code)
  )
  const beyond = Arbitrary.map(character, (text) => text > "\u007f" ? text : "Ж")
  const ascii = Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x7f })))),
    (codes) => String.fromCharCode(...codes).replaceAll("\n", " ")
  )
  const mixed = Arbitrary.map(Arbitrary.array(character), (texts) => texts.join("").replaceAll("\n", " "))

  const short = Arbitrary.map(Arbitrary.all([mixed, beyond, mixed, beyond, mixed]), (parts) => parts.join(""))

  it.prop(
    "is read as UTF-8, at whichever byte it was cut, if its whole characters are proof enough",
    { line: short, end: Arbitrary.map(Arbitrary.all([ascii, ascii]), ([a, b]) => ["", ")", ` (${a})`, b]) },
    ({ end, line }) => {
      const bytes = Text.encode(line)
      for (let kept = 0; kept <= bytes.length; kept++) {
        // A streaming decoder returns the whole characters and waits for the rest of the last one.
        const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, kept), { stream: true })
        const isWhole = Text.encode(whole).length === kept
        if (!isWhole && !isProof(whole)) continue
        for (const suffix of end) {
          assert.strictEqual(
            Text.decode(bytesOf(...bytes.subarray(0, kept), suffix)),
            whole + (isWhole ? "" : "\ufffd") + suffix
          )
        }
      }
    },
    { arbitrary: { runs: 300, size: 8 } }
  )

  it("is recognised: a chat line from a public report, without its last byte", () => {
    const bytes = Buffer.from("28476c6f62616c2920d098d0b2d0b0d0bd3a20d0bfd180d0b8d0b2d0b5d1", "hex")
    assert.strictEqual(Text.decode(bytes), "(Global) Иван: приве\ufffd")
    assert.strictEqual(Text.decode(Buffer.concat([bytes, Buffer.from(")")])), "(Global) Иван: приве\ufffd)")
  })

  it.each([
    ["a name of one character and a half", "(Side) 王", 0xe5, ": hi"],
    ["a smiley after another", "\u{1f642}", 0xf0, ""],
    ["a chat line at its limit", "(Global) Иван: приве", 0xd1, ""],
    ["an echo of 64 letters and a half", `RCon admin #0: (Global) ${"ж".repeat(64)}`, 0xd0, ""],
    ["a name in parentheses", "Player #1 Иван Петро", 0xd0, " (127.0.0.1:2304) connected"],
    ["a name in quotes", "Name \"Иван Петро", 0xd0, "\""],
    ["two letters and a half, the least that is proof", "ЖЖ", 0xd0, ""]
  ])("is recognised as UTF-8: %s", (_, whole, cut, end) => {
    assert.strictEqual(Text.decode(bytesOf(whole, cut, end)), `${whole}\ufffd${end}`)
  })
})

describe("legacy text", () => {
  const zeroTo = (count: number) => Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: count })))
  const letters = Arbitrary.array(zeroTo(0x3f), { minLength: 2, maxLength: 12 })
  const cyrillic = (letters: ReadonlyArray<number>) => letters.map((letter) => String.fromCodePoint(0x410 + letter))
  const inWindows1251 = (text: string): Uint8Array =>
    Uint8Array.from(text, (character) => {
      const byte = "ЁёІіЇїЄє".indexOf(character)
      if (byte !== -1) return [0xa8, 0xb8, 0xb2, 0xb3, 0xaf, 0xbf, 0xaa, 0xba][byte]!
      return character < "А" ? character.charCodeAt(0) : character.charCodeAt(0) - 0x410 + 0xc0
    })
  const rows = (name: string) => [name, `(Global) ${name}: hi`, `${name}\nplayers\n`, `1 ${name} (Lobby)\n2 ${name}`]

  it.prop(
    "of two or more Russian letters other than Ё is never taken for UTF-8",
    { letters },
    ({ letters }) => {
      for (const text of rows(cyrillic(letters).join(""))) {
        assert.strictEqual(Text.decode(inWindows1251(text)), text)
      }
    },
    { arbitrary: { runs: 300, size: 12 } }
  )

  it.prop(
    "of three or more letters, one of them Ё, is never taken for cut UTF-8",
    { letters, at: zeroTo(12), small: Schema.Boolean },
    ({ at, letters, small }) => {
      const word = cyrillic(letters).toSpliced(at, 0, small ? "ё" : "Ё").join("")
      for (const text of rows(word)) assert.strictEqual(Text.decode(inWindows1251(text)), text)
    },
    { arbitrary: { runs: 300, size: 12 } }
  )

  it.each(["ПЁС", "Кіт", "Пётр", "Їжак", "Мар'яна", "ТЁМА", "Хрюша", "Я и Ё"])(
    "of the name %s is read as it was written",
    (name) => {
      for (const text of rows(name)) assert.strictEqual(Text.decode(inWindows1251(text)), text)
    }
  )
})

describe("any bytes in any fallback", () => {
  const options = { arbitrary: { runs: 2000, size: 60 } }
  const label = Arbitrary.map(
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: labels.length - 1 }))),
    (index) => labels[index]
  )
  const check = ({ bytes, label }: { readonly bytes: Uint8Array; readonly label: string | undefined }) =>
    assert.strictEqual(Text.decode(bytes, label), expected(bytes, label))

  it.prop("are decoded line by line as promised", { bytes: Schema.Uint8Array, label }, check, options)

  it.prop(
    "are decoded line by line as promised, even if chosen to confuse the decoder",
    { bytes: trickyBytes, label },
    check,
    options
  )

  it("are decoded line by line as promised, for every beginning of a character, alone and after UTF-8", () => {
    const firsts = [0x80, 0xbf, ...Array.from({ length: 64 }, (_, index) => 0xc0 + index)]
    const seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0]
    const thirds = [[], [0x7f], [0x80], [0xbf], [0xc0]]
    const lines = firsts.flatMap((first) =>
      seconds.flatMap((second) =>
        thirds.flatMap((third) =>
          [[], [0x80], [0xc0]].flatMap((fourth) =>
            ["", "ЖЖ"].map((before) => bytesOf(before, first, second, ...third, ...fourth, "\n"))
          )
        )
      )
    )
    assert.deepStrictEqual(
      Text.decode(Uint8Array.from(lines.flatMap((line) => [...line]))).split("\n"),
      [...lines.map((line) => expected(line, undefined).slice(0, -1)), ""]
    )
  })
})
