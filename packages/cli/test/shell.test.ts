import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { spawned } from "./bercon.ts"
import { received } from "./simulated.ts"
import { hasTmux, needsTmux, start } from "./terminal.ts"

const simulated = Effect.gen(function*() {
  // On a busy machine a command may be sent again before its answer has come.
  const server = yield* NodeSimulatedServer.make({ password: Redacted.make("right"), repeats: "replay" })
  yield* server.join({ name: "Miller" })
  yield* server.join({ name: "李雷 the\u0301 2nd" })
  const env = { BERCON_PORT: `${server.address.port}`, BERCON_PASSWORD: "right" }
  const executed = Effect.map(
    server.executions,
    (commands) => commands.map(({ text }) => text).filter((text) => text !== "players")
  )
  return { ...server, env, executed }
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "bercon-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
)

describe("bercon shell in a terminal", { concurrent: true }, () => {
  it.live.skipIf(!hasTmux)(
    `keeps the typed line intact while events are printed above it${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { chat, env, executed, start: startAgain, stop } = yield* simulated
        const terminal = yield* start(["shell"], { env, columns: 50, rows: 20 })
        yield* terminal.until(/> $|>$/m)
        const text = "say one two three four five six seven eight nine ten eleven"
        yield* terminal.type(text)
        yield* terminal.press("Left", "Left")
        yield* chat(0, "Side", "hi\x1b[2J\x1b]0;title\x07 there \u202eolleh, and more than fits into one line of it")
        const screen = yield* terminal.until(/hi\\x1b/)
        const rows = screen.trimEnd().split("\n")
        assert.match(rows.slice(0, -2).join(""), /#0 Miller to Side: hi\\x1b\[2J\\x1b\]0;title\\x07 there \\u202eolleh/)
        const prompt = `127.0.0.1:${env.BERCON_PORT}> `
        assert.strictEqual(rows.slice(-2).join(""), `${prompt}${text}`.replace(/ $/, ""))

        // The same after a resize. The cursor is still before the last two letters.
        yield* terminal.resize(40, 20)
        yield* chat(0, "Side", "second")
        yield* terminal.until(/second/)
        yield* terminal.type("_")
        const narrow = yield* terminal.until(/elev_en$/m)
        assert.strictEqual(
          narrow.split(prompt).at(-1)?.replaceAll(/\s/g, ""),
          "sayonetwothreefourfivesixseveneightninetenelev_en"
        )
        yield* terminal.press("Enter")
        yield* terminal.until(/admin #0 to everybody: one/)
        assert.deepStrictEqual(yield* executed, ["say -1 one two three four five six seven eight nine ten elev_en"])

        // The server stops, and starts again while a line is being typed.
        yield* stop({ keepPlayers: true })
        yield* terminal.type("version")
        yield* terminal.press("Enter")
        yield* terminal.until(/-- the server/)
        yield* terminal.type("half a line")
        yield* startAgain
        yield* terminal.until(/-- logged in\n[^]*> half a line$/m)
        yield* terminal.press("C-c")
        yield* terminal.press("C-d")
        yield* terminal.until(/^code 0$/m)
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `makes a command wait for the end of an outage, unless Ctrl-C is pressed${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { env, executions, onCommand, start: startAgain, stop } = yield* simulated
        const terminal = yield* start(["shell", "--timeout", "1m"], { env, columns: 100 })
        yield* terminal.until(/>$/m)
        yield* terminal.type("ban Miller --for 7d")
        yield* terminal.press("Enter")
        yield* terminal.until(/the shell has no flags \(got --for\)/)
        yield* stop({ keepPlayers: true })
        yield* terminal.type("admins\rbans\rhalf")
        yield* terminal.until(/-- the server has closed its port[^]*> half$/m)
        yield* terminal.press("C-c")
        yield* terminal.until(/-- no longer waiting for admins\. 1 more typed line is not executed\n[^]*>$/m)
        yield* terminal.type("lock\rhalf")
        yield* terminal.until(/> half$/m)
        yield* terminal.press("C-c")
        yield* terminal.until(/-- no longer waiting for lock: it was not sent\n[^]*>$/m)
        yield* terminal.type("version\r")
        yield* startAgain
        yield* terminal.until(/^-- logged in$/m)
        yield* terminal.until(/^1\.220\n[^]*>$/m)
        yield* onCommand((text) => text === "#lock" ? { reply: "", delay: "Infinity" as const } : undefined)
        yield* terminal.type("lock\r")
        yield* received({ executions }, "#lock")
        yield* terminal.press("C-c")
        yield* terminal.until(/-- no longer waiting for lock: it may have been executed\n[^]*>$/m)
        yield* terminal.press("C-d")
        yield* terminal.until(/^code 0$/m)
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `answers the commands that were typed before Ctrl-D${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { env, onCommand } = yield* simulated
        yield* onCommand((text) => text === "version" ? { delay: "1 second" as const } : undefined)
        const terminal = yield* start(["shell"], { env })
        yield* terminal.until(/>$/m)
        yield* terminal.type("version\radmins\r")
        yield* terminal.press("C-d")
        yield* terminal.until(/^1\.220\n#  Address\n0 [^]*^code 0$/m)
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `completes names, shows tables, asks for confirmation, and keeps its history${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { env, executed } = yield* simulated
        const state = yield* folder
        yield* Effect.gen(function*() {
          const terminal = yield* start(["shell"], { env: { ...env, XDG_STATE_HOME: state }, columns: 100 })
          yield* terminal.until(/>$/m)
          yield* terminal.type("pla")
          yield* terminal.press("Tab")
          yield* terminal.until(/> players$/m)
          yield* terminal.press("Enter")
          yield* terminal.until(/^#  Ping  Address .*\n0    47 .* Miller\n1    47 .*李雷 thé 2nd$/m)
          // An empty line leaves the history as it is.
          yield* terminal.press("Enter", "Up")
          yield* terminal.until(/> players\s*$/)
          yield* terminal.press("C-c")
          yield* terminal.type(" events of\r events off\r")
          yield* terminal.until(/^write `events on` or `events off`$[^]*^events are not shown$/m)
          yield* terminal.type("shutdown")
          yield* terminal.press("Enter")
          yield* terminal.until(/shutdown: the players lose their game\. Type yes:/)
          yield* terminal.type("no")
          yield* terminal.press("Enter")
          yield* terminal.until(/nothing was done/)
          yield* terminal.type(" secret one")
          yield* terminal.press("C-c")
          yield* terminal.type("kick 李")
          yield* terminal.press("Tab")
          yield* terminal.type("be nice")
          yield* terminal.until(/kick "李雷 thé 2nd" be nice$/m)
          yield* terminal.press("Enter")
          yield* terminal.until(/kick #1 李雷 thé 2nd: done/)
          yield* terminal.type("RConPassword hunter2")
          yield* terminal.press("Enter", "C-d")
          yield* terminal.until(/^code 0$/m)
          assert.deepStrictEqual(yield* executed, ["kick 1 be nice", "RConPassword hunter2"])
          assert.strictEqual(
            readFileSync(join(state, "bercon", "history"), "utf8"),
            "players \nshutdown\nkick \"李雷 the\u0301 2nd\" be nice\n"
          )
        }).pipe(Effect.scoped)
        const again = yield* start(["shell"], { env: { ...env, XDG_STATE_HOME: state }, columns: 100 })
        yield* again.until(/>$/m)
        yield* again.press("Up")
        yield* again.until(/> kick "李雷/)
      }).pipe(Effect.scoped)
  )
})

describe("bercon shell after it has asked for the password", { concurrent: true }, () => {
  it.live.skipIf(!hasTmux)(`takes Ctrl-C as a key that clears the line${needsTmux}`, () =>
    Effect.gen(function*() {
      const { env: { BERCON_PORT } } = yield* simulated
      const terminal = yield* start(["shell"], { env: { BERCON_PORT } })
      yield* terminal.until(/Password of 127\.0\.0\.1:\d+:$/m)
      yield* terminal.type("right")
      yield* terminal.press("Enter")
      yield* terminal.until(/>$/m)
      yield* terminal.type("players")
      yield* terminal.until(/> players$/m)
      yield* terminal.press("C-c")
      yield* terminal.until(/>$/m)
      yield* terminal.press("C-d")
      yield* terminal.until(/^code 0$/m)
    }).pipe(Effect.scoped))
})

describe("bercon shell that a signal ends", { concurrent: true }, () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    it.live.skipIf(!hasTmux)(`restores the terminal on ${signal}${needsTmux}`, () =>
      Effect.gen(function*() {
        const { env } = yield* simulated
        const terminal = yield* start(["shell"], { env })
        yield* terminal.until(/>$/m)
        yield* terminal.type("half a line")
        yield* terminal.signal(signal)
        yield* terminal.ended(code)
      }).pipe(Effect.scoped))
  }

  it.live.skipIf(!hasTmux)(
    `restores the terminal on Ctrl-C at the prompt for the password${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { env: { BERCON_PORT } } = yield* simulated
        const terminal = yield* start(["shell"], { env: { BERCON_PORT } })
        yield* terminal.until(/Password of 127\.0\.0\.1:\d+:$/m)
        yield* terminal.type("secr")
        yield* terminal.press("C-c")
        assert.notInclude(yield* terminal.ended(130), "secr")
      }).pipe(Effect.scoped)
  )
})

describe("bercon shell without a terminal", { concurrent: true }, () => {
  it.live("sends words that begin with a dash unchanged in messages, and refuses flags of the command line and mistyped times of a ban", () =>
    Effect.gen(function*() {
      const { env, executed } = yield* simulated
      const sent = ["say --hello", "say a --b -- \"c\"", "whisper 0 --reason", "whisper 0 -- x", "kick 0 --cheating --"]
      const refused = ["players --format json", "kick 1 --reason x", "ban 1 --for 7d", "lock --all", "whisper 1"]
      const mistyped = ["ban 0 2hours spam", "ban 0 1h30 spam", "ban 0 3rd warning"]
      const empty = ["kick \"\" spam", "load-bans ''", "!"]
      const { code, stderr } = yield* spawned(["shell"], {
        env,
        stdin: [...sent, ...refused, ...mistyped, ...empty, ""].join("\n")
      })
      assert.strictEqual(code, 8)
      assert.deepStrictEqual(stderr.trimEnd().split("\n").map((line) => line.split(" (got")[0]), [
        ...Array.from({ length: 4 }, () => "bercon: the shell has no flags"),
        "bercon: whisper needs a text",
        ...["2hours", "1h30", "3rd"].map((time) =>
          `bercon: "${time}" is not a time: write minutes (60), or 2h, 7d or forever, before the reason`
        ),
        "bercon: kick: the first argument must not be empty",
        "bercon: load-bans: the first argument must not be empty",
        "bercon: ! needs a command"
      ])
      assert.deepStrictEqual(yield* executed, [
        "say -1 --hello",
        "say -1 a --b -- \"c\"",
        "say 0 --reason",
        "say 0 -- x",
        "kick 0 --cheating --"
      ])
    }).pipe(Effect.scoped))

  it.live("removes none of several bans if one of them does not exist", () =>
    Effect.gen(function*() {
      const { env, update, world } = yield* simulated
      const [first, second, absent] = ["198.51.100.1", "198.51.100.2", "198.51.100.3"]
      const bans = [first, second].map((target) => ({ target, expires: undefined, reason: "spam" }))
      yield* update((world) => ({ ...world, bans }))
      const refused = yield* spawned(["shell"], { env, stdin: `unban ${first} ${absent}\n` })
      assert.deepStrictEqual([refused.code, refused.stdout], [6, ""])
      assert.strictEqual((yield* world).bans.length, 2)
      const { code, stdout } = yield* spawned(["shell"], { env, stdin: `unban ${first} ${second}\n` })
      assert.deepStrictEqual([code, stdout], [0, `unban ${first}: done\nunban ${second}: done\n`])
      assert.deepStrictEqual((yield* world).bans, [])
    }).pipe(Effect.scoped))

  it.live(
    "runs one command per line, goes on after a failure, and reports it in the exit code",
    () =>
      Effect.gen(function*() {
        const { env, executed } = yield* simulated
        const stdin = "missions\n\nsay hello there\nversion\nkick Nobody\nban Miller 60 bad words\nfoo\nquit\nversion\n"
        const { code, stderr, stdout } = yield* spawned(["shell"], { env, stdin })
        assert.strictEqual(stdout.split("\n")[0], "1.220")
        assert.match(stdout, /ban .*Miller.*: done\n$/)
        assert.match(stderr, /^bercon: there is no player "Nobody".*\nbercon: .*foo.*\n$/)
        assert.strictEqual(code, 8)
        const [, ...others] = yield* executed
        assert.deepStrictEqual(others.filter((text) => text !== "bans"), [
          "say -1 hello there",
          "version",
          "ban 0 60 bad words"
        ])
      }).pipe(Effect.scoped)
  )
})
