import { Identity, Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Result, Schema } from "effect"
import * as Exchange from "../src/internal/reforger/exchange.ts"
import * as Replies from "../src/internal/reforger/replies.ts"
import * as Corpus from "./corpus.ts"
import * as Hostile from "./hostile.ts"

const HEADING = "Players on server: [Player#] ; [Player UID] ; [Player Name]"
const UUID = "b6955d91-4749-4cdb-9a51-e69f630ec435"

const identity = (number: number) =>
  Identity.IdentityId.make(`b6955d91-4749-4cdb-9a51-${String(number).padStart(12, "0")}`)

const OLDER_BANS = "Bans: [BanID] ; [Player UID] ; [Duration]"

const read = (...lines: ReadonlyArray<string>) =>
  Result.getOrThrow(Replies.parsePlayers([HEADING, ...lines].join("\n")))

const print = (player: Player.Player) => `${player.id} ; ${player.identity} ; ${player.name}`

const players: Arbitrary.Arbitrary<ReadonlyArray<Player.Player>> = Arbitrary.array(
  Arbitrary.all({
    id: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
    start: Arbitrary.schema(Schema.Literals(["", "7", " ; ", "1 ; 2", ";"])),
    name: Hostile.name,
    end: Arbitrary.schema(Schema.Literals(["", "7", " ;", " ; ", " 12"]))
  }).pipe(Arbitrary.map(({ end, id, name, start }) =>
    new Player.Player({
      id: id as Player.PlayerId,
      name: start + name + end,
      identity: identity(id),
      verified: false
    })
  )),
  { maxLength: 40 }
)

/** Feeds the messages of a reply to a command, and waits. */
const receive = (command: string, ...texts: ReadonlyArray<string>) => {
  const exchange = new Exchange.Exchange(Replies.expectationOf)
  exchange.begin(command, Replies.expectationOf(command), { first: 1200, quiet: 450, longest: 5000 }, Infinity)
  exchange.acknowledged(0)
  const taken = [`Processing Command: ${command}`, ...texts].map((text) => exchange.offer(1, text))
  const { wakeAt } = exchange
  return { taken, wakeAt, outcome: exchange.outcome(wakeAt) }
}

/** The known forms of a list, and combinations of them. */
const style = Arbitrary.all({
  end: Arbitrary.schema(Schema.Literals(["\n", "\r\n"])),
  hash: Arbitrary.schema(Schema.Literals(["", "#"])),
  titlesBelow: Arbitrary.schema(Schema.Boolean),
  dashes: Arbitrary.schema(Schema.Boolean),
  endAtEnd: Arbitrary.schema(Schema.Literals(["", "end", "end", "NUL"])),
  /** Whether a message ends between two lines, for each line. */
  breaks: Arbitrary.array(Arbitrary.schema(Schema.Boolean), { minLength: 50, maxLength: 50 }),
  /** The part of the line end that is sent at the end of a message. */
  sent: Arbitrary.schema(Schema.Literals(["all", "before", "after", "nothing"])),
  /** The places at which long messages are cut, in bytes beyond 900. */
  cuts: Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 124 }))), {
    minLength: 20,
    maxLength: 20
  }),
  byLength: Arbitrary.schema(Schema.Boolean)
})

type Style = typeof style extends Arbitrary.Arbitrary<infer A> ? A : never

/** The messages of a list. */
const printed = (title: string, columns: string, rows: ReadonlyArray<string>, style: Style): ReadonlyArray<string> => {
  const { breaks, byLength, cuts, dashes, end, endAtEnd, sent, titlesBelow } = style
  const lines = [
    ...(titlesBelow ? [title, columns] : [`${title} ${columns}`]),
    ...(dashes ? ["-".repeat(42)] : []),
    ...rows
  ]
  const tail = endAtEnd === "" ? "" : endAtEnd === "end" ? end : "\0"
  if (!byLength) {
    const messages = [""]
    lines.forEach((line, index) => {
      const last = index === lines.length - 1
      const cut = !last && breaks[index] === true
      const kept = last ? tail : !cut || sent === "all" ? end : sent === "before" ? end.slice(0, -1) : ""
      messages.push(`${messages.pop() ?? ""}${line}${kept}`)
      if (cut) messages.push(sent === "after" ? end : sent === "before" ? end.slice(-1) : "")
    })
    return messages
  }
  const messages: Array<string> = []
  let text = lines.join(end) + tail
  for (const cut of cuts) {
    if (text.length <= 1024) break
    messages.push(text.slice(0, 900 + cut))
    text = text.slice(900 + cut)
  }
  return [...messages, text]
}

