/**
 * Runs a benchmark as a program with installed packages: `node src/installed.ts <benchmark> [arguments]`.
 *
 * Within the repository the packages resolve to their TypeScript, and every program would spend time on stripping types.
 * So the published parts are copied to `installed/`, together with the benchmarks. In that folder, `bundle.js` is the
 * client and its dependencies in one file, and `bercon/` is the command.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = new URL("../", import.meta.url)
const installed = new URL("installed/", root)
const modules = new URL("node_modules/", installed)

/** The dependencies of the packages and the benchmarks, and the package in which each is installed. */
const dependencies = [
  ["effect", "benchmarks"],
  ["crc-32", "benchmarks"],
  ["@senfo/battleye", "benchmarks"],
  ["@effect/platform-node-shared", "session"],
  ["smol-toml", "fleet"]
] as const

const [benchmark, ...args] = process.argv.slice(2)

Fs.rmSync(installed, { recursive: true, force: true })
for (const scope of ["@bercon/", "@effect/", "@senfo/"]) Fs.mkdirSync(new URL(scope, modules), { recursive: true })
Fs.cpSync(new URL("dist/", root), installed, { recursive: true })
Fs.writeFileSync(new URL("package.json", installed), JSON.stringify({ type: "module" }))
for (const name of ["client", "codec", "fleet", "session"]) {
  const from = new URL(`../${name}/`, root)
  const to = new URL(`@bercon/${name}/`, modules)
  Fs.cpSync(new URL("dist/", from), new URL("dist/", to), { recursive: true })
  const { publishConfig, ...manifest } = JSON.parse(Fs.readFileSync(new URL("package.json", from), "utf8"))
  Fs.writeFileSync(new URL("package.json", to), JSON.stringify({ ...manifest, ...publishConfig }))
}
for (const [name, user] of dependencies) {
  Fs.symlinkSync(Fs.realpathSync(new URL(`../${user}/node_modules/${name}`, root)), new URL(name, modules))
}

const bundle = await rolldown({ input: fileURLToPath(new URL("startClient.js", installed)), platform: "node" })
await bundle.write({ file: fileURLToPath(new URL("bundle.js", installed)), minify: true })

/** The folder of the package with the command, which is bundled as it is published. */
const command = new URL("../cli/", root)
execFileSync(process.execPath, [fileURLToPath(new URL("node_modules/rolldown/bin/cli.mjs", command)), "-c"], {
  cwd: fileURLToPath(command),
  stdio: "ignore"
})
for (const file of ["package.json", "bin/bercon.js", "bin/main.js"]) {
  Fs.cpSync(new URL(file, command), new URL(`bercon/${file}`, installed))
}

const program = spawn(process.execPath, [fileURLToPath(new URL(`${benchmark}.js`, installed)), ...args], {
  stdio: "inherit",
  // Node keeps compiled code in this folder, and loads it at the next start of the same program.
  env: { ...process.env, NODE_COMPILE_CACHE: fileURLToPath(new URL("cache/", installed)) }
})
const [code] = await once(program, "exit")
// There is no exit code if a signal has ended the program.
process.exitCode = code ?? 1
