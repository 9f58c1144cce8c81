/**
 * The README shows the real output of the command.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { promisify } from "node:util"
import { ExitCode } from "../src/ExitCode.ts"

const readme = Fs.readFileSync(new URL("../README.md", import.meta.url), "utf8")

/** The blocks of commands, each after `$ `, and what they print. */
const sessions = Array.from(readme.matchAll(/^```console\n(.*?)^```$/gms), ([, block = ""]) => block)

/** A server with the players of the README. */
const server = Effect.gen(function*() {
  const simulated = yield* NodeSimulatedServer.make({ password: Redacted.make("secret") })
  yield* simulated.join({ name: "Miller", ip: "198.51.100.7", guid: "4fc867abf98b934e9e7eeaf15170258c" })
  yield* simulated.join({ name: "日本語 プレイヤー", ip: "198.51.100.8", ping: 62 })
  yield* simulated.join({ name: "Kerry", ip: "198.51.100.9", guid: null })
  yield* Effect.forkScoped(Effect.repeat(simulated.chat(0, "Side", "hello"), Schedule.spaced("50 millis")))
  return simulated
})

/** A folder with the files of the README, and `bercon`. */
const folder = Effect.fnUntraced(function*(eu1: number, eu2: number) {
  const path = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-readme-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
  )
  const bercon = Path.resolve(import.meta.dirname, "../bin/bercon.js")
  Fs.writeFileSync(Path.join(path, "bercon"), `#!/bin/sh\nexec "${process.execPath}" "${bercon}" "$@" --quiet\n`, {
    mode: 0o755
  })
  const [, toml = ""] = /^```toml\n(.*?)^```$/ms.exec(readme) ?? []
  Fs.mkdirSync(Path.join(path, "secrets"))
  Fs.writeFileSync(Path.join(path, "secrets/eu2"), "secret\n")
  Fs.writeFileSync(
    Path.join(path, "servers.toml"),
    toml.replace("2306", `${eu1}`).replace("2316", `${eu2}`).replaceAll("203.0.113.7", "127.0.0.1")
  )
  return path
})

/** A word of the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

describe("the README", { concurrent: true }, () => {
  it.live.each(sessions.map((session) => [session.split("\n")[0]!, session] as const))(
    "shows the real output of %s",
    ([, session]) =>
      Effect.gen(function*() {
        const eu1 = yield* server
        const eu2 = yield* NodeSimulatedServer.make({ password: Redacted.make("secret") })
        const cwd = yield* folder(eu1.address.port, eu2.address.port)
        const commands = session.split("\n").filter((line) => line.startsWith("$ ")).map((line) => line.slice(2))
        // Prints each command as the README does, and runs it. As in a terminal, `$?` is the exit code of the previous command.
        const script = commands.flatMap((command) => [
          `printf '%s\\n' ${quoted(`$ ${command}`)}`,
          "(exit $status)",
          command.replace("BERCON_PORT=2306", `BERCON_PORT=${eu1.address.port}`),
          "status=$?"
        ])
        const { stdout } = yield* Effect.promise(() =>
          promisify(execFile)("/bin/sh", ["-c", ["exec 2>&1", "status=0", ...script].join("\n")], {
            cwd,
            env: {
              PATH: `${cwd}:${process.env["PATH"]}`,
              XDG_CONFIG_HOME: cwd,
              BERCON_PORT: `${eu1.address.port}`,
              BERCON_PASSWORD: "secret",
              EU1_PASSWORD: "secret"
            }
          })
        )
        assert.strictEqual(stdout, session)
      })
  )

  it("lists every exit code", () => {
    for (const code of Object.values(ExitCode)) assert.match(readme, new RegExp(`^\\| ${code} `, "m"))
  })
})
