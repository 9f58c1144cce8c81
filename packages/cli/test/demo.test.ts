import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const bercon = fileURLToPath(new URL("../bin/bercon.js", import.meta.url))

const withoutServer = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BERCON_")))

interface Outcome {
  /** `null` if a signal ended the process. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** Runs the demo in a process of its own, and presses Ctrl-C once it has printed `interruptAt`. */
const run = (env: Record<string, string> = {}, interruptAt?: string) =>
  Effect.callback<Outcome>((resume) => {
    const started = performance.now()
    const child = spawn(process.execPath, [bercon, "demo"], { env: { ...withoutServer, ...env } })
    let stdout = ""
    let stderr = ""
    let interrupted = false
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      if (interruptAt !== undefined && !interrupted && stdout.includes(interruptAt)) {
        interrupted = child.kill("SIGINT")
      }
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text)
    child.once("close", (code) =>
      resume(Effect.succeed({ code, stdout, stderr, seconds: (performance.now() - started) / 1000 })))
    return Effect.sync(() =>
      child.kill("SIGKILL")
    )
  })

/** Asserts that lines match these patterns, in this order. Other lines may be between them. */
const assertInOrder = (text: string, patterns: ReadonlyArray<RegExp>) => {
  const lines = text.split("\n")
  let at = 0
  for (const pattern of patterns) {
    const found = lines.findIndex((line, index) => index >= at && pattern.test(line))
    assert.notStrictEqual(found, -1, `${pattern} is missing after line ${at} of\n${text}`)
    at = found + 1
  }
}

describe("the demo", { concurrent: true }, () => {
  it.live("shows all its steps in order, and ends with exit code 0", () =>
    Effect.gen(function*() {
      const { code, seconds, stderr, stdout } = yield* run()
      assert.strictEqual(stderr, "")
      assertInOrder(stdout, [
        /^1\. /,
        /server {2}listens on UDP 127\.0\.0\.1:\d+$/,
        /^2\. /,
        /status {2}Online/,
        /^3\. /,
        /#0 +47 ms +198\.18\.53\.232:2304 +[0-9a-f]{32} +Miller$/,
        /^4\. /,
        /event +AdminChat .* to everybody: /,
        /^5\. /,
        /event +PlayerConnected /,
        /event +PlayerDisconnected /,
        /event +PlayerChat /,
        /event +AdminChat .* to Ossipov: /,
        /^6\. /,
        /event +PlayerKicked .* Stavrou was kicked: Admin Kick \(Team killing\)$/,
        /^7\. /,
        /status +Reconnecting +the server has closed its port/,
        /status +Online /,
        /reply +1\.220, the answer to the command that was given while the server was down$/,
        /event +PlayerVerified /,
        /^8\. /,
        /status +Closed /,
        /server +counted 2 logins, .* and 0 violations of the protocol$/
      ])
      assert.strictEqual(code, 0)
      assert.isBelow(seconds, 60)
      assert.notInclude(stdout, "\x1b")
    }))
})

describe("Ctrl-C", { concurrent: true }, () => {
  it.live.each([
    ["while it logs in", "2. "],
    ["between two steps", "4. "],
    ["while the server is away", "> rcon.command"]
  ])("ends the demo with exit code 130 %s", ([, interruptAt]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run({}, interruptAt)
      assert.deepStrictEqual([code, stderr], [130, ""])
      assert.notInclude(stdout, "8. ")
    }))
})

describe("the demo with a real server", { concurrent: true }, () => {
  const server = NodeSimulatedServer.make({ password: Redacted.make("right") })

  it.live("looks around, and changes nothing", () =>
    Effect.gen(function*() {
      const { address, chat, executions, join } = yield* server
      yield* join({ name: "Stavrou\x1b[31m" })
      yield* Effect.forkChild(Effect.forever(Effect.delay(chat(0, "Side", "hello"), "1 second")))
      const { host, port } = address
      const { code, stderr, stdout } = yield* run({
        BERCON_HOST: host,
        BERCON_PORT: String(port),
        BERCON_PASSWORD: "right"
      })
      assert.deepStrictEqual([code, stderr], [0, ""])
      assertInOrder(stdout, [
        /status +Online /,
        /reply +1\.220$/,
        /#0 .* Stavrou\\x1b\[31m$/,
        /event +PlayerChat .* to Side: hello$/,
        /status +Closed /
      ])
      assert.deepStrictEqual(new Set((yield* executions).map(({ text }) => text)), new Set(["players", "version"]))
    }))

  it.live("prints one line about a wrong password, and ends with exit code 3", () =>
    Effect.gen(function*() {
      const { address: { host, port } } = yield* server
      const { code, stderr, stdout } = yield* run({
        BERCON_HOST: host,
        BERCON_PORT: String(port),
        BERCON_PASSWORD: "wrong password"
      })
      assert.match(stderr, /^bercon: .* refused the login: the password is not the server's RConPassword\. .*\n$/)
      assert.strictEqual(code, 3)
      assert.notInclude(stdout + stderr, "wrong password")
    }))
})
