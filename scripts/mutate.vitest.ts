/**
 * The configuration with which Stryker runs vitest: only the tests that `scripts/mutate.ts` has chosen in one package.
 */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
// oxlint-disable-next-line import/no-unassigned-import -- it checks the version of Node
import "./require-node.js"

interface Chosen {
  /** The name of the package without its scope. */
  readonly name: string
  /** Options of vitest. */
  readonly test: object
}

const chosen = process.env["BERCON_MUTATE"]
if (chosen === undefined) throw new Error("BERCON_MUTATE is not set: run \"npx -y pnpm@12 mutate PACKAGE\" instead")
const { name, test } = JSON.parse(chosen) as Chosen
const source = fileURLToPath(new URL(`../packages/${name}/src`, import.meta.url))

export default defineConfig({
  // As in vitest.workspace.ts.
  test: { ...test, isolate: false, setupFiles: [fileURLToPath(new URL("../test/seed.ts", import.meta.url))] },
  resolve: {
    // Stryker links `node_modules` to the original tree, so other packages would load the original of this package.
    alias: [
      { find: new RegExp(`^@bercon/${name}$`), replacement: `${source}/index.ts` },
      { find: new RegExp(`^@bercon/${name}/(.*)$`), replacement: `${source}/$1.ts` }
    ]
  }
})
