/**
 * Tests that documents can be read as text, too: their paragraphs have one width.
 */
import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { root } from "../scripts/packages.ts"

const WIDTH = 128

/** Lines that can be wrapped: those outside of code blocks that are not a row of a table. */
const wrappable = (text: string): ReadonlyArray<string> =>
  text.replaceAll(/^```[^]*?^```$/gm, "").split("\n").filter((line) => !line.startsWith("|"))

it.each(
  Fs.globSync(["*.md", "docs/*.md", "packages/*/*.md"], { cwd: root })
)(`%s has lines of at most ${WIDTH} characters`, (file) => {
  const text = Fs.readFileSync(Path.join(root, file), "utf8")
  assert.deepStrictEqual(wrappable(text).filter((line) => line.length > WIDTH), [])
})
