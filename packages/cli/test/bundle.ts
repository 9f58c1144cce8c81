/**
 * Builds the bundle before the tests, so that they run the published program. The bundle also starts faster than the sources.
 */
import { execFileSync } from "node:child_process"
import * as Path from "node:path"

export const setup = (): void => {
  const folder = Path.resolve(import.meta.dirname, "..")
  execFileSync(process.execPath, [Path.join(folder, "node_modules/rolldown/bin/cli.mjs"), "-c"], { cwd: folder })
}
