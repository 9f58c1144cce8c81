/**
 * Bundles the command with all that it needs into one file, `bin/main.js`. Modules that commands import when they run are in it
 * too, and run no earlier than that.
 */
import { defineConfig } from "rolldown"

export default defineConfig({
  input: "src/main.ts",
  platform: "node",
  output: {
    file: "bin/main.js",
    codeSplitting: false,
    minify: true,
    // Node reads such a file faster.
    charset: "ascii",
    // For stack traces in reports of bugs: their lines, not the sources, which would be most of the package.
    sourcemap: true,
    sourcemapExcludeSources: true
  }
})
