/**
 * The tarballs of the published packages, in `tarballs/`, as a release uploads them.
 */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { bottomUp, type Package, root } from "./packages.ts"

const folder = Path.join(root, "tarballs")

/** The path of a package's tarball. */
export const tarballOf = ({ manifest: { name, version } }: Package): string =>
  Path.join(folder, `${name.slice(1).replace("/", "-")}-${version}.tgz`)

const run = (command: string, args: ReadonlyArray<string>, cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 26 })

/** Copies all files that git tracks or would add: no build output, no installed packages, no ignored files. */
const copyTree = (): string => {
  const copy = Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-pack-"))
  for (const file of run("git", ["ls-files", "-coz", "--exclude-standard"], root).split("\0")) {
    if (file === "" || !Fs.existsSync(Path.join(root, file))) continue
    Fs.cpSync(Path.join(root, file), Path.join(copy, file))
  }
  return copy
}

/**
 * Packs all published packages, from a copy of the tree that was never built. So if the `prepack` of a package does not
 * build, its tarball has no code, and the checks of the tarballs fail.
 */
export const pack = (): void => {
  const copy = copyTree()
  try {
    run("npx", ["-y", "pnpm@12", "install", "--frozen-lockfile", "--prefer-offline", "--ignore-scripts"], copy)
    Fs.rmSync(folder, { recursive: true, force: true })
    // Dependencies come first: building a dependent would build them, too, and hide a missing `prepack`.
    for (const { folder: name } of bottomUp) {
      run("npx", ["-y", "pnpm@12", "pack", "--pack-destination", folder], Path.join(copy, "packages", name))
    }
  } finally {
    Fs.rmSync(copy, { recursive: true })
  }
}
