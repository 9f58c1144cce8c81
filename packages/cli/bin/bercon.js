#!/usr/bin/env node
/**
 * The executable: checks the version of Node, turns on Node's compile cache, and runs the bundle. The cache saves a third of
 * the time to start.
 */
import * as Module from "node:module"
import process from "node:process"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `bercon: Node 22.19 or newer is needed, and this is ${process.versions.node}: install a newer one, see https://nodejs.org\n`
  )
  process.exitCode = 2
} else {
  Module.enableCompileCache()
  await import("./main.js")
}
