/**
 * Tests lists of real servers: from a server to the book, to a `bans.txt`, and back. The texts are not part of this
 * repository: they are read from a folder `shared` beside it, if that exists.
 */
import { RconClient } from "@bercon/client"
import { BanBook, BansFile } from "@bercon/operations"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, readdirSync, readFileSync } from "node:fs"

const folder = new URL("../../../../shared/corpus/replies/", import.meta.url)

const lists = existsSync(folder)
  ? readdirSync(folder).filter((file) => file.startsWith("bans-")).map((file) => ({
    file,
    text: readFileSync(new URL(file, folder), "utf8")
  })).filter(({ text }) => text.startsWith("GUID Bans:"))
  : []

/** The time of the tests: a whole second, because times in a `bans.txt` are whole seconds. */
const NOW = Date.UTC(2026, 2, 28)

const shown = (bans: Iterable<BanBook.ListedBan>) =>
  Array.from(bans, ({ reason, target, until }) => {
    const end = until === "permanent" ? until : DateTime.formatIso(until)
    return `${target} ${end} ${reason}`
  }).toSorted()

/** Imports bans into a new book, and checks that a second import adds none. Returns the result of the first. */
const imported = (bans: ReadonlyArray<BanBook.ListedBan>) =>
  Effect.gen(function*() {
    const book = yield* BanBook.BanBook
    const { added, skipped } = yield* book.importBans(bans, { by: "import" })
    const again = yield* book.importBans(bans, { by: "import" })
    assert.deepStrictEqual(again.added, [])
    return { added, skipped }
  }).pipe(Effect.provide(BanBook.layerMemory(), { local: true }))

const each = it.effect.each(lists)

describe("a list of a real server", () => {
  it.skipIf(lists.length > 0)("is read if ../shared/corpus exists, which it does not", () => {})

  each("is imported into the book, and written to a bans.txt, without loss: $file", ({ text }) =>
    Effect.andThen(
      TestClock.setTime(NOW),
      Effect.gen(function*() {
        const rcon = yield* RconClient.RconClient
        const rows = yield* TestRcon.passTime(rcon.bans)
        assert.strictEqual(rows.length, text.split("\n").filter((line) => /^\d+ /.test(line)).length)
        const listed = BansFile.fromRows(rows, DateTime.makeUnsafe(NOW))
        assert.strictEqual(listed.length, rows.filter(({ remaining }) => remaining !== "expired").length)

        const { added, skipped } = yield* imported(listed)
        assert.strictEqual(added.length + skipped, listed.length)
        assert.deepStrictEqual(shown(added), [...new Set(shown(listed))].toSorted())

        const file = BansFile.parse(BansFile.format(added))
        assert.deepStrictEqual(file.unread, [])
        assert.deepStrictEqual(shown(file.bans), shown(added))
        assert.deepStrictEqual(shown((yield* imported(file.bans)).added), shown(added))
        // A sync with the file gives each ban its own number.
        const entries = BansFile.toEntries(file.bans, { by: "import", added: DateTime.makeUnsafe(NOW) })
        assert.strictEqual(new Set(entries.map(({ id }) => id)).size, added.length)
      }).pipe(
        Effect.provide(TestRcon.layer({
          server: { onCommand: (command) => command === "bans" ? text : undefined }
        }))
      )
    ))
})
