/**
 * Writes the report of the public API to `api/`, one text file for each library, or compares it with these files.
 *
 * ```sh
 * npx -y pnpm@12 api        # writes it
 * npx -y pnpm@12 api:check  # fails if the files differ from the API
 * ```
 *
 * A report contains the declarations of each public module from the built `.d.ts`, sorted by name, without comments.
 * Every change of a public type changes a line of a report. So a review shows the change, and CI fails if the report was
 * not written again.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import process from "node:process"
import * as Util from "node:util"
import { libraries, publicModulesOf, root } from "../../../scripts/packages.ts"
import { declarationsOf } from "./declarations.ts"

const folder = Path.join(root, "api")
const command = process.argv[2]
if (command !== "write" && command !== "check") {
  throw new Error(`the argument must be "write" or "check" (got "${process.argv.slice(2).join(" ")}")`)
}

const reportOf = (name: string, packageFolder: string): string => {
  const modules = publicModulesOf(packageFolder).map((module) => {
    const file = Path.join(root, "packages", packageFolder, "dist", `${module}.d.ts`)
    if (!Fs.existsSync(file)) throw new Error(`${file} is missing: run "npx -y pnpm@12 build" first`)
    return `# ${name}/${module}\n\n${declarationsOf(file).join("\n")}\n`
  })
  return modules.join("\n")
}

const reports = new Map(libraries.map(({ folder, manifest: { name } }) => [`${folder}.txt`, reportOf(name, folder)]))

if (command === "write") {
  Fs.rmSync(folder, { recursive: true, force: true })
  Fs.mkdirSync(folder)
  for (const [file, report] of reports) Fs.writeFileSync(Path.join(folder, file), report)
} else {
  const before = new Map(
    (Fs.existsSync(folder) ? Fs.readdirSync(folder) : [])
      .map((file) => [file, Fs.readFileSync(Path.join(folder, file), "utf8")])
  )
  for (const file of new Set([...before.keys(), ...reports.keys()])) {
    const [old, current] = [before.get(file) ?? "", reports.get(file) ?? ""]
    if (old === current) continue
    process.exitCode = 1
    process.stdout.write(`api/${file} differs from the public API:\n`)
    for (const [change, line] of Util.diff(current.split("\n"), old.split("\n"))) {
      if (change !== 0) process.stdout.write(`${change < 0 ? "-" : "+"} ${line}\n`)
    }
  }
  if (process.exitCode === 1) {
    process.stdout.write(
      "If this is intended, run \"npx -y pnpm@12 api\" after a build, commit api/ and add a changeset.\n"
    )
  }
}
