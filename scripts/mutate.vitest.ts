/**
 * Runs the tests of one package that `scripts/mutate.ts` has chosen.
 */
import { defineConfig } from "vitest/config"
// oxlint-disable-next-line import/no-unassigned-import -- it looks at the Node this runs on
import "./require-node.js"

export default defineConfig({ test: JSON.parse(process.env["BERCON_MUTATE"] ?? "{}") as object })
