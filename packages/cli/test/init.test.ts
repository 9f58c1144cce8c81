import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { writePassword, writeServer } from "../src/init/store.ts"
import { type Entry, isId, withServer } from "../src/init/toml.ts"
import { bercon, failed, spawned } from "./bercon.ts"
import { hasTmux, needsTmux, start } from "./terminal.ts"

const entry: Entry = { host: "203.0.113.7", port: 2306, password: { passwordFile: "secrets/eu1" } }

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "bercon-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, maxRetries: 5 }))
)

describe("a server in a file of servers", () => {
  const written = "[servers.eu1]\nhost = \"203.0.113.7\"\nport = 2306\npasswordFile = \"secrets/eu1\"\n"

  it("is added at the end, and the rest of the file stays as it was", () => {
    assert.strictEqual(withServer("", "eu1", entry, false), written)
    const old = "# mine\n[servers.us] # other\nhost = \"a\" # here\nport = 1"
    assert.strictEqual(withServer(old, "eu1", entry, false), `${old}\n\n${written}`)
  })

  it("replaces the server that has the same id, and leaves the comments of others", () => {
    const other = "# about us\n[servers.us]\nhost = \"a\"\nport = 1\n"
    const old = `# about eu1\n[servers.eu1]\nhost = "b"\nport = 2 # old\n\n${other}`
    assert.strictEqual(withServer(old, "eu1", entry, true), `# about eu1\n${written}\n${other}`)
    const quoted = "[ servers . \"eu1\" ]\nport = 1\n"
    assert.strictEqual(withServer(quoted, "eu1", entry, true), written)
  })

  it("is not replaced if it is not a table of its own", () => {
    assert.isUndefined(withServer("servers.eu1 = { host = \"a\" }\n", "eu1", entry, true))
  })

  it.each([["eu1", true], ["my-server_2", true], ["", false], ["a.b", false], ["é", false], ["x".repeat(65), false]])(
    "may have the id %j: %s",
    (id, expected) => assert.strictEqual(isId(id), expected)
  )
})

describe("a server's header inside the password of another", () => {
  it.effect("is not replaced: the file stays as it was", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "servers.toml")
      const other = "[servers.us]\nhost = \"a\"\nport = 1\npassword = \"\"\"\n[servers.eu1]\n[\"\"\"\n"
      const old = `${other}[servers.eu1]\nhost = "b"\nport = 2\npasswordVariable = "B"\n`
      writeFileSync(path, old)
      const error = yield* Effect.flip(writeServer(path, "eu1", entry, Effect.die("too early")))
      assert.match(error.message, /edit the file by hand$/)
      assert.strictEqual(readFileSync(path, "utf8"), old)
    }))
})

describe("a password that cannot be written to its file", () => {
  it.effect("is not left in another file", () =>
    Effect.gen(function*() {
      const path = yield* folder
      mkdirSync(join(path, "secrets", "eu1"), { recursive: true })
      const written = writePassword(join(path, "servers.toml"), "eu1", Redacted.make("hunter2"))
      const error = yield* Effect.flip(written)
      assert.match(error.message, /eu1 cannot be written \(E[A-Z]+: .+\)$/)
      assert.deepStrictEqual(readdirSync(join(path, "secrets")), ["eu1"])
    }))
})

describe("a file of servers that is a symbolic link", () => {
  const write = (path: string) => writeServer(path, "eu1", entry, Effect.void)

  it.effect("stays a link, and the file behind it is written, even if it does not exist yet", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const [link, target] = [join(path, "servers.toml"), join(path, "dotfiles", "servers.toml")]
      mkdirSync(join(path, "dotfiles"))
      symlinkSync("dotfiles/servers.toml", link)
      for (const id of ["eu1", "eu2"]) {
        yield* writeServer(link, id, entry, Effect.void)
        assert.strictEqual(readlinkSync(link), "dotfiles/servers.toml")
        assert.include(readFileSync(target, "utf8"), `[servers.${id}]`)
      }
    }))

  it.effect("is not replaced if it leads into a folder that does not exist, or to itself", () =>
    Effect.gen(function*() {
      const path = yield* folder
      for (const [name, target] of [["lost.toml", "not-mounted/servers.toml"], ["loop.toml", "loop.toml"]] as const) {
        symlinkSync(target, join(path, name))
        const error = yield* Effect.flip(write(join(path, name)))
        assert.match(error.message, /cannot be written \(E(?:NOENT|LOOP): /)
        assert.strictEqual(readlinkSync(join(path, name)), target)
      }
      assert.deepStrictEqual(readdirSync(path), ["loop.toml", "lost.toml"])
    }))
})

