import { Table } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { mayBeUnread } from "../src/internal/tables.ts"

describe("a table", () => {
  const table = (rows: ReadonlyArray<number>, total: number | undefined, ...texts: ReadonlyArray<string>) => ({
    rows: rows.map((id) => ({ id })),
    unparsed: texts.map((text, line) => ({ line, text })),
    total,
    cut: false
  })

  it("is incomplete if it has fewer players than its total; a player who is printed twice counts once", () => {
    assert.isTrue(Table.isComplete(table([0, 1], 2)))
    assert.isFalse(Table.isComplete(table([0, 0], 2)))
    assert.isTrue(mayBeUnread(table([0, 0], 2), 1))
  })

  it("may contain an unread row with a given number if it is cut, or if an unparsed line begins with this number or none", () => {
    assert.isFalse(mayBeUnread(table([0], 1), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "1 ?"), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "#1 ?"), 1))
    assert.isFalse(mayBeUnread(table([0], 2, "2 ?"), 1))
    assert.isFalse(mayBeUnread(table([0], 2, "-1 ; Alice"), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "?"), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "x 1"), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "12 ?"), 12))
    assert.isFalse(mayBeUnread(table([0], 2, "12 ?"), 1))
    assert.isTrue(mayBeUnread({ ...table([0], undefined), cut: true }, 1))
  })

  it("may lack the row with a given number if its total is greater than its number of lines", () => {
    assert.isFalse(mayBeUnread(table([], 1, "12 ?"), 1))
    assert.isTrue(mayBeUnread(table([], 2, "12 ?"), 1))
  })
})
