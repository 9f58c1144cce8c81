/**
 * The version of this program, from its package.json, which is one folder up from the sources and from the bundle.
 */
import * as Fs from "node:fs"

const manifest: { readonly version: string } = JSON.parse(
  Fs.readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

/** The version of this program. */
export const version: string = manifest.version
