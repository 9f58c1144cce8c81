import { Player, ServerEvent } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Corpus from "./corpus.ts"
import * as Hostile from "./hostile.ts"

const GUID = "0123456789abcdef0123456789abcdef"

const player = (id: number, name: string): Player.PlayerReference => ({ id: Player.PlayerId.make(id), name })

/** As JSON has it, without the text. */
const read = (text: string, players?: Iterable<Player.PlayerReference>): Record<string, unknown> => {
  const event = ServerEvent.parse(text, players)
  const { text: kept, ...fields } = JSON.parse(JSON.stringify(event)) as Record<string, unknown>
  assert.strictEqual(kept, text)
  return fields
}

const CATEGORIES: Record<string, ServerEvent.Tag> = {
  "admin-login": "AdminLoggedIn",
  "admin-chat-global": "AdminChat",
  "admin-chat-whisper": "AdminChat",
  "player-connected": "PlayerConnected",
  "player-guid": "PlayerGuid",
  "player-guid-be": "PlayerGuid",
  "player-guid-owner": "PlayerGuid",
  "player-guid-legacy": "PlayerGuid",
  "player-guid-verified": "PlayerVerified",
  "player-disconnected": "PlayerDisconnected"
}

const tagOf = (category: string): ServerEvent.Tag =>
  CATEGORIES[category] ??
    (category.startsWith("chat-") ? "UnattributedChat" : category.startsWith("kick-") ? "PlayerKicked" : "Unrecognized")