/** Feeds the messages of a list to its command, and returns the reply without the message that may be an event. */
const replyTo = (command: string, texts: ReadonlyArray<string>): string | undefined => {
  const { outcome } = receive(command, ...texts)
  const last = texts.at(-1) ?? ""
  // The rest of a name can look like an event.
  if (texts.length > 1 && !Exchange.isPlain(last) && !last.includes("\n")) return undefined
  if (outcome?._tag !== "Complete") return assert.fail("incomplete")
  return Replies.join(outcome.texts)
}

describe("every form", () => {
  const columns = "[Player#] ; [Player UID] ; [Player Name]"
  const runs = { arbitrary: { runs: 500 } }

  it.prop("of the list of players gives the same rows", { players, style }, ({ players, style }) => {
    const rows = players.map((player) => `${style.hash}${print(player)}`)
    const reply = replyTo("#players", printed("Players on server:", columns, rows, style))
    if (reply === undefined) return
    const table = Result.getOrThrow(Replies.parsePlayers(reply))
    assert.deepStrictEqual(table, { rows: players, unparsed: [], total: undefined, cut: false })
  }, runs)

  it.prop("of the list of bans gives the same rows", { players, style }, ({ players, style }) => {
    const rows = players.map(({ identity, name }) => ({ target: identity, remaining: "unknown" as const, name }))
    const pages = players.length > 25 ? 2 : 1
    const texts = printed(
      `Total bans: ${players.length} | Page: 1/${pages}`,
      "- Identity Id | Banned name",
      rows.map(({ name, target }) => `- ${target} | ${name}`),
      { ...style, titlesBelow: true }
    )
    const reply = replyTo("#ban list 1", ["Processing ban list", ...texts])
    if (reply === undefined) return
    const page = Result.getOrThrow(Replies.parseBans(reply, 0))
    assert.deepStrictEqual([page.rows, page.unparsed], [rows, []])
  }, runs)

  const bans = Arbitrary.array(
    Arbitrary.all({
      number: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999 }))),
      seconds: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 32 })))
    }),
    { maxLength: 48 }
  )

  it.prop("of the older list of bans gives the same rows", { bans, style }, ({ bans, style }) => {
    const rows = bans.map(({ number, seconds }) => `${style.hash}${number} ; ${identity(number)} ; ${seconds}`)
    const reply = replyTo("#ban list 1", printed("Bans:", "[BanID] ; [Player UID] ; [Duration]", rows, style))
    if (reply === undefined) return assert.fail("an event")
    const page = Result.getOrThrow(Replies.parseBans(reply, 0))
    assert.deepStrictEqual(
      page.rows,
      bans.map(({ number, seconds }) => ({
        target: identity(number),
        remaining: seconds === 0 ? "permanent" : Duration.seconds(seconds)
      }))
    )
    assert.deepStrictEqual([page.unparsed, page.total, page.pages], [[], undefined, bans.length < 25 ? 0 : Infinity])
  }, runs)

  /** Names that imitate the text of lists. */
  const imitations = Arbitrary.array(
    Arbitrary.array(
      Arbitrary.schema(Schema.Literals([
        "a",
        " ",
        "#",
        "-",
        "-----",
        "7",
        ";",
        " ; ",
        ` ; ${UUID} ; `,
        `2 ; ${UUID} ; `,
        `- ${UUID} | `,
        "- Identity Id | Banned name",
        HEADING,
        "Total bans: 1 | Page: 1/1",
        OLDER_BANS,
        "Processing ban list",
        "Player 'Bob' kicked!"
      ])),
      { maxLength: 5 }
    ).pipe(Arbitrary.map((parts) => parts.join(""))),
    { maxLength: 25 }
  )

  it.prop(
    "keeps the rows of other players, whatever a name imitates",
    { names: imitations, style },
    ({ names, style }) => {
      const whole = { ...style, byLength: false }
      const rows = names.map((name, index) => `${style.hash}${index} ; ${identity(index)} ; ${name}`)
      const reply = replyTo("#players", printed("Players on server:", columns, rows, whole)) ?? ""
      const players = Result.getOrThrow(Replies.parsePlayers(reply)).rows.filter(({ identity }) => identity !== UUID)
      assert.deepStrictEqual(
        players.map(({ id, identity }) => [id, identity]),
        names.map((_, i) => [Player.PlayerId.make(i), identity(i)])
      )
      players.forEach(({ name }, index) => {
        const printed = names[index] ?? ""
        assert.isTrue(printed.includes(UUID) ? printed.startsWith(name) : printed === name, printed)
      })
      const list = printed(
        `Total bans: ${names.length} | Page: 1/1`,
        "- Identity Id | Banned name",
        names.map((name, index) => `- ${identity(index)} | ${name}`),
        { ...whole, titlesBelow: true }
      )
      const bans = Result.getOrThrow(Replies.parseBans(replyTo("#ban list 1", list) ?? "", 0)).rows
      assert.deepStrictEqual(
        bans.map(({ target }) => target).filter((target) => target !== UUID),
        names.map((_, index) => identity(index))
      )
    },
    runs
  )
})

