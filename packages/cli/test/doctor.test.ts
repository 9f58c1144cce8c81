import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createSocket } from "node:dgram"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bercon, type Outcome } from "./bercon.ts"

const at = (port: number, password = "right") => ({
  env: { BERCON_HOST: "127.0.0.1", BERCON_PORT: `${port}`, BERCON_PASSWORD: password }
})

/** The findings, line by line: `ok name`, ... */
const found = ({ stdout }: Outcome) =>
  stdout.split("\n").filter((line) => line !== "").map((line) => /^(\w+) +(\w+)/.exec(line)!.slice(1).join(" "))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "bercon-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, maxRetries: 5 }))
)

/** A UDP socket with a handler for datagrams. */
const socket = (receive: (reply: (text: string) => void) => void) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createSocket>>((resume) => {
      const socket = createSocket("udp4")
      socket.on("message", (_, from) => receive((text) => socket.send(text, from.port, from.address)))
      socket.bind(0, "127.0.0.1", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.close())
  )

describe("bercon doctor", { concurrent: true }, () => {
  it.live("finds no problem if all is well", () =>
    Effect.gen(function*() {
      const { address, executions } = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      const outcome = yield* bercon(["doctor", "--keepalives", "5"], at(address.port))
      assert.deepStrictEqual([outcome.code, outcome.stderr], [0, ""])
      assert.deepStrictEqual(found(outcome), [
        "ok name",
        "ok password",
        "ok port",
        "ok login",
        "ok flavour",
        "ok commands",
        "ok admins",
        "ok network",
        "ok loss"
      ])
      // Nothing is changed there.
      assert.deepStrictEqual(
        new Set((yield* executions).map(({ text }) => text)),
        new Set(["players", "version", "admins"])
      )
    }))

  it.live("finds a wrong flavour, and loss", () =>
    Effect.gen(function*() {
      const { address } = yield* NodeSimulatedServer.make({
        password: Redacted.make("right"),
        flavour: "Reforger",
        network: { loss: 0.3, seed: 7 }
      })
      const { code, stdout } = yield* bercon(
        ["doctor", "--flavour", "BattlEye", "--keepalives", "10", "--format", "json"],
        at(address.port)
      )
      assert.strictEqual(code, 6)
      const checks = JSON.parse(stdout) as ReadonlyArray<{ check: string; status: string; message: string }>
      assert.deepInclude(
        checks.map(({ check, status }) => `${check} ${status}`),
        "flavour problem"
      )
      assert.match(checks.find(({ check }) => check === "loss")!.message, /were lost \(\d+ %\)/)
    }))

  it.live("finds a line break at the end of the password, without showing the password", () =>
    Effect.gen(function*() {
      const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
      const outcome = yield* bercon(["doctor"], at(address.port, "hunter2\n"))
      assert.strictEqual(outcome.code, 3)
      assert.deepStrictEqual(found(outcome), ["ok name", "note password", "ok port", "problem login"])
      assert.match(outcome.stdout, /it ends with a line feed \(U\+000A\)/)
      assert.match(outcome.stdout, /accepts the password without invisible characters, .*: remove them/)
      assert.notInclude(outcome.stdout + outcome.stderr, "hunter2")
    }))

  it.live("distinguishes a closed port, a silent port, and the port of another program", () =>
    Effect.gen(function*() {
      const silent = yield* socket(() => {})
      const foreign = yield* socket((reply) => reply("\xff\xff\xff\xffI am a game"))
      const closed = yield* Effect.scoped(Effect.map(socket(() => {}), (socket) => socket.address().port))
      const [first, second, third] = yield* Effect.all(
        [closed, silent.address().port, foreign.address().port].map((port) =>
          bercon(["doctor", "--timeout", "1500ms"], at(port))
        ),
        { concurrency: "unbounded" }
      )
      assert.match(first!.stdout, /^problem +port .* closed, as its host reports \(ICMP\)/m)
      assert.match(second!.stdout, /^problem +port .* silent \(\d logins? sent\): usual causes/m)
      assert.match(third!.stdout, /^problem +port .* does not speak BattlEye RCON/m)
      assert.deepStrictEqual([first!.code, second!.code, third!.code], [4, 4, 4])
    }))

  it.live("finds that a host name has no address", () =>
    Effect.gen(function*() {
      const outcome = yield* bercon(["doctor", "--host", "no.such.name.invalid"], at(2306))
      assert.deepStrictEqual([outcome.code, found(outcome)], [5, ["problem name"]])
    }))

  it.live("checks the server's own files, and then uses their settings", () =>
    Effect.gen(function*() {
      const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
      const path = yield* folder
      writeFileSync(join(path, "beserver_64.cfg"), "RConPassword hunter2\n")
      const misnamed = yield* bercon(["doctor", "--server-cfg", path])
      assert.strictEqual(misnamed.code, 2)
      assert.match(misnamed.stdout, /^problem +file +the server does not read "beserver_64\.cfg"/)
      assert.deepStrictEqual(found(misnamed), ["problem file", "note name"])

      writeFileSync(join(path, "beserver_x64.cfg"), `RConPassword hunter2\nRConPort ${address.port}`)
      const gamePort = String(address.port - 2)
      const unended = yield* bercon(["doctor", "--server-cfg", path, "--game-port", gamePort, "--keepalives", "1"])
      assert.strictEqual(unended.code, 2)
      assert.deepStrictEqual(found(unended).slice(0, 7), [
        "ok file",
        "note file",
        "problem lines",
        "ok password",
        "problem port",
        "ok name",
        "ok password"
      ])
      assert.include(found(unended), "ok login")
      assert.notInclude(unended.stdout + misnamed.stdout, "hunter2")
    }))

  it.live("labels several servers, and examines all even if one has a problem", () =>
    Effect.gen(function*() {
      const well = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      const file = join(yield* folder, "servers.toml")
      const entry = (id: string, password: string) =>
        `[servers.${id}]\nhost = "127.0.0.1"\nport = ${well.address.port}\npassword = "${password}"\n`
      writeFileSync(file, entry("eu1", "right") + entry("eu2", "wrong"))
      const { code, stdout } = yield* bercon(["doctor", "--all", "--config", file, "--keepalives", "1"])
      assert.strictEqual(code, 8)
      assert.match(stdout, /^eu1: ok +loss/m)
      assert.match(stdout, /^eu2: problem +login/m)
    }))
})