describe("bercon init", { concurrent: true }, () => {
  it.live(
    "tries to log in, writes the server, and writes its password to a file that only the owner can read",
    () =>
      Effect.gen(function*() {
        const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
        const config = join(yield* folder, "new", "servers.toml")
        const args = ["--id", "eu1", "--port", `${address.port}`, "--config", config, "--password-file", "-"]
        const wrong = yield* spawned(["init", ...args], { stdin: "wrong\n" })
        failed(wrong, 3, /refused the login/)
        assert.isFalse(existsSync(config))

        const { code, stderr } = yield* spawned(["init", ...args], { stdin: "hunter2\n" })
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.notInclude(readFileSync(config, "utf8"), "hunter2")
        const secret = join(config, "..", "secrets", "eu1")
        assert.strictEqual(statSync(secret).mode & 0o777, 0o600)
        const version = yield* bercon(["version", "--profile", "eu1", "--config", config])
        assert.deepStrictEqual([version.code, version.stdout], [0, "1.220\n"])
      })
  )

  it.live("replaces a server only with --overwrite, and leaves the rest of the file as it is", () =>
    Effect.gen(function*() {
      const config = join(yield* folder, "servers.toml")
      const old = "# mine\n[servers.eu1]\nhost = \"a\"\nport = 1\n\n# yours\n[servers.us]\nhost = \"b\"\nport = 2\n"
      writeFileSync(config, old)
      const args = [
        "init",
        "--id",
        "eu1",
        "--port",
        "2306",
        "--password-variable",
        "EU1",
        "--skip-login",
        "--config",
        config
      ]
      failed(yield* bercon(args), 2, /has a server eu1 already: use another name, or --overwrite/)
      assert.strictEqual(readFileSync(config, "utf8"), old)
      const { code } = yield* bercon([...args, "--overwrite", "--flavour", "Reforger"])
      assert.strictEqual(code, 0)
      assert.strictEqual(
        readFileSync(config, "utf8"),
        "# mine\n[servers.eu1]\nhost = \"127.0.0.1\"\nport = 2306\nflavour = \"Reforger\"\npasswordVariable = \"EU1\"\n\n" +
          "# yours\n[servers.us]\nhost = \"b\"\nport = 2\n"
      )
    }))

  it.live("leaves the file as it is if the server cannot be added without changing something else", () =>
    Effect.gen(function*() {
      const config = join(yield* folder, "servers.toml")
      const old = "servers = { a = { host = \"a\", port = 1, passwordVariable = \"A\" } }\n"
      writeFileSync(config, old)
      const args = ["--id", "eu1", "--port", "2306", "--password-variable", "EU1", "--skip-login", "--config", config]
      failed(yield* bercon(["init", ...args]), 2, /eu1 cannot be written to .*servers\.toml .*: edit the file by hand/)
      assert.strictEqual(readFileSync(config, "utf8"), old)
      assert.deepStrictEqual(readdirSync(join(config, "..")), ["servers.toml"])
    }))

  it.live("writes nothing if the host cannot be that of a server", () =>
    Effect.gen(function*() {
      const config = join(yield* folder, "servers.toml")
      const args = ["--id", "eu1", "--port", "2306", "--password-variable", "EU1", "--skip-login", "--config", config]
      failed(yield* bercon(["init", ...args, "--host", "my host"]), 2, /^bercon: host must not contain blanks/)
      // The same rule as for a login.
      const rule = /host must be an IPv6 address without brackets and without a port \(got "\[::1\]"\)/
      failed(yield* bercon(["init", ...args, "--host", "[::1]"]), 2, rule)
      failed(yield* bercon(["version", "--port", "1", "--password", "x", "--host", "[::1]"]), 2, rule)
      assert.isFalse(existsSync(config))
    }))

  it.live("names the missing flag if it cannot ask", () =>
    Effect.gen(function*() {
      failed(yield* spawned(["init", "--port", "2306"]), 2, /the name of the server is missing: use --id/)
    }))

  it.live.skipIf(!hasTmux)(
    `names the variables that it takes answers from${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const config = join(yield* folder, "servers.toml")
        const env = { BERCON_PORT: "2306", BERCON_PASSWORD: "hunter2" }
        const terminal = yield* start(["init", "--id", "eu1", "--skip-login", "--config", config], {
          env,
          columns: 120
        })
        yield* terminal.until(
          /^bercon: taken from the environment: BERCON_PORT, BERCON_PASSWORD\nHost .*:$/m
        )
        yield* terminal.press("Enter")
        yield* terminal.until(/^code 0$/m)
        assert.include(readFileSync(config, "utf8"), "port = 2306\n")
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `asks at a terminal, again after a bad answer, and shows no password${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
        const config = join(yield* folder, "servers.toml")
        const terminal = yield* start(["init", "--config", config])
        yield* terminal.until(/^Name of the server, such as eu1:$/m)
        // Typed ahead: the answers to the first questions come at once.
        yield* terminal.type("e u\reu1\rmy host\r\r")
        yield* terminal.until(
          /^a name has 1 to 64 letters, digits, _ and -\n[^]*^host must not contain blanks, line breaks or NUL \(got "my host"\)\nHost \[127\.0\.0\.1\]:\nRConPort:$/m
        )
        yield* terminal.type(`${address.port}`)
        yield* terminal.press("Enter")
        yield* terminal.until(/^Password of eu1:$/m)
        yield* terminal.type("hunter2")
        yield* terminal.press("Enter")
        const screen = yield* terminal.until(/^code 0$/m)
        assert.notInclude(screen, "hunter2")
        assert.match(readFileSync(config, "utf8"), /^\[servers\.eu1\]\nhost = "127\.0\.0\.1"\n/)
      }).pipe(Effect.scoped)
  )

  /** Runs `bercon init` for a server with the password `hunter2`, and types these passwords. */
  const typing = Effect.fnUntraced(function*(...passwords: ReadonlyArray<string>) {
    const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("hunter2") })
    const config = join(yield* folder, "servers.toml")
    const args = ["init", "--id", "eu1", "--host", "127.0.0.1", "--port", `${address.port}`, "--config", config]
    const terminal = yield* start(args, { columns: 120 })
    for (const [tries, password] of passwords.entries()) {
      yield* terminal.until(new RegExp(`(?:^Password of eu1:$[^]*){${tries + 1}}`, "m"))
      yield* terminal.type(password)
      yield* terminal.press("Enter")
    }
    return { config, terminal }
  })

  it.live.skipIf(!hasTmux)(
    `asks for the password again after a wrong one${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { config, terminal } = yield* typing("wrong", "hunter2")
        const screen = yield* terminal.until(/^code 0$/m)
        assert.match(screen, /refused the login: .* RConPassword\. Try again: try 2 of 3$/m)
        assert.strictEqual(readFileSync(join(config, "..", "secrets", "eu1"), "utf8"), "hunter2\n")
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `asks for the password again after an empty one${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { config, terminal } = yield* typing("", "hunter2")
        const screen = yield* terminal.until(/^code 0$/m)
        assert.match(screen, /^bercon: the password must not be empty.*\. Try again: try 2 of 3$/m)
        assert.strictEqual(readFileSync(join(config, "..", "secrets", "eu1"), "utf8"), "hunter2\n")
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `asks for the password three times at most, and then writes nothing without a yes${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const { config, terminal } = yield* typing("wrong", "wrong too", "wrong as well")
        yield* terminal.until(/^Write the profile all the same\? \(yes or no\) \[no\]:$/m)
        yield* terminal.press("Enter")
        const screen = yield* terminal.until(/^bercon: nothing was written\ncode 3$/m)
        assert.lengthOf(screen.split("refused the login"), 4)
        assert.isFalse(existsSync(config))
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(
    `reports on a line of its own that the input has ended${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const terminal = yield* start(["init", "--config", join(yield* folder, "servers.toml")])
        yield* terminal.until(/^Name of the server, such as eu1:$/m)
        yield* terminal.press("C-d")
        yield* terminal.until(/^bercon: the input ended before all was answered\. Nothing was written\ncode 2$/m)
      }).pipe(Effect.scoped)
  )
})
