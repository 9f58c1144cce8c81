/**
 * The packages of this repository. A package is published unless its manifest is private.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

/** The fields of a `package.json` that the scripts read. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export interface Package {
  /** The name of its folder, `client` for example. */
  readonly folder: string
  readonly manifest: Manifest
}

export const root = Path.resolve(import.meta.dirname, "..")

export const readManifest = (path: string): Manifest =>
  JSON.parse(Fs.readFileSync(Path.join(root, path, "package.json"), "utf8"))

/** The address of the project, without a slash at its end. */
export const home = String(readManifest(".")["homepage"]).replace(/#readme$/, "")

/** All packages, private ones included, sorted by folder. */
export const all: ReadonlyArray<Package> = Fs.globSync("packages/*/package.json", { cwd: root })
  .map((path) => path.split(Path.sep)[1]!)
  .sort()
  .map((folder) => ({ folder, manifest: readManifest(`packages/${folder}`) }))

export const published: ReadonlyArray<Package> = all.filter(({ manifest }) => manifest.private !== true)

/** Whether a package is a command to run. The others are libraries to import. */
export const isCommand = ({ manifest }: Package): boolean => manifest["bin"] !== undefined

/** The published packages that programs import. */
export const libraries: ReadonlyArray<Package> = published.filter((item) => !isCommand(item))

/** The published commands. */
export const commands: ReadonlyArray<Package> = published.filter(isCommand)

/**
 * The modules of a package that can be imported by name: the files of `src` except `index`, without `.ts`, sorted.
 */
export const modulesOf = (folder: string): ReadonlyArray<string> =>
  Fs.globSync("*.ts", { cwd: Path.join(root, "packages", folder, "src") })
    .map((file) => Path.basename(file, ".ts"))
    .filter((module) => module !== "index")
    .sort()

/** The modules that programs may import. `unstable` is only for the other packages of bercon. */
export const publicModulesOf = (folder: string): ReadonlyArray<string> =>
  modulesOf(folder).filter((module) => module !== "unstable")

/** The names of the dependencies of a package, direct ones and those of its dependencies in this repository. */
const needs = (name: string): ReadonlyArray<string> => {
  const manifest = published.find(({ manifest }) => manifest.name === name)?.manifest
  if (manifest === undefined) return []
  return [
    ...new Set(Object.keys(manifest.dependencies ?? {}).flatMap((dependency) => [dependency, ...needs(dependency)]))
  ]
}

/** The published packages, each after the packages it depends on. */
export const bottomUp: ReadonlyArray<Package> = [...published]
  .sort((a, b) => needs(a.manifest.name).length - needs(b.manifest.name).length)
