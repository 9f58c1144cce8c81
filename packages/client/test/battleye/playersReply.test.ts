import { Address, Guid, Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import * as PlayersReply from "../../src/internal/battleye/playersReply.ts"
import * as Corpus from "../corpus.ts"
import * as Hostile from "../hostile.ts"

const HEADING = "Players on server:\n[#] [IP Address]:[Port] [Ping] [GUID] [Name]\n" + "-".repeat(50)
const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")

const read = (...rows: ReadonlyArray<string>) => Result.getOrThrow(PlayersReply.parse([HEADING, ...rows].join("\n")))

/** The text as servers print it. */
const print = (player: Player.Player): string => {
  const guid = player.guid === undefined ? "-" : player.guid + (player.verified ? "(OK)" : "(?) ")
  return `${String(player.id).padEnd(3)} ${String(player.address).padEnd(21)} ${
    String(player.ping ?? -1).padEnd(4)
  } ${guid} ${player.name}${player.inLobby ? " (Lobby)" : ""}`
}

const players: Arbitrary.Arbitrary<ReadonlyArray<Player.Player>> = Arbitrary.array(
  Arbitrary.all({
    id: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
    // A name that ends like this cannot be distinguished from a name with the mark of the lobby.
    name: Arbitrary.filter(Hostile.anyName, (name) => !name.endsWith(" (Lobby)")),
    octet: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))),
    port: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65535 }))),
    ping: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: 99999 }))),
    hasGuid: Arbitrary.schema(Schema.Boolean),
    verified: Arbitrary.schema(Schema.Boolean),
    inLobby: Arbitrary.schema(Schema.Boolean)
  }).pipe(Arbitrary.map(({ hasGuid, id, inLobby, name, octet, ping, port, verified }) =>
    new Player.Player({
      id: id as Player.PlayerId,
      name,
      address: new Address.Address({ ip: `203.0.${octet}.${255 - octet}` as Address.IpAddress, port }),
      ...(ping >= 0 && { ping }),
      ...(hasGuid && { guid: GUID }),
      verified: hasGuid && verified,
      inLobby
    })
  )),
  { maxLength: 20 }
)

/** Only slots and GUIDs. Names are left out, because a name may contain the GUID, too, and then keeps its case. */
const withoutNames = ({ rows }: { readonly rows: ReadonlyArray<Player.Player> }) =>
  rows.map(({ guid, id }) => [id, guid])

