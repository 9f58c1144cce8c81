import { Identity, Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import * as Exchange from "../src/internal/reforger/exchange.ts"
import * as Replies from "../src/internal/reforger/replies.ts"
import * as Corpus from "./corpus.ts"
import * as Hostile from "./hostile.ts"

const suffix = Corpus.missing ? `: ${Corpus.missing}` : ""
const HEADING = "Players on server: [Player#] ; [Player UID] ; [Player Name]"
const UUID = "b6955d91-4749-4cdb-9a51-e69f630ec435"

const identity = (number: number) =>
  Identity.IdentityId.make(`b6955d91-4749-4cdb-9a51-${String(number).padStart(12, "0")}`)

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

describe("the reply to #players", () => {
  it.prop("is read as it was printed, however it is cut between rows", {
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

  it.prop("is a table or an error, whatever it is", { text: Hostile.text, rows: Arbitrary.array(Hostile.text) }, (
    { rows, text }
  ) => {
    assert.isTrue(Result.isFailure(Replies.parsePlayers(text)))
    const lines = rows.join("\n").split("\n")
    assert.isAtMost(read(...lines).unparsed.length, lines.length)
  })

  it.skipIf(Corpus.missing)(`is read whole from every real server${suffix}`, () => {
    const replies = Corpus.replies("players-reforger")
    assert.isNotEmpty(replies)
    for (const [file, text] of replies) {
      const { rows, unparsed } = Result.getOrThrow(Replies.parsePlayers(text))
      assert.deepStrictEqual(unparsed, [], file)
      assert.strictEqual(rows.length, text.trimEnd().split("\n").length - 1, file)
    }
  })

  it("tells what there is of a player", () => {
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
    // Nobody can tell whose digits these are.
    [`${HEADING}\n1 ; ${UUID} ; Bob72 ; ${UUID} ; Eve`, [[1, "Bob"], [72, "Eve"]]],
    [HEADING, []],
    [`${HEADING}\n`, []]
  ])("finds the rows in %j", (text, expected) => {
    const { rows, unparsed } = Result.getOrThrow(Replies.parsePlayers(text))
    assert.deepStrictEqual(rows.map(({ id, name }): [number, string] => [id, name]), expected)
    assert.deepStrictEqual(unparsed, [])
  })

  it("keeps what is no row", () => {
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

  it.each([["", undefined], ["Timeout", 1], [`1 ; ${UUID} ; Bob`, 1]])(
    "must be a list of players, not %j",
    (text, line) => {
      const error = Result.getOrThrow(Result.flip(Replies.parsePlayers(text)))
      assert.deepStrictEqual([error.command, error.text, error.line], ["#players", text, line])
    }
  )

  it("is read in time in proportion to its length", () => {
    // Quadratic time would be minutes.
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

  it("tells the bans of a page, and how many there are", () => {
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

  it.skipIf(Corpus.missing)(`may be without bans${suffix}`, () => {
    for (const [file, text] of Corpus.replies("ban-list-reforger")) {
      assert.strictEqual(Result.getOrThrow(Replies.parseBans(text, 0)).total, 0, file)
    }
  })

  it.each(["", "Timeout", "Failed to list bans.", "Total bans: 1"])("must be a list of bans, not %j", (text) => {
    const error = Result.getOrThrow(Result.flip(Replies.parseBans(text, 0)))
    assert.deepStrictEqual([error.command, error.text], ["#ban", text])
  })

  it("is complete with the rows that its heading promises", () => {
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
})

describe("several messages", () => {
  const long = "x".repeat(1000)
  it.each([
    [["a", "b"], "a\nb"],
    [["a\n", "b"], "a\nb"],
    [[long, "b"], `${long}b`],
    [[long, `2 ; ${UUID} ; b`], `${long}\n2 ; ${UUID} ; b`],
    [[`${long}\n1`, `2 ; ${UUID} ; b`], `${long}\n12 ; ${UUID} ; b`],
    [[long, `- ${UUID} | b`], `${long}\n- ${UUID} | b`],
    [["é".repeat(450), "b"], `${"é".repeat(450)}b`],
    [["€".repeat(299), "b"], `${"€".repeat(299)}\nb`],
    [["😀".repeat(225), "b"], `${"😀".repeat(225)}b`]
  ])("are one text: %#", (texts, expected) => {
    assert.strictEqual(Replies.join(texts), expected)
  })
})

describe("outcomes", () => {
  it.skipIf(Corpus.missing)(`are known of every real server${suffix}`, () => {
    const results = [...Corpus.replies("ban-result-reforger"), ...Corpus.replies("kick-result-reforger")]
    assert.isNotEmpty(results)
    for (const [file, text] of results) {
      const command = file.startsWith("kick") ? "#kick 1" : "#ban create 1 0"
      const known = [command, "#ban remove x"].some((command) =>
        Replies.expectationOf(command).claim(text, undefined) !== "No"
      )
      assert.isTrue(known, file)
    }
    for (const [file, text] of Corpus.replies("ban-help-reforger")) {
      assert.strictEqual(receive("#ban", text).wakeAt, -Infinity, file)
    }
  })

  it("are told apart", () => {
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
      "Unknown error."
    ]
    const which = (is: (reply: string) => boolean) => texts.flatMap((text, index) => is(text) ? [index] : [])
    assert.deepStrictEqual(which(Replies.isKicked), [0])
    assert.deepStrictEqual(which(Replies.isBanned), [1, 2])
    assert.deepStrictEqual(which(Replies.isUnbanned), [3])
    assert.deepStrictEqual(which(Replies.isNoPlayer), [4, 5])
    assert.deepStrictEqual(which(Replies.isNoBan), [6])
    assert.notIncludeMembers(which(Replies.isRefusal), [11, 12, 13])
    assert.includeMembers(which(Replies.isRefusal), [6, 7, 8, 9, 10])
  })
})
