import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { matchesGlob } from "node:path"
import { home } from "../../../scripts/packages.ts"

const root = new URL("../../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")
const list = (path: string) => readdirSync(new URL(path, root))

interface Block {
  readonly file: string
  readonly language: string
  readonly text: string
}

const blocks = (file: string): ReadonlyArray<Block> =>
  Array.from(read(file).matchAll(/^```(\w*)\n(.*?)^```$/gms), ([, language = "", text = ""]) => ({
    file,
    language,
    text
  }))

const readmes = [
  "README.md",
  ...list("docs/").filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  "packages/testing/GUIDE.md",
  ...list("packages/").map((name) => `packages/${name}/README.md`).filter((file) => existsSync(new URL(file, root)))
]
const all = readmes.flatMap(blocks)
const of = (language: string) => all.filter((block) => block.language === language)

/** The anchors of the headings of a document, as GitHub makes them. */
const anchors = (text: string) =>
  Array.from(
    text.matchAll(/^#+ (.*)$/gm),
    ([, heading = ""]) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  )

// The files of this package. All are type-checked, and the other tests run most of the programs.
const programs = ["src", "test"].flatMap((folder) =>
  list(`packages/examples/${folder}/`).map((name) => read(`packages/examples/${folder}/${name}`))
)

// The commands that CI runs, and the scripts of the root. Variables before a command are not compared.
const commands = new Set([
  ...Array.from(read(".ci/run").matchAll(/^step (.*)$/gm), ([, command]) => command),
  ...Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts).flatMap((script) => [
    `pnpm ${script}`,
    `npx -y pnpm@12 ${script}`
  ])
])
const plain = (line: string) => line.replace(/^(?:[A-Z_]+=\S+ )+/, "").replace(/ +#.*$/, "")

describe.each(["session/src/Transport.ts", "testing/src/NodeTestRcon.ts", "testing/src/TestFleet.ts"])(
  "the example in the documentation of %s",
  (file) => {
    const source = read(`packages/${file}`).replaceAll(/^ \* ?/gm, "")
    const shown = Array.from(source.matchAll(/^```ts\n(.*?)^```$/gms), ([, text = ""]) => text)

    it("is a program that is type-checked", () => {
      assert.strictEqual(shown.length, 1)
      assert.isTrue(programs.includes(shown[0]!))
    })
  }
)

describe("code in READMEs and documents", () => {
  it("is found by these tests", () => {
    assert.isAtLeast(of("ts").length, 4)
    assert.isAtLeast(of("sh").length, 1)
  })

  it.each(of("ts"))("is part of a program that is type-checked: $file: $text", ({ text }) => {
    assert.isTrue(programs.some((program) => program.includes(text)))
  })

  it.each(of("sh"))("is a command that CI runs, or a script of the root: $file: $text", ({ text }) => {
    for (const line of text.trimEnd().split("\n")) {
      // Other tests check the commands of `bercon`. The package cannot be installed before it is published.
      if (!/^(?:bercon |npm i -g @bercon\/cli$)/.test(plain(line))) assert.include([...commands], plain(line))
    }
  })

  it("is TypeScript, shell, text, TOML or console output", () => {
    assert.deepStrictEqual(
      all.filter(({ language }) => !["ts", "sh", "text", "toml", "console"].includes(language)),
      []
    )
  })
})

describe("READMEs and documents", () => {
  const seed = new URL("../shared/SEED-berconpy-AsyncRCONClient.txt", root)
  it.skipIf(!existsSync(seed))(
    "name a counterpart of every method of berconpy's client (needs ../shared)",
    () => {
      const table = read("docs/from-berconpy.md")
      const listed = readFileSync(seed, "utf8").split("\nAttributes\n")
      const methods = Array.from((listed[0] ?? "").matchAll(/^(\w+)\(/gm), ([, name = ""]) => name)
      assert.isAtLeast(methods.length, 20)
      for (const name of [...methods, "client_id", "players"]) assert.match(table, new RegExp(`\\b${name}\\b`))
    }
  )

  /** The files in the repository to which a document links, by a relative path or by the address of the repository. */
  const links = (file: string) =>
    Array.from(read(file).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)).flatMap(([, target = "", anchor]) => {
      const path = new RegExp(`^${home}/(?:blob|tree)/main/(.*)`).exec(target)?.[1]
      if (path === undefined && /^https?:/.test(target)) return []
      const url = path === undefined ? new URL(target || new URL(file, root), new URL(file, root)) : new URL(path, root)
      return [{ target, anchor, url, isRelative: path === undefined }]
    })

  it.each(readmes)("link to existing files and headings: %s", (file) => {
    for (const { anchor, target, url } of links(file)) {
      assert.isTrue(existsSync(url), target)
      if (anchor !== undefined) assert.include(anchors(readFileSync(url, "utf8")), anchor, target)
    }
  })

  // npm shows the README of a package, and editors show it from an installed package: other files are missing there.
  it.each(readmes.filter((file) => file.startsWith("packages/")))(
    "have relative links only to files in the package: %s",
    (file) => {
      const { files = [] } = JSON.parse(read(file.replace(/[^/]*$/, "package.json"))) as { files?: Array<string> }
      const packed = (path: string) => files.some((pattern) => matchesGlob(path, pattern)) || path === "README.md"
      for (const { isRelative, target } of links(file)) {
        if (isRelative) assert.isTrue(packed(target || "README.md"), target)
      }
    }
  )
})
