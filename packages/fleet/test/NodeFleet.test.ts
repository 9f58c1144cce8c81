import { Fleet, FleetError } from "@bercon/fleet"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { type SimulatedServer, TestRcon } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Config, ConfigProvider, Effect, Exit, Layer, Logger, Option, Redacted, Schedule } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const SECRET = "hunter2-secret"

/** A new folder, with a function that returns the path of a file in it, and one that writes a file. */
const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-fleet-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
).pipe(Effect.map((path) => ({
  path: (name: string) => Path.join(path, name),
  write: (name: string, text: string | Uint8Array) => Effect.sync(() => Fs.writeFileSync(Path.join(path, name), text))
})))

const table = (id: string, server: SimulatedServer.SimulatedServer["Service"], rest: string) =>
  `[servers.${id}]\nhost = "${server.address.host}"\nport = ${server.address.port}\n${rest}\n`

const eventually = <A, E, R>(effect: Effect.Effect<A, E, R>, is: (value: A) => boolean) =>
  effect.pipe(
    Effect.repeat({ while: (value) => !is(value), schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("8 seconds"),
    Effect.andThen(effect)
  )

const isOnline = (fleet: Fleet.Service) =>
  eventually(fleet.status, (status) => Array.from(status.values()).every(({ _tag }) => _tag === "Online"))

/** Reads an invalid file, and returns the problems that the error's message lists. */
const refused = (text: string | Uint8Array) =>
  Effect.gen(function*() {
    const files = yield* folder
    yield* files.write("servers.toml", text)
    const exit = yield* Effect.exit(NodeFleet.makeFile(files.path("servers.toml")))
    const error = Exit.isFailure(exit) ? Option.getOrThrow(Cause.findErrorOption(exit.cause)) : undefined
    assert.instanceOf(error, FleetError.ServersFileError)
    const { message, stack } = error
    assert.isTrue(message.startsWith(files.path("servers.toml")))
    for (const shown of [message, stack, JSON.stringify(error), Cause.pretty(Cause.fail(error))]) {
      assert.notInclude(shown, SECRET)
    }
    return message.slice(files.path("servers.toml:").length).trim().replaceAll(files.path(""), "")
  }).pipe(Effect.scoped)

describe("layer", () => {
  it.live("provides clients over UDP, even if one of the servers does not answer, or has an invalid address", () =>
    Effect.gen(function*() {
      const altis = yield* NodeSimulatedServer.make()
      const stratis = yield* NodeSimulatedServer.make()
      const password = Redacted.make("secret")
      const layer = NodeFleet.layer({
        altis: { ...altis.address, password },
        stratis: { ...stratis.address, password },
        dead: { host: "127.0.0.1", port: 9, password },
        invalid: { host: "127.0.0.1", port: 0, password }
      })
      const { results, status } = yield* Fleet.Fleet.use((fleet) =>
        Effect.all({ results: fleet.players({ timeout: "1 second" }), status: fleet.status })
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(Array.from(results, ([id, exit]) => [id, Exit.isSuccess(exit)]), [
        ["altis", true],
        ["stratis", true],
        ["dead", false],
        ["invalid", false]
      ])
      assert.strictEqual(status.get("dead")?._tag, "Connecting")
      assert.strictEqual(status.get("invalid")?._tag, "Closed")
    }).pipe(Effect.scoped))

  it.live("takes servers from configuration", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make()
      const layer = NodeFleet.layerConfig({
        altis: {
          host: Config.String("ALTIS_HOST"),
          port: Config.Port("ALTIS_PORT"),
          password: Config.Redacted("ALTIS_PASSWORD")
        }
      })
      const env = { ALTIS_HOST: "127.0.0.1", ALTIS_PORT: `${server.address.port}`, ALTIS_PASSWORD: "secret" }
      yield* Fleet.Fleet.use(isOnline).pipe(
        Effect.provide(layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))))
      )
      const missing = yield* Effect.flip(
        Layer.build(layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} })))))
      )
      assert.strictEqual(missing._tag, "ConfigError")
    }).pipe(Effect.scoped))
})

