import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Option, Redacted } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { resolve } from "../src/connection/Servers.ts"
import type { Flags } from "../src/flags.ts"

const none: Flags = {
  host: Option.none(),
  port: Option.none(),
  password: Option.none(),
  passwordFile: Option.none(),
  flavour: Option.none(),
  bind: Option.none(),
  profile: Option.none(),
  all: false,
  config: Option.none(),
  serverCfg: Option.none(),
  format: "table",
  quiet: true,
  timeout: Duration.seconds(10),
  wait: Option.none()
}

const SECRET = "hunter2-secret"

/** The texts of files, by their names. */
type Files = Readonly<Record<string, string>>

const THREE = `
[servers.eu1]
host = "203.0.113.1"
port = 2301
password = "one"
flavour = "BattlEye"

[servers.eu2]
host = "203.0.113.2"
port = 2302
passwordVariable = "EU2_PASSWORD"

[servers.eu3]
host = "203.0.113.3"
port = 2303
`

/** Runs with these variables, and a folder with these files, which is also the folder for configuration. */
const withFolder = <A, E>(
  files: Files,
  run: (path: (name: string) => string, folder: string) => Effect.Effect<A, E>,
  env: Record<string, string>
) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-cli-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
    )
    for (const [name, text] of Object.entries(files)) {
      const file = Path.join(folder, name)
      Fs.mkdirSync(Path.dirname(file), { recursive: true })
      Fs.writeFileSync(file, text)
    }
    return yield* run((name) => Path.join(folder, name), folder).pipe(
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnv({ env: { XDG_CONFIG_HOME: folder, ...env } })
      )
    )
  }).pipe(Effect.scoped)

/** Resolves flags with these variables, and a folder with these files. `path` makes a path in this folder. */
const resolved = (
  flags: (path: (name: string) => string) => Partial<Flags>,
  env: Record<string, string>,
  files: Files = {}
) =>
  withFolder(files, (path, folder) =>
    resolve({ ...none, ...flags(path) }).pipe(
      Effect.map(({ labelled, servers, unusable }) => ({
        labelled,
        unusable: unusable.map(({ failure, name }) => `${name}: ${failure.message.replaceAll(folder, ".")}`),
        servers: servers.map(({ name, options: { flavour, host, password, port } }) =>
          [name, `${host}:${port}`, Redacted.value(password), flavour ?? "auto"].join(" ")
        )
      })),
      Effect.mapError(({ message }) => message.replaceAll(folder, "."))
    ), env)

/** The only server of a result. */
const one = (...args: Parameters<typeof resolved>) =>
  Effect.map(resolved(...args), ({ labelled, servers }) => {
    assert.deepStrictEqual([labelled, servers.length], [false, 1])
    return servers[0]
  })

const refused = (...args: Parameters<typeof resolved>) => Effect.flip(resolved(...args))

