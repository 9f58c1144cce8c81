import { ServerMachine, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Corpus from "../corpus.ts"
import { ALICE, BOB, command, heard, login, run } from "../machine.ts"
import { bans, MILLER, names, online, says, UNKNOWN, world, worldOf } from "./reforgerMachine.ts"

describe("the command", () => {
  it("#players (or players) prints a row for each player", () => {
    const text = `Players on server: [Player#] ; [Player UID] ; [Player Name]
1 ; ${MILLER} ; Cpt. Miller - Fox
2 ; 4367884d-e0de-666f-0369-bb93e6782998 ; Kerry`
    assert.deepStrictEqual(says(online({ world }), "#players"), [text])
    assert.deepStrictEqual(says(online({ world }), "players"), [text])
  })

  it("#kick N reports the kicked player, or the error", () => {
    const server = online({ world })
    for (const id of ["x", "0", "-1", "1.5", ""]) {
      assert.deepStrictEqual(says(server, `#kick ${id}`), ["Not Valid Player ID"])
    }
    assert.deepStrictEqual(says(server, "#kick"), [])
    assert.deepStrictEqual(says(server, "#kick 3"), ["Player not found"])
    assert.deepStrictEqual(says(server, "#kick 2 for a reason"), ["Player 'Kerry' kicked!"])
    assert.deepStrictEqual(names(server), ["Cpt. Miller - Fox"])
  })

  it("#ban create bans a player by slot, by name or by identity", () => {
    const server = online({ world })
    assert.deepStrictEqual(says(server, "#ban create 2 0"), ["Player 'Kerry' banned!"])
    assert.deepStrictEqual(says(server, `#ban create ${UNKNOWN} 60 two words`, 1_000), [`Player '${UNKNOWN}' banned!`])
    assert.deepStrictEqual(says(server, `#ban create ${MILLER} 60 once`), [`Player '${MILLER}' banned!`])
    assert.deepStrictEqual(names(server), ["Cpt. Miller - Fox"])
    assert.deepStrictEqual(says(server, "#ban create \"Cpt. Miller - Fox\" 10 again"), [
      "Player 'Cpt. Miller - Fox' banned!"
    ])
    assert.deepStrictEqual(names(server), [])
    assert.deepStrictEqual(bans(server), [
      ["4367884d-e0de-666f-0369-bb93e6782998", "Kerry", undefined, "No reason provided"],
      [UNKNOWN, undefined, 61_000, "two words"],
      [MILLER, "Cpt. Miller - Fox", 10_000, "again"]
    ])
  })

  it("#ban create reports the error", () => {
    const server = online({ world })
    assert.deepStrictEqual(says(server, "#ban create 2"), [])
    for (const time of ["x", "-1", "1.5", "5m"]) {
      assert.deepStrictEqual(says(server, `#ban create 2 ${time}`), ["Not Valid time value in seconds"])
    }
    assert.deepStrictEqual(says(server, "#ban create 3 60"), ["Player not found"])
    assert.deepStrictEqual(says(server, "#ban create nobody 60"), ["Failed to create ban."])
    // Without quotes the second word of a name is read as the time.
    assert.deepStrictEqual(says(server, "#ban create Cpt. Miller - Fox 60"), ["Not Valid time value in seconds"])
    // A name of one word must have no quotes.
    assert.deepStrictEqual(says(server, "#ban create \"Kerry\" 60"), ["Failed to create ban."])
    assert.deepStrictEqual(bans(server), [])
    assert.strictEqual(names(server).length, 2)
  })

  it("#ban remove removes by identity, by name, or by the beginning of a name", () => {
    const ban = (target: string, name?: string): World.Ban => ({ target, name, expires: undefined, reason: "" })
    const [one = "", two = "", three = "", four = ""] = [1, 2, 3, 4].map((digit) => UNKNOWN.replaceAll("0", `${digit}`))
    const server = online({
      world: { bans: [ban(one, "Bob"), ban(two, "Bobby"), ban(three, "Bo Peep"), ban(four), ban(MILLER)] }
    })
    assert.deepStrictEqual(says(server, "#ban remove"), [])
    for (const target of ["Rob", UNKNOWN, "1"]) {
      assert.deepStrictEqual(says(server, `#ban remove ${target}`), ["User not found!"])
    }
    assert.deepStrictEqual(says(server, "#ban remove Bob"), ["Ban removed!"])
    assert.deepStrictEqual(says(server, "#ban remove Bo"), [
      `Multiple users found! Please use a unique identifier.
Total bans: 2 | Page: 1/1
- Identity Id | Banned name
- ${two} | Bobby
- ${three} | Bo Peep
`
    ])
    assert.deepStrictEqual(says(server, "#ban remove \"Bo Peep\""), ["Ban removed!"])
    assert.deepStrictEqual(says(server, "#ban remove Bob"), ["Ban removed!"])
    assert.deepStrictEqual(says(server, `#ban remove ${MILLER}`), ["Ban removed!"])
    assert.deepStrictEqual(server.world.bans.map(({ target }) => target), [four])
  })

  it("#ban list lists the bans in force, in pages of 25", () => {
    const list = Array.from({ length: 51 }, (_, index): World.Ban => ({
      target: UNKNOWN.slice(0, -2) + String(index + 10),
      name: index === 50 ? undefined : `Bob ${index}`,
      expires: index === 0 ? 5_000 : undefined,
      reason: ""
    }))
    const server = online({ world: { bans: list }, messageGap: "1 minute" })
    const last = `- Identity Id | Banned name\n- ${list[50]?.target} | \n`
    assert.deepStrictEqual(says(server, "#ban list 3"), ["Processing ban list", `Total bans: 51 | Page: 3/3\n${last}`])
    assert.deepStrictEqual(says(server, "#ban list 4"), ["Processing ban list", "Page not found!"])
    for (const page of ["0", "-1", "x"]) {
      assert.deepStrictEqual(says(server, `#ban list ${page}`), ["Not Valid page number"])
    }
    const [, ...first] = says(server, "#ban list", 5_000)
    const rows = first.join("\n").split("\n")
    assert.strictEqual(rows[0], "Total bans: 50 | Page: 1/2")
    assert.deepStrictEqual(rows.slice(2, 27), list.slice(1, 26).map(({ name, target }) => `- ${target} | ${name}`))
    assert.deepStrictEqual(says(server, "#ban list 3", 5_000), ["Processing ban list", "Page not found!"])
    ServerMachine.update(server, 5_000, (world) => ({ ...world, bans: [] }))
    assert.deepStrictEqual(says(server, "#ban list 3", 5_000), ["Processing ban list", "Server has no bans to list."])
  })

  it("#ban has an immediate effect, and its output is sent later, even if the player has left by then", () => {
    const server = online({ world, banDelay: "2 seconds", messageGap: "10 seconds" })
    assert.deepStrictEqual(says(server, "#ban create 2 0"), [])
    assert.deepStrictEqual(says(server, "#ban create x 0"), ["Failed to create ban."])
    assert.deepStrictEqual(says(server, "#ban list"), ["Processing ban list"])
    assert.deepStrictEqual(says(server, "#kick 1", 1_000), ["Player 'Cpt. Miller - Fox' kicked!"])
    assert.deepStrictEqual(run(server, 3_000).map(([now, text]) => [now, text.replace(/^message \d+: /, "")]), [
      [2_000, "Player 'Kerry' banned!"],
      [
        2_000,
        "Total bans: 1 | Page: 1/1\n- Identity Id | Banned name\n- 4367884d-e0de-666f-0369-bb93e6782998 | Kerry\n"
      ]
    ])
    assert.deepStrictEqual(says(server, "#ban remove Kerry", 4_000), [])
    login(server, 5_000)
    heard(server)
    assert.deepStrictEqual(run(server, 10_000), [])
    assert.deepStrictEqual(bans(server), [])
  })

  it("#restart keeps players and sessions, and #shutdown ends the server", () => {
    const server = online({ world })
    assert.deepStrictEqual(says(server, "#restart"), [])
    assert.strictEqual(server.sessions.size, 1)
    assert.strictEqual(names(server).length, 2)
    assert.deepStrictEqual(says(server, "#shutdown"), [])
    assert.isFalse(server.listening)
    assert.strictEqual(server.drops[0]?.cause, "Stopped")
  })

  it("@logout is answered before the session ends, even if the answer is delayed", () => {
    const server = online({ replyDelay: 300 })
    command(server, 0, 0, "#players")
    command(server, 100, 1, "@logout")
    command(server, 100, 1, "@logout")
    command(server, 200, 2, "#players")
    assert.strictEqual(server.sessions.size, 1)
    assert.deepStrictEqual(run(server, 60_000).map(([now, text]) => [now, text.split(":")[0]]), [
      [300, "0"],
      [300, "message 1"],
      [300, "message 2"],
      [400, "1"]
    ])
    assert.deepStrictEqual(server.drops, [{ time: 400, address: ALICE, admin: 0, cause: "LoggedOut" }])
    assert.deepStrictEqual(server.violations, [])
  })

  it("@logout ends the session even without an answer", () => {
    const server = online({ onCommand: () => ({ delay: Infinity }) })
    command(server, 0, 0, "@logout")
    assert.deepStrictEqual(heard(server), [])
    assert.strictEqual(server.sessions.size, 0)
  })

  it("@logout frees the client's number at once", () => {
    const server = online()
    login(server, 1, BOB)
    heard(server)
    command(server, 2, 0, "@logout")
    assert.deepStrictEqual(heard(server), ["0: "])
    assert.deepStrictEqual(server.drops, [{ time: 2, address: ALICE, admin: 0, cause: "LoggedOut" }])
    command(server, 3, 1, "#players")
    assert.deepStrictEqual(heard(server), [])
    login(server, 4)
    assert.deepStrictEqual(heard(server), ["login true", "message 0: Logged In! Client ID: #0"])
  })
})

describe.each(Corpus.all)("a text of $name", ({ culprit, listed, reply }) => {
  const full = worldOf(listed)
  const guilty = worldOf({ name: culprit })
  const bans = [{ target: listed.identity, name: "Jerry", expires: undefined, reason: "" }]
  const cases: ReadonlyArray<readonly [file: string, command: string, world: World.World]> = [
    ["players-reforger-1", "#players", full],
    ["players-reforger-2", "#players", World.make()],
    ["kick-result-reforger-1", "#kick 1", guilty],
    ["kick-result-reforger-2", "#kick me", guilty],
    ["ban-help-reforger-1", "#ban", guilty],
    ["ban-help-reforger-1", "#ban help", guilty],
    ["ban-result-reforger-1", "#ban create 1 60", guilty],
    ["ban-result-reforger-3", "#ban create 1 forever", guilty],
    ["ban-result-reforger-5", "#ban remove Jerry", { ...guilty, bans }]
  ]
  it.each(cases)("%s is the output of %s", (file, command, world) => {
    assert.deepStrictEqual(says(online({ world }), command), [reply(file)])
  })

  it("ban-list-reforger-1 is the output of #ban list", () => {
    assert.deepStrictEqual(says(online(), "#ban list"), ["Processing ban list", reply("ban-list-reforger-1")])
  })
})
