/**
 * Tests that text written by players and admins cannot imitate the server's own text.
 */
import { KickReason, type Player, ServerEvent } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { GOLDENS, GUID, OTHER, player, read } from "./eventExamples.ts"
import * as Hostile from "./hostile.ts"

/** The filters, by their names in logs and in kicks. */
const FILTERS: ReadonlyArray<readonly [log: string, kick: string]> = [
  ["Script", "Script"],
  ["Scripts", "Script"],
  ...[
    "CreateVehicle",
    "DeleteVehicle",
    "PublicVariable",
    "PublicVariable Value",
    "RemoteExec",
    "RemoteControl",
    "SetDamage",
    "SetVariable",
    "SetVariable Value",
    "SetPos",
    "AddMagazineCargo",
    "AddWeaponCargo",
    "AddBackpackCargo",
    "AttachTo",
    "MPEventHandler",
    "TeamSwitch",
    "SelectPlayer",
    "WaypointCondition",
    "WaypointStatement"
  ].map((name) => [name, name] as const)
]

/** Commands and code with line breaks, quotation marks, and words that servers print after the name of a player. */
const code: Arbitrary.Arbitrary<string> = Arbitrary.array(
  Arbitrary.all([
    Hostile.name,
    Arbitrary.schema(Schema.Literals([
      "",
      "\n",
      "\"",
      "\" ",
      " - #9 \"",
      ` (${GUID}) - #9 "`,
      " (-) - #9 \"",
      "RemoteExec Log: #7 "
    ]))
  ]),
  { maxLength: 5 }
).pipe(Arbitrary.map((parts) => parts.flat().join("")))

