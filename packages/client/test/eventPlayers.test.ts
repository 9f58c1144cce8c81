/**
 * Tests that the names of known players resolve ambiguous texts.
 */
import { ServerEvent } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { GUID, player, read } from "./eventExamples.ts"

describe("parse, with the known players", () => {
  const players = [player(1, "Al"), player(2, "Al: Bob"), player(3, "Sgt) Bob"), player(4, "")]

  it("finds the speaker with the longest name", () => {
    assert.deepStrictEqual(read("(Global) Al: Bob: hello: you", players), {
      _tag: "PlayerChat",
      channel: "Global",
      player: { id: 2, name: "Al: Bob" },
      message: "hello: you"
    })
    assert.deepStrictEqual(read("(Global) Al: hello", players)["player"], { id: 1, name: "Al" })
    assert.deepStrictEqual(read("(Global) : hello", players)["player"], { id: 4, name: "" })
  })

  it("finds the recipient of a whisper", () => {
    const { message, recipient } = read("RCon admin #0: (To Sgt) Bob) hi) there", players)
    assert.deepStrictEqual([recipient, message], ["Sgt) Bob", "hi) there"])
  })

  it("finds the author of code by the slot", () => {
    const name = `Al (-) - #1 "(${GUID}) - #2 "`
    const text = `Scripts Log: #5 ${name} (${GUID}) - #3 "x"`
    const cut = { _tag: "FilterLog", player: { id: 5, name: "Al" }, filter: "Script", rule: 1 }
    const whole = { ...cut, player: { id: 5, name }, guid: GUID, rule: 3, code: "x" }
    assert.deepStrictEqual(read(text, [player(5, name)]), whole)
    assert.deepStrictEqual(read(text, [player(5, "Al"), player(5, name), player(5, "Bob")]), whole)
    const code = text.slice(text.indexOf("\"") + 1, -1)
    for (const others of [[], [player(6, name)], [player(5, "Al")], [player(5, "A")], [player(5, "Bob")]]) {
      assert.deepStrictEqual(read(text, others), { ...cut, code })
    }
  })

  it("does not guess among several possible speakers", () => {
    const twins = [...players, player(9, "Al: Bob")]
    for (const players of [twins, [...twins, player(9, "Al: Bob")]]) {
      assert.deepStrictEqual(read("(Global) Al: Bob: hello", players), {
        _tag: "UnattributedChat",
        channel: "Global",
        name: "Al: Bob",
        message: "hello"
      })
    }
  })

  it("finds the speaker on an unknown channel", () => {
    assert.deepStrictEqual(read("(Commander) Al: attack now", players), {
      _tag: "PlayerChat",
      channel: "Commander",
      player: { id: 1, name: "Al" },
      message: "attack now"
    })
  })

  it("accepts a colon without a blank after a name if no name is followed by a colon and a blank", () => {
    assert.deepStrictEqual(read("(Side) Al:hi: you", players), {
      _tag: "PlayerChat",
      channel: "Side",
      player: { id: 1, name: "Al" },
      message: "hi: you"
    })
    assert.deepStrictEqual(read("(Side) Al: Bob:hi", players)["player"], { id: 1, name: "Al" })
    assert.deepStrictEqual(read("(Side) Al: Bob:hi", players.toReversed())["player"], { id: 1, name: "Al" })
    assert.deepStrictEqual(read("(Side) Al:x: hi", [...players, player(8, "Al:x")])["player"], {
      id: 8,
      name: "Al:x"
    })
    assert.deepStrictEqual(read("(Side) Al:x: hi", [player(8, "Al:x"), ...players])["player"], {
      id: 8,
      name: "Al:x"
    })
    // The iterable is read only once.
    assert.deepStrictEqual(read("(Side) Al:hi", players.values())["_tag"], "PlayerChat")
  })

  it("finds the speaker in a text that was cut inside a character", () => {
    assert.deepStrictEqual(read("(Global) Иван: приве\ufffd", [player(3, "Иван")]), {
      _tag: "PlayerChat",
      channel: "Global",
      player: { id: 3, name: "Иван" },
      message: "приве\ufffd"
    })
  })

  it("uses the slot to find the player who was kicked or has left", () => {
    const name = "Bob (-) has been kicked by BattlEye: Query Timeout"
    const others = [player(7, name), player(2, "Bob (-"), player(2, "Bo"), player(2, "Eve")]
    const kicked = { _tag: "PlayerKicked", player: { id: 2, name: "Bob" } }
    const long = { ...kicked, player: { id: 2, name } }
    const timeout = { reason: { _tag: "Timeout", text: "Query Timeout" } }
    for (const group of ["", " (-)", ` (${GUID})`]) {
      const guid = group.length > 4 ? { guid: GUID } : {}
      const text = `Player #2 ${name}${group} has been kicked by BattlEye: Query Timeout`
      for (
        const known of [[player(2, name)], [player(2, name), player(2, "Bob")], [player(2, "Bob"), player(2, name)]]
      ) {
        assert.deepStrictEqual(read(text, [...others, ...known]), { ...long, ...guid, ...timeout })
      }
    }
    const left = `Player #2 ${name} disconnected`
    assert.deepStrictEqual(read(left, others), { _tag: "PlayerDisconnected", player: { id: 2, name } })
    assert.deepStrictEqual(read(left, [player(2, name)]), { _tag: "PlayerDisconnected", player: { id: 2, name } })
    assert.deepStrictEqual(read(left, [player(2, "Bob")]), {
      ...kicked,
      reason: { _tag: "Other", text: "Query Timeout disconnected" }
    })
  })

  it("takes time proportional to the number of players, even if all have the same name", () => {
    // Quadratic time would take minutes.
    const many = Array.from({ length: 200_000 }, (_, id) => player(id, "Al"))
    assert.strictEqual(read("(Global) Al: hello", many)["_tag"], "UnattributedChat")
  })

  it("counts a player who is given twice as one", () => {
    const listed = [...players, player(2, "Al: Bob")]
    assert.strictEqual(read("(Global) Al: Bob: hello", listed)["_tag"], "PlayerChat")
  })

  it("returns a PlayerChat with the name and the slot of the speaker", () => {
    const chat = ServerEvent.parse("(Direct) Bob: hi", new Map([[5, player(5, "Bob")]]).values())
    assert.isTrue(ServerEvent.is("PlayerChat")(chat) && chat.name === "Bob" && chat.player.id === 5)
  })
})
