/**
 * The test projects, one a package. Vitest 5 no longer looks for a file of this name: scripts pass it with `--config`.
 */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
// oxlint-disable-next-line import/no-unassigned-import -- it looks at the Node this runs on
import "./scripts/require-node.js"

const project = (name: string) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ["test/**/*.test.ts"] }
})

/** Runs the bundle, as it is published, and so builds it first. Processes take long to start on a machine that is busy. */
const cli = {
  ...project("cli"),
  test: {
    ...project("cli").test,
    globalSetup: [fileURLToPath(new URL("packages/cli/test/bundle.ts", import.meta.url))],
    testTimeout: 120_000
  }
}

/** What holds of the repository as a whole: manifests, links, dependencies, secrets. */
const house = { extends: true as const, test: { name: "house", include: ["test/**/*.test.ts"] } }

export default defineConfig({
  test: {
    // One a core. By default vitest leaves one core to itself, which is half of a machine with two.
    maxWorkers: "100%",
    // Modules are loaded once in a worker, not once in a file. A test that changes one, or what is global, restores it.
    isolate: false,
    // Logs are printed only if a test fails.
    silent: "passed-only",
    // A test that waits for what does not come is told from one on a busy machine.
    testTimeout: 20_000,
    projects: [
      house,
      ...["codec", "session", "testing", "client", "fleet", "cluster", "operations", "examples"].map(project),
      cli
    ]
  }
})
