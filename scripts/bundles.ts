/**
 * Bundles small programs that use the installed packages, and fails if a bundle exceeds its size limit.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import process from "node:process"
import * as Zlib from "node:zlib"
import { rolldown } from "rolldown"

interface Bundle {
  readonly name: string
  /** The source of the program. It is bundled in a project in which the packages are installed. */
  readonly code: string
  /** Maximum size of the minified and gzipped bundle, in KiB, `effect` included. */
  readonly limit: number
  /** Maximum size of bercon's own code in the bundle, before it is minified, in KiB. */
  readonly limitOfOwn: number
}

const bundles: ReadonlyArray<Bundle> = [
  // Effect's runtime for Node is excluded, because it contains no code of bercon.
  { name: "the quick start", code: `import "./src/quickStart/main.ts"`, limit: 100, limitOfOwn: 390 },
  {
    name: "GUIDs, imported from the index of @bercon/client",
    code: `import { Guid } from "@bercon/client"\nconsole.log(Guid.isGuid("x"))`,
    limit: 30,
    limitOfOwn: 5
  },
  { name: "an unused import", code: `import "@bercon/client"`, limit: 0.1, limitOfOwn: 0 }
]

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`

const measure = async (code: string, project: string) => {
  const entry = Path.join(project, "entry.ts")
  Fs.writeFileSync(entry, code)
  const bundle = await rolldown({
    input: entry,
    cwd: project,
    platform: "node",
    external: [/^@effect\/platform-node/],
    onLog: (_level, log) => {
      throw new Error(log.message)
    }
  })
  const { output: [chunk] } = await bundle.generate({ minify: true })
  const own = Object.entries(chunk.modules)
    .filter(([id]) => id.includes(`${Path.sep}node_modules${Path.sep}@bercon${Path.sep}`))
    .reduce((sum, [, { renderedLength }]) => sum + renderedLength, 0)
  return { own, compressed: Zlib.gzipSync(chunk.code).length }
}

/** Prints the sizes of the bundles. Throws if one exceeds its limit. */
export const checkBundles = async (project: string): Promise<void> => {
  for (const { code, limit, limitOfOwn, name } of bundles) {
    const { compressed, own } = await measure(code, project)
    const text = `${name}: ${kib(compressed)} compressed (limit ${kib(limit * 1024)}), ` +
      `code of bercon ${kib(own)} before it is minified (limit ${kib(limitOfOwn * 1024)})`
    process.stdout.write(`${text}\n`)
    if (compressed > limit * 1024 || own > limitOfOwn * 1024) throw new Error(`the bundle is too large: ${text}`)
  }
}
