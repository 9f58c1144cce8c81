import { Address, Guid, Identity, Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { compare, isNamed, namesOf, PlayerTarget } from "../src/internal/playerTarget.ts"

const slot = Player.PlayerId.make(0)
const guid = (digit: string) => Guid.Guid.make(digit.repeat(32))
const identity = (digit: string) => Identity.IdentityId.make(`${digit.repeat(8)}-0000-4000-8000-000000000000`)
const address = (port: number) => new Address.Address({ ip: Address.IpAddress.make("203.0.113.1"), port })
const player = (fields: Partial<ConstructorParameters<typeof Player.Player>[0]>) =>
  new Player.Player({ id: slot, name: "Ann", verified: false, ...fields })

describe("the comparison of two players", () => {
  it.each(
    [
      ["by their GUIDs, if both are known", { guid: guid("a"), name: "x" }, { guid: guid("a"), name: "y" }, "Same"],
      ["by their GUIDs, whatever the other fields", { guid: guid("a"), address: address(1) }, {
        guid: guid("b"),
        address: address(1)
      }, "Other"],
      ["by their accounts", { identity: identity("a"), name: "x" }, { identity: identity("a"), name: "y" }, "Same"],
      [
        "by their accounts, whatever the other fields",
        { identity: identity("a") },
        { identity: identity("b") },
        "Other"
      ],
      ["nothing if one has only a GUID, and the other only an account", { guid: guid("a") }, {
        identity: identity("b")
      }, "Unsure"],
      ["nothing by equal names if only one has a GUID", { guid: guid("a") }, {}, "Unsure"],
      ["nothing by equal names if only one has an account", { identity: identity("a") }, {}, "Unsure"],
      ["by name and address", { address: address(1) }, { address: address(1) }, "Same"],
      ["by their addresses", { address: address(1) }, { address: address(2) }, "Other"],
      ["nothing by the address alone", { address: address(1), name: "x" }, { address: address(1) }, "Unsure"],
      ["by the names, if one address is unknown", { address: address(1), name: "x" }, {}, "Other"],
      ["nothing by the name alone", { address: address(1) }, {}, "Unsure"],
      ["by the names, if both addresses are unknown", { name: "x" }, {}, "Other"],
      [
        "nothing by a name and its form in the lobby",
        { name: "Ann", inLobby: true },
        { name: "Ann (Lobby)" },
        "Unsure"
      ],
      ["nothing by names that differ only in a blank at the end", { name: "Ann " }, { name: "Ann" }, "Unsure"],
      ["by names that differ only in a blank at the start", { name: " Ann" }, { name: "Ann" }, "Other"]
    ] as const
  )("decides %s", (_, one, other, verdict) => {
    assert.strictEqual(compare(player(one), player(other)), verdict)
    assert.strictEqual(compare(player(other), player(one)), verdict)
  })

  it("is certain for the same object", () => {
    const ann = player({})
    assert.strictEqual(compare(ann, ann), "Same")
  })

  it("uses the names in the form that servers print", () => {
    assert.deepStrictEqual(namesOf(player({ name: "Ann " })), ["Ann"])
    assert.deepStrictEqual(namesOf(player({ name: "Ann", inLobby: false })), ["Ann"])
    assert.deepStrictEqual(namesOf(player({ name: " Ann", inLobby: true })), [" Ann", " Ann (Lobby)"])
    assert.isTrue(isNamed(player({}), { id: slot, name: "Ann  " }))
    assert.isFalse(isNamed(player({}), { id: slot, name: " Ann" }))
  })
})

describe("a slot with an unknown occupant", () => {
  it("is still the target of the command when its occupant becomes known", () => {
    let there: Player.Player | "Unknown" = "Unknown"
    const target = new PlayerTarget(slot, () => there)
    there = player({})
    assert.isTrue(target.isCurrent())
  })

  it("is neither empty nor occupied according to a list with an invalid row", () => {
    const target = new PlayerTarget(slot, () => "Unknown")
    const table = { rows: [], unparsed: [{ line: 1, text: "?" }], total: undefined, cut: false }
    assert.strictEqual(target.lookIn(table), "Unsure")
    assert.strictEqual(target.lookIn({ ...table, unparsed: [] }), "Gone")
  })
})

describe("the intended player", () => {
  const known = { id: slot, name: "Ann", guid: guid("a"), verified: true }
  const ann = new Player.Player(known)
  const other = guid("f")
  const table = (...rows: ReadonlyArray<Player.Player>) => ({ rows, unparsed: [], total: undefined, cut: false })
  const target = (there: Player.Player | "Nobody" | "Unknown") => new PlayerTarget(slot, () => there)

  it("is recognised by the GUID, whatever the name", () => {
    const renamed = new Player.Player({ ...known, name: "Anna" })
    assert.strictEqual(target(ann).lookIn(table(renamed)), "Here")
    assert.strictEqual(target(ann).lookIn(table(new Player.Player({ ...known, guid: other }))), "Gone")
  })

  it("cannot be distinguished from another player of the same name if no GUID is known", () => {
    const { guid: _, ...unknown } = known
    assert.strictEqual(target(ann).lookIn(table(new Player.Player(unknown))), "Unsure")
    assert.strictEqual(target(ann).lookIn(table(new Player.Player({ ...unknown, name: "Bob" }))), "Gone")
  })

  it("is the first one that a list shows in the slot if the occupant was unknown", () => {
    const unknown = target("Unknown")
    assert.isUndefined(unknown.player)
    assert.strictEqual(unknown.lookIn(table(ann)), "Here")
    assert.strictEqual(unknown.player, ann)
    assert.strictEqual(unknown.lookIn(table(new Player.Player({ ...known, guid: other }))), "Gone")
  })

  it("keeps the slot until the slot is seen empty, or with another player", () => {
    let there: Player.Player | "Nobody" | "Unknown" = ann
    const meant = new PlayerTarget(slot, () => there)
    assert.isTrue(meant.isCurrent())
    there = "Unknown"
    assert.isTrue(meant.isCurrent())
    there = "Nobody"
    assert.isFalse(meant.isCurrent())
    there = new Player.Player({ ...known, guid: other })
    assert.isFalse(meant.isCurrent())
  })

  it("is never a newcomer in a slot that was empty at the call", () => {
    let there: Player.Player | "Nobody" = "Nobody"
    const nobody = new PlayerTarget(slot, () => there)
    assert.isTrue(nobody.isCurrent())
    there = ann
    assert.isFalse(nobody.isCurrent())
  })

  it("is named by an event only if the slot and, as far as known, the name are equal", () => {
    assert.isTrue(target(ann).isNamedBy({ id: slot, name: "Ann " }))
    assert.isFalse(target(ann).isNamedBy({ id: slot, name: "Bob" }))
    assert.isFalse(target(ann).isNamedBy({ id: Player.PlayerId.make(1), name: "Ann" }))
    assert.isTrue(target("Unknown").isNamedBy({ id: slot, name: "anybody" }))
  })
})
