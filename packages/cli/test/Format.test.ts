import * as Player from "@bercon/client/Player"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { displayWidth } from "effect/cli/CliOutput"
import * as Format from "../src/output/Format.ts"
import * as View from "../src/output/View.ts"

const Row = Schema.Struct({ slot: Schema.Int, name: Schema.String })

const view = View.make(Row, {
  columns: [
    { key: "slot", title: "#", right: true, cell: ({ slot }) => String(slot) },
    { key: "name", title: "Name", cell: ({ name }) => name }
  ]
})

const context: Format.Context = {
  format: "table",
  labelled: false,
  isTerminal: false,
  width: undefined,
  colours: false
}

const part = (...names: ReadonlyArray<string>): Format.Part<typeof Row.Type> => ({
  server: "eu1",
  rows: names.map((name, slot) => ({ slot, name }))
})

const failure: Format.Part<never> = { server: "eu2", rows: [], error: { message: "no answer", exitCode: 4 } }

const NAMES = [
  "Zoë",
  "日本語 プレイヤー",
  "👩‍👧 mum",
  "\u202eevil\x1b[2J",
  "שלום",
  "a|b `c` <d>",
  "e\u0301\u0301",
  "",
  "\"quoted\", a"
]

describe("a sentence", () => {
  const sentences = { ...view, text: ({ name }: typeof Row.Type) => `ok  ${name}` }
  const terminal: Format.Context = { ...context, isTerminal: true, width: 12 }

  it("is wrapped between words on a narrow terminal, unless it is the server's own text", () => {
    const rows = [part("one two three")]
    assert.strictEqual(Format.render({ ...sentences, isProse: true }, rows, terminal), "ok  one two\n    three\n")
    assert.strictEqual(
      Format.render({ ...sentences, isProse: true }, rows, { ...terminal, labelled: true }),
      "eu1: ok  one\n   two three\n"
    )
    assert.strictEqual(Format.render(sentences, rows, terminal), "ok  one two three\n")
    assert.strictEqual(Format.render({ ...sentences, isProse: true }, rows, context), "ok  one two three\n")
  })
})

describe("a table", () => {
  it("aligns its columns, however wide the characters are", () => {
    const lastFirst: View.View<typeof Row.Type> = { ...view, columns: [...view.columns].reverse() }
    const lines = Format.render(lastFirst, [part(...NAMES)], context).trimEnd().split("\n")
    assert.deepStrictEqual(new Set(lines.map(displayWidth)).size, 1, lines.join("\n"))
  })

  it("has bold headings on a terminal with colours, and no escape sequences elsewhere", () => {
    assert.strictEqual(
      Format.render(view, [part("Zoë")], { ...context, width: 80, colours: true }),
      "\x1b[1m#  Name\x1b[22m\n0  Zoë\n"
    )
    assert.notInclude(Format.render(view, [part(...NAMES)], { ...context, width: 40 }), "\x1b")
  })

  it.prop(
    "never has a line that is wider than the terminal",
    [Schema.Array(Schema.String), Schema.Int.check(Schema.isBetween({ minimum: 12, maximum: 100 }))],
    ([names, width]) => {
      const lines = Format.render(view, [part(...names, ...NAMES)], { ...context, labelled: true, width }).split("\n")
      for (const line of lines) assert.isAtMost(displayWidth(line), width, JSON.stringify(line))
    }
  )

  it("has one field per line on a terminal that is too narrow", () => {
    assert.strictEqual(
      Format.render(view, [part("Miller", "A name of more than twenty")], { ...context, labelled: true, width: 20 }),
      "Server  eu1\n#       0\nName    Miller\n\nServer  eu1\n#       1\nName\n  A name of more tha\n  n twenty\n"
    )
  })

  it("leaves out a column without any value, unlike CSV", () => {
    const rows = [{ slot: 0 }, { slot: 1 }]
    const sparse: View.View<{ readonly slot: number; readonly name?: string }> = {
      json: (row) => ({ ...row }),
      columns: [
        { key: "slot", title: "#", cell: ({ slot }) => String(slot) },
        { key: "name", title: "Name", cell: ({ name }) => name }
      ]
    }
    assert.strictEqual(Format.render(sparse, [{ server: "", rows }], context), "#\n0\n1\n")
    assert.strictEqual(
      Format.render(sparse, [{ server: "", rows }], { ...context, format: "csv" }),
      "slot,name\n0,\n1,\n"
    )
  })
})

