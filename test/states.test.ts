/**
 * Tests that the table in docs/architecture.md has exactly the changes of state that a session makes under random input.
 */
import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { machine } from "../scripts/fuzz/machine.ts"
import * as Random from "../scripts/fuzz/random.ts"
import { root } from "../scripts/packages.ts"

const CASES = 400

it("docs/architecture.md lists all changes of state", () => {
  const document = Fs.readFileSync(Path.join(root, "docs/architecture.md"), "utf8")
  const [, text = ""] = document.split("## The states of a session")
  const listed = Array.from(text.matchAll(/^\| (\w+) +\| (\w+) +\| .* \|$/gm), ([, from, to]) => `${from} → ${to}`)
    .filter((change) => change !== "from → to")
  const seen = new Set<string>()
  for (let seed = 0; seed < CASES; seed++) {
    for (const change of machine(Random.make(seed), () => undefined)) seen.add(change)
  }
  assert.deepStrictEqual(listed.sort(), [...seen].sort())
}, 60_000)
