import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { bercon, interrupted, until } from "./bercon.ts"

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
  it.live("breaks its lines between words on a narrow terminal", () =>
    Effect.gen(function*() {
      const { stdout } = yield* bercon(["demo"], {}, 40)
      const [beginning = ""] = stdout.split("1. A game server")
      assert.match(beginning, /^BattlEye is the anti-cheat of games such\n {6}as Arma 3 and DayZ\.$/m)
      for (const line of stdout.split("\n")) if (line.trim().includes(" ")) assert.isAtMost(line.length, 40, line)
    }))

  it.live("shows all its steps in order, and ends with exit code 0", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* bercon(["demo"])
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
      assert.notInclude(stdout, "\x1b")
    }))
})

describe("Ctrl-C", { concurrent: true }, () => {
  it.live.each<readonly [string, RegExp]>([
    ["while it logs in", /^2\. /m],
    ["between two steps", /^4\. /m],
    ["while the server is away", /> rcon.command/]
  ])("ends the demo %s", ([, when]) =>
    Effect.gen(function*() {
      const { stderr, stdout } = yield* interrupted(["demo"], {}, ({ stdout }) => until(stdout, when))
      assert.strictEqual(stderr, "")
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
      const { code, stderr, stdout } = yield* bercon(["demo"], {
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
      const { code, stderr, stdout } = yield* bercon(["demo"], {
        BERCON_HOST: host,
        BERCON_PORT: String(port),
        BERCON_PASSWORD: "wrong password"
      })
      assert.match(stderr, /^bercon: .* refused the login: the password is not the server's RConPassword\. .*\n$/)
      assert.strictEqual(code, 3)
      assert.notInclude(stdout + stderr, "wrong password")
    }))
})
