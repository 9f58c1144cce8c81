import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type { HelpDoc } from "effect/cli/HelpDoc"
import { stripVTControlCharacters } from "node:util"
import { command } from "../src/commands/index.ts"
import { nearest } from "../src/output/nearest.ts"
import { wrap } from "../src/output/wrap.ts"
import * as Services from "../src/services.ts"
import { bercon, succeeded } from "./bercon.ts"
import { server } from "./simulated.ts"
import { hasTmux, needsTmux, start } from "./terminal.ts"

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
    "of %s has a sentence, and examples of this command",
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

  it.effect.each([40, 60, 100])(
    "is wrapped between words on a terminal of %i columns",
    (width) =>
      Effect.gen(function*() {
        const formatter = CliOutput.defaultFormatter({ colors: true })
        for (const name of names) {
          const text = formatter.formatHelpDoc(yield* helpOf(name))
          const wrapped = wrap(text, width)
          const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "")
          assert.deepStrictEqual(wordsOf(wrapped), wordsOf(text))
          for (const line of wrapped.split("\n").map(stripVTControlCharacters)) {
            // A line may be too wide only if it is a single word with the blanks before it.
            if (line.trim().includes(" ")) assert.isAtMost(line.length, width, `${name}: ${line}`)
          }
        }
      })
  )

  it("continues a long line in its second column", () => {
    assert.strictEqual(
      wrap("  --all    All servers of the file at once\nNAME", 30),
      "  --all    All servers of the\n           file at once\nNAME"
    )
    assert.strictEqual(wrap("one two", undefined), "one two")
  })

  it("indents a long word less, so that it fits", () => {
    assert.strictEqual(
      wrap("bercon: check --password-file, BERCON_PASSWORD", 16),
      "bercon: check\n--password-file,\n BERCON_PASSWORD"
    )
  })

  it.live("is printed on standard output if it was asked for, without colours in a pipe", () =>
    Effect.gen(function*() {
      const help = yield* bercon(["kick", "--help"])
      succeeded(help, /^DESCRIPTION\n {2}Kicks players/)
      assert.notInclude(help.stdout, "\x1b")
      succeeded(yield* bercon(["--version"]), /^bercon \d+\.\d+\.\d+\n$/)
    }))

  it.live.skipIf(!hasTmux)(
    `shows no escape sequence as text if it follows a mistake${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const terminal = yield* start(["plan"], { env: { NO_COLOR: "", FORCE_COLOR: "1" }, rows: 80 })
        const screen = yield* terminal.until(/^code 2$/m)
        assert.match(screen, /^ *DESCRIPTION$/m)
        assert.notInclude(screen, "x1b")
      }).pipe(Effect.scoped)
  )
})

describe("a wrong value", { concurrent: true }, () => {
  const mistakes: ReadonlyArray<readonly [line: string, message: string]> = [
    ["players --port x", "--port: \"x\". Expected: a port from 1 to 65535"],
    ["players --repeat 0", "--repeat: \"0\". Expected: an integer of 1 or more"],
    ["players --repeat 1.5", "--repeat: \"1.5\". Expected: an integer of 1 or more"],
    ["players --timeout 0", "--timeout: \"0\". Expected: a duration of more than 0, such as 500ms, 90s or 10m"],
    ["players --wait soon", "--wait: \"soon\". Expected: a duration of more than 0, such as 500ms, 90s or 10m"],
    ["ban Miller --for 10s", "--for: \"10s\". Expected: a duration of at least 1m, such as 90m or 7d, or forever"],
    ["simulate --loss 30", "--loss: \"30\". Expected: a number from 0 to 1"],
    ["simulate --latency forever", "--latency: \"forever\". Expected: a finite duration such as 80ms"],
    ["doctor --keepalives 1001", "--keepalives: \"1001\". Expected: an integer from 1 to 1000"]
  ]
  it.effect.each(mistakes)("as in %s is reported with the allowed values", ([line, message]) =>
    Effect.gen(function*() {
      const errors = new Array<string>()
      yield* Command.runWith(command, { version: "0" })(line.split(" ")).pipe(
        Effect.provide(Services.layer),
        Effect.provideService(CliOutput.Presenter, {
          present: (event) =>
            Effect.sync(() => {
              if (event._tag === "InvalidInvocation") errors.push(...event.errors.map(({ message }) => message))
            })
        }),
        Effect.ignore
      )
      assert.deepStrictEqual(errors, [`Invalid value for flag ${message}`])
    }))
})

describe("an empty text", { concurrent: true }, () => {
  // A script whose variable is not set gives one. Taken for a missing value, it could choose another server, player or file.
  it.live.each(
    [
      [["players", "--host", ""], /^bercon: Missing value for flag --host\. Expected: a host name or an IP address$/m],
      [["players", "--config", " "], /^bercon: Invalid value for flag --config: " "\. Expected: the path of a file$/m],
      [["players", "--password", ""], /the password must not be empty/],
      [["players", "--password-file", ""], /--password-file/],
      [["players", "--bind", ""], /--bind/],
      [["players", "--server-cfg", ""], /--server-cfg/],
      [["players", "--flavour", ""], /--flavour/],
      [["players", "--format", ""], /--format/],
      [["players", "--profile", ""], /--profile has an empty name/],
      [["plan", "list", "--folder", ""], /--folder/],
      [["plan", "next", ""], /<plan>/],
      [["plan", "abort", ""], /<plan>/],
      [["plan", "postpone", "nightly", "--to", ""], /--to must be a time/],
      [["bans", "sync", "--file", ""], /--file/],
      [["bans", "sync", "--mark", ""], /--mark/],
      [["init", "--id", ""], /--id/],
      [["init", "--id", "eu1", "--password-variable", "", "--skip-login"], /--password-variable/],
      [["load-bans", ""], /^bercon: Invalid value for argument <file>: ""\. Expected: the name of a file$/m],
      [["mission", ""], /<mission>/],
      [["mission", "Liberation.Altis", "--difficulty", ""], /--difficulty/],
      [["max-ping", ""], /limit must be a number of milliseconds, or unlimited \(got ""\)/],
      [["guid", ""], /"" is not a SteamID64/],
      [["exec", "version", ""], /<command>/],
      [["kick", ""], /<player>/],
      [["whisper", "", "hello"], /<player>/],
      [["say", ""], /say needs a text/],
      [["ban", "203.0.113.7", ""], /<target>/],
      [["unban", ""], /<target>/],
      [["simulate", "--seed", ""], /--seed/]
    ] as const
  )("is refused, and nothing is sent: %j", ([args, message]) =>
    Effect.gen(function*() {
      const { bercon, executions } = yield* server()
      const { code, stderr, stdout } = yield* bercon(args)
      assert.match(stderr, message)
      assert.deepStrictEqual([code, stdout, yield* executions], [2, "", []])
    }))

  it.live("is allowed as a reason, and means none", () =>
    Effect.gen(function*() {
      const { bercon, executions, join } = yield* server()
      for (const reason of [[], ["--reason", ""]]) {
        for (const args of [["kick", "0"], ["ban", "203.0.113.7"]]) {
          succeeded(yield* bercon([...args, ...reason, "--confirm-within", "0"]), /sent/)
        }
        yield* join({ name: "Kerry" })
      }
      const sent = (yield* executions).map(({ text }) => text)
      assert.deepStrictEqual(sent.slice(0, sent.length / 2), sent.slice(sent.length / 2))
      assert.include(sent, "kick 0")
    }))
})

describe("a mistyped flag", { concurrent: true }, () => {
  it.live.each(
    [
      ["players --hots eu1", "--host"],
      ["kick Miller --prot=2306", "--port"],
      ["plan list --formt json", "--format"],
      ["ban Miller --reson Cheating", "--reason"],
      ["bans sync --log-levl debug", "--log-level"]
    ] as const
  )(
    "as in %s is answered with the nearest flag of the command, which may be a shared one",
    ([line, flag]) =>
      Effect.gen(function*() {
        const { code, stderr } = yield* bercon(line.split(" "))
        assert.strictEqual(code, 2)
        assert.include(stderr, `Did you mean this?\n    ${flag}\n`)
        assert.notInclude(stderr, "The flags of")
      })
  )

  it("has no suggestion if no flag is near", () => {
    assert.deepStrictEqual(nearest("--hots", ["--host", "--port", "--quiet"]), ["--host"])
    assert.deepStrictEqual(nearest("--duration", ["--host", "--all"]), [])
  })
})

describe("completions", { concurrent: true }, () => {
  it.live.each([["bash"], ["zsh"], ["fish"], ["powershell"]] as const)(
    "for %s have every command",
    ([shell]) =>
      Effect.gen(function*() {
        const { code, stdout } = yield* bercon(["--completions", shell])
        assert.strictEqual(code, 0)
        for (const name of names) assert.include(stdout, name)
      })
  )
})
