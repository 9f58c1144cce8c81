/**
 * The version of this program: that of its package, one folder up from the sources as from the bundle.
 */
import * as Fs from "node:fs"

const manifest: { readonly version: string } = JSON.parse(
  Fs.readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

/** The version of this program. */
export const version: string = manifest.version
