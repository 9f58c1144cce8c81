#!/usr/bin/env node
/**
 * The executable. It has Node keep the compiled code of the program in its cache, which saves a third of the start.
 */
import { enableCompileCache } from "node:module"

enableCompileCache()
await import("./main.ts")