describe("a single server", () => {
  it.effect("comes from variables", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* one(() => ({}), {
          BERCON_HOST: "eu.example",
          BERCON_PORT: "2306",
          BERCON_PASSWORD: "x",
          BERCON_FLAVOUR: "reforger"
        }),
        "eu.example:2306 eu.example:2306 x Reforger"
      )
      assert.strictEqual(
        yield* one(() => ({}), { BERCON_HOST: "", BERCON_PORT: "2306", BERCON_PASSWORD: "x", BERCON_FLAVOUR: "" }),
        "127.0.0.1:2306 127.0.0.1:2306 x auto",
        "an empty variable counts as not set"
      )
    }))

  it.effect("comes from flags, which override variables", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* one(() => ({
          port: Option.some(2307),
          password: Option.some(Redacted.make("y")),
          flavour: Option.some("BattlEye" as const)
        }), { BERCON_HOST: "eu.example", BERCON_PORT: "2306", BERCON_PASSWORD: "x" }),
        "eu.example:2307 eu.example:2307 y BattlEye"
      )
    }))

  it.effect("takes its password from a file, without the line break at its end", () =>
    Effect.gen(function*() {
      const files = { "password.txt": " with blanks \r\n" }
      assert.strictEqual(
        yield* one((path) => ({ port: Option.some(1), passwordFile: Option.some(path("password.txt")) }), {}, files),
        "127.0.0.1:1 127.0.0.1:1  with blanks  auto"
      )
    }))

  it.effect("comes from the file of servers at the usual path, if it is the only one there, or is called default", () =>
    Effect.gen(function*() {
      const [only = ""] = THREE.split("[servers.eu2]")
      assert.strictEqual(
        yield* one(() => ({}), {}, { "bercon/servers.toml": only }),
        "eu1 203.0.113.1:2301 one BattlEye"
      )
      assert.strictEqual(
        yield* one(() => ({}), {}, { "bercon/servers.toml": THREE.replace("eu1", "default") }),
        "default 203.0.113.1:2301 one BattlEye"
      )
    }))

  it.effect("comes from a profile, which variables and flags override", () =>
    Effect.gen(function*() {
      const files = { "s.toml": THREE }
      const eu1 = (path: (name: string) => string) => ({
        config: Option.some(path("s.toml")),
        profile: Option.some("eu1")
      })
      assert.strictEqual(yield* one(eu1, {}, files), "eu1 203.0.113.1:2301 one BattlEye")
      assert.strictEqual(
        yield* one(eu1, { BERCON_PASSWORD: "new", BERCON_PORT: "1" }, files),
        "eu1 203.0.113.1:1 new BattlEye"
      )
      assert.strictEqual(
        yield* one((path) => ({ ...eu1(path), port: Option.some(2) }), { BERCON_PORT: "1" }, files),
        "eu1 203.0.113.1:2 one BattlEye"
      )
      assert.strictEqual(
        yield* one(() => ({}), { BERCON_PROFILE: "eu1", XDG_CONFIG_HOME: "relative" }).pipe(Effect.flip),
        `there is no file of servers at ${Os.homedir()}/.config/bercon/servers.toml: name it with --config, or write it with \`bercon init\``,
        "XDG: a relative path is ignored"
      )
    }))

  it.effect("has the names of the flags and variables that override the address of its profile", () =>
    Effect.gen(function*() {
      const movedBy = (flags: Partial<Flags>, env: Record<string, string>) =>
        withFolder({ "s.toml": THREE }, (path) =>
          Effect.map(
            resolve({ ...none, config: Option.some(path("s.toml")), profile: Option.some("eu1"), ...flags }),
            ({ servers: [server] }) => server?.profile?.movedBy
          ), env)
      assert.deepStrictEqual(yield* movedBy({}, {}), [])
      assert.deepStrictEqual(yield* movedBy({}, { BERCON_HOST: "203.0.113.1", BERCON_PASSWORD: "x" }), [])
      assert.deepStrictEqual(yield* movedBy({ port: Option.some(1) }, { BERCON_HOST: "x", BERCON_PORT: "2301" }), [
        "BERCON_HOST",
        "--port"
      ])
      assert.deepStrictEqual(yield* movedBy({ port: Option.some(2301) }, { BERCON_PORT: "1" }), [])
    }))

  it.effect("does not need the passwords of other servers", () =>
    Effect.gen(function*() {
      const files = { "s.toml": THREE }
      const eu2 = (path: (name: string) => string) => ({
        config: Option.some(path("s.toml")),
        profile: Option.some("eu2")
      })
      assert.strictEqual(yield* one(eu2, { EU2_PASSWORD: "two" }, files), "eu2 203.0.113.2:2302 two auto")
      assert.match(
        yield* refused(eu2, {}, files),
        /server "eu2": passwordVariable: the variable EU2_PASSWORD is not set/
      )
    }))

  it.effect("is not taken from a profile if only its host is given", () =>
    Effect.gen(function*() {
      const [only = ""] = THREE.split("[servers.eu2]")
      assert.match(
        yield* refused(() => ({ host: Option.some("other.example") }), {}, { "bercon/servers.toml": only }),
        /the port of other\.example is missing/
      )
    }))
})

describe("several servers", () => {
  it.effect("come from their profiles, without the variables for a single server", () =>
    Effect.gen(function*() {
      const files = { "s.toml": THREE }
      const env = { EU2_PASSWORD: "two", BERCON_HOST: "ignored.example", BERCON_PASSWORD: SECRET }
      assert.deepStrictEqual(
        yield* resolved(
          (path) => ({ config: Option.some(path("s.toml")), profile: Option.some("eu2, eu1") }),
          env,
          files
        ),
        {
          labelled: true,
          unusable: [],
          servers: ["eu2 203.0.113.2:2302 two auto", "eu1 203.0.113.1:2301 one BattlEye"]
        }
      )
    }))

  it.effect("are found even if the password of one is missing or cannot be read", () =>
    Effect.gen(function*() {
      // This variable is for a single server.
      const env = { BERCON_PASSWORD: SECRET }
      const { servers, unusable } = yield* resolved(
        (path) => ({ config: Option.some(path("s.toml")), all: true }),
        env,
        { "s.toml": THREE }
      )
      assert.deepStrictEqual(servers, ["eu1 203.0.113.1:2301 one BattlEye"])
      assert.match(unusable[0]!, /^eu2: .*the variable EU2_PASSWORD is not set/)
      assert.match(unusable[1]!, /^eu3: the password of eu3 is missing/)
    }))

  it.effect("include a server once, even if it is named twice", () =>
    Effect.gen(function*() {
      const { servers } = yield* resolved(
        (path) => ({ config: Option.some(path("s.toml")), profile: Option.some("eu1,eu1") }),
        {},
        { "s.toml": THREE }
      )
      assert.strictEqual(servers.length, 1)
    }))
})

