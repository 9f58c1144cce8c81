/**
 * Checks the manifests of the published packages. `pnpm pack:check` checks the files in their tarballs.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { commands, home, libraries, published, readManifest, root } from "../scripts/packages.ts"

describe.each(published.map((item) => [item.manifest.name, item] as const))("the manifest of %s", (name, item) => {
  const { folder, manifest } = item

  it("names the project's addresses, its license and its author", () => {
    assert.strictEqual(name, `@bercon/${folder}`)
    assert.deepStrictEqual(manifest["repository"], {
      type: "git",
      url: `git+${home}.git`,
      directory: `packages/${folder}`
    })
    assert.deepStrictEqual(manifest["bugs"], { url: `${home}/issues` })
    assert.strictEqual(manifest["homepage"], `${home}/tree/main/packages/${folder}#readme`)
    assert.strictEqual(manifest["license"], "MIT")
    assert.strictEqual(manifest["author"], readManifest(".")["author"])
    assert.isNotEmpty(manifest["description"])
    assert.includeMembers(manifest["keywords"] as Array<string>, ["battleye", "rcon", "effect"])
  })

  it("is public, and has the same version as all packages", () => {
    assert.strictEqual(manifest["type"], "module")
    assert.strictEqual(manifest["sideEffects"], false)
    assert.deepStrictEqual(manifest["engines"], { node: ">=22.19.0" })
    assert.strictEqual((manifest["publishConfig"] as Record<string, unknown>)["access"], "public")
    assert.strictEqual(manifest.version, published[0]!.manifest.version)
  })

  it("is beside a README with the package's name as its title", () => {
    assert.isTrue(Fs.readFileSync(Path.join(root, "packages", folder, "README.md"), "utf8").startsWith(`# ${name}\n`))
  })
})

describe.each(libraries.map(({ manifest }) => [manifest.name, manifest] as const))("the library %s", (_, manifest) => {
  it("publishes what it builds", () => {
    assert.deepStrictEqual(manifest["scripts"], { prepack: "tsc -b" }, "it has no other script")
    const { exports } = manifest["publishConfig"] as Record<string, unknown>
    const built = JSON.stringify(manifest["exports"]).replaceAll("./src/", "./dist/").replaceAll(".ts\"", ".js\"")
    assert.deepStrictEqual(exports, JSON.parse(built), "the published exports lead to the built files")
  })

  it("accepts the same range of effect as the other libraries", () => {
    assert.strictEqual(manifest.peerDependencies?.["effect"], libraries[0]!.manifest.peerDependencies?.["effect"])
  })
})

describe.each(commands.map(({ manifest }) => [manifest.name, manifest] as const))("the command %s", (_, manifest) => {
  it("publishes a bundle that needs nothing else", () => {
    assert.deepStrictEqual(manifest["scripts"], { prepack: "rolldown -c" }, "it has no other script")
    assert.deepStrictEqual(manifest["exports"], { "./package.json": "./package.json" }, "a command is not imported")
    assert.isUndefined(manifest.dependencies)
    assert.isUndefined(manifest.peerDependencies)
  })
})
