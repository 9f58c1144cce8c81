import { FleetError, type Wire } from "@bercon/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import * as ListChanges from "../src/internal/listChanges.ts"

const settings = (port: number) => ({ host: "10.0.0.1", port })
const entry = (id: string, generation: string, port = 1): Wire.ListedServer => ({
  id,
  generation,
  settings: settings(port)
})
const two = [entry("altis", "one", 1), entry("stratis", "two", 2)]
const first = { name: "now", revision: 2 }

describe("add", () => {
  const add = ListChanges.add("malden", settings(3))

  it("appends a server with the name of the change as its generation", () => {
    assert.deepStrictEqual(Result.getOrThrow(add(two, first)).servers, [...two, entry("malden", "now", 3)])
  })
  it("refuses an id that is in the list", () => {
    const there = [...two, entry("malden", "before")]
    assert.instanceOf(Result.getOrThrow(Result.flip(add(there, first))), FleetError.DuplicateServer)
  })
  it("refuses the 4,097th server", () => {
    const many = Array.from({ length: 4096 }, (_, i) => entry(`server-${i}`, "one"))
    assert.instanceOf(Result.getOrThrow(Result.flip(add(many, first))), FleetError.InvalidServer)
    assert.isTrue(Result.isSuccess(add(many.slice(1), first)))
  })
})

describe("remove", () => {
  const remove = ListChanges.remove("altis")

  it("removes a server", () => {
    assert.deepStrictEqual(Result.getOrThrow(remove(two, first)).servers, [two[1]!])
  })
  it("refuses an id that is not in the list", () => {
    const failure = Result.getOrThrow(Result.flip(remove([two[1]!], first)))
    assert.deepStrictEqual([failure.id, failure.known], ["altis", ["stratis"]])
  })
})

describe("replace", () => {
  const replace = ListChanges.replace("altis", settings(1))

  it("replaces a definition in its place, even if the settings are equal", () => {
    assert.deepStrictEqual(Result.getOrThrow(replace(two, first)).servers, [entry("altis", "now", 1), two[1]!])
  })
  it("refuses an id that is not in the list", () => {
    assert.instanceOf(Result.getOrThrow(Result.flip(replace([], first))), FleetError.UnknownServer)
  })
})

describe("begin", () => {
  const begin = ListChanges.begin(new Map([["malden", settings(3)]]))

  it("applies only to a list that has never been changed", () => {
    assert.deepStrictEqual(
      Result.getOrThrow(begin([], { ...first, revision: 0 })).servers,
      [entry("malden", "now", 3)]
    )
    const empty: ReadonlyArray<Wire.ListedServer> = []
    assert.strictEqual(Result.getOrThrow(begin(empty, first)).servers, empty)
  })
})

describe("reconcile", () => {
  const port = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 })))
  const Ports = Schema.Struct({ a: port, b: port, c: port, 1: port })

  it.prop(
    "makes exactly the wanted list in the wanted order, keeps equal servers, and reports the changes",
    { before: Arbitrary.schema(Ports), wanted: Arbitrary.schema(Ports), isReversed: Arbitrary.schema(Schema.Boolean) },
    ({ before, isReversed, wanted }) => {
      const servers = Object.entries(before).map(([id, port]) => entry(id, "before", port))
      const entries = Object.entries(wanted)
      const ports = new Map(isReversed ? entries.reverse() : entries)
      const reconcile = ListChanges.reconcile(new Map(Array.from(ports, ([id, port]) => [id, settings(port)])))
      const { servers: made, value } = Result.getOrThrow(reconcile(servers, first))
      const expected = {
        added: [...ports.keys()].filter((id) => !Object.hasOwn(before, id)),
        removed: Object.keys(before).filter((id) => !ports.has(id)),
        replaced: Object.entries(before).flatMap(([id, port]) => ports.has(id) && ports.get(id) !== port ? [id] : [])
      }
      assert.deepStrictEqual(value, expected)
      const changed = new Set([...expected.added, ...expected.replaced])
      assert.deepStrictEqual(
        made,
        Array.from(ports, ([id, port]) => entry(id, changed.has(id) ? "now" : "before", port))
      )
      const hasSameOrder = Object.keys(before).every((id, i) => [...ports.keys()][i] === id)
      if (Object.values(expected).flat().length === 0 && hasSameOrder) assert.strictEqual(made, servers)
      assert.strictEqual(Result.getOrThrow(reconcile(made, first)).servers, made)
    }
  )
})
