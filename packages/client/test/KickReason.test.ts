import { KickReason } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"

describe("KickReason.parse", () => {
  it.each([
    ["Admin Kick (be nice)", { _tag: "AdminKick", message: "be nice" }],
    ["Admin Kick ()", { _tag: "AdminKick", message: "" }],
    ["Admin Kick (:) (really))", { _tag: "AdminKick", message: ":) (really)" }],
    ["Admin Ban ([admin][24.12.25 18:00:00] Teamkill)", {
      _tag: "AdminBan",
      message: "[admin][24.12.25 18:00:00] Teamkill"
    }],
    ["Admin Ban", { _tag: "AdminBan", message: "" }],
    ["Global Ban #a1b2c3", { _tag: "GlobalBan", id: "a1b2c3" }],
    ["PublicVariable Value Restriction #12", {
      _tag: "FilterRestriction",
      filter: "PublicVariable Value",
      rule: 12
    }],
    ["Client not responding", { _tag: "Timeout" }],
    ["Query Timeout", { _tag: "Timeout" }],
    ["Admin Kick", { _tag: "AdminKick", message: "" }],
    ["Admin Kick (cut", { _tag: "AdminKick", message: "cut" }],
    ["Admin Ban (two\nlines)", { _tag: "AdminBan", message: "two\nlines" }],
    ["Admin Kicked", { _tag: "Other" }],
    ["Vote: Admin Kick (x)", { _tag: "Other" }],
    ["Vote: Global Ban #1", { _tag: "Other" }],
    ["Global Ban #1\nand more", { _tag: "GlobalBan", id: "1\nand more" }],
    ["Script Restriction #0", { _tag: "FilterRestriction", filter: "Script", rule: 0 }],
    ["RemoteExec Restriction #4 ", { _tag: "FilterRestriction", filter: "RemoteExec", rule: 4 }],
    ["RemoteExec Restriction #4\r\n", { _tag: "FilterRestriction", filter: "RemoteExec", rule: 4 }],
    ["RemoteExec Restriction #4 x", { _tag: "Other" }],
    ["RemoteExec Restriction #1234567890", { _tag: "Other" }],
    ["Global Ban #a1b2c3\0", { _tag: "GlobalBan", id: "a1b2c3" }],
    ["Query Timeout\n", { _tag: "Timeout" }],
    ["Admin Kick (be nice) \0", { _tag: "AdminKick", message: "be nice" }],
    ["Admin Kick ([ReNegadE][05.11.16 11:47:51] )", { _tag: "AdminKick", message: "[ReNegadE][05.11.16 11:47:51] " }],
    ["Admin Ban (a\u2028b\rc)", { _tag: "AdminBan", message: "a\u2028b\rc" }],
    ["Admin Kick (Script Restriction #4)", { _tag: "AdminKick", message: "Script Restriction #4" }],
    ["Client not responding!", { _tag: "Other" }],
    ["Game restart required", { _tag: "Other" }],
    ["Invalid GUID", { _tag: "Other" }],
    ["Bad Packet", { _tag: "Other" }],
    ["Bad Service Version", { _tag: "Other" }],
    ["", { _tag: "Other" }]
  ])("reads %j", (text, expected) => {
    assert.deepStrictEqual(KickReason.parse(text), { ...expected, text } as KickReason.KickReason)
  })
})
