import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createSocket } from "node:dgram"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bercon, interrupted, type Outcome, until } from "./bercon.ts"

const at = (port: number, password = "right") => ({
  BERCON_HOST: "127.0.0.1",
  BERCON_PORT: `${port}`,
  BERCON_PASSWORD: password
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
      // Nothing is changed on the server.
      assert.deepStrictEqual(
        new Set((yield* executions).map(({ text }) => text)),
        new Set(["players", "version", "admins"])
      )
    }))

  it.live("ends with the code of the failure if a command fails: 4 without an answer, 6 if the server does not have it", () =>
    Effect.gen(function*() {
      const { address, onCommand } = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      const examine = bercon(["doctor", "--keepalives", "1", "--timeout", "2s"], at(address.port))
      for (const [reply, code] of [[{ delay: "Infinity" }, 4], [{ reply: "Unknown command" }, 6]] as const) {
        yield* onCommand((text) => text === "version" ? reply : undefined)
        const outcome = yield* examine
        assert.include(found(outcome), "problem commands")
        assert.strictEqual(outcome.code, code, outcome.stdout)
      }
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

  it.live("finds a host that no login would use, with the exit code of a login", () =>
    Effect.gen(function*() {
      const outcome = yield* bercon(["doctor", "--host", "[::1]"], at(2306))
      assert.deepStrictEqual([outcome.code, found(outcome)], [2, ["problem name"]])
      assert.match(outcome.stdout, /host must be an IPv6 address without brackets and without a port/)
    }))

  it.live("checks the server's own files, and then uses their settings", () =>
    Effect.gen(function*() {
      const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
      const path = yield* folder
      writeFileSync(join(path, "beserver_64.cfg"), "RConPassword hunter2\n")
      const misnamed = yield* bercon(["doctor", "--server-cfg", path])
      assert.strictEqual(misnamed.code, 2)
      assert.match(misnamed.stdout, /^problem +file +the server does not read "beserver_64\.cfg"/)
      assert.deepStrictEqual(found(misnamed), ["problem file", "note server"])

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

  /** A file with these servers. The password of the one called `refused` is `wrong`, all others have `right`. */
  const fileOf = Effect.fnUntraced(function*(ports: Readonly<Record<string, number>>) {
    const file = join(yield* folder, "servers.toml")
    const entries = Object.entries(ports).map(([id, port]) =>
      `[servers.${id}]\nhost = "127.0.0.1"\nport = ${port}\npassword = "${id === "refused" ? "wrong" : "right"}"\n`
    )
    writeFileSync(file, entries.join(""))
    return file
  })

  it.live("labels several servers, and examines all even if one has a problem", () =>
    Effect.gen(function*() {
      const { address: { port } } = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      const config = yield* fileOf({ well: port, refused: port })
      const { code, stdout } = yield* bercon(["doctor", "--all", "--config", config, "--keepalives", "1"])
      assert.strictEqual(code, 8)
      assert.match(stdout, /^well: ok +loss/m)
      assert.match(stdout, /^refused: problem +login/m)
    }))

  it.live("--all: prints the findings of each server together, as soon as it has been examined", () =>
    Effect.gen(function*() {
      const silent = yield* socket(() => {})
      const { address: { port } } = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      const config = yield* fileOf({ silent: silent.address().port, well: port })
      const { stderr, stdout } = yield* interrupted(
        ["doctor", "--all", "--config", config, "--keepalives", "1", "--timeout", "2m", "--quiet"],
        {},
        ({ stdout }) => until(stdout, /^well: \w+ +loss .*\n/m)
      )
      const checks = stdout.split("\n").map((line) => /^well: \w+ +(\w+)/.exec(line)?.[1])
      assert.deepStrictEqual(checks, [
        "name",
        "password",
        "port",
        "login",
        "flavour",
        "commands",
        "admins",
        "network",
        "loss",
        undefined
      ])
      assert.strictEqual(stderr, "bercon: interrupted after 1 of 2 servers: no complete answer from silent\n")
    }))

  it.live("--all --format json: has the servers in the order of the file, whichever is examined first", () =>
    Effect.gen(function*() {
      const slow = yield* NodeSimulatedServer.make({
        password: Redacted.make("right"),
        network: { latency: "100 millis" }
      })
      const fast = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      const config = yield* fileOf({ slow: slow.address.port, fast: fast.address.port })
      const { code, stdout } = yield* bercon(
        ["doctor", "--all", "--config", config, "--keepalives", "1", "--format", "json"]
      )
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(JSON.parse(stdout).map(({ server }: { readonly server: string }) => server), [
        "slow",
        "fast"
      ])
    }))
})
