/**
 * Texts of servers, with the expected events.
 */
import { Player, ServerEvent } from "@bercon/client"
import { assert } from "@effect/vitest"
import { Schema } from "effect"

export const GUID = "0123456789abcdef0123456789abcdef"
export const OTHER = "fedcba9876543210fedcba9876543210"

export const player = (id: number, name: string): Player.PlayerReference => ({ id: Player.PlayerId.make(id), name })

const Json = Schema.toCodecJson(ServerEvent.ServerEvent)

/** The event as JSON without its text. Checks that the event survives JSON. */
export const read = (text: string, players?: Iterable<Player.PlayerReference>): Record<string, unknown> => {
  const event = ServerEvent.parse(text, players)
  const json = JSON.stringify(Schema.encodeSync(Json)(event))
  assert.deepStrictEqual(Schema.decodeUnknownSync(Json)(JSON.parse(json)), event)
  const { text: kept, ...fields } = JSON.parse(json) as Record<string, unknown>
  assert.strictEqual(kept, text)
  return fields
}

/** Texts and their events: at least one of every kind that a server sends, except `PlayerChat` and `Unrecognized`. */
export const GOLDENS: ReadonlyArray<readonly [string, Record<string, unknown>]> = [
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
  // The name contains the words of a kick.
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
    "Players on server: [Player#] ; [Player UID] ; [Player Name]\n1 ; 67ab5fd5-7e35-579a-68d9-b934ff7124f0 ; Bob",
    "Help for ban command. \n#ban list <page>",
    "Timeout",
    "Unknown error.",
    "unknown command",
    "Unknown command"
  ].map((text) => [text, { _tag: "CommandResult" }] as const)
]
