/**
 * Bundles the command and all its dependencies into one file, `bin/main.js`. It contains the modules that commands import when
 * they run, too, but such a module is still evaluated only when it is imported.
 */
import { defineConfig } from "rolldown"

export default defineConfig({
  input: "src/main.ts",
  platform: "node",
  output: {
    file: "bin/main.js",
    codeSplitting: false,
    minify: true,
    // Node loads a file in ASCII faster.
    charset: "ascii",
    // Stack traces in bug reports need the line numbers. The sources would be most of the package's size.
    sourcemap: true,
    sourcemapExcludeSources: true
  }
})
