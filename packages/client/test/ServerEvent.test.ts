import { KickReason, Player, ServerEvent } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Corpus from "./corpus.ts"
import * as Hostile from "./hostile.ts"

const GUID = "0123456789abcdef0123456789abcdef"
const OTHER = "fedcba9876543210fedcba9876543210"

const player = (id: number, name: string): Player.PlayerReference => ({ id: Player.PlayerId.make(id), name })

const Json = Schema.toCodecJson(ServerEvent.ServerEvent)

/** The event as JSON without its text. Checks that the event survives JSON. */
const read = (text: string, players?: Iterable<Player.PlayerReference>): Record<string, unknown> => {
  const event = ServerEvent.parse(text, players)
  const json = JSON.stringify(Schema.encodeSync(Json)(event))
  assert.deepStrictEqual(Schema.decodeUnknownSync(Json)(JSON.parse(json)), event)
  const { text: kept, ...fields } = JSON.parse(json) as Record<string, unknown>
  assert.strictEqual(kept, text)
  return fields
}

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

/** Commands and code that contain lines, quotation marks, and words that end the name of a player. */
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

const GOLDENS: ReadonlyArray<readonly [string, Record<string, unknown>]> = [
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
  ["Player #2 Bob (the builder) has been kicked by BattlEye: Admin Kick ()", {
    _tag: "PlayerKicked",
    player: { id: 2, name: "Bob (the builder)" },
    reason: { _tag: "AdminKick", message: "", text: "Admin Kick ()" }
  }],
  ["Player #2 Bob (the builder) (-) has been kicked by BattlEye:", {
    _tag: "PlayerKicked",
    player: { id: 2, name: "Bob (the builder)" },
    reason: { _tag: "Other", text: "" }
  }],
  [`Player #2 Bob (${GUID.toUpperCase()}) has been kicked by BattlEye: a disconnected`, {
    _tag: "PlayerKicked",
    player: { id: 2, name: "Bob" },
    guid: GUID,
    reason: { _tag: "Other", text: "a disconnected" }
  }],
  // As if the name had 30 characters.
  [`Player #2 a has been kicked by BattlEye: b (${GUID}) has been kicked by BattlEye: Query Timeout`, {
    _tag: "PlayerKicked",
    player: { id: 2, name: "a has been kicked by BattlEye: b" },
    guid: GUID,
    reason: { _tag: "Timeout", text: "Query Timeout" }
  }],
  ["Player #2 a has been kicked by BattlEye: b disconnected", {
    _tag: "PlayerDisconnected",
    player: { id: 2, name: "a has been kicked by BattlEye: b" }
  }],
  ["Player #2 a has been kicked by BattlEye: b has been kicked by BattlEye: c", {
    _tag: "PlayerKicked",
    player: { id: 2, name: "a" },
    reason: { _tag: "Other", text: "b has been kicked by BattlEye: c" }
  }],
  [
    `Player #3 Bob (${GUID}) has been kicked by BattlEye: Admin Kick (vote: Eve (${OTHER}) has been kicked by BattlEye: Script Restriction #1)`,
    {
      _tag: "PlayerKicked",
      player: { id: 3, name: "Bob" },
      guid: GUID,
      reason: {
        _tag: "AdminKick",
        message: `vote: Eve (${OTHER}) has been kicked by BattlEye: Script Restriction #1`,
        text: `Admin Kick (vote: Eve (${OTHER}) has been kicked by BattlEye: Script Restriction #1)`
      }
    }
  ],
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
  }],
  ["(Commander) Al: attack now", {
    _tag: "UnattributedChat",
    channel: "Commander",
    name: "Al",
    message: "attack now"
  }],
  ["(Командный) Al:hi", {
    _tag: "UnattributedChat",
    channel: "Командный",
    name: "Al",
    message: "hi"
  }],
  ["(Side) Al :): hi", { _tag: "UnattributedChat", channel: "Side", name: "Al :)", message: "hi" }],
  ["(Side) Al:", { _tag: "UnattributedChat", channel: "Side", name: "Al", message: "" }],
  ["(Side) Al: two\nlines  ", { _tag: "UnattributedChat", channel: "Side", name: "Al", message: "two\nlines  " }],
  [`Player #1 Bob - GUID: ${GUID.toUpperCase()}`, {
    _tag: "PlayerGuid",
    player: { id: 1, name: "Bob" },
    kind: "GUID",
    guid: GUID
  }],
  [`Verified GUID (${GUID.toUpperCase()}) of player #0 Bob `, {
    _tag: "PlayerVerified",
    player: { id: 0, name: "Bob " },
    guid: GUID
  }],
  [`Script Log: #6 Bob (x) - #2 "${GUID}" - #3 "`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob (x)" },
    filter: "Script",
    rule: 2,
    code: `${GUID}" - #3 `
  }],
  [`RemoteExec Log: #6 Bob (${GUID.toUpperCase()}) - #0 "x" \r\n`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob" },
    guid: GUID,
    filter: "RemoteExec",
    rule: 0,
    code: "x"
  }],
  [`Scripts Log: #3 [TAG] Al (x) (${GUID}) - #4 "first line\nsecond "line": (x) - #9"`, {
    _tag: "FilterLog",
    player: { id: 3, name: "[TAG] Al (x)" },
    guid: GUID,
    filter: "Script",
    rule: 4,
    code: "first line\nsecond \"line\": (x) - #9"
  }],
  [`Script Log: #6 Bob (${GUID}) - #2 "bp_id") == -9999) then {player setVariable ["x_`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob" },
    guid: GUID,
    filter: "Script",
    rule: 2,
    code: "bp_id\") == -9999) then {player setVariable [\"x_"
  }],
  [`PublicVariable Value Log: #6 Bob (-) - #0 ""`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob" },
    filter: "PublicVariable Value",
    rule: 0,
    code: ""
  }],
  [`RemoteExec Log: #6 Bob (${GUID}) - #0 "`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob" },
    guid: GUID,
    filter: "RemoteExec",
    rule: 0,
    code: ""
  }],
  [`CreateVehicle Log: #6 Bob (${GUID}) - #1 "Crate" 9:162 [0,0,0]`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob" },
    guid: GUID,
    filter: "CreateVehicle",
    rule: 1,
    code: "Crate\" 9:162 [0,0,0]"
  }],
  [`SetPos Log: #6 Bob (${GUID}) - #0 4:92 Offroad [1,2,3]`, {
    _tag: "FilterLog",
    player: { id: 6, name: "Bob" },
    guid: GUID,
    filter: "SetPos",
    rule: 0,
    code: "4:92 Offroad [1,2,3]"
  }],
  ["Connected to BE Master", { _tag: "BattlEyeMaster", state: "Connected" }],
  ["Disconnected from BE Master", { _tag: "BattlEyeMaster", state: "Disconnected" }],
  ["Could not connect to BE Master", { _tag: "BattlEyeMaster", state: "CannotConnect" }],
  ["Failed to start connecting to BE Master", { _tag: "BattlEyeMaster", state: "CannotConnect" }],
  ["Failed to resolve BE Master DNS name(s)", { _tag: "BattlEyeMaster", state: "CannotResolve" }],
  ["Failed to send to BE Master (-1)", { _tag: "BattlEyeMaster", state: "CannotSend" }],
  ["Failed to receive from BE Master (0)", { _tag: "BattlEyeMaster", state: "CannotReceive" }],
  ["Failed to receive from BE Master", { _tag: "BattlEyeMaster", state: "CannotReceive" }],
  ["Master query timed out, no response from BE Master", { _tag: "BattlEyeMaster", state: "QueryTimedOut" }],
  ["Ban check timed out, no response from BE Master", { _tag: "BattlEyeMaster", state: "BanCheckTimedOut" }],
  ["Initialized (v1.217)", { _tag: "ServerInitialized", version: "1.217" }],
  ["Initialized (v1.220, DayZ 1.29.163451)", {
    _tag: "ServerInitialized",
    version: "1.220",
    game: "DayZ 1.29.163451"
  }],
  ["BattlEye server updated to version: 217", { _tag: "ServerUpdated", version: "217" }],
  ["Config entry: MaxPing 200", { _tag: "ConfigEntry", entry: "MaxPing 200" }],
  ["Failed to open event log file", { _tag: "FileError", problem: "CannotOpen", file: "event log file" }],
  ["Failed to open scripts.txt", { _tag: "FileError", problem: "CannotOpen", file: "scripts.txt" }],
  ["Incompatible filter file: scripts.txt", { _tag: "FileError", problem: "Incompatible", file: "scripts.txt" }],
  ["Incompatible filter file", { _tag: "FileError", problem: "Incompatible" }],
  ["Warning: Disabled kicking for script scans. Update scripts.txt.", {
    _tag: "KickingDisabled",
    subject: "script scans"
  }],
  ["Warning: Disabled kicking for script scans", { _tag: "KickingDisabled", subject: "script scans" }],
  ["Logged In! Client ID: #0", { _tag: "LoggedIn", admin: 0 }],
  ["Processing Command: #ban create 1 0 \"a\nb\"", { _tag: "CommandEcho", command: "#ban create 1 0 \"a\nb\"" }],
  ["Processing Command: ", { _tag: "CommandEcho", command: "" }],
  ["Processing Command:", { _tag: "CommandEcho", command: "" }],
  ...[
    "Player 'Bob' kicked!",
    "Player 'Al's (x) kicked!' banned!",
    "Player '' kicked!",
    "Player not found",
    "Not Valid Player ID",
    "Not Valid time value in seconds",
    "Not Valid page number",
    "Page not found!",
    "Ban created!",
    "Ban removed!",
    "Failed to create ban.",
    "Failed to remove ban.",
    "Failed to remove the ban.",
    "Failed to list bans.",
    "User not found!",
    "Multiple users found! Bob, Bob",
    "Processing ban list",
    "Server has no bans to list.",
    "Total bans: 2 | Page: 1/1\nrows",
    "Players on server: [Player#] ; [Player UID] ; [Player Name]",
    "Players on server: [Player#] ; [Player UID] ; [Player Name]\n1 ; b6955d91-4749-4cdb-9a51-e69f630ec435 ; Bob",
    "Help for ban command. \n#ban list <page>",
    "Timeout",
    "Unknown error.",
    "unknown command",
    "Unknown command"
  ].map((text) => [text, { _tag: "CommandResult" }] as const)
]

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

  it.each(GOLDENS)("%j", (text, expected) => {
    assert.deepStrictEqual(read(text), expected)
  })

  it("is covered above for every other kind", () => {
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
    "1 ; b6955d91-4749-4cdb-9a51-e69f630ec435 ; Bob"
  ])("leaves %j unrecognized", (text) => {
    assert.deepStrictEqual(read(text), { _tag: "Unrecognized" })
  })

  describe("with known players", () => {
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

    it("finds the author of code by the number", () => {
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

    it("finds the speaker without a blank after the colon if no speaker matches with a blank", () => {
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

    it("finds the player who was kicked or has left by the number", () => {
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

    it("takes time proportional to their number although all have the same name", () => {
      // Quadratic time would take minutes.
      const many = Array.from({ length: 200_000 }, (_, id) => player(id, "Al"))
      assert.strictEqual(read("(Global) Al: hello", many)["_tag"], "UnattributedChat")
    })

    it("counts a player who is given twice as one", () => {
      const listed = [...players, player(2, "Al: Bob")]
      assert.strictEqual(read("(Global) Al: Bob: hello", listed)["_tag"], "PlayerChat")
    })

    it("keeps the whole message of a known player, whatever the name", () => {
      const chat = ServerEvent.parse("(Direct) Bob: hi", new Map([[5, player(5, "Bob")]]).values())
      assert.isTrue(ServerEvent.is("PlayerChat")(chat) && chat.name === "Bob" && chat.player.id === 5)
    })
  })

  describe("omits characters after the text", () => {
    it.each(GOLDENS)("%j", (text, expected) => {
      for (const end of ["\0", "\n", "\r\n", "\r", "\0\0 ", "\n \t\n"]) {
        assert.deepStrictEqual(read(text + end), expected)
      }
      // Names and messages may end with blanks.
      const open = new Set(["AdminChat", "UnattributedChat", "PlayerVerified", "ConfigEntry", "CommandEcho"])
      for (const end of [" ", " \t", " \0", "  \r\n"]) {
        const fields = read(text + end)
        if (open.has(String(expected["_tag"]))) assert.strictEqual(fields["_tag"], expected["_tag"])
        else assert.deepStrictEqual(fields, expected)
      }
    })
  })

  it.prop("keeps any text", { text: Hostile.text, names: Arbitrary.array(Hostile.name) }, ({ names, text }) => {
    const event = ServerEvent.parse(text, names.map((name, id) => player(id, name)))
    assert.isTrue("text" in event && event.text === text)
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(Schema.toCodecJson(ServerEvent.ServerEvent))(JSON.parse(JSON.stringify(event))),
      event
    )
  }, { arbitrary: { runs: 500 } })

  describe("arbitrary text of players and admins", () => {
    /** Parts of texts of every kind, and characters that some parsers take for line ends. */
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
        // Words, mostly whole.
        const words = text.split(/(?<= )|(?= )/)
        return words.slice(from < 8 ? 0 : from - 8, to < 8 ? undefined : 8 - to).join("")
      }).join("")
    ))

    const GROUPS = [` (${GUID})`, ` (${GUID.toUpperCase()})`, " (-)", ""]

    // Each has one field with arbitrary text, at the end or in the middle of the text.
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
    /** As `SAID`, but texts whose beginnings or ends cannot be separated from the field. */
    const AT_EDGES: ReadonlyArray<readonly [print: (free: string) => string, rest: (free: string) => string]> = [
      [(free) => `(Side) Eve:${free}`, (free) => free.trimStart()],
      ...GROUPS.map((group) =>
        [
          (free: string) => `Player #7 Eve${group} has been kicked by BattlEye: Admin Ban (${free}`,
          // Blanks and a bracket at the end of the field would belong to the reason.
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

    /** The fields of the harmless text, with the arbitrary text inserted. */
    const fill = (fields: unknown, free: string): unknown =>
      typeof fields === "string"
        ? fields.replaceAll(HARMLESS, () => free)
        : typeof fields === "object" && fields !== null
        ? Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, fill(value, free)]))
        : fields

    /** The text without NULs and line ends at its end. */
    const closed = (free: string) => free.replace(/[\0\r\n][\0\r\n\t ]*$/, "")

    type Print = (free: string) => string
    type Known = ReadonlyArray<Player.PlayerReference>

    /** The fields, as plain objects. */
    const parse = (text: string, known: Known) => {
      const { text: _, ...fields } = ServerEvent.parse(text, known) as ServerEvent.ServerEvent & {
        readonly text: string
      }
      return fill(fields, HARMLESS)
    }

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
        // Cut code. If it ends with a quotation mark, or with one and blanks, the mark counts as the closing one.
        if (!/"[ \n]*$/.test(code)) {
          assert.deepStrictEqual(read(start), { ...expected, code: code.replace(/[ \n]+$/, "") })
        }
        // The known player with the number has the name, whatever it contains.
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