describe("the reply to players", () => {
  it.prop("is parsed as it was printed", { players }, ({ players }) => {
    for (const footer of [[], [`(${players.length} players in total)`]]) {
      const table = read(...players.map(print), ...footer)
      assert.deepStrictEqual(table.unparsed, [])
      assert.deepStrictEqual(table.rows, players)
      assert.strictEqual(table.total, footer.length === 0 ? undefined : players.length)
      const text = [HEADING, ...players.map(print), ...footer].join("\n")
      for (const end of ["\0", "\n", "\r\n", "\n\0 ", "\r\n \r\n"]) {
        assert.deepStrictEqual(PlayersReply.parse(text + end), Result.succeed(table))
      }
      assert.deepStrictEqual(PlayersReply.parse(text.replaceAll("\n", "\r\n")), Result.succeed(table))
      assert.deepStrictEqual(
        PlayersReply.parse(text.replaceAll(GUID, GUID.toUpperCase())).pipe(Result.map(withoutNames)),
        Result.succeed(withoutNames(table))
      )
    }
  }, { arbitrary: { runs: 300 } })

  it.prop(
    "is an error without the heading, and with the heading has at most one row for each line",
    { text: Hostile.text, rows: Arbitrary.array(Hostile.text) },
    (
      { rows, text }
    ) => {
      const reply = PlayersReply.parse(text)
      assert.isTrue(Result.isFailure(reply))
      const lines = rows.join("\n").split("\n")
      const table = read(...lines)
      assert.isAtMost(table.rows.length + table.unparsed.length, lines.length)
    }
  )

  it.each(Corpus.all)(
    "is parsed completely from $name",
    ({ replies }) => {
      for (const [file, text] of replies("players-").filter(([file]) => !file.includes("reforger"))) {
        const { rows, unparsed } = Result.getOrThrow(PlayersReply.parse(text))
        assert.deepStrictEqual(unparsed, [], file)
        assert.strictEqual(rows.length, text.trimEnd().split("\n").length - 4, file)
      }
    }
  )

  it("contains all fields of a player", () => {
    const { rows } = read(`1   203.0.113.10:2304    16   ${GUID}(OK) Bob`)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(rows)), [{
      id: 1,
      name: "Bob",
      address: { ip: "203.0.113.10", port: 2304 },
      ping: 16,
      guid: GUID,
      verified: true,
      inLobby: false
    }])
  })

  it("contains the known fields of a joining player", () => {
    const { rows } = read("5   203.0.113.5:2304      -1   - Alice (Lobby)")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(rows)), [{
      id: 5,
      name: "Alice",
      address: { ip: "203.0.113.5", port: 2304 },
      verified: false,
      inLobby: true
    }])
  })

  it.each([
    [`0 203.0.113.1:1 0 ${GUID}(OK) bob`, "bob", false],
    [`0   203.0.113.1:1         0    ${GUID}(?)  bob`, "bob", false],
    [`0   203.0.113.1:1         0    ${GUID}(?)   bob`, " bob", false],
    [`0   203.0.113.1:1         0    ${GUID}(OK) Alice  (Lobby)`, "Alice ", true],
    [`0   203.0.113.1:1         0    ${GUID}(OK) (F)Alice`, "(F)Alice", false],
    [`0   203.0.113.1:1         0    ${GUID}(OK) (3 players in total)`, "(3 players in total)", false],
    [`0   203.0.113.1:1         0    ${GUID}(OK) `, "", false],
    [`0   203.0.113.1:1         0    ${GUID}(OK)`, "", false],
    [`0   203.0.113.1:1         0    ${GUID}(OK)  (Lobby)`, "", true],
    ["0   203.0.113.1:1         -1   - bob", "bob", false],
    ["0   203.0.113.1:1         -1   -                                    bob", "bob", false],
    ["0   203.0.113.1:1         -1   -", "", false],
    [`100 203.0.113.101:65535   1000 ${GUID}(OK) wide`, "wide", false],
    [`3   203.0.113.9:2304      16   ${GUID}(OK) Ann\u2028x`, "Ann\u2028x", false],
    [`3   203.0.113.9:2304      16   ${GUID}(OK) Ann\u2029\u0085\v\rx`, "Ann\u2029\u0085\v\rx", false],
    [`3   203.0.113.9:2304      16   ${GUID}(?)  Ann\u2028 (Lobby)`, "Ann\u2028", true],
    ["3   203.0.113.9:2304      16   - \u2028", "\u2028", false],
    [`3   203.0.113.9:2304      16   ${GUID.toUpperCase()}(OK) ANN`, "ANN", false]
  ])("contains the right name from %j", (row, name, inLobby) => {
    const { rows, unparsed } = read(row)
    assert.deepStrictEqual(unparsed, [])
    assert.deepStrictEqual(rows.map((player) => [player.name, player.inLobby]), [[name, inLobby]])
  })

  it("may have a CR before every LF, which does not belong to a name", () => {
    const text =
      `${HEADING}\n0   203.0.113.9:2304      40   ${GUID}(OK) Bob\n1   203.0.113.9:2304      40   ${GUID}(OK) Al\r`
    const table = Result.getOrThrow(PlayersReply.parse(`${text}\n(2 players in total)`.replaceAll("\n", "\r\n")))
    assert.deepStrictEqual(table.rows.map(({ name }) => name), ["Bob", "Al\r"])
    assert.deepStrictEqual([table.unparsed, table.total], [[], 2])
  })

  it("may have blanks and NULs after its total", () => {
    for (const end of [" ", "\0", " \0\n"]) {
      assert.deepStrictEqual(read(`(0 players in total)${end}`), { rows: [], unparsed: [], total: 0, cut: false })
    }
  })

  it("keeps lines that are not rows", () => {
    const good = `0   203.0.113.1:1         0    ${GUID}(OK) bob`
    const { rows, total, unparsed } = read(
      "what",
      good,
      `1   999.0.113.1:1         0    ${GUID}(OK) bob`,
      `2   203.0.113.1:65536     0    ${GUID}(OK) bob`,
      `99999999999 203.0.113.1:1 0    ${GUID}(OK) bob`,
      `3   203.0.113.1:1         0    0123(OK) bob`,
      "(7 players in total)"
    )
    assert.strictEqual(rows.length, 1)
    assert.deepStrictEqual(unparsed.map(({ line }) => line), [4, 6, 7, 8, 9])
    assert.strictEqual(unparsed[0]?.text, "what")
    assert.strictEqual(total, 7)
  })

  it("has no rows on an empty server", () => {
    assert.deepStrictEqual(read("(0 players in total)\n"), { rows: [], unparsed: [], total: 0, cut: false })
    assert.deepStrictEqual(read(), { rows: [], unparsed: [], total: undefined, cut: false })
  })

  it.each([
    ["", undefined],
    ["Missions on server:\nx.Altis.pbo", 1],
    ["Players on server: [Player#] ; [Player UID] ; [Player Name]\n1 ; uuid ; Jerry", 1],
    ["Players on server:", 2],
    ["Players on server:\n[#] [IP Address]:[Port] [Ping] [GUID] [Name]\n0 203.0.113.1:1", 3]
  ])("must be a list of players, not %j", (text, line) => {
    const error = Result.getOrThrow(Result.flip(PlayersReply.parse(text)))
    assert.strictEqual(error.command, "players")
    assert.strictEqual(error.text, text)
    assert.strictEqual(error.line, line)
    assert.include(error.message, line === undefined ? "empty" : `line ${line}`)
  })

  it("is parsed in time proportional to its length", () => {
    // Quadratic time would take minutes.
    const size = 1 << 20
    for (const piece of ["1", " ", "1 ", "1.", ":", "-", "1 1.1.1.1:1 ", `1 1.1.1.1:1 1 ${GUID}(`, " (Lobby)", "("]) {
      const line = piece.repeat(size / piece.length)
      assert.doesNotThrow(() => read(line, `0 203.0.113.1:1 0 ${GUID}(OK) ${line}`))
      assert.doesNotThrow(() => PlayersReply.parse(line))
    }
    assert.strictEqual(read("x\n".repeat(size / 2)).unparsed.length, size / 2)
  })
})
