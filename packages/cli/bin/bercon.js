#!/usr/bin/env node
/**
 * The executable: has Node keep the compiled code of the bundle in its cache, which saves a third of the start.
 */
import { enableCompileCache } from "node:module"

enableCompileCache()
await import("./main.js")
