import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type { HelpDoc } from "effect/cli/HelpDoc"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { command } from "../src/commands/index.ts"
import { ExitCode } from "../src/ExitCode.ts"
import * as Services from "../src/services.ts"
import { words } from "../src/shell/line.ts"

const root = new URL("../../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")

const documents = [
  "README.md",
  ...readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...readdirSync(new URL("packages/", root)).map((name) => `packages/${name}/README.md`)
].filter((file) => existsSync(new URL(file, root)))

/** The command lines of `bercon` in the documents, without the variables before and the redirections after the command. */
const shown = documents.flatMap((file) =>
  Array.from(read(file).matchAll(/^```sh\n(.*?)^```$/gms), ([, text = ""]) => text.trimEnd().split("\n")).flat()
    .map((line) => line.replace(/^(?:[A-Z_]+=\S+ )+/, "").replace(/ +#.*$/, ""))
    .filter((line) => /^(?:pnpm )?bercon /.test(line))
    .map((line) => ({ file, line, args: words(line.replace(/^(?:pnpm )?bercon /, "").replace(/ [<|>&].*$/, "")) }))
)

const helps = new Map<string, HelpDoc>()

/** The help of a command, or of its subcommand: `bans sync`. */
const helpOf = (name: string) =>
  Effect.gen(function*() {
    if (!helps.has(name)) {
      yield* Command.runWith(command, { version: "0" })([...name.split(" "), "--help"]).pipe(
        Effect.provide(Services.layer),
        Effect.provideService(CliOutput.Presenter, {
          present: (event) => Effect.sync(() => event._tag === "Help" && helps.set(name, event.helpDoc))
        })
      )
    }
    return helps.get(name)!
  })

const names = command.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))

describe("a command line in the documents", () => {
  it("is found", () => assert.isAtLeast(shown.length, 10))

  it.effect.each(shown)("has a command and flags that exist: $line", ({ args }) =>
    Effect.gen(function*() {
      const [name = "", ...rest] = args
      if (name.startsWith("-")) return
      assert.include(names, name)
      const { subcommands = [] } = yield* helpOf(name)
      const isSubcommand = subcommands.some(({ commands }) => commands.some((one) => one.name === rest[0]))
      const { flags, globalFlags = [], inheritedFlags = [] } = yield* helpOf(isSubcommand ? `${name} ${rest[0]}` : name)
      const known = [...flags, ...inheritedFlags, ...globalFlags].flatMap(({ aliases, name }) => [name, ...aliases])
        .map((flag) => flag.replace(/^-+/, ""))
      for (const word of rest) {
        const flag = /^--?([a-zA-Z][\w-]*)/.exec(word)?.[1]
        if (flag !== undefined) assert.include(known, flag)
      }
    }))
})

describe("docs/command.md", () => {
  const text = read("docs/command.md")

  it("has every command", () => {
    for (const name of names) assert.match(text, new RegExp(`\`(?:bercon )?${name}[\` ]`), name)
  })

  it("has every exit code, and no others", () => {
    const listed = Array.from(text.matchAll(/^\| (\d) +\|/gm), ([, code]) => Number(code))
    assert.deepStrictEqual(listed, Object.values(ExitCode))
  })
})