describe("the reply to #players", () => {
  it.prop("is parsed as it was printed, however it is cut between rows", {
    players,
    cuts: Arbitrary.array(Arbitrary.schema(Schema.Boolean), { minLength: 40, maxLength: 40 })
  }, ({ cuts, players }) => {
    const texts = [HEADING]
    players.forEach((player, index) => {
      const cut = cuts[index] === true
      if (cut) texts.push(print(player))
      else texts.push(`${texts.pop()}\n${print(player)}`)
    })
    const { outcome, taken } = receive("#players", ...texts)
    assert.notInclude(taken, false)
    if (outcome?._tag !== "Complete") return assert.fail("incomplete")
    const table = Result.getOrThrow(Replies.parsePlayers(Replies.join(outcome.texts)))
    assert.deepStrictEqual(table, { rows: players, unparsed: [], total: undefined, cut: false })
  }, { arbitrary: { runs: 300 } })

  it.prop(
    "becomes a table or an error, whatever its text",
    { text: Hostile.text, rows: Arbitrary.array(Hostile.text) },
    (
      { rows, text }
    ) => {
      assert.isTrue(Result.isFailure(Replies.parsePlayers(text)))
      const lines = rows.join("\n").split("\n")
      assert.isAtMost(read(...lines).unparsed.length, lines.length)
    }
  )

  it.each(Corpus.all)("is parsed completely from $name", ({ replies }) => {
    for (const [file, text] of replies("players-reforger")) {
      const { rows, unparsed } = Result.getOrThrow(Replies.parsePlayers(text))
      assert.deepStrictEqual(unparsed, [], file)
      assert.strictEqual(rows.length, text.trimEnd().split("\n").length - 1, file)
    }
  })

  it("contains all fields of a player", () => {
    const { rows } = read(`1 ; ${UUID.toUpperCase()} ; Cpt. ; Jerry`)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(rows)), [
      { id: 1, name: "Cpt. ; Jerry", identity: UUID, verified: false }
    ])
  })

  it.each<[string, ReadonlyArray<[number, string]>]>([
    [`${HEADING}\n1 ; ${UUID} ; `, [[1, ""]]],
    [`${HEADING}\n1 ; ${UUID} ;`, [[1, ""]]],
    [`${HEADING}1 ; ${UUID} ; Bob`, [[1, "Bob"]]],
    [`${HEADING}\n1 ; ${UUID} ; Bob2 ; ${UUID} ; Eve\n3 ; ${UUID} ; Al`, [[1, "Bob"], [2, "Eve"], [3, "Al"]]],
    // The owner of these digits cannot be determined.
    [`${HEADING}\n1 ; ${UUID} ; Bob72 ; ${UUID} ; Eve`, [[1, "Bob"], [72, "Eve"]]],
    [HEADING, []],
    [`${HEADING}\n`, []]
  ])("finds the rows in %j", (text, expected) => {
    const { rows, unparsed } = Result.getOrThrow(Replies.parsePlayers(text))
    assert.deepStrictEqual(rows.map(({ id, name }): [number, string] => [id, name]), expected)
    assert.deepStrictEqual(unparsed, [])
  })

  it.each(["-1", "#-1", "-#1", "- 1", "##1", "1.5", "x1", "1 2", "9999999999"])(
    "has no player in slot %j, and keeps the row as it is",
    (number) => {
      const text = `${number} ; ${UUID} ; Alice`
      for (
        const { rows, unparsed } of [
          read(text, `2 ; ${UUID} ; Bob`),
          Result.getOrThrow(Replies.parsePlayers(`${HEADING}\r\n${text}\r\n2 ; ${UUID} ; Bob\r\n`)),
          Result.getOrThrow(Replies.parsePlayers(replyTo("#players", [HEADING, text, `2 ; ${UUID} ; Bob`]) ?? ""))
        ]
      ) {
        assert.deepStrictEqual(rows.map(String), ["#2 Bob"])
        assert.deepStrictEqual(unparsed, [{ line: 2, text }])
      }
    }
  )

  it.each(["3 ; 123 ; Al", "Al ; 3", `${UUID} ; 3 ; Al`, "- 3 | Al"])(
    "keeps the row %j even in a second message",
    (row) => {
      const reply = replyTo("#players", [`${HEADING}\n1 ; ${UUID} ; Bob`, row, `#2 ; ${UUID} ; Eve`])
      const { rows, unparsed } = Result.getOrThrow(Replies.parsePlayers(reply ?? ""))
      assert.deepStrictEqual(rows.map(String), ["#1 Bob", "#2 Eve"])
      assert.deepStrictEqual(unparsed, [{ line: 3, text: row }])
    }
  )

  it("does not take a part of a name for the row of another player", () => {
    const name = `x2 ; ${UUID} ; Eve`
    const others = read(`1 ; ${identity(1)} ; ${name}`, `#2 ; ${identity(2)} ; Al`)
    assert.deepStrictEqual(others.rows.map(String), [`#1 ${name}`, "#2 Al"])
    assert.deepStrictEqual(others.unparsed, [])
    // If no row has the number, it may be a row without a newline before it.
    const rows = read(`1 ; ${identity(1)} ; ${name}-3 ; ${UUID} ; Al1.5 ; ${UUID} ; Ed`, "what")
    assert.deepStrictEqual(rows.rows.map(String), ["#1 x", "#2 Eve", "#5 Ed"])
    assert.deepStrictEqual(rows.unparsed, [{ line: 2, text: `-3 ; ${UUID} ; Al1.` }, { line: 3, text: "what" }])
    const attached = read(`x1 ; ${UUID} ; Bob2 ; ${UUID} ; Eve`, "--- what", "what ---", "----what")
    assert.deepStrictEqual(attached.rows.map(String), ["#2 Eve"])
    assert.deepStrictEqual(attached.unparsed, [
      { line: 2, text: `x1 ; ${UUID} ; Bob` },
      { line: 3, text: "--- what" },
      { line: 4, text: "what ---" },
      { line: 5, text: "----what" }
    ])
  })

  it("may begin with a line end, and with no other text", () => {
    const { taken } = receive("#players", `\r\n${HEADING}\n1 ; ${UUID} ; Bob`)
    assert.deepStrictEqual(taken, [true, true])
    assert.strictEqual(Result.getOrThrow(Replies.parsePlayers(`\r\n${HEADING}\n1 ; ${UUID} ; Bob`)).rows.length, 1)
    assert.deepStrictEqual(receive("#players", `x ${HEADING}`).taken, [true, false])
    assert.isTrue(Result.isFailure(Replies.parsePlayers(`x ${HEADING}`)))
  })

  it("does not contain events as rows", () => {
    const { taken } = receive("#players", HEADING, "Server is on fire", "(Side) Bob: 1 ; 2", `3 ; ${UUID} ; Al`)
    assert.deepStrictEqual(taken, [true, true, false, false, true])
  })

  it("counts lines from the first line of the heading", () => {
    const { unparsed } = Result.getOrThrow(
      Replies.parsePlayers(`Players on server:\r\n[Player#] ; [Player UID] ; [Player Name]\r\n-----\r\nwhat\r\n`)
    )
    assert.deepStrictEqual(unparsed, [{ line: 4, text: "what" }])
  })

  it.each<[string, ReadonlyArray<string>]>([
    ["a heading over two lines, dashes and CR LF", [
      `Players on server:\r\n[Player#] ; [Player UID] ; [Player Name]\r\n${
        "-".repeat(42)
      }\r\n0 ; ${UUID} ; Alice\r\n12 ; ${UUID} ; Bob\r\n`
    ]],
    ["# before the numbers, in two messages", [`${HEADING}\n#0 ; ${UUID} ; Alice\n`, `#12 ; ${UUID} ; Bob`]],
    ["no newline between two messages", [`${HEADING}\n0 ; ${UUID} ; Alice`, `12 ; ${UUID} ; Bob`]],
    ["NUL and a line end after the text", [`${HEADING}\n0 ; ${UUID} ; Alice\n12 ; ${UUID} ; Bob\0\r\n\0`]],
    ["NUL after each message", [`${HEADING}\0`, `0 ; ${UUID} ; Alice\0`, `12 ; ${UUID} ; Bob\0`]]
  ])("may have %s", (_, texts) => {
    const { rows, unparsed } = Result.getOrThrow(Replies.parsePlayers(replyTo("#players", texts) ?? ""))
    assert.deepStrictEqual(rows.map(({ id, name }): [number, string] => [id, name]), [[0, "Alice"], [12, "Bob"]])
    assert.deepStrictEqual(unparsed, [])
  })

  it("keeps lines that are not rows", () => {
    const { rows, unparsed } = read(
      "what",
      `1 ; ${UUID} ; Bob`,
      `x 2 ; ${UUID} ; Eve`,
      "3 ; 123 ; Al",
      `9999999999 ; ${UUID} ; z`
    )
    assert.deepStrictEqual(rows.map(String), ["#1 Bob", "#2 Eve"])
    assert.deepStrictEqual(unparsed, [
      { line: 2, text: "what" },
      { line: 4, text: "x " },
      { line: 5, text: "3 ; 123 ; Al" },
      { line: 6, text: `9999999999 ; ${UUID} ; z` }
    ])
  })

  it.each([
    ["", undefined],
    ["Timeout", 1],
    [`1 ; ${UUID} ; Bob`, 1],
    ["Players on server:", 1],
    [`Players on server: [Player#] ; [Player Name]\n1 ; Bob`, 1],
    [`${HEADING} ; [Ping]\n1 ; ${UUID} ; Bob ; 20`, 1]
  ])(
    "must be a list of players, not %j",
    (text, line) => {
      const error = Result.getOrThrow(Result.flip(Replies.parsePlayers(text)))
      assert.deepStrictEqual([error.command, error.text, error.line], ["#players", text, line])
    }
  )

  it("is parsed in time proportional to its length", () => {
    // Quadratic time would take minutes.
    const size = 1 << 20
    for (const piece of ["1", " ", "1 ; ", ";", "-", `1 ; ${UUID}`, `1 ; ${UUID} ; `, `1 ; ${UUID} ;`, "\n"]) {
      const line = piece.repeat(size / piece.length)
      assert.doesNotThrow(() => read(line))
      assert.doesNotThrow(() => Replies.parseBans(`Total bans: 1 | Page: 1/1\n- ${line}`, 0))
      assert.strictEqual(receive("#players", HEADING + line).taken[1], true)
    }
  })
})

