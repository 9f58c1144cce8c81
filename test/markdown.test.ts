/**
 * Tests that Markdown files are also readable as plain text: prose has a maximum line length.
 */
import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { root } from "../scripts/packages.ts"

const WIDTH = 128

/** The lines that an author can wrap: all lines outside of code blocks and tables. */
const wrappable = (text: string): ReadonlyArray<string> =>
  text.replaceAll(/^```[^]*?^```$/gm, "").split("\n").filter((line) => !line.startsWith("|"))

it.each(
  Fs.globSync(["*.md", "docs/*.md", "packages/*/*.md"], { cwd: root })
)(`%s has no line of prose with more than ${WIDTH} characters`, (file) => {
  const text = Fs.readFileSync(Path.join(root, file), "utf8")
  assert.deepStrictEqual(wrappable(text).filter((line) => line.length > WIDTH), [])
})