describe("layerFile", () => {
  it.live("provides the servers in a file, with passwords from the file, a variable or another file", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const [one, two, three] = yield* Effect.all([
        NodeSimulatedServer.make({ password: Redacted.make("one") }),
        NodeSimulatedServer.make({ password: Redacted.make("two") }),
        NodeSimulatedServer.make({ password: Redacted.make("three") })
      ])
      yield* files.write("three.txt", "three\n")
      yield* files.write(
        "servers.toml",
        table("one", one, `password = "one"`) +
          table("two", two, `passwordVariable = "TWO"\nflavour = "BattlEye"`) +
          table(`"the third"`, three, `passwordFile = "three.txt"`)
      )
      const { fleet } = yield* NodeFleet.makeFile(files.path("servers.toml"), {
        defaults: { rosterInterval: "1 minute" }
      }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { TWO: "two" } }))))
      yield* isOnline(fleet)
      assert.deepStrictEqual(yield* fleet.ids, ["one", "two", "the third"])
      const servers = yield* fleet.servers
      assert.strictEqual(servers.get("two")?.flavour, "BattlEye")
      assert.strictEqual(servers.get("one")?.rosterInterval, "1 minute")
    }).pipe(Effect.scoped))

  it.live("applies a change on request, and restarts only the session of a server whose password has changed", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const [one, two, three] = yield* Effect.all([
        NodeSimulatedServer.make(),
        NodeSimulatedServer.make(),
        NodeSimulatedServer.make()
      ])
      const password = `password = "secret"`
      yield* files.write("servers.toml", table("one", one, password) + table("two", two, `passwordFile = "two.txt"`))
      yield* files.write("two.txt", "wrong")
      yield* Effect.gen(function*() {
        const fleet = yield* Fleet.Fleet
        const file = yield* NodeFleet.ServersFile
        yield* eventually(
          fleet.status,
          (status) => status.get("one")?._tag === "Online" && status.get("two")?._tag === "Closed"
        )
        yield* files.write("two.txt", "secret")
        assert.deepStrictEqual(yield* file.reload, { added: [], removed: [], replaced: ["two"] })
        yield* isOnline(fleet)
        assert.strictEqual((yield* one.logins).length, 1)

        yield* files.write("servers.toml", "[servers.one]")
        assert.instanceOf(yield* Effect.flip(file.reload), FleetError.ServersFileError)
        yield* isOnline(fleet)
        yield* files.write("servers.toml", table("two", two, password) + table("three", three, password))
        assert.deepStrictEqual(yield* file.reload, { added: ["three"], removed: ["one"], replaced: [] })
        yield* isOnline(fleet)
      }).pipe(Effect.provide(NodeFleet.layerFile(files.path("servers.toml"))))
    }).pipe(Effect.scoped))

  it.live("watches the file, and warns once if it is invalid", () => {
    const lines = new Array<string>()
    return Effect.gen(function*() {
      const files = yield* folder
      const [one, two] = yield* Effect.all([NodeSimulatedServer.make(), NodeSimulatedServer.make()])
      const password = `password = "secret"`
      yield* files.write("servers.toml", table("one", one, password))
      const { fleet } = yield* NodeFleet.makeFile(files.path("servers.toml"), { watch: "20 millis" })
      yield* isOnline(fleet)
      yield* files.write("servers.toml", table("one", one, `pasword = "${SECRET}"`))
      yield* eventually(Effect.sync(() => lines.filter((line) => line.includes("pasword")).length), (n) => n > 0)
      yield* Effect.sleep("200 millis")
      assert.strictEqual(lines.filter((line) => line.includes("pasword")).length, 1)
      yield* files.write("servers.toml", table("one", one, password) + table("two", two, `password = "a\\u0000b"`))
      yield* eventually(
        Effect.sync(() => lines.filter((line) => line.includes(`server "two": `)).length),
        (n) => n > 0
      )
      yield* Effect.sleep("200 millis")
      assert.strictEqual(lines.filter((line) => line.includes(`server "two": `)).length, 1)
      assert.deepStrictEqual(yield* fleet.ids, ["one"])
      yield* files.write("servers.toml", table("one", one, password) + table("two", two, password))
      yield* eventually(fleet.ids, (ids) => ids.includes("two"))
      yield* isOnline(fleet)
      assert.strictEqual((yield* one.logins).length, 1)
      assert.isTrue(lines.some((line) => line.endsWith("applied: added two")))
      assert.notInclude(lines.join("\n"), SECRET)
    }).pipe(
      Effect.scoped,
      Effect.provide(Logger.layer([Logger.make(({ message }) => {
        lines.push(String(message))
      })]))
    )
  })

  it.effect("rejects a check interval that is not positive", () =>
    Effect.gen(function*() {
      for (const watch of [0, -1, "-1 seconds", NaN] as const) {
        const exit = yield* Effect.exit(NodeFleet.makeFile("servers.toml", { watch }))
        assert.isTrue(Exit.hasDies(exit), String(watch))
      }
    }).pipe(Effect.scoped))

  it.effect("goes on with the checks after one of them has died, which is logged", () => {
    const logged: Array<unknown> = []
    let isBroken = false
    const provider = ConfigProvider.make(() =>
      Effect.suspend(() => isBroken ? Effect.die("a defect") : Effect.succeed(ConfigProvider.makeValue("secret")))
    )
    return Effect.gen(function*() {
      const files = yield* folder
      const text = (id: string) => `[servers.${id}]\nhost = "127.0.0.1"\nport = 9\npasswordVariable = "PASSWORD"\n`
      yield* files.write("servers.toml", text("one"))
      const { fleet } = yield* NodeFleet.makeFile(files.path("servers.toml"), { watch: true })
      // The clock is simulated, but the file is read in real time.
      const until = (is: Effect.Effect<boolean>) =>
        TestRcon.passTime("5 seconds").pipe(
          Effect.andThen(Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))),
          Effect.andThen(is),
          Effect.repeat({ while: (is) => !is, times: 50 })
        )
      isBroken = true
      assert.isTrue(yield* until(Effect.sync(() => logged.length > 0)))
      assert.include(String(logged[0]), "a check of ")
      isBroken = false
      yield* files.write("servers.toml", text("two"))
      assert.isTrue(yield* until(Effect.map(fleet.ids, (ids) => ids.includes("two"))))
    }).pipe(
      Effect.scoped,
      Effect.provide([
        ConfigProvider.layer(provider),
        Logger.layer([Logger.make(({ logLevel, message }) => {
          if (logLevel === "Error") logged.push(message)
        })])
      ])
    )
  })

  it.effect("applies a change after two checks in a row have found it", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const text = (id: string) => `[servers.${id}]\nhost = "127.0.0.1"\nport = 9\npassword = "secret"\n`
      yield* files.write("servers.toml", text("one"))
      const { fleet } = yield* NodeFleet.makeFile(files.path("servers.toml"), { watch: true })
      // The clock is simulated, but the file is read in real time.
      const look = Effect.andThen(
        TestRcon.passTime("5 seconds"),
        Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))
      )
      yield* look
      yield* files.write("servers.toml", text("two"))
      yield* look
      yield* files.write("servers.toml", text("three"))
      yield* look
      assert.deepStrictEqual(yield* fleet.ids, ["one"])
      yield* look
      assert.deepStrictEqual(yield* fleet.ids, ["three"])
      yield* files.write("servers.toml", text("four"))
      yield* TestRcon.passTime("4900 millis")
      assert.deepStrictEqual(yield* fleet.ids, ["three"])
    }).pipe(Effect.scoped))
})

