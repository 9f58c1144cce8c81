import { type KickReason, ServerEvent } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Corpus from "./corpus.ts"
import { GOLDENS, GUID, player, read } from "./eventExamples.ts"
import * as Hostile from "./hostile.ts"

/** The tag of the event for each category of the corpus. For a kick, also the tags of its possible reasons. */
const CATEGORIES: Record<string, readonly [ServerEvent.Tag, ...reasons: ReadonlyArray<KickReason.KickReason["_tag"]>]> =
  {
    "admin-login": ["AdminLoggedIn"],
    "admin-chat-global": ["AdminChat"],
    "admin-chat-whisper": ["AdminChat"],
    "player-connected": ["PlayerConnected"],
    "player-guid": ["PlayerGuid"],
    "player-guid-be": ["PlayerGuid"],
    "player-guid-owner": ["PlayerGuid"],
    "player-guid-legacy": ["PlayerGuid"],
    "player-guid-verified": ["PlayerVerified"],
    "player-disconnected": ["PlayerDisconnected"],
    "kick-admin-kick": ["PlayerKicked", "AdminKick"],
    "kick-admin-ban": ["PlayerKicked", "AdminBan"],
    "kick-filter": ["PlayerKicked", "FilterRestriction"],
    "kick-battleye": ["PlayerKicked", "Timeout", "GlobalBan", "Other"],
    "chat-lobby": ["UnattributedChat"],
    "chat-global": ["UnattributedChat"],
    "chat-direct": ["UnattributedChat"],
    "chat-vehicle": ["UnattributedChat"],
    "chat-group": ["UnattributedChat"],
    "chat-side": ["UnattributedChat"],
    "chat-command": ["UnattributedChat"],
    "chat-unknown": ["UnattributedChat"],
    "filter-log": ["FilterLog"],
    "be-master": ["BattlEyeMaster"],
    "be-file": ["FileError"],
    "be-kicking": ["KickingDisabled"],
    "config-entry": ["ConfigEntry"],
    startup: ["ServerInitialized"],
    "startup-console": ["ServerUpdated"],
    "reforger-login": ["LoggedIn"],
    "reforger-processing": ["CommandEcho"],
    "reforger-reply": ["CommandResult"],
    "game-console-line": ["Unrecognized"]
  }