describe("the format", () => {
  it("json: is an array of the rows or, with several servers, of the servers with their rows or failures", () => {
    const parse = (parts: ReadonlyArray<Format.Part<typeof Row.Type>>, labelled: boolean) =>
      JSON.parse(Format.render(view, parts, { ...context, format: "json", labelled }))
    assert.deepStrictEqual(parse([part("\x1b\u202e")], false), [{ slot: 0, name: "\x1b\u202e" }])
    assert.deepStrictEqual(parse([part("a"), failure], true), [
      { server: "eu1", result: [{ slot: 0, name: "a" }] },
      { server: "eu2", error: { message: "no answer", exitCode: 4 } }
    ])
  })

  it("ndjson: has one row per line, which begins with the server if there are several servers", () => {
    assert.strictEqual(
      Format.render(view, [part("a", "b"), failure], { ...context, format: "ndjson", labelled: true }),
      "{\"server\":\"eu1\",\"slot\":0,\"name\":\"a\"}\n{\"server\":\"eu1\",\"slot\":1,\"name\":\"b\"}\n" +
        "{\"server\":\"eu2\",\"error\":{\"message\":\"no answer\",\"exitCode\":4}}\n"
    )
  })

  it("csv: quotes texts with commas, quotes or line feeds", () => {
    assert.strictEqual(
      Format.render(view, [part("a,\"b\"", "c\nd", "\x1b")], { ...context, format: "csv" }),
      "slot,name\n0,\"a,\"\"b\"\"\"\n1,\"c\nd\"\n2,\\x1b\n"
    )
  })

  it.each(["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "＝1"])(
    "csv: prevents a spreadsheet from running %j as a formula",
    (name) => {
      const [, row] = Format.render(view, [part(name)], { ...context, format: "csv" }).split("\n")
      assert.strictEqual(row, `0,'${name}`)
    }
  )

  it("csv: leaves numbers as they are", () => {
    assert.strictEqual(Format.render(view, [part("-12.5")], { ...context, format: "csv" }), "slot,name\n0,-12.5\n")
  })

  it("md: keeps every name in its cell", () => {
    assert.strictEqual(
      Format.render(view, [part("a|b\n<i>`x`")], { ...context, format: "md" }),
      "| # | Name |\n| --: | --- |\n| 0 | a\\|b<br>\\<i\\>\\`x\\` |\n"
    )
  })

  it.each(Format.formats)("%s: is the same if entries are written one by one", (format) => {
    const texts: View.View<typeof Row.Type> = { ...view, text: ({ name }) => `is ${name}`, raw: ({ name }) => name }
    const { begin, end, entry } = Format.streaming(texts, { ...context, format })
    const { rows, server } = part("a", "b,c", "日本")
    const streamed = begin + rows.map((row) => entry(server, row)).join("") + end
    const whole = Format.render(texts, [{ server, rows }], { ...context, format })
    if (format === "json") assert.deepStrictEqual(JSON.parse(streamed), JSON.parse(whole))
    else assert.strictEqual(streamed, whole)
  })

  it.each(Format.formats)("%s: has the same entries if parts of servers come in another order", (format) => {
    const of = { ...context, format, labelled: true }
    const [eu1, eu2, eu3] = [part("a"), { ...part("b", "日本"), server: "eu2" }, { ...part("c"), server: "eu3" }]
    const { add, end } = Format.gathering(view, of, ["eu1", "eu2", "eu3"])
    const [first, ...others] = eu2.rows
    const gathered = [{ ...eu2, rows: [first!] }, eu3, { ...eu2, rows: others }, eu1].map(add).join("") + end()
    const lines = (text: string) => ["table", "raw", "json"].includes(format) ? [text] : text.split("\n").sort()
    assert.deepStrictEqual(lines(gathered), lines(Format.render(view, [eu1, eu2, eu3], of)))
  })

  it.each(Format.formats)("%s: is empty if no server has answered", (format) => {
    assert.strictEqual(Format.gathering(view, { ...context, format }, ["eu1"]).end(), "")
  })

  it.each(["table", "csv", "md"] as const)(
    "%s: is empty after failures alone, and complete after an answer that follows",
    (format) => {
      const error = { message: "no", exitCode: 4 }
      const { add, end } = Format.gathering(view, { ...context, format, labelled: true }, ["eu1", "eu2"])
      assert.strictEqual(add({ server: "eu1", rows: [], error }) + add({ server: "eu1", rows: [], error }), "")
      const rest = [{ ...part("a"), server: "eu2" }]
      assert.strictEqual(
        rest.map(add).join("") + end(),
        Format.render(view, rest, { ...context, format, labelled: true })
      )
      const none = Format.gathering(view, { ...context, format }, ["eu1"])
      assert.strictEqual(none.add({ server: "eu1", rows: [], error }) + none.end(), "")
    }
  )

  it("json: has rows that are encoded by the client's schemas", () => {
    const players = View.make(Player.Player, { columns: [] })
    const encode = Schema.encodeSync(Schema.toCodecJson(Player.Player))
    const row = new Player.Player({ id: Player.PlayerId.make(3), name: "x", verified: false })
    assert.deepStrictEqual<unknown>(players.json(row), encode(row))
  })
})