describe("the error of an invalid file", () => {
  const good = `host = "localhost"\nport = 2306\n`

  const cases: ReadonlyArray<readonly [name: string, text: string, problem: string]> = [
    ["no table", "", "servers is missing: the file needs a table for each server, say [servers.altis]"],
    [
      "another table",
      `[server.altis]\n[servers.altis]\n${good}password = "${SECRET}"`,
      "server: is not a known table (known: servers)"
    ],
    ["a missing field", `[servers.altis]\nport = 2306\npassword = "${SECRET}"`, `server "altis": host: is missing`],
    [
      "a port out of range",
      `[servers.altis]\nhost = "localhost"\nport = 70000\npassword = "${SECRET}"`,
      `server "altis": port: must be an integer from 1 to 65535 (got 70000)`
    ],
    [
      "a port of zero",
      `[servers.altis]\nhost = "localhost"\nport = 0\npassword = "${SECRET}"`,
      `server "altis": port: must be an integer from 1 to 65535 (got 0)`
    ],
    [
      "the id `__proto__`",
      `[servers.__proto__]\n${good}password = "${SECRET}"`,
      "line 1, column 2: Invalid TOML document: document contains an unsafe property"
    ],
    [
      "a field of another type",
      `[servers.altis]\nhost = 7\nport = 2306\npassword = "${SECRET}"`,
      `server "altis": host: must be a string`
    ],
    [
      "a port of another type",
      `[servers.altis]\nhost = "localhost"\nport = "2306"\npassword = "${SECRET}"`,
      `server "altis": port: must be a number`
    ],
    [
      "a password of another type",
      `[servers.altis]\n${good}password = 12345`,
      `server "altis": password: must be a string`
    ],
    ["an empty password", `[servers.altis]\n${good}password = ""`, `server "altis": password: must not be empty`],
    [
      "another flavour",
      `[servers.altis]\n${good}password = "${SECRET}"\nflavour = "Rust"`,
      `server "altis": flavour: must be "auto" | "BattlEye" | "Reforger"`
    ],
    [
      "an unknown field",
      `[servers.altis]\n${good}password = "a"\npasword = "${SECRET}"`,
      `server "altis": pasword: is not a known field (known: host, port, password, passwordVariable, passwordFile, flavour)`
    ],
    [
      "no password",
      `[servers.altis]\n${good}`,
      `server "altis": needs exactly one of password, passwordVariable and passwordFile (got none)`
    ],
    [
      "two passwords",
      `[servers.altis]\n${good}password = "${SECRET}"\npasswordFile = "x"`,
      `server "altis": needs exactly one of password, passwordVariable and passwordFile (got password and passwordFile)`
    ],
    [
      "a variable that is not set",
      `[servers.altis]\n${good}passwordVariable = "BERCON_NOT_SET"`,
      `server "altis": passwordVariable: the variable BERCON_NOT_SET is not set`
    ],
    [
      "a password file that does not exist",
      `[servers.altis]\n${good}passwordFile = "nowhere.txt"`,
      `server "altis": passwordFile: /nowhere.txt cannot be read (ENOENT: no such file or directory)`
    ],
    [
      "an option that a session refuses",
      `[servers.altis]\n${good}password = "a\\u0000b"`,
      `server "altis": the password must not contain a NUL character, which no server accepts`
    ],
    [
      "text that is not TOML",
      `[servers.altis]\n${good}password = "${SECRET}\n`,
      "line 4, column 27: Invalid TOML document: control characters are not allowed in strings"
    ],
    [
      "several problems",
      `[servers.altis]\n${good}\n[servers.stratis]\nhost = "localhost"\nport = 1.5\npassword = "${SECRET}"`,
      `- server "altis": needs exactly one of password, passwordVariable and passwordFile (got none)\n` +
      `- server "stratis": port: must be an integer from 1 to 65535 (got 1.5)`
    ]
  ]

  it.live.each(cases)(
    "names the file and the problem: %s",
    ([, text, problem]) => Effect.map(refused(text), (message) => assert.strictEqual(message, problem))
  )

  it.live("reports that the file is not text, or is too long", () =>
    Effect.gen(function*() {
      const withPassword = `[servers.altis]\n${good}passwordFile = "secret.txt"\n`
      const limit = 1_048_576
      const padded = (length: number) => `${withPassword}#${" ".repeat(length - withPassword.length - 1)}`
      assert.strictEqual(yield* refused(Buffer.from(withPassword, "latin1").fill(0xff, 9, 10)), "is not UTF-8 text")
      const utf16 = Buffer.from(`\ufeff${withPassword}`, "utf16le")
      assert.strictEqual(yield* refused(utf16), "is UTF-16. Save it as UTF-8")
      assert.strictEqual(yield* refused(utf16.swap16()), "is UTF-16. Save it as UTF-8")
      assert.strictEqual(yield* refused(padded(limit + 1)), `is longer than ${limit} bytes`)
      assert.include(yield* refused(padded(limit)), "secret.txt cannot be read (ENOENT: no such file or directory)")
    }))

  it.live("reports that a password file is too long, is UTF-16, or is a folder", () =>
    Effect.gen(function*() {
      const files = yield* folder
      yield* files.write("servers.toml", `[servers.altis]\n${good}passwordFile = "secret.txt"\n`)
      const problem = Effect.gen(function*() {
        const error = yield* Effect.flip(Effect.scoped(NodeFleet.makeFile(files.path("servers.toml"))))
        assert.notInclude(error.message, SECRET)
        return error.message.split(`secret.txt `)[1]
      })
      yield* files.write("secret.txt", SECRET.repeat(500))
      assert.strictEqual(yield* problem, "is longer than 4096 bytes")
      yield* files.write("secret.txt", Buffer.from(`\ufeff${SECRET}\r\n`, "utf16le"))
      assert.strictEqual(yield* problem, "is UTF-16. Save it as UTF-8")
      Fs.rmSync(files.path("secret.txt"))
      Fs.mkdirSync(files.path("secret.txt"))
      assert.strictEqual(yield* problem, "cannot be read (EISDIR: illegal operation on a directory)")
    }).pipe(Effect.scoped))

  it.live("reports that the file does not exist", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(NodeFleet.makeFile("/nowhere/servers.toml")))
      assert.strictEqual(error.message, "/nowhere/servers.toml: cannot be read (ENOENT: no such file or directory)")
    }))
})

