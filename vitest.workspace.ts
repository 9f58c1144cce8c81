/**
 * The test projects, one a package. Vitest 5 no longer looks for a file of this name: scripts pass it with `--config`.
 */
import { defineConfig } from "vitest/config"

// Scripts run on the Node from `devDependencies`. Where its install step was left out they would silently run on the
// machine's own, perhaps one too old to strip types.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  throw new Error(
    `bercon needs Node 22.19 or newer, and this is ${process.versions.node}. ` +
      "Run it through pnpm (\"npx -y pnpm@12 test\"), which installs its own; where it did not, \"npx -y pnpm@12 rebuild\" does."
  )
}

const project = (name: string) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ["test/**/*.test.ts"] }
})

export default defineConfig({
  test: {
    projects: ["codec", "session", "testing", "client", "cli"].map(project)
  }
})
