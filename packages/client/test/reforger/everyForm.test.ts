import { Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Result, Schema } from "effect"
import * as BansReply from "../../src/internal/reforger/bansReply.ts"
import * as PlayersReply from "../../src/internal/reforger/playersReply.ts"
import { players, print, printed, replyTo, style } from "./lists.ts"
import { identity, OLDER_BANS, PLAYERS, UUID } from "./texts.ts"

describe("every form", () => {
  const columns = "[Player#] ; [Player UID] ; [Player Name]"
  const runs = { arbitrary: { runs: 500 } }

  it.prop("of the list of players gives the same rows", { players, style }, ({ players, style }) => {
    const rows = players.map((player) => `${style.hash}${print(player)}`)
    const reply = replyTo("#players", printed("Players on server:", columns, rows, style))
    if (reply === undefined) return
    const table = Result.getOrThrow(PlayersReply.parse(reply))
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
    const page = Result.getOrThrow(BansReply.parse(reply, 0))
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
    if (reply === undefined) return assert.fail("a part of the list was taken for an event")
    const page = Result.getOrThrow(BansReply.parse(reply, 0))
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
        PLAYERS,
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
      const players = Result.getOrThrow(PlayersReply.parse(reply)).rows.filter(({ identity }) => identity !== UUID)
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
      const bans = Result.getOrThrow(BansReply.parse(replyTo("#ban list 1", list) ?? "", 0)).rows
      assert.deepStrictEqual(
        bans.map(({ target }) => target).filter((target) => target !== UUID),
        names.map((_, index) => identity(index))
      )
    },
    runs
  )
})
