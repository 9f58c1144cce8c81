import { Address, Guid, Identity, Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { missingFrom } from "../src/internal/banRows.ts"
import { Identification } from "../src/internal/identification.ts"
import { compare, isNamed, namesOf, PlayerTarget } from "../src/internal/playerTarget.ts"
import { splitText } from "../src/internal/splitText.ts"
import { mayBeUnread } from "../src/internal/tables.ts"

const slot = Player.PlayerId.make(0)
const guid = (digit: string) => Guid.Guid.make(digit.repeat(32))
const identity = (digit: string) => Identity.IdentityId.make(`${digit.repeat(8)}-0000-4000-8000-000000000000`)
const address = (port: number) => new Address.Address({ ip: Address.IpAddress.make("203.0.113.1"), port })
const player = (fields: Partial<ConstructorParameters<typeof Player.Player>[0]>) =>
  new Player.Player({ id: slot, name: "Ann", verified: false, ...fields })

describe("whether two are the same player", () => {
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
      ["not if only one has a GUID or account", { guid: guid("a") }, { identity: identity("b") }, "Unsure"],
      ["not if only one has a GUID, by equal names", { guid: guid("a") }, {}, "Unsure"],
      ["not if only one has an account, by equal names", { identity: identity("a") }, {}, "Unsure"],
      ["by name and address", { address: address(1) }, { address: address(1) }, "Same"],
      ["by their addresses", { address: address(1) }, { address: address(2) }, "Other"],
      ["not if only the address is the same", { address: address(1), name: "x" }, { address: address(1) }, "Unsure"],
      ["by the names, if one address is unknown", { address: address(1), name: "x" }, {}, "Other"],
      ["not by the name alone", { address: address(1) }, {}, "Unsure"],
      ["by the names, if both addresses are unknown", { name: "x" }, {}, "Other"],
      [
        "with the name as lists print it in the lobby",
        { name: "Ann", inLobby: true },
        { name: "Ann (Lobby)" },
        "Unsure"
      ],
      ["without the blank after a name", { name: "Ann " }, { name: "Ann" }, "Unsure"],
      ["with the blank before a name", { name: " Ann" }, { name: "Ann" }, "Other"]
    ] as const
  )("is decided %s", (_, one, other, verdict) => {
    assert.strictEqual(compare(player(one), player(other)), verdict)
    assert.strictEqual(compare(player(other), player(one)), verdict)
  })

  it("is certain for the same object", () => {
    const ann = player({})
    assert.strictEqual(compare(ann, ann), "Same")
  })

  it("is judged by the names in the form that servers print", () => {
    assert.deepStrictEqual(namesOf(player({ name: "Ann " })), ["Ann"])
    assert.deepStrictEqual(namesOf(player({ name: "Ann", inLobby: false })), ["Ann"])
    assert.deepStrictEqual(namesOf(player({ name: " Ann", inLobby: true })), [" Ann", " Ann (Lobby)"])
    assert.isTrue(isNamed(player({}), { id: slot, name: "Ann  " }))
    assert.isFalse(isNamed(player({}), { id: slot, name: " Ann" }))
  })
})

describe("an unknown slot", () => {
  it("stays current for its command, whichever player is seen in it first", () => {
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

describe("a visit", () => {
  const announced = (identification: Identification, fields: Parameters<typeof player>[0], isListed = true) =>
    identification.identified(new Map([[slot, player(fields)]]), isListed, 0).length

  it("is announced when everything is known, and not before", () => {
    const full = { guid: guid("a"), verified: true, address: address(1) }
    for (const missing of ["guid", "address"] as const) {
      const { [missing]: _, ...rest } = full
      assert.strictEqual(announced(new Identification(), rest), 0)
    }
    assert.strictEqual(announced(new Identification(), { ...full, verified: false }), 0)
    assert.strictEqual(announced(new Identification(), full), 1)
    assert.strictEqual(announced(new Identification(), { identity: identity("a") }), 1)
  })

  it("ends when another player has the slot, or a list does not have the player", () => {
    const full = { verified: true, address: address(1) }
    const identification = new Identification()
    assert.strictEqual(announced(identification, { ...full, guid: guid("a") }), 1)
    assert.strictEqual(announced(identification, { ...full, guid: guid("a") }), 0)
    assert.strictEqual(announced(identification, { ...full, guid: guid("b") }), 1)
    // After an outage no player is known until the list has arrived.
    assert.deepStrictEqual(identification.identified(new Map(), false, 0), [])
    assert.strictEqual(announced(identification, { ...full, guid: guid("b") }), 0)
    assert.deepStrictEqual(identification.identified(new Map(), true, 0), [])
    assert.strictEqual(announced(identification, { ...full, guid: guid("b") }), 1)
  })

  it("continues while more becomes known about the player", () => {
    const identification = new Identification()
    assert.strictEqual(announced(identification, { address: address(1) }), 0)
    assert.strictEqual(announced(identification, { address: address(1), guid: guid("a") }), 0)
    assert.strictEqual(announced(identification, { address: address(1), guid: guid("a"), verified: true }), 1)
  })
})

describe("rows of the list of bans", () => {
  const ban = (target: string, remaining: string, reason: string) => ({ target, remaining, reason }) as never

  it("are the same if target, reason and kind of time are equal", () => {
    const one = ban("a", "permanent", "x")
    assert.deepStrictEqual(missingFrom([one], [ban("a", "permanent", "x")]), [])
    for (const other of [ban("b", "permanent", "x"), ban("a", "expired", "x"), ban("a", "permanent", "y")]) {
      assert.deepStrictEqual(missingFrom([one], [other]), [one])
    }
  })
})

describe("a line that could not be read", () => {
  const table = (text: string) => ({ rows: [], unparsed: [{ line: 1, text }], total: undefined, cut: false })

  it("may be the row of a slot only if it begins with that whole number", () => {
    assert.isTrue(mayBeUnread(table("12 ?"), 12))
    assert.isFalse(mayBeUnread(table("12 ?"), 1))
    assert.isTrue(mayBeUnread(table("x 12"), 1))
    assert.isFalse(mayBeUnread({ ...table("12 ?"), total: 1 }, 1))
    assert.isTrue(mayBeUnread({ ...table("12 ?"), total: 2 }, 1))
  })
})

describe("blanks in a long announcement", () => {
  it("are reduced to one between two words", () => {
    assert.deepStrictEqual(splitText("a  b   c"), ["a b c"])
  })
})
