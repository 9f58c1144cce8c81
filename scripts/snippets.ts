/**
 * Type-checks every `ts` code block of the documentation: of doc comments, READMEs, guides and `docs/`.
 *
 * A block that is a piece of a program of `packages/examples` is checked there, and skipped here. Every other block
 * must be a complete program. A block that cannot be one is marked with a reason: ` ```ts no-check: the reason `.
 *
 * The blocks are written to a folder inside `packages/examples/node_modules`, so that they resolve the same packages as
 * the examples. The settings are those of the tests, except that a snippet may leave a variable unused.
 */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { allBlocks, type Block, isPieceOfExample } from "./codeBlocks.ts"

const folder = "packages/examples/node_modules/.snippets"

const all = allBlocks(".")
const isPiece = isPieceOfExample(".")
const problems: Array<string> = []

const unchecked = (block: Block): boolean => {
  if (block.mark === "") return isPiece(block)
  if (!/^no-check: \S/.test(block.mark)) {
    problems.push(
      `${block.file}:${block.line - 1}: write "\`\`\`ts" or "\`\`\`ts no-check: REASON", not "${block.mark}"`
    )
  }
  return true
}

const checked = all.filter((block) => !unchecked(block))
const nameOf = (block: Block): string => `${block.file.replaceAll(/[^\w.-]/g, "_")}.${block.line}.ts`

Fs.rmSync(folder, { recursive: true, force: true })
Fs.mkdirSync(folder, { recursive: true })
for (const block of checked) Fs.writeFileSync(Path.join(folder, nameOf(block)), block.text)
Fs.writeFileSync(
  Path.join(folder, "tsconfig.json"),
  JSON.stringify({
    extends: "../../../../tsconfig.test.json",
    compilerOptions: { noUnusedLocals: false, incremental: false, tsBuildInfoFile: null },
    files: checked.map(nameOf),
    references: Fs.globSync("packages/examples/node_modules/@bercon/*").map((path) => ({
      path: `../../../${Path.basename(path)}`
    }))
  })
)

const tsc = spawnSync("tsc", ["-p", folder, "--pretty", "false"], { encoding: "utf8" })
if (tsc.error !== undefined) throw tsc.error
for (const line of tsc.stdout.split("\n").filter((line) => line !== "")) {
  const found = /^.*\/\.snippets\/([^/]+?\.(\d+)\.ts)\((\d+),(\d+)\): (.*)$/.exec(line)
  const block = checked.find((block) => nameOf(block) === found?.[1])
  problems.push(
    found === null || block === undefined
      ? line
      : `${block.file}:${block.line + Number(found[3]) - 1}:${found[4]}: ${found[5]}`
  )
}

for (const problem of problems) console.error(problem)
console.log(
  `${checked.length} of ${all.length} code blocks type-checked. The others are pieces of examples, or marked "no-check"`
)
if (problems.length > 0 || tsc.status !== 0) process.exit(1)
