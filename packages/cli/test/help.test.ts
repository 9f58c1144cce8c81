import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type { HelpDoc } from "effect/cli/HelpDoc"
import { command } from "../src/commands/index.ts"
import * as Services from "../src/services.ts"
import { bercon, succeeded } from "./bercon.ts"

const names = command.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))

/** The help that a command line prints. */
const helpOf = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const docs = new Array<HelpDoc>()
    yield* Command.runWith(command, { version: "0" })([...args, "--help"]).pipe(
      Effect.provide(Services.layer),
      Effect.provideService(CliOutput.Presenter, {
        present: (event) => Effect.sync(() => event._tag === "Help" && docs.push(event.helpDoc))
      })
    )
    return docs[0]!
  })

describe("help", { concurrent: true }, () => {
  it.effect.each(names.map((name) => [name] as const))(
    "%s: a sentence, and examples that are of this command",
    ([name]) =>
      Effect.gen(function*() {
        const { description, examples = [] } = yield* helpOf(name)
        assert.match(description, /^[A-Z].*[^.]$/)
        assert.isNotEmpty(examples)
        for (const example of examples) {
          assert.match(example.command, /bercon /)
          assert.isNotEmpty(example.description)
        }
        assert.isTrue(examples.some(({ command }) => command.includes(`bercon ${name}`)))
      })
  )

  it.live("is data if it was asked for: on standard output, without colours in a pipe", () =>
    Effect.gen(function*() {
      const help = yield* bercon(["kick", "--help"])
      succeeded(help, /^DESCRIPTION\n {2}Kicks players/)
      assert.notInclude(help.stdout, "\x1b")
      succeeded(yield* bercon(["--version"]), /^bercon \d+\.\d+\.\d+\n$/)
    }))

  it.live.each([["bash"], ["zsh"], ["fish"], ["powershell"]] as const)(
    "completions for %s know every command",
    ([shell]) =>
      Effect.gen(function*() {
        const { code, stdout } = yield* bercon(["--completions", shell])
        assert.strictEqual(code, 0)
        for (const name of names) assert.include(stdout, name)
      })
  )
})