describe("the reply to #ban list", () => {
  const page = (total: number, number: number, rows: number) =>
    [
      `Total bans: ${total} | Page: ${number}/${Math.ceil(total / 25)}`,
      "- Identity Id | Banned name",
      ...Array.from({ length: rows }, (_, index) => `- ${identity(index)} | a | ${index}`)
    ].join("\n")

  it("contains the bans of a page, and the total", () => {
    for (const start of ["", "Processing ban list\n"]) {
      assert.deepStrictEqual(
        Replies.parseBans(`${start}${page(27, 2, 2)}\nwhat\n`, 10),
        Result.succeed({
          rows: [
            { target: identity(0), remaining: "unknown", name: "a | 0" },
            { target: identity(1), remaining: "unknown", name: "a | 1" }
          ],
          unparsed: [{ line: 15, text: "what" }],
          total: 27,
          pages: 2,
          lines: 6
        })
      )
    }
  })

  it.each(Corpus.all)("has a total in $name", ({ replies }) => {
    for (const [file, text] of replies("ban-list-reforger")) {
      const { total, unparsed } = Result.getOrThrow(Replies.parseBans(text, 0))
      assert.strictEqual(total, Number(/^Total bans: (\d+)/.exec(text)?.[1] ?? 0), file)
      assert.deepStrictEqual(unparsed, [], file)
    }
  })

  it("may have the older form", () => {
    const text = `${OLDER_BANS}\n1 ; ${identity(1)} ; 3600\n2 ; ${identity(2)} ; 0`
    const rows = [
      { target: identity(1), remaining: Duration.hours(1) },
      { target: identity(2), remaining: "permanent" as const }
    ]
    for (const start of ["", "Processing ban list\n"]) {
      assert.deepStrictEqual(
        Replies.parseBans(start + text, 0),
        Result.succeed({ rows, unparsed: [], total: undefined, pages: 0, lines: 3 })
      )
    }
    assert.deepStrictEqual(
      Replies.parseBans(OLDER_BANS, 0),
      Result.succeed({ rows: [], unparsed: [], total: undefined, pages: 0, lines: 1 })
    )
  })

  it("may begin with a line end, in the older form, too", () => {
    const text = `\r\n${OLDER_BANS}\n1 ; ${identity(1)} ; 0`
    assert.deepStrictEqual(receive("#ban list 1", text).taken, [true, true])
    assert.strictEqual(Result.getOrThrow(Replies.parseBans(text, 0)).rows.length, 1)
    assert.deepStrictEqual(receive("#ban list 1", `x ${OLDER_BANS}`).taken, [true, false])
    assert.isTrue(Result.isFailure(Replies.parseBans(`x ${OLDER_BANS}`, 0)))
    assert.deepStrictEqual(receive("#ban list 1", "Bans: none").taken, [true, false])
  })

  it("may be empty", () => {
    const empty = { rows: [], unparsed: [], pages: 0, lines: 0 }
    for (const end of ["", "\n", "\0"]) {
      assert.deepStrictEqual(
        Replies.parseBans(`Server has no bans to list.${end}`, 0),
        Result.succeed({ ...empty, total: 0 })
      )
      assert.deepStrictEqual(
        Replies.parseBans(`Page not found!${end}`, 0),
        Result.succeed({ ...empty, total: undefined })
      )
    }
    for (const text of ["x Page not found!", "Page not found! x"]) {
      assert.isTrue(Result.isFailure(Replies.parseBans(text, 0)))
    }
  })

  it("keeps unreadable rows of the older form", () => {
    const lines = [
      `-1 ; ${identity(1)} ; 3600`,
      `2 ; ${identity(2)} ; for ever`,
      `3 ; ${identity(3)} ; -1`,
      `4 ; ${identity(4)} ; 60 ; reason`,
      `5 ; 123 ; 60`,
      `6 ; ${identity(6)} ;`
    ]
    const page = Result.getOrThrow(Replies.parseBans([OLDER_BANS, ...lines].join("\n"), 10))
    assert.deepStrictEqual(page.rows, [])
    assert.deepStrictEqual(page.unparsed, lines.map((text, index) => ({ line: 12 + index, text })))
    const second = replyTo("#ban list 1", [OLDER_BANS, ...lines]) ?? ""
    assert.deepStrictEqual(Result.getOrThrow(Replies.parseBans(second, 10)).unparsed, page.unparsed)
  })

  it("has a next page in the older form if it is full", () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, index) => `${index} ; ${identity(index)} ; 0`).join("\n")
    for (const [count, pages] of [[24, 0], [25, Infinity], [60, Infinity]] as const) {
      const page = Result.getOrThrow(Replies.parseBans(`${OLDER_BANS}\n${rows(count)}`, 0))
      assert.deepStrictEqual([page.rows.length, page.pages], [count, pages])
    }
    // An unreadable row counts as a row.
    const unread = Result.getOrThrow(Replies.parseBans(`${OLDER_BANS}\n${rows(24)}\nwhat`, 0))
    assert.deepStrictEqual([unread.rows.length, unread.pages], [24, Infinity])
  })

  it.each(["", "Timeout", "Failed to list bans.", "Total bans: 1", "Bans:", `${OLDER_BANS} ; [Reason]`])(
    "must be a list of bans, not %j",
    (text) => {
      const error = Result.getOrThrow(Result.flip(Replies.parseBans(text, 0)))
      assert.deepStrictEqual([error.command, error.text], ["#ban", text])
    }
  )

  it("is complete with the number of rows in its heading", () => {
    const long = page(26, 1, 25)
    const middle = long.indexOf("\n", 950)
    assert.strictEqual(receive("#ban list 1", "Processing ban list").wakeAt, 5000)
    assert.strictEqual(receive("#ban list 1", page(2, 1, 2)).wakeAt, -Infinity)
    assert.strictEqual(receive("#ban list 1", page(3, 1, 2)).wakeAt, 451)
    assert.strictEqual(receive("#ban list 1", long.slice(0, middle)).wakeAt, 5000)
    const whole = receive("#ban list 1", "Processing ban list", long.slice(0, middle), long.slice(middle + 1))
    assert.strictEqual(whole.outcome?._tag === "Complete" && Replies.join(whole.outcome.texts.slice(1)), long)
    assert.deepStrictEqual(receive("#ban list 2", page(26, 1, 25), page(26, 2, 1)).taken, [true, false, true])
  })

  it("is complete after the quiet time if pages have another size", () => {
    const rows = (count: number) => Array.from({ length: count }, (_, index) => `- ${identity(index)} | a`).join("\n")
    // All on one page, in two messages.
    const whole = receive("#ban list 1", `Total bans: 30 | Page: 1/1\n${rows(25)}`, rows(5))
    assert.deepStrictEqual([whole.taken, whole.wakeAt], [[true, true, true], -Infinity])
    // From 8 to 10 a page.
    assert.strictEqual(receive("#ban list 1", `Total bans: 21 | Page: 1/3\n${rows(7)}`).wakeAt, 451)
    assert.strictEqual(receive("#ban list 1", `Total bans: 21 | Page: 1/3\n${rows(10)}`).wakeAt, -Infinity)
    assert.strictEqual(receive("#ban list 3", `Total bans: 21 | Page: 3/3\n${rows(1)}`).wakeAt, 451)
    assert.strictEqual(receive("#ban list 3", `Total bans: 21 | Page: 3/3\n${rows(7)}`).wakeAt, -Infinity)
    assert.strictEqual(receive("#ban list 1", "Total bans: 0 | Page: 1/0").wakeAt, 451)
  })
})