describe("--server-cfg", () => {
  const cfg = (port: number, rest = "") => `RConPassword ${SECRET}\r\nRConPort ${port}\r\n${rest}`
  const from = (name: string) => (path: (name: string) => string) => ({ serverCfg: Option.some(path(name)) })

  it.effect("reads a file, whose keys may be in upper or lower case", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* one(from("beserver_x64.cfg"), {}, {
          "beserver_x64.cfg": `\uFEFFrconpassword ${SECRET}\nRCONPORT 2310\nRestrictRCon 0\nRConIP 0.0.0.0`
        }),
        `127.0.0.1:2310 127.0.0.1:2310 ${SECRET} auto`
      )
    }))

  it.effect("finds in a folder the file that a running server has renamed, rather than the plain one", () =>
    Effect.gen(function*() {
      const files = {
        "srv/BEServer_x64.cfg": cfg(1),
        "srv/BEServer_x64_active_274a.cfg": cfg(2, "RConIP 198.51.100.1"),
        "srv/notes.cfg": cfg(3)
      }
      assert.strictEqual(yield* one(from("srv"), {}, files), `198.51.100.1:2 198.51.100.1:2 ${SECRET} auto`)
      assert.strictEqual(
        yield* one(from("root"), {}, { "root/BattlEye/beserver.cfg": cfg(4) }),
        `127.0.0.1:4 127.0.0.1:4 ${SECRET} auto`,
        "the file may be in the subfolder BattlEye"
      )
    }))

  it.effect("names the missing file or setting", () =>
    Effect.gen(function*() {
      assert.match(
        yield* refused(from("x"), {}),
        /--server-cfg: \.\/x cannot be read \(ENOENT: no such file or directory\)/
      )
      assert.match(yield* refused(from("."), {}), /there is no beserver\.cfg or beserver_x64\.cfg in \./)
      assert.match(
        yield* refused(from("beserver.cfg"), {}, { "beserver.cfg": "RConPassword x" }),
        /there is no RConPort in/
      )
      assert.match(
        yield* refused(from("beserver.cfg"), {}, { "beserver.cfg": "RConPort 1" }),
        /there is no RConPassword in/
      )
    }))
})

describe("a mistake", () => {
  const mistakes: ReadonlyArray<
    readonly [what: string, flags: Partial<Flags>, env: Record<string, string>, message: RegExp]
  > = [
    ["no server", {}, {}, /no server is given: use --host and --port/],
    ["no port", { host: Option.some("x") }, {}, /the port of x is missing/],
    [
      "no password",
      { port: Option.some(1) },
      { BERCON_PASSWORD: "" },
      /the password of 127\.0\.0\.1:1 is missing: set BERCON_PASSWORD/
    ],
    [
      "a port that is not a number",
      {},
      { BERCON_PORT: "rcon" },
      /BERCON_PORT must be a number from 1 to 65535 \(got "rcon"\)/
    ],
    ["a port out of range", { port: Option.some(65_536) }, {}, /--port must be a number from 1 to 65535/],
    ["an unknown flavour", { port: Option.some(1) }, { BERCON_FLAVOUR: "arma" }, /BERCON_FLAVOUR must be one of auto/],
    [
      "two passwords",
      { port: Option.some(1), password: Option.some(Redacted.make(SECRET)), passwordFile: Option.some("y") },
      {},
      /give --password or --password-file, not both/
    ],
    [
      "a missing password file",
      { port: Option.some(1), passwordFile: Option.some("/nonexistent") },
      {},
      /cannot be read from \/nonexistent \(ENOENT: no such file or directory\)/
    ],
    [
      "a missing file of servers",
      { config: Option.some("/nonexistent") },
      {},
      /\/nonexistent: cannot be read \(ENOENT: no such file or directory\)/
    ],
    ["--all without a file", { all: true }, {}, /there is no file of servers at \.\/bercon\/servers\.toml/],
    [
      "--profile with an empty variable of a script, which would choose the usual server",
      { port: Option.some(1), profile: Option.some("") },
      {},
      /^--profile has an empty name \(got ""\)$/
    ],
    [
      "--profile with an empty name among others",
      { profile: Option.some("eu1, ,eu2") },
      {},
      /^--profile has an empty name \(got "eu1, ,eu2"\)$/
    ],
    [
      "BERCON_PROFILE with an empty name",
      {},
      { BERCON_PROFILE: "eu1," },
      /^BERCON_PROFILE has an empty name \(got "eu1,"\)$/
    ],
    ["--all and --profile", { all: true, profile: Option.some("a") }, {}, /not both/],
    ["--all and --host", { all: true, host: Option.some("a") }, {}, /--host and --port are for one server/],
    ["--all and --server-cfg", { all: true, serverCfg: Option.some("a") }, {}, /--server-cfg is for one server/]
  ]
  it.effect.each(mistakes)(
    "such as %s gives a message about it, without the password",
    ([, flags, env, message]) =>
      Effect.gen(function*() {
        const said = yield* refused(() => flags, { BERCON_PASSWORD: SECRET, ...env })
        assert.match(said, message)
        assert.notInclude(said, SECRET)
      })
  )

  it.effect("such as no profile or an unknown one gives a message with the names of the profiles", () =>
    Effect.gen(function*() {
      const files = { "bercon/servers.toml": THREE }
      assert.match(
        yield* refused(() => ({}), {}, files),
        /which server\? .* has "eu1", "eu2", "eu3": use --profile, or --all/
      )
      assert.match(
        yield* refused(() => ({ profile: Option.some("eu1,eu9") }), {}, files),
        /unknown profile "eu9": .* has "eu1", "eu2", "eu3"/
      )
    }))
})
