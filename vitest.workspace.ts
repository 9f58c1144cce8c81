/**
 * The test projects: one for each package with tests, and one for the repository. Vitest 5 does not find a file of this
 * name, so scripts pass it with `--config`.
 */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
// oxlint-disable-next-line import/no-unassigned-import -- it checks the version of Node
import "./scripts/require-node.js"

const project = (name: string) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ["test/**/*.test.ts"] }
})

/**
 * The tests of the command. They run the published bundle, which `globalSetup` builds first. The time limit is long,
 * because processes start slowly on a busy machine.
 */
const cli = {
  ...project("cli"),
  test: {
    ...project("cli").test,
    globalSetup: [fileURLToPath(new URL("packages/cli/test/bundle.ts", import.meta.url))],
    testTimeout: 120_000
  }
}

/** Tests of the repository as a whole: manifests, dependencies, documents, modules, secrets, random input. */
const repository = { extends: true as const, test: { name: "repository", include: ["test/**/*.test.ts"] } }

export default defineConfig({
  test: {
    // One worker for each core. By default vitest reserves one core for itself, which is half of a machine with two.
    maxWorkers: "100%",
    // Modules are loaded once for each worker, not for each file. So a test that changes a module or a global must restore it.
    isolate: false,
    setupFiles: [fileURLToPath(new URL("test/seed.ts", import.meta.url))],
    // Logs are printed only if a test fails. A soak prints them all, because its seeds and measurements are logs.
    silent: process.env["BERCON_SOAK"] === undefined ? "passed-only" : false,
    // Long enough that no test fails only because the machine is busy.
    testTimeout: 20_000,
    projects: [
      repository,
      ...["codec", "session", "testing", "client", "fleet", "cluster", "operations", "examples"].map(project),
      cli
    ]
  }
})