describe("several messages", () => {
  const long = "x".repeat(1000)
  it.each([
    [["a", "b"], "a\nb"],
    [["a\n", "b"], "a\nb"],
    [[long, "b"], `${long}b`],
    [[long, `2 ; ${UUID} ; b`], `${long}\n2 ; ${UUID} ; b`],
    [[`${long}\n1`, `2 ; ${UUID} ; b`], `${long}\n12 ; ${UUID} ; b`],
    [[`${long}\n#`, `2 ; ${UUID} ; b`], `${long}\n#2 ; ${UUID} ; b`],
    [[`${long}\n-`, `2 ; ${UUID} ; b`], `${long}\n-2 ; ${UUID} ; b`],
    [[`${long}\n#123456789`, `2 ; ${UUID} ; b`], `${long}\n#1234567892 ; ${UUID} ; b`],
    [[`${long}\n1x`, `2 ; ${UUID} ; b`], `${long}\n1x\n2 ; ${UUID} ; b`],
    [[`${long}x1`, `2 ; ${UUID} ; b`], `${long}x1\n2 ; ${UUID} ; b`],
    [[long, `#2 ; ${UUID} ; b`], `${long}\n#2 ; ${UUID} ; b`],
    [[long, `-2 ; ${UUID} ; b`], `${long}\n-2 ; ${UUID} ; b`],
    [["a\0", "b\0"], "a\nb\0"],
    [["a\n\0", "b"], "a\nb"],
    // A short message is not cut inside a row.
    [["a\n1", `2 ; ${UUID} ; b`], `a\n1\n2 ; ${UUID} ; b`],
    [[long, `- ${UUID} | b`], `${long}\n- ${UUID} | b`],
    [["é".repeat(450), "b"], `${"é".repeat(450)}b`],
    [["€".repeat(299), "b"], `${"€".repeat(299)}\nb`],
    [["😀".repeat(225), "b"], `${"😀".repeat(225)}b`]
  ])("are one text: %#", (texts, expected) => {
    assert.strictEqual(Replies.join(texts), expected)
  })
})