describe("arbitrary text of players and admins", () => {
  /** Texts of every kind or parts of them, and characters that some parsers take for line ends. */
  const hostile: Arbitrary.Arbitrary<string> = Arbitrary.array(
    Arbitrary.all({
      text: Arbitrary.schema(Schema.Literals([
        ...GOLDENS.map(([text]) => text),
        "(Side) Eve: hi",
        `0   203.0.113.9:2304      40   ${GUID}(OK) Bob (Lobby)`,
        "(1 players in total)",
        `0  ${GUID} perm Cheating`,
        " (-)",
        ` (${OTHER})`,
        " has been kicked by BattlEye: ",
        ` (${OTHER}) - #9 "`,
        ": ",
        ") ",
        "\u2028",
        "\u2029",
        "\u0085",
        "\v",
        "\r",
        "\n",
        "\0"
      ])),
      from: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 15 }))),
      to: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 15 })))
    }),
    { minLength: 1, maxLength: 4 }
  ).pipe(Arbitrary.map((parts) =>
    parts.map(({ from, text, to }) => {
      // Nearly half of the texts lose words at the beginning, and nearly half at the end.
      const words = text.split(/(?<= )|(?= )/)
      return words.slice(from < 8 ? 0 : from - 8, to < 8 ? undefined : 8 - to).join("")
    }).join("")
  ))

  const GROUPS = [` (${GUID})`, ` (${GUID.toUpperCase()})`, " (-)", ""]

  /** Texts with one free field, which may contain anything. */
  const SAID: ReadonlyArray<(free: string) => string> = [
    (free) => `(Side) Eve: ${free}`,
    (free) => `(Commander) Eve: ${free}`,
    (free) => `RCon admin #0: (Global) ${free}`,
    (free) => `RCon admin #0: (To Eve) ${free}`,
    (free) => `Config entry: ${free}`,
    (free) => `Processing Command: ${free}`,
    ...GROUPS.flatMap((group) => [
      (free: string) => `Player #7 Eve${group} has been kicked by BattlEye: Admin Kick (${free})`,
      (free: string) => `Player #7 Eve${group} has been kicked by BattlEye: Admin Ban (${free})`,
      (free: string) => `Player #7 Eve (the builder)${group} has been kicked by BattlEye: Admin Kick (${free})`,
      (free: string) => `RemoteExec Log: #7 Eve${group} - #12 "${free}"`,
      (free: string) => `Scripts Log: #7 Eve (the builder)${group} - #12 "${free}"`
    ])
  ]
  /**
   * Like `SAID`, but the text does not show the beginning or the end of the free field. `rest` is the part of the
   * field that the parser finds.
   */
  const AT_EDGES: ReadonlyArray<readonly [print: (free: string) => string, rest: (free: string) => string]> = [
    [(free) => `(Side) Eve:${free}`, (free) => free.trimStart()],
    ...GROUPS.map((group) =>
      [
        (free: string) => `Player #7 Eve${group} has been kicked by BattlEye: Admin Ban (${free}`,
        // Blanks and brackets at the end of the field would be taken for the server's own text.
        (free: string) => free.replace(/[\s\0)]+$/, "")
      ] as const
    )
  ]

  /** Texts whose free field is a name. */
  const NAMES: ReadonlyArray<(free: string) => string> = [
    (free) => `(Side) ${free}: hi`,
    (free) => `(Side) ${free}:hi`,
    (free) => `RCon admin #0: (To ${free}) hi`,
    (free) => `Player #7 ${free} (203.0.113.9:2304) connected`,
    (free) => `Player #7 ${free} - BE GUID: ${GUID}`,
    (free) => `Player #7 ${free} - GUID: ${GUID} (unverified)`,
    (free) => `Verified GUID (${GUID}) of player #7 ${free}`,
    (free) => `Player #7 ${free} disconnected`,
    ...GROUPS.flatMap((group) => [
      (free: string) => `Player #7 ${free}${group} has been kicked by BattlEye: Admin Kick (be nice)`,
      (free: string) => `Player #7 ${free}${group} has been kicked by BattlEye: Query Timeout`,
      (free: string) => `RemoteExec Log: #7 ${free}${group} - #12 "x"`
    ])
  ]

  const HARMLESS = "harmless"

  /** The fields of an event, with the free text in place of the harmless one. */
  const fill = (fields: unknown, free: string): unknown =>
    typeof fields === "string"
      ? fields.replaceAll(HARMLESS, () => free)
      : typeof fields === "object" && fields !== null
      ? Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, fill(value, free)]))
      : fields

  /** The text without the NULs and line ends at its end, and without blanks after them. */
  const closed = (free: string) => free.replace(/[\0\r\n][\0\r\n\t ]*$/, "")

  type Print = (free: string) => string
  type Known = ReadonlyArray<Player.PlayerReference>

  /** The fields of an event, as plain objects. */
  const parse = (text: string, known: Known) => {
    const { text: _, ...fields } = ServerEvent.parse(text, known) as ServerEvent.ServerEvent & {
      readonly text: string
    }
    return fill(fields, HARMLESS)
  }

  /** Asserts that a free text leads to the same event as a harmless one, except for the field that contains it. */
  const same = (print: Print, free: string, known: Known, knownToHarmless: Known = known) =>
    assert.deepStrictEqual(
      parse(print(free), known),
      fill(parse(print(HARMLESS), knownToHarmless), free),
      print(free)
    )

  it.prop("affects only its own field", { free: hostile }, ({ free }) => {
    const players = [player(3, "Max"), player(7, "Eve"), player(7, "Eve (the builder)"), player(8, "Bob")]
    for (const print of SAID) {
      same(print, closed(free), players)
      same(print, closed(free), [])
    }
    for (const [print, rest] of AT_EDGES) same(print, rest(closed(free)), players)
  }, { arbitrary: { runs: 300 } })

  it.prop("as the name of a known player cannot change the other fields", { free: hostile }, ({ free }) => {
    const name = closed(free.replaceAll("\n", " "))
    for (const print of NAMES) same(print, name, [player(3, "Max"), player(7, name)], [player(7, HARMLESS)])
  }, { arbitrary: { runs: 300 } })

  it.prop("as a reason of unknown kind changes neither the player nor the GUID", { free: hostile }, ({ free }) => {
    for (const group of GROUPS) {
      // If neither the GUID nor the player is known, the whole text may be a part of a name.
      for (const known of group.length > 4 ? [[], [player(7, "Eve")]] : [[player(7, "Eve")]]) {
        const { guid, player, _tag } = read(`Player #7 Eve${group} has been kicked by BattlEye: ${free}`, known)
        assert.deepStrictEqual([_tag, player, guid], [
          "PlayerKicked",
          { id: 7, name: "Eve" },
          group.length > 4 ? GUID : undefined
        ])
      }
    }
  }, { arbitrary: { runs: 500 } })
})

