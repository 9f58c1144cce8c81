/**
 * What the manifests of the published packages have in common. What is packed by them is checked by `pnpm pack:check`.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { home, published, readManifest, root } from "../scripts/packages.ts"

describe.each(published.map((item) => [item.manifest.name, item] as const))("the manifest of %s", (name, item) => {
  const { folder, manifest } = item

  it("says where the project is, and whose", () => {
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

  it("publishes what it builds, to everybody", () => {
    assert.strictEqual(manifest["type"], "module")
    assert.strictEqual(manifest["sideEffects"], false)
    assert.deepStrictEqual(manifest["engines"], { node: ">=22.19.0" })
    assert.deepStrictEqual(manifest["scripts"], { prepack: "tsc -b" }, "no other script runs anywhere")
    const { access, exports } = manifest["publishConfig"] as Record<string, unknown>
    assert.strictEqual(access, "public")
    const built = JSON.stringify(manifest["exports"]).replaceAll("./src/", "./dist/").replaceAll(".ts\"", ".js\"")
    assert.deepStrictEqual(exports, JSON.parse(built), "the published exports are the built files of the exports here")
  })

  it("has the one version of all packages, and takes the same range of effect", () => {
    assert.strictEqual(manifest.version, published[0]!.manifest.version)
    assert.strictEqual(manifest.peerDependencies?.["effect"], published[0]!.manifest.peerDependencies?.["effect"])
  })

  it("has a README of its own", () => {
    assert.isTrue(Fs.readFileSync(Path.join(root, "packages", folder, "README.md"), "utf8").startsWith(`# ${name}\n`))
  })
})
