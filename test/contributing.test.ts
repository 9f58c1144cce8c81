/**
 * Checks that the files, folders and scripts named in CONTRIBUTING.md and SECURITY.md exist.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { readManifest, root } from "../scripts/packages.ts"

const scripts = readManifest(".")["scripts"] as Record<string, string>
/** Commands of pnpm itself that are named in the documents. */
const builtIn = new Set(["exec", "install"])

describe.each(["CONTRIBUTING.md", "SECURITY.md"])("%s", (document) => {
  const text = Fs.readFileSync(Path.join(root, document), "utf8")

  it("names only files and folders that exist", () => {
    const paths = Array.from(
      text.matchAll(/`((?:packages|docs|test|scripts|\.ci)(?:\/[\w./-]+)?)`|\]\(([\w./-]+)\)/g),
      (found) => found[1] ?? found[2]!
    )
    assert.isNotEmpty(paths)
    for (const path of paths) assert.isTrue(Fs.existsSync(Path.join(root, path)), `${path} exists`)
  })

  it("names only commands that exist", () => {
    for (const [, command = ""] of text.matchAll(/\bpnpm(?:@12)? ([\w:]+)/g)) {
      assert.isTrue(command in scripts || builtIn.has(command), `pnpm ${command} exists`)
    }
  })
})
