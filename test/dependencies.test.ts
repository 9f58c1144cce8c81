/**
 * Tests that docs/dependencies.md lists every dependency with a reason, and nothing else.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { all, type Manifest, published, readManifest, root } from "../scripts/packages.ts"

const text = Fs.readFileSync(Path.join(root, "docs/dependencies.md"), "utf8")
const [ofPublished = "", forDevelopment = ""] = text.split("## For development")

/** The names in the first column of a table. */
const listed = (table: string): ReadonlyArray<string> =>
  table.split("\n").flatMap((line) =>
    Array.from((line.match(/^\|([^|]*)\|/)?.[1] ?? "").matchAll(/`([^`]+)`/g), ([, name]) => name!)
  )

/** The names of dependencies that are not packages of this repository. */
const foreign = (...lists: ReadonlyArray<Manifest["dependencies"]>): ReadonlyArray<string> =>
  lists.flatMap((list) => Object.keys(list ?? {})).filter((name) => !name.startsWith("@bercon/"))

const sorted = (names: Iterable<string>): ReadonlyArray<string> => [...new Set(names)].sort()

const users = published.flatMap(({ manifest }) => foreign(manifest.dependencies, manifest.peerDependencies))

describe("docs/dependencies.md", () => {
  it("lists the dependencies that users of the packages install", () => {
    assert.deepStrictEqual(sorted(listed(ofPublished)), sorted(users))
  })

  it("lists the dependencies that are only for development", () => {
    const developers = [readManifest("."), ...all.map(({ manifest }) => manifest)].flatMap((manifest) =>
      foreign(manifest.devDependencies, manifest.private === true ? manifest.dependencies : undefined)
    )
    assert.deepStrictEqual(sorted(listed(forDevelopment)), sorted(developers).filter((name) => !users.includes(name)))
  })

  it("gives a reason for each dependency", () => {
    const rows = text.split("\n").filter((line) => line.startsWith("| `"))
    assert.isNotEmpty(rows)
    for (const row of rows) assert.match(row, /\| [^|`]*\w[^|]* \|$/, "a row needs a reason")
  })
})
