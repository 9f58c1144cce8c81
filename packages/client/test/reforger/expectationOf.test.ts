import { assert, describe, it } from "@effect/vitest"
import type { Claim, Expectation } from "../../src/internal/reforger/expectation.ts"
import { expectationOf, looseExpectationOf } from "../../src/internal/reforger/expectationOf.ts"
import { OLDER_BANS, PLAYERS, row, UUID } from "./texts.ts"

const BAN = `- ${UUID} | Bob`
const CHAT = "(Side) Bob: hello"
/** Makes a text so long that it may have been cut at the maximum length of a message. */
const LONG = "x".repeat(1000)
const page = (title: string, ...rows: ReadonlyArray<string>) =>
  [title, "- Identity Id | Banned name", ...rows].join("\n")

describe("the output", () => {
  const first = [PLAYERS, "Player 'Bob' kicked!", "Ban created!", "Ban removed!", "Processing ban list", "words", CHAT]
  const only = (text: string) => first.map((one): Claim => one === text ? "Surely" : "No")
  const anything = first.map((one): Claim => one === CHAT ? "No" : "Perhaps")
  const kinds: Readonly<Record<string, ReadonlyArray<Claim>>> = {
    players: only(PLAYERS),
    " #Players ": only(PLAYERS),
    "#kick 1": only("Player 'Bob' kicked!"),
    "#ban create 1 0": only("Ban created!"),
    "#BAN  remove\tx": only("Ban removed!"),
    "#ban list": only("Processing ban list"),
    "#ban  list 2": only("Processing ban list"),
    "#ban": anything,
    "#ban help": anything,
    "#foo create": anything,
    "#restart": first.map(() => "No"),
    "#shutdown": first.map(() => "No"),
    "@logout": first.map(() => "No")
  }

  it.each(Object.entries(kinds))("of %j begins only with texts that the command can output", (command, claims) => {
    const { claim } = expectationOf(command)
    assert.deepStrictEqual(first.map((text) => claim(text, undefined)), claims)
  })

  it.each(Object.entries(kinds))(
    "of %j typed by a person may begin with any text but an event, unless the command has no output",
    (command, claims) => {
      const { claim } = looseExpectationOf(command)
      const isSilent = claims.every((claim) => claim === "No")
      assert.deepStrictEqual(
        first.map((text) => claim(text, undefined)),
        isSilent ? claims : claims.map((claim, index) => claim === "No" ? anything[index] : claim)
      )
    }
  )

  const list = `${PLAYERS}\n${row(1, "Bob")}`
  const cut = `${PLAYERS}\n${row(1, LONG)}`
  it.each<readonly [command: string, last: string, text: string, claim: Claim]>([
    ["#players", list, row(2, "Eve"), "Surely"],
    ["#players", list, "[Player#] ; [Player UID]", "Surely"],
    ["#players", list, "\n[BanID] ; [Player UID]", "Surely"],
    ["#players", list, "", "Perhaps"],
    ["#players", list, "---", "Perhaps"],
    ["#players", list, "--- x", "Perhaps"],
    ["#players", list, "---x", "No"],
    ["#players", list, "Spieler ; Name", "Perhaps"],
    ["#players", list, "- Konto | Name", "Perhaps"],
    ["#players", list, "words", "No"],
    ["#players", list, CHAT, "No"],
    ["#players", cut, "words", "Perhaps"],
    ["#players", cut, CHAT, "No"],
    ["#players", cut, `${CHAT}\n${row(2, "Eve")}`, "Surely"],
    ["#ban list 2", page("Total bans: 30 | Page: 2/2"), BAN, "Surely"],
    ["#ban list 2", page("Total bans: 30 | Page: 2/2"), "words", "No"],
    ["#ban list 2", page("Total bans: 30 | Page: 2/2"), "Timeout", "Surely"],
    ["#ban list 2", "Processing ban list", page("Total bans: 30 | Page: 1/2"), "No"],
    ["#ban list 2", "Processing ban list", page("Total bans: 30 | Page: 2/2"), "Surely"],
    ["#ban list", "Processing ban list", page("Total bans: 30 | Page: 1/2"), "Surely"],
    ["#ban list", "Processing ban list", OLDER_BANS, "Surely"],
    ["#ban list", "Processing ban list", BAN, "No"]
  ])("of %s goes on only with texts that can follow: case %$", (command, last, text, claim) => {
    assert.strictEqual(expectationOf(command).claim(text, last), claim, text)
  })

  type Pending = ReturnType<Expectation["pending"]>
  const UNREAD = "Spieler: keine"
  const longBan = `- ${UUID} | ${LONG}`
  it.each<readonly [command: string, texts: ReadonlyArray<string>, strict: Pending, loose: Pending]>([
    ["#players", [], "Surely", "Surely"],
    ["#players", [list], "Perhaps", "Perhaps"],
    ["#players", [cut], "Likely", "Likely"],
    ["#players", [list, row(2, LONG)], "Likely", "Likely"],
    ["#players", [UNREAD], "Nothing", "Perhaps"],
    ["#players", [UNREAD, cut], "Nothing", "Likely"],
    ["#kick 1", [], "Surely", "Surely"],
    ["#kick 1", ["Player 'Bob' kicked!"], "Nothing", "Nothing"],
    ["#kick 1", [UNREAD], "Nothing", "Perhaps"],
    ["#ban create 1 0", [UNREAD], "Nothing", "Likely"],
    ["#ban create 1 0", [UNREAD, "Ban created!"], "Nothing", "Nothing"],
    ["#ban list", ["Processing ban list"], "Surely", "Surely"],
    ["#ban list", ["Page not found!"], "Nothing", "Nothing"],
    ["#ban list", [UNREAD], "Nothing", "Perhaps"],
    ["#ban list", [OLDER_BANS], "Perhaps", "Perhaps"],
    ["#ban list", [`${OLDER_BANS}\n${row(1, LONG)}`], "Likely", "Likely"],
    // The heading gives the number of rows.
    ["#ban list", [page("Total bans: 1 | Page: 1/1")], "Perhaps", "Perhaps"],
    ["#ban list", [page("Total bans: 1 | Page: 1/1", BAN)], "Nothing", "Nothing"],
    ["#ban list", [page("Total bans: 1 | Page: 1/1", longBan)], "Perhaps", "Perhaps"],
    ["#ban list", [page("Total bans: 1 | Page: 1/1", `${longBan}\n`)], "Nothing", "Nothing"],
    ["#ban list", [page("Total bans: 2 | Page: 1/1", longBan)], "Likely", "Likely"],
    ["#ban list", [page("Total bans: 3 | Page: 1/1"), longBan, BAN], "Perhaps", "Perhaps"],
    ["#ban list", [page("Total bans: 27 | Page: 2/2", BAN)], "Perhaps", "Perhaps"],
    ["#ban list", [page("Total bans: 27 | Page: 2/2", BAN, BAN)], "Nothing", "Nothing"],
    // Headings that contradict 25 rows a page.
    ["#ban list", [page("Total bans: 30 | Page: 1/1", longBan)], "Likely", "Likely"],
    ["#ban list", [page("Total bans: 7 | Page: 1/3", BAN, BAN)], "Perhaps", "Perhaps"],
    ["#ban list", [page("Total bans: 7 | Page: 1/3", BAN, BAN, BAN)], "Nothing", "Nothing"],
    ["#ban list", [page("Total bans: 7 | Page: 3/3", LONG)], "Likely", "Likely"],
    ["#ban list", [page("Total bans: 7 | Page: 3/3", BAN)], "Nothing", "Nothing"],
    ["#foo", [], "Perhaps", "Perhaps"],
    ["#foo", ["words"], "Perhaps", "Perhaps"],
    ["#foo", ["unknown command"], "Nothing", "Nothing"],
    ["#ban", ["Help for ban command.\n#ban list"], "Nothing", "Nothing"],
    ["#restart", [], "Nothing", "Nothing"]
  ])("of %s is complete, or has more messages: case %$", (command, texts, strict, loose) => {
    assert.deepStrictEqual(
      [expectationOf(command).pending(texts), looseExpectationOf(command).pending(texts)],
      [strict, loose]
    )
  })
})