describe("a file of servers", () => {
  const good = `host = "localhost"\nport = 2306\n`

  it.live("may contain the lowest and the highest port, and no passwords if a tool reads it with `readFile`", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const server = (id: string, port: number) => `[servers.${id}]\nhost = "localhost"\nport = ${port}\n`
      yield* files.write("servers.toml", server("low", 1) + server("high", 65_535))
      const servers = yield* NodeFleet.readFile(files.path("servers.toml"))
      assert.deepStrictEqual(Array.from(servers, ([id, { port }]) => [id, port]), [["low", 1], ["high", 65_535]])
      for (const { password } of servers.values()) assert.isTrue(Option.isNone(yield* password))
    }).pipe(Effect.scoped))

  it.live("may leave options to the defaults; only the last line break in a password file is ignored", () =>
    Effect.gen(function*() {
      const files = yield* folder
      yield* files.write("servers.toml", `[servers.altis]\n${good}passwordFile = "secret.txt"\n`)
      yield* files.write("secret.txt", "two\nlines\n")
      const password = (yield* NodeFleet.readFile(files.path("servers.toml"))).get("altis")!.password
      assert.strictEqual(Redacted.value(Option.getOrThrow(yield* password)), "two\nlines")
      const { fleet } = yield* NodeFleet.makeFile(files.path("servers.toml"), { defaults: { flavour: "Reforger" } })
      assert.strictEqual((yield* fleet.servers).get("altis")?.flavour, "Reforger")
    }).pipe(Effect.scoped))

  it.live("may begin with a byte order mark, as editors on Windows write it", () =>
    Effect.gen(function*() {
      const files = yield* folder
      yield* files.write("servers.toml", `\ufeff[servers.altis]\r\n${good}passwordFile = "secret.txt"\r\n`)
      yield* files.write("secret.txt", `\ufeff${SECRET}\r\n`)
      const password = (yield* NodeFleet.readFile(files.path("servers.toml"))).get("altis")!.password
      assert.strictEqual(Redacted.value(Option.getOrThrow(yield* password)), SECRET)
    }).pipe(Effect.scoped))
})
