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
    ["Game restart required", { _tag: "Other" }],
    ["", { _tag: "Other" }]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(KickReason.parse(text), { ...expected, text } as KickReason.KickReason)
  })
})
