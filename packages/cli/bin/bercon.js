#!/usr/bin/env node
/**
 * The executable: checks the version of Node, and has it keep the compiled code of the bundle in its cache, which saves a third
 * of the start.
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