describe("outcomes", () => {
  it.each(Corpus.all)("are recognised in $name", ({ replies }) => {
    const results = [...replies("ban-result-reforger"), ...replies("kick-result-reforger")]
    for (const [file, text] of results) {
      const command = file.startsWith("kick") ? "#kick 1" : "#ban create 1 0"
      const known = [command, "#ban remove x"].some((command) =>
        Replies.expectationOf(command).claim(text, undefined) !== "No"
      )
      assert.isTrue(known, file)
    }
    for (const [file, text] of replies("ban-help-reforger")) {
      assert.strictEqual(receive("#ban", text).wakeAt, -Infinity, file)
    }
  })

  it("are distinguished", () => {
    const texts = [
      "Player 'it's me' kicked!",
      "Player 'Bob' banned!",
      "Ban created!",
      "Ban removed!",
      "Player not found",
      "Not Valid Player ID",
      "User not found!",
      "Failed to create ban.",
      "Failed to remove ban.",
      "Failed to remove the ban.",
      "Multiple users found! Please use a unique identifier.\n- a | b",
      "Server is on fire",
      "Timeout",
      "Unknown error.",
      "Command is supported only on Dedicated Servers\0"
    ]
    const which = (is: (reply: string) => boolean) => texts.flatMap((text, index) => is(text) ? [index] : [])
    assert.deepStrictEqual(which(Replies.isKicked), [0])
    assert.deepStrictEqual(which(Replies.isBanned), [1, 2])
    assert.deepStrictEqual(which(Replies.isUnbanned), [3])
    assert.deepStrictEqual(which(Replies.isNoPlayer), [4, 5])
    assert.deepStrictEqual(which(Replies.isNoBan), [6])
    assert.notIncludeMembers(which(Replies.isRefusal), [11, 12, 13])
    assert.includeMembers(which(Replies.isRefusal), [6, 7, 8, 9, 10, 14])
  })

  it.each([
    "unknown command",
    "Disallowed Command",
    "Command is supported only on Dedicated Servers",
    "unknown command\n\0"
  ])(
    "%j is a complete reply to any command",
    (text) => {
      const commands = ["#players", "#kick 1", "#ban create 1 0", "#ban remove x", "#ban list 1", "#foo"]
      for (const command of commands) {
        const { outcome, wakeAt } = receive(command, text)
        assert.deepStrictEqual([wakeAt, outcome?._tag], [-Infinity, "Complete"], command)
      }
    }
  )
})
