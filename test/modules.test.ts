/**
 * Checks the public modules of all libraries, except those that only re-export a module of another package.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { libraries, publicModulesOf, root } from "../scripts/packages.ts"

/** Whether a module only re-exports a module of another package. */
const isForwarded = (source: string): boolean => /^export \* from "@bercon\//m.test(source)

const modules = libraries
  .flatMap(({ folder }) => publicModulesOf(folder).map((module) => `packages/${folder}/src/${module}.ts`))
  .filter((file) => !isForwarded(Fs.readFileSync(Path.join(root, file), "utf8")))

it("the search finds the public modules", () => {
  assert.isAtLeast(modules.length, 50)
})

describe.each(modules)("%s", (file) => {
  const source = Fs.readFileSync(Path.join(root, file), "utf8")
  const about = /^\/\*\*\n(.*?)\*\//s.exec(source)?.[1] ?? ""

  it("begins with a comment about the module", () => {
    assert.match(about, /^ \* \S.*\S\n/)
    assert.match(about, /^ \* @since \d/m)
  })

  it("has a stability", () => {
    assert.match(about, /^ \* @stability (?:stable|unstable|experimental)$/m)
  })

  it("does not call itself stable if it imports modules of Effect that contain unstable types", () => {
    if (!/^ \* @stability stable$/m.test(about)) return
    assert.notMatch(source, /^import .* from "effect\/(?:cluster|persistence|rpc|sql|FileSystem|Path)\b/m)
  })

  it("has a file name in PascalCase", () => {
    assert.match(Path.basename(file), /^[A-Z][A-Za-z]*\.ts$/)
  })

  // `pnpm types` type-checks the example.
  it("shows an example", () => {
    assert.match(about, /^ \* ```ts\n/m)
  })
})
