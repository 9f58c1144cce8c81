/**
 * Packs the published packages as a release does, from a copy of the tree that was never built, and checks each
 * tarball.
 *
 * ```sh
 * npx -y pnpm@12 pack:check
 * ```
 *
 * - The copy has no `dist`. So if the `prepack` of a package does not build, its tarball has no code.
 * - The tarball contains exactly the expected files. The tarball of a command contains its bundle, but no sources.
 * - The package has no script that runs when it is installed. The ranges of its dependencies are like `^1.2.3`.
 * - The `exports` of a library lead to every module directly in `src`, and to nothing else.
 * - `publint` and `attw` find no problem.
 */
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { filterProblems } from "@arethetypeswrong/core/problems"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { isCommand, type Manifest, modulesOf, type Package, published, root } from "./packages.ts"
import { pack, tarballOf } from "./tarballs.ts"

/**
 * The files that belong in the tarball of a package: its documents, and either its sources with their build output, or
 * the bundle of a command.
 */
const expectedFiles = (item: Package): ReadonlyArray<string> => [
  "LICENSE",
  "README.md",
  "package.json",
  ...Fs.globSync("{CHANGELOG,GUIDE}.md", { cwd: Path.join(root, "packages", item.folder) }),
  ...isCommand(item) ? ["bin/bercon.js", "bin/main.js", "bin/main.js.map"] : built(item.folder)
]

const built = (folder: string): ReadonlyArray<string> =>
  Fs.globSync("**/*.ts", { cwd: Path.join(root, "packages", folder, "src") }).flatMap((source) => [
    `src/${source}`,
    ...["js", "js.map", "d.ts", "d.ts.map"].map((extension) => `dist/${source.slice(0, -"ts".length)}${extension}`)
  ])

const checkFiles = (item: Package, unpacked: string): ReadonlyArray<string> => {
  const expected = new Set(expectedFiles(item))
  const found = new Set(
    Fs.globSync("**/*", { cwd: unpacked }).filter((file) => Fs.statSync(Path.join(unpacked, file)).isFile())
  )
  return [
    ...[...expected].filter((file) => !found.has(file)).map((file) => `${file} is missing`),
    ...[...found].filter((file) => !expected.has(file)).map((file) => `${file} does not belong in the package`)
  ]
}

const checkManifest = ({ dependencies, peerDependencies, scripts }: Manifest): ReadonlyArray<string> => [
  ...["preinstall", "install", "postinstall", "prepare"]
    .filter((script) => Object.hasOwn(Object(scripts), script))
    .map((script) => `a package must not run a script when it is installed (got "${script}")`),
  ...Object.entries({ ...dependencies, ...peerDependencies })
    .filter(([, range]) => !/^\^\d/.test(range))
    .map(([name, range]) => `the range of ${name} must be like ^1.2.3 (got ${range})`)
]

const lint = async (tarball: Uint8Array<ArrayBuffer>): Promise<ReadonlyArray<string>> => {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`)
}

/** The problems of programs that import the package as ESM, with `tsc` or a bundler. The packages support only ESM. */
const checkTypes = async (tarball: Uint8Array, modules: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const analysis = await checkPackage(createPackageFromTarballData(tarball), {
    entrypoints: [".", ...modules.map((module) => `./${module}`)]
  })
  if (!analysis.types) return ["attw: it has no types"]
  const problems = (["node16-esm", "bundler"] as const).flatMap((resolutionKind) =>
    filterProblems(analysis, { resolutionKind })
  )
  return [...new Set(problems)].map((problem) => `attw: ${JSON.stringify(problem)}`)
}

/** The subpaths that Node can import from an unpacked package. */
const reachable = (name: string, unpacked: string, subpaths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const program = `
    const reachable = []
    for (const subpath of ${JSON.stringify(subpaths)}) {
      try {
        const url = new URL(import.meta.resolve(${JSON.stringify(`${name}/`)} + subpath))
        if ((await import("node:fs")).existsSync(url)) reachable.push(subpath)
      } catch {}
    }
    console.log(JSON.stringify(reachable))`
  return JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: unpacked, encoding: "utf8" })
  )
}

const checkExports = (folder: string, name: string, unpacked: string): ReadonlyArray<string> => {
  const built = Fs.globSync("dist/**/*.js", { cwd: unpacked }).map((file) => file.slice("dist/".length, -".js".length))
  const found = new Set(reachable(name, unpacked, built))
  const expected = new Set(modulesOf(folder))
  return [
    ...[...expected].filter((module) => !found.has(module)).map((module) => `${name}/${module} cannot be imported`),
    ...[...found].filter((module) => !expected.has(module)).map((module) =>
      `${name}/${module} can be imported, but is not a module directly in src`
    )
  ]
}

const check = async (item: Package): Promise<ReadonlyArray<string>> => {
  const { folder, manifest: { name } } = item
  const file = tarballOf(item)
  const tarball = Uint8Array.from(Fs.readFileSync(file))
  const unpacked = Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-unpacked-"))
  try {
    execFileSync("tar", ["-xzf", file, "--strip-components", "1", "-C", unpacked])
    return [
      ...checkFiles(item, unpacked),
      ...checkManifest(JSON.parse(Fs.readFileSync(Path.join(unpacked, "package.json"), "utf8"))),
      ...await lint(tarball),
      ...isCommand(item)
        ? []
        : [...checkExports(folder, name, unpacked), ...await checkTypes(tarball, modulesOf(folder))]
    ]
  } finally {
    Fs.rmSync(unpacked, { recursive: true })
  }
}

pack()
for (const item of published) {
  const problems = await check(item)
  if (problems.length > 0) process.exitCode = 1
  process.stdout.write(`${item.manifest.name}: ${problems.length === 0 ? "ok" : `\n  ${problems.join("\n  ")}`}\n`)
}