describe("ServerEvent.parse", () => {
  it.skipIf(Corpus.missing)(`knows what real servers say${Corpus.missing ? `: ${Corpus.missing}` : ""}`, () => {
    const messages = Corpus.messages()
    assert.isAbove(messages.length, 100)
    for (const { category, text } of messages) {
      const event = ServerEvent.parse(text)
      assert.strictEqual(event._tag, tagOf(category), text)
    }
  })

  it.skipIf(Corpus.missing)("knows why real servers kick", () => {
    const reasons: Record<string, ReadonlyArray<string>> = {
      "kick-admin-kick": ["AdminKick"],
      "kick-admin-ban": ["AdminBan"],
      "kick-filter": ["FilterRestriction"],
      "kick-battleye": ["Timeout", "GlobalBan", "Other"]
    }
    for (const { category, text } of Corpus.messages()) {
      const event = ServerEvent.parse(text)
      if (event._tag === "PlayerKicked") assert.include(reasons[category] ?? [], event.reason._tag, text)
    }
  })

  it.each<readonly [string, Record<string, unknown>]>([
    ["RCon admin #4 (203.0.113.9:9999) logged in", {
      _tag: "AdminLoggedIn",
      admin: 4,
      address: { ip: "203.0.113.9", port: 9999 }
    }],
    ["RCon admin #0: (Global) (To Bob) hi", { _tag: "AdminChat", admin: 0, message: "(To Bob) hi" }],
    ["RCon admin #0: (Global) ", { _tag: "AdminChat", admin: 0, message: "" }],
    ["RCon admin #1: (To Alice A) ", { _tag: "AdminChat", admin: 1, recipient: "Alice A", message: "" }],
    ["RCon admin #1: (To Bob) :) hi", { _tag: "AdminChat", admin: 1, recipient: "Bob", message: ":) hi" }],
    ["Player #1 Zoë (198.51.100.1:2304) connected", {
      _tag: "PlayerConnected",
      player: { id: 1, name: "Zoë" },
      address: { ip: "198.51.100.1", port: 2304 }
    }],
    ["Player #1 x (1.1.1.1:1) connected (198.51.100.1:2304) connected", {
      _tag: "PlayerConnected",
      player: { id: 1, name: "x (1.1.1.1:1) connected" },
      address: { ip: "198.51.100.1", port: 2304 }
    }],
    ["Player #1  (198.51.100.1:2304) connected", {
      _tag: "PlayerConnected",
      player: { id: 1, name: "" },
      address: { ip: "198.51.100.1", port: 2304 }
    }],
    [`Player #1 Bob - GUID: ${GUID} (unverified)`, {
      _tag: "PlayerGuid",
      player: { id: 1, name: "Bob" },
      kind: "GUID",
      guid: GUID
    }],
    [`Player #1 Bob - GUID: ${GUID} - BE GUID: ${GUID}`, {
      _tag: "PlayerGuid",
      player: { id: 1, name: `Bob - GUID: ${GUID}` },
      kind: "BE GUID",
      guid: GUID
    }],
    [`Player #0 Bob - Owner BE GUID: ${GUID}`, {
      _tag: "PlayerGuid",
      player: { id: 0, name: "Bob" },
      kind: "Owner BE GUID",
      guid: GUID
    }],
    [`Player #0 Bob - Legacy GUID: ${GUID}`, {
      _tag: "PlayerGuid",
      player: { id: 0, name: "Bob" },
      kind: "Legacy GUID",
      guid: GUID
    }],
    [`Verified GUID (${GUID}) of player #0 Sgt. Alice`, {
      _tag: "PlayerVerified",
      player: { id: 0, name: "Sgt. Alice" },
      guid: GUID
    }],
    ["Player #3 Bob (-) has been kicked by BattlEye: Global Ban #1 disconnected", {
      _tag: "PlayerDisconnected",
      player: { id: 3, name: "Bob (-) has been kicked by BattlEye: Global Ban #1" }
    }],
    [`Player #3 [TAG] Al (x) (${GUID}) has been kicked by BattlEye: RemoteExec Restriction #4`, {
      _tag: "PlayerKicked",
      player: { id: 3, name: "[TAG] Al (x)" },
      guid: GUID,
      reason: { _tag: "FilterRestriction", filter: "RemoteExec", rule: 4, text: "RemoteExec Restriction #4" }
    }],
    ["Player #3 Bob (-) has been kicked by BattlEye: Invalid GUID", {
      _tag: "PlayerKicked",
      player: { id: 3, name: "Bob" },
      reason: { _tag: "Other", text: "Invalid GUID" }
    }],
    ["(Side) Al: Bob: hi", {
      _tag: "UnattributedChat",
      channel: "Side",
      name: "Al",
      message: "Bob: hi"
    }]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(read(text), expected)
  })

  it.each([
    "",
    "Player Alice(D) (00000000000000000000000000000000) has been kicked by BattlEye: Script Restriction #1",
    "Player #99999999999 Bob disconnected",
    "Player #1 Bob (999.1.1.1:5) connected",
    "Player #1 Bob (1.1.1.1:65536) connected",
    " Player #1 Bob disconnected",
    "Player #1 Bob disconnected ",
    "(Somewhere) Bob: hi",
    "(Side) Bob",
    "RCon admin #1: (To Bob",
    "RCon admin #1: (Side) hi"
  ])("leaves %j unrecognized", (text) => {
    assert.deepStrictEqual(read(text), { _tag: "Unrecognized" })
  })

  describe("with known players", () => {
    const players = [player(1, "Al"), player(2, "Al: Bob"), player(3, "Sgt) Bob"), player(4, "")]

    it("finds who speaks, the longest name first", () => {
      assert.deepStrictEqual(read("(Global) Al: Bob: hello: you", players), {
        _tag: "PlayerChat",
        channel: "Global",
        player: { id: 2, name: "Al: Bob" },
        message: "hello: you"
      })
      assert.deepStrictEqual(read("(Global) Al: hello", players)["player"], { id: 1, name: "Al" })
      assert.deepStrictEqual(read("(Global) : hello", players)["player"], { id: 4, name: "" })
    })

    it("finds who is whispered to", () => {
      const { message, recipient } = read("RCon admin #0: (To Sgt) Bob) hi) there", players)
      assert.deepStrictEqual([recipient, message], ["Sgt) Bob", "hi) there"])
    })

    it("does not guess who of several has spoken", () => {
      const twins = [...players, player(9, "Al: Bob")]
      assert.deepStrictEqual(read("(Global) Al: Bob: hello", twins), {
        _tag: "UnattributedChat",
        channel: "Global",
        name: "Al: Bob",
        message: "hello"
      })
    })

    it("takes a player who is listed twice for one", () => {
      const listed = [...players, player(2, "Al: Bob")]
      assert.strictEqual(read("(Global) Al: Bob: hello", listed)["_tag"], "PlayerChat")
    })

    it("has everything a known player says, whatever the name", () => {
      const chat = ServerEvent.parse("(Direct) Bob: hi", new Map([[5, player(5, "Bob")]]).values())
      assert.isTrue(ServerEvent.is("PlayerChat")(chat) && chat.name === "Bob" && chat.player.id === 5)
    })
  })

  it.prop("keeps any text", { text: Hostile.text, names: Arbitrary.array(Hostile.name) }, ({ names, text }) => {
    const event = ServerEvent.parse(text, names.map((name, id) => player(id, name)))
    assert.isTrue(event._tag !== "Gap" && event.text === text)
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(Schema.toCodecJson(ServerEvent.ServerEvent))(JSON.parse(JSON.stringify(event))),
      event
    )
  }, { arbitrary: { runs: 500 } })

  it.prop("keeps names apart from what the server says about them", { name: Hostile.name }, ({ name }) => {
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

  it("takes time in proportion to the text", () => {
    // Quadratic time would be minutes.
    const size = 1 << 20
    const pieces = [
      "a",
      " ",
      "(",
      ": ",
      ") ",
      " (1.1.1.1:1",
      " (1.1.1.1:1) connected",
      " - BE GUID: ",
      ` (${GUID}) has been kicked by BattlEye:`,
      " Restriction #1",
      "Admin Kick (",
      "\n"
    ]
    const starts = [
      "Player #1 ",
      `Player #1 a (${GUID}) has been kicked by BattlEye: `,
      "(Side) ",
      "RCon admin #1: (To ",
      "RCon admin #1 (",
      `Verified GUID (${GUID}) of player #0 `
    ]
    const players = pieces.map((piece, id) => player(id, piece.repeat(1000)))
    for (const start of starts) {
      for (const piece of pieces) {
        assert.doesNotThrow(() => ServerEvent.parse(start + piece.repeat(size / piece.length), players))
      }
    }
  })
})

describe("ServerEvent.is", () => {
  it("narrows to the kinds named", () => {
    const events = [ServerEvent.parse("(Side) Bob: hi"), ServerEvent.parse("Player #1 Bob disconnected")]
    const said: ReadonlyArray<ServerEvent.PlayerChat | ServerEvent.UnattributedChat> = events.filter(
      ServerEvent.is("PlayerChat", "UnattributedChat")
    )
    assert.deepStrictEqual(said.map((chat) => [chat.name, chat.message]), [["Bob", "hi"]])
    assert.deepStrictEqual(events.filter(ServerEvent.is("Gap")), [])
  })
})
