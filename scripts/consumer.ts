/**
 * Installs the packages as a user does, from tarballs, in a separate project. Then compiles a program there, runs it on
 * several runtimes (this Node, the oldest supported Node, Bun and Deno), and measures bundles.
 *
 * ```sh
 * npx -y pnpm@12 consumer        # pnpm, whose `node_modules` hides packages that are not dependencies
 * npx -y pnpm@12 consumer npm    # npm: only on this Node, and without bundles
 * npx -y pnpm@12 consumer pnpm --packed  # with the tarballs of `pack:check`
 * ```
 *
 * The program is in `scripts/consumer`. It is compiled with `strict`, `declaration` and both kinds of module
 * resolution. The compiler fails if the program uses a type that cannot be named through its dependencies.
 *
 * A second program, in `scripts/consumerCluster`, has a project of its own. It depends on `@bercon/cluster`, and runs
 * only on this Node.
 */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import process from "node:process"
import { checkBundles } from "./bundles.ts"
import { published, readManifest, root } from "./packages.ts"
import { pack, tarballOf } from "./tarballs.ts"

const [manager = "pnpm", packed] = process.argv.slice(2)
if ((manager !== "pnpm" && manager !== "npm") || (packed !== undefined && packed !== "--packed")) {
  throw new Error(`usage: pnpm consumer [pnpm|npm [--packed]] (got "${process.argv.slice(2).join(" ")}")`)
}

const makeProject = (): string => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-consumer-"))
const project = makeProject()

const run = (command: string, args: ReadonlyArray<string>, cwd = project): string => {
  process.stdout.write(`$ ${command} ${args.join(" ")}\n`)
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })
}

const versionOf = (name: string): string => readManifest(`node_modules/${name}`).version

if (packed === undefined) pack()
const tarballs: Readonly<Record<string, string>> = Object.fromEntries(
  published.map((item) => [item.manifest.name, `file:${tarballOf(item)}`])
)

const options = { strict: true, declaration: true, target: "es2024", skipLibCheck: false, types: ["node"] }
const resolutions = {
  nodenext: { module: "nodenext", outDir: "dist" },
  bundler: { module: "preserve", moduleResolution: "bundler", noEmit: false, outDir: "dist-bundler" }
}

/**
 * Makes a project that depends on `packages` and, for development, on `tools`. Copies the program in `scripts/<folder>`
 * into the project, installs the dependencies, and compiles the program.
 */
const install = (
  project: string,
  folder: string,
  packages: ReadonlyArray<string>,
  tools: ReadonlyArray<string>
): void => {
  const of = (names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, tarballs[name]]))
  const write = (name: string, content: object): void =>
    Fs.writeFileSync(Path.join(project, name), `${JSON.stringify(content, undefined, 2)}\n`)

  write("package.json", {
    name: "consumer",
    private: true,
    type: "module",
    // A user's program depends on these.
    dependencies: { ...of(packages), effect: versionOf("effect") },
    devDependencies: {
      ...of(["@bercon/testing", ...tools]),
      "@types/node": versionOf("@types/node"),
      typescript: versionOf("typescript")
    },
    overrides: tarballs
  })
  Fs.writeFileSync(
    Path.join(project, "pnpm-workspace.yaml"),
    `overrides:\n${Object.entries(tarballs).map(([name, tarball]) => `  "${name}": "${tarball}"\n`).join("")}`
  )
  Fs.cpSync(Path.join(root, "scripts", folder), Path.join(project, "src"), { recursive: true })
  for (const [name, resolution] of Object.entries(resolutions)) {
    write(`tsconfig.${name}.json`, { compilerOptions: { ...options, rootDir: "src", ...resolution }, include: ["src"] })
  }

  if (manager === "pnpm") run("npx", ["-y", "pnpm@12", "install", "--prefer-offline"], project)
  else run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], project)
  for (const name of Object.keys(resolutions)) {
    run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", `tsconfig.${name}.json`], project)
  }
}

const check = (seen: string, expected: ReadonlyArray<string>): void => {
  process.stdout.write(`${seen}\n`)
  if (!expected.every((text) => seen.includes(text))) {
    throw new Error(`the program must print ${expected.join(" and ")}`)
  }
}

install(project, "consumer", ["@bercon/client", "@bercon/fleet"], ["@bercon/cli"])

const checkProgram = (command: string, args: ReadonlyArray<string>): void =>
  check(run(command, [...args, "dist/main.js"]).trim(), [
    `"names":["Miller"]`,
    `{"players":{"altis":["Miller"],"stratis":["Kerry"]},"silent":[]}`
  ])

/** Whether npm can install a package on this machine. This needs the registry. If npm fails, it prints the reason. */
const canInstall = (name: string): boolean => {
  try {
    execFileSync("npx", ["-y", "-p", name, "-c", "echo"], {
      cwd: project,
      stdio: ["ignore", "ignore", "inherit"],
      timeout: 120_000
    })
    return true
  } catch {
    return false
  }
}

checkProgram(process.execPath, [])
if (manager === "pnpm") {
  // The oldest Node and the other runtimes that the packages support. Those that npm can install must run the program.
  for (const [runtime, ...args] of [["node@22.19.0"], ["bun@1"], ["deno@2", "run", "--allow-all"]] as const) {
    if (canInstall(runtime)) checkProgram("npx", ["-y", runtime, ...args])
    else process.stdout.write(`\n== SKIPPED: ${runtime}, because npm cannot install it on this machine\n`)
  }
}

// Runs the installed command, first alone and then with a simulated server.
process.stdout.write(run(process.execPath, ["node_modules/@bercon/cli/bin/bercon.js", "--version"]))
const shown = run(process.execPath, ["dist/command.js"])
process.stdout.write(shown)
if (!shown.includes("Miller")) throw new Error("`bercon players` does not show the player")

if (manager === "pnpm") {
  for (const file of ["main.ts", "greeter.ts"]) {
    Fs.cpSync(Path.join(root, "packages/examples/src", file), Path.join(project, "src/quickStart", file))
  }
  await checkBundles(project)
}
Fs.rmSync(project, { recursive: true })

const cluster = makeProject()
install(cluster, "consumerCluster", ["@bercon/cluster"], [])
check(run(process.execPath, ["dist/main.js"], cluster).trim(), [`"names":["Miller"]`])
Fs.rmSync(cluster, { recursive: true })