describe("ServerEvent.parse", () => {
  it.each(Corpus.all)("recognises the texts of $name", (corpus) => {
    const messages = corpus.messages()
    assert.isAbove(messages.length, 100)
    if (!corpus.isReal) {
      assert.sameMembers([...new Set(messages.map(({ category }) => category))], Object.keys(CATEGORIES))
    }
    for (const { category, text } of messages) {
      const [tag, ...reasons] = CATEGORIES[category] ?? assert.fail(`no event is defined for ${category}`)
      const event = ServerEvent.parse(text)
      assert.strictEqual(event._tag, tag, text)
      if (event._tag === "PlayerKicked") assert.include(reasons, event.reason._tag, text)
    }
  })

  it.each(GOLDENS)("parses %j", (text, expected) => {
    assert.deepStrictEqual(read(text), expected)
  })

  it("is tested with every kind of event that a server sends", () => {
    const ofTheClient = ["PlayerIdentified", "BanAdded", "BanRemoved", "BanExpired", "Gap"]
    const known = new Set([...GOLDENS.map(([, { _tag }]) => _tag), "PlayerChat", "Unrecognized", ...ofTheClient])
    assert.deepStrictEqual(Object.keys(ServerEvent.ServerEvent.cases).filter((tag) => !known.has(tag)), [])
  })

  it.each([
    "",
    "Player Alice(D) (00000000000000000000000000000000) has been kicked by BattlEye: Script Restriction #1",
    "Player #99999999999 Bob disconnected",
    "Player #1 Bob (999.1.1.1:5) connected",
    "Player #1 Bob (1.1.1.1:65536) connected",
    " Player #1 Bob disconnected",
    "Player #1 Bob disconnected!",
    "(Some where) Bob: hi",
    "(Side2) Bob: hi",
    "() Bob: hi",
    "(Side)Bob: hi",
    "(7 players in total)",
    `(${"x".repeat(33)}) Bob: hi`,
    "(Side) Bob",
    "(Side) ",
    "Player #1 Bob has been kicked by BattlEye",
    "Player #1 Bob has been kicked by BattlEye:AFK",
    "Player #1Bob disconnected",
    "RCon admin #1: (To Bob",
    "RCon admin #1: (Side) hi",
    `Scripts Log: #1 Bob (${GUID.slice(1)}) - #0 x`,
    `Scripts Log: #1 Bob (${GUID}) -#0 "x"`,
    `Scripts Log: #1 Bob (${GUID}) - "x"`,
    `Scripts Log: Bob (${GUID}) - #0 "x"`,
    `Scripts-Log: #1 Bob (${GUID}) - #0 "x"`,
    ` Log: #1 Bob (${GUID}) - #0 "x"`,
    `${"x".repeat(41)} Log: #1 Bob (${GUID}) - #0 "x"`,
    "connected to BE Master",
    "Connected to BE Master!",
    "Initialized (v1.217",
    "Initialized (v1.217) and more",
    "BattlEye server updated to version: ",
    "Failed to opendir",
    "Logged In! Client ID: #",
    "Processing Commands: #players",
    "Player 'Bob' kicked! No",
    "Player Bob banned!",
    "Player not found!",
    "Timeouts",
    "1 ; 67ab5fd5-7e35-579a-68d9-b934ff7124f0 ; Bob"
  ])("leaves %j unrecognized", (text) => {
    assert.deepStrictEqual(read(text), { _tag: "Unrecognized" })
  })

  describe("ignores NULs, line ends and blanks at the end that belong to no field", () => {
    it.each(GOLDENS)("of %j", (text, expected) => {
      for (const end of ["\0", "\n", "\r\n", "\r", "\0\0 ", "\n \t\n"]) {
        assert.deepStrictEqual(read(text + end), expected)
      }
      // Blanks at the end may belong to a name, a message, a command or an entry, so these kinds keep them.
      const open = new Set(["AdminChat", "UnattributedChat", "PlayerVerified", "ConfigEntry", "CommandEcho"])
      for (const end of [" ", " \t", " \0", "  \r\n"]) {
        const fields = read(text + end)
        if (open.has(String(expected["_tag"]))) assert.strictEqual(fields["_tag"], expected["_tag"])
        else assert.deepStrictEqual(fields, expected)
      }
    })
  })

  it.prop("returns an event with the whole text, for any text and any players", {
    text: Hostile.text,
    names: Arbitrary.array(Hostile.name)
  }, ({ names, text }) => {
    const event = ServerEvent.parse(text, names.map((name, id) => player(id, name)))
    assert.isTrue("text" in event && event.text === text)
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(Schema.toCodecJson(ServerEvent.ServerEvent))(JSON.parse(JSON.stringify(event))),
      event
    )
  }, { arbitrary: { runs: 500 } })

  it("takes time proportional to the length of the text", () => {
    // Quadratic time would take minutes.
    const size = 1 << 18
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
      " (-) has been kicked by BattlEye: ",
      " has been kicked by BattlEye: Restriction",
      " Restriction #1",
      "Admin Kick (",
      ` (${GUID}) - #1`,
      ` (${GUID}) - #1 "`,
      " (-) - #",
      " Log: #1 ",
      " (-1",
      "' kicked!",
      ". ",
      "\"",
      "\n",
      "\0",
      "\t"
    ]
    const starts = [
      "Player #1 ",
      `Player #1 a (${GUID}) has been kicked by BattlEye: `,
      "(Side) ",
      "RCon admin #1: (To ",
      "RCon admin #1 (",
      `Verified GUID (${GUID}) of player #0 `,
      "Scripts Log: #3 ",
      `Scripts Log: #3 a (${GUID}) - #4 "`,
      "Initialized (v",
      "BattlEye server updated to version: ",
      "Failed to open",
      "Failed to receive from BE Master",
      "Warning: Disabled kicking for ",
      "Processing Command: ",
      "Player '",
      "Total bans: ",
      ""
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
  it("narrows the type to the given kinds", () => {
    const events = [ServerEvent.parse("(Side) Bob: hi"), ServerEvent.parse("Player #1 Bob disconnected")]
    const said: ReadonlyArray<ServerEvent.PlayerChat | ServerEvent.UnattributedChat> = events.filter(
      ServerEvent.is("PlayerChat", "UnattributedChat")
    )
    assert.deepStrictEqual(said.map((chat) => [chat.name, chat.message]), [["Bob", "hi"]])
    assert.deepStrictEqual(events.filter(ServerEvent.is("Gap")), [])
  })
})
