import type { Ban } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import { victims } from "../src/internal/bans/victims.ts"
import { numbers, oneOf, row, table } from "./banRows.ts"
import { ip } from "./support.ts"

describe("the rows that a removal may have hit by mistake", () => {
  const addresses = [7, 8].map((number) => row(number, { target: ip(number) }))
  const { rows } = table([...Array.from({ length: 6 }, (_, index) => row(index)), ...addresses])
  const at = (...numbers: ReadonlyArray<number>) => numbers.map((number) => rows[number]!)
  const hit = (
    missing: ReadonlyArray<number>,
    stillListed: ReadonlyArray<number>,
    added: ReadonlyArray<Ban.Ban> = []
  ) => victims({ missing: at(...missing), stillListed: at(...stillListed), added }).map(({ id }) => id as number)

  it("are up to n places after the intended row, if n rows before them are missing", () => {
    assert.deepStrictEqual(hit([0, 2], [1]), [2])
    assert.deepStrictEqual(hit([0, 3], [1]), [])
    // 0 and 2 were removed, then the removal hit 3.
    assert.deepStrictEqual(hit([0, 2, 3], [1]), [2, 3])
  })

  it("do not include GUIDs before the intended row, or later rows if no row before them is missing", () => {
    assert.deepStrictEqual(hit([2], [1]), [])
    assert.deepStrictEqual(hit([0], [1]), [])
    assert.deepStrictEqual(hit([0, 1], [2]), [])
  })

  it("do not exist if the intended row is gone: another admin has removed the other missing rows", () => {
    assert.deepStrictEqual(hit([0, 2], []), [])
  })

  it("are addresses up to n places before the intended one, if n GUIDs were added", () => {
    assert.deepStrictEqual(hit([6], [7], [row(20)]), [6])
    assert.deepStrictEqual(hit([6], [7]), [])
    assert.deepStrictEqual(hit([6], [7], addresses), [])
    assert.deepStrictEqual(hit([5], [7], [row(20), row(21)]), [])
    assert.deepStrictEqual(hit([2], [3], [row(20)]), [])
  })

  const change = Arbitrary.all({ kind: oneOf("remove", "remove", "add"), number: numbers })

  /** A server that removes by number, while another admin changes the list. */
  it.prop(
    "include the row that was hit, unless it was added after the list was read",
    {
      meant: numbers,
      before: Arbitrary.array(change, { maxLength: 3 }),
      after: Arbitrary.array(change, { maxLength: 3 })
    },
    ({ after, before, meant }) => {
      let list = [...rows]
      const one = rows[meant % rows.length]!
      const alter = ({ kind, number }: { readonly kind: string; readonly number: number }) => {
        // Added rows are not removed: a row that comes and goes between two readings of the list leaves no trace.
        const others = list.filter((row) => row !== one && rows.includes(row))
        list = kind === "remove"
          ? list.filter((row) => row !== others[number % others.length])
          // GUIDs come before addresses.
          : [
            ...list.filter(({ target }) => !addresses.some((row) => row.target === target)),
            row(50),
            ...list.filter(({ target }) => addresses.some((row) => row.target === target))
          ]
      }
      before.forEach(alter)
      const [hit] = list.splice(one.id, 1)
      after.forEach(alter)
      const found = victims({
        missing: rows.filter((row) => row !== one && !list.includes(row)),
        stillListed: list.includes(one) ? [one] : [],
        added: list.filter((row) => !rows.includes(row))
      })
      if (hit !== undefined && hit !== one && rows.includes(hit)) assert.include(found, hit)
    },
    { arbitrary: { runs: 500 } }
  )
})