describe("a parsed event", () => {
  it.prop("does not mix names with the text of the server around them", { name: Hostile.name }, ({ name }) => {
    const bob = { id: 7, name }
    const at = "203.0.113.9:2304"
    const texts: ReadonlyArray<readonly [string, ServerEvent.Tag]> = [
      [`Player #7 ${name} (${at}) connected`, "PlayerConnected"],
      [`Player #7 ${name} - BE GUID: ${GUID}`, "PlayerGuid"],
      [`Verified GUID (${GUID}) of player #7 ${name}`, "PlayerVerified"],
      [`Player #7 ${name} disconnected`, "PlayerDisconnected"],
      [`Player #7 ${name} (${GUID}) has been kicked by BattlEye: Admin Kick (:))`, "PlayerKicked"]
    ]
    for (const [text, tag] of texts) {
      const fields = read(text)
      assert.deepStrictEqual([fields["_tag"], fields["player"]], [tag, bob])
    }
    const chat = read(`(Side) ${name}: hi`, [player(7, name)])
    assert.deepStrictEqual([chat["_tag"], chat["player"], chat["message"]], ["PlayerChat", bob, "hi"])
  }, { arbitrary: { runs: 500 } })

  it.prop(
    "does not mix names and code in logs of filters",
    { name: Hostile.name, code, filter: Arbitrary.schema(Schema.Literals(FILTERS.map(([log]) => log))) },
    ({ code, filter, name }) => {
      const kick = new Map(FILTERS).get(filter)
      for (const guid of [GUID, undefined]) {
        const start = `${filter} Log: #7 ${name} (${guid ?? "-"}) - #12 "${code}`
        const expected = {
          _tag: "FilterLog",
          player: { id: 7, name },
          ...(guid !== undefined && { guid }),
          filter: kick,
          rule: 12,
          code
        }
        assert.deepStrictEqual(read(`${start}"`), expected)
        // The text was cut, so the closing quotation mark is missing. If the code itself ends with a quotation mark,
        // that counts as the closing one.
        if (!/"[ \n]*$/.test(code)) {
          assert.deepStrictEqual(read(start), { ...expected, code: code.replace(/[ \n]+$/, "") })
        }
        // If a player with this slot and name is known, the name may contain anything.
        const liar = { id: 7, name: `${name}${code}` }
        assert.deepStrictEqual(
          read(`${filter} Log: #7 ${liar.name} (${guid ?? "-"}) - #12 "${code}"`, [player(7, liar.name)]),
          { ...expected, player: liar }
        )
      }
      const reason = KickReason.parse(`${kick} Restriction #12`)
      assert.isTrue(reason._tag === "FilterRestriction" && reason.filter === kick)
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop("does not mix the output of commands with other events", { name: Hostile.name, code }, ({ code, name }) => {
    const line = code.replace(/\n[ \n]*$/, "")
    assert.deepStrictEqual(read(`Processing Command: ${code}`), { _tag: "CommandEcho", command: line })
    assert.deepStrictEqual(read(`Player '${name}' kicked!`), { _tag: "CommandResult" })
    assert.deepStrictEqual(read(`Player '${name}' banned!`), { _tag: "CommandResult" })
    assert.deepStrictEqual(read(`Config entry: ${code}`), { _tag: "ConfigEntry", entry: line })
  }, { arbitrary: { runs: 500 } })
})
