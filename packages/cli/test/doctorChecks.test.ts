import * as Address from "@bercon/client/Address"
import * as Admin from "@bercon/client/Admin"
import * as LoginFailure from "@bercon/client/LoginFailure"
import { Packet } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import * as ServerCfg from "../src/connection/ServerCfg.ts"
import type { Check } from "../src/doctor/Check.ts"
import * as Configuration from "../src/doctor/configuration.ts"
import * as Connection from "../src/doctor/connection.ts"
import { measure } from "../src/doctor/measure.ts"
import { cleaned, oddities } from "../src/doctor/password.ts"

const statuses = (checks: ReadonlyArray<Check>) => checks.map(({ check, status }) => `${check} ${status}`)
const messageOf = (checks: ReadonlyArray<Check>, check: string) =>
  checks.filter((found) => found.check === check).map(({ message }) => message).join("\n")

describe("a password", () => {
  it.each([
    ["hunter2", []],
    ["correct horse", ["it contains a blank"]],
    [" hunter2", ["it begins with a blank"]],
    ["hunter2\n", ["it ends with a line feed (U+000A)"]],
    ["hunter2\r", ["it ends with a carriage return (U+000D)"]],
    ["hunt\u200ber2", ["it contains a zero width space (U+200B)"]],
    ["\ufeffhunter2", ["it begins with a byte order mark (U+FEFF)"]],
    ["hunter\u00a02", ["it contains a no-break space (U+00A0)"]],
    ["hunter\u{e0041}2", ["it contains the invisible character U+E0041"]],
    ["\"hunter2\"", ["it is in quotes, which count as part of it"]],
    ["пароль", ["it has characters that are not ASCII, and the server may use another encoding"]],
    ["a b c", ["it contains a blank"]],
    ["", ["it is empty"]]
  ])("%j has the oddities %j", (password, expected) => {
    assert.deepStrictEqual(oddities(password), expected)
  })

  it.each([
    ["hunter2\r\n", "hunter2"],
    [" \u200bhunter2\ufeff", "hunter2"],
    ["'hunter2'", "hunter2"],
    ["correct horse", "correct horse"],
    ["hunter2", "hunter2"],
    ["\"\"", "\"\""]
  ])("%j is probably intended to be %j", (password, expected) => {
    assert.strictEqual(cleaned(password), expected)
  })
})

describe("round trip and loss", () => {
  const command = (at: number, sequence: number, text = "") => ({ at, packet: Packet.command(sequence, text) })
  const reply = (at: number, sequence: number, text = "") => ({ at, packet: Packet.commandReply(sequence, text) })

  it("are measured with keepalives only", () => {
    assert.deepStrictEqual(
      measure([command(0, 0, "players"), reply(5, 0, "..."), command(10, 1), reply(22, 1)]),
      { sent: 1, answered: 1, roundTrips: [12] }
    )
  })

  it("include repeated keepalives in the loss, but not in the round trip", () => {
    assert.deepStrictEqual(
      measure([
        command(0, 1),
        command(200, 1),
        reply(210, 1),
        command(300, 2),
        command(500, 2),
        reply(501, 2),
        reply(502, 2)
      ]),
      { sent: 4, answered: 3, roundTrips: [] }
    )
  })

  it("count a sequence number as a new keepalive after its reply", () => {
    assert.deepStrictEqual(
      measure([
        command(0, 255),
        reply(1, 255),
        command(10, 255),
        reply(13, 255),
        command(20, 255, "say"),
        reply(25, 255)
      ]),
      { sent: 2, answered: 2, roundTrips: [1, 3] }
    )
  })
})

describe("the checks of a connection", () => {
  const refused = new LoginFailure.LoginFailure({ reason: new LoginFailure.LoginRefused({ peer: "a:1" }) })
  const timedOut = (cause: LoginFailure.OutageCause) =>
    new LoginFailure.LoginFailure({
      reason: new LoginFailure.LoginTimeout({ peer: "a:1", tries: 4, waited: Duration.seconds(10), cause })
    })
  const admin = (id: number, ip: string, port: number) =>
    new Admin.Admin({ id: Admin.AdminId.make(id), address: Schema.decodeSync(Address.Address)({ ip, port }) })
  const well: Connection.Facts = {
    host: "game.example.com",
    port: 2306,
    addresses: ["203.0.113.7", "2001:db8::7"],
    oddities: [],
    received: { valid: 20, foreign: 0 },
    configured: "auto",
    flavour: "BattlEye",
    version: { text: "1.220" },
    admins: { own: 1, all: [admin(0, "198.51.100.1", 5000), admin(1, "198.51.100.2", 5001)] },
    measured: { sent: 10, answered: 10, roundTrips: [9, 10, 11, 30, 12, 9, 9, 9, 9, 9] }
  }
  const found = (facts: Partial<Connection.Facts>) => Connection.checks({ ...well, ...facts })

  it("find no problem if all is well", () => {
    assert.deepStrictEqual(found({}).map(({ check, message, status }) => `${status} ${check}: ${message}`), [
      "ok name: game.example.com is 203.0.113.7 (not used: 2001:db8::7)",
      "ok password: no blanks or invisible characters in it",
      "ok port: UDP 203.0.113.7 port 2306 answers",
      "ok login: the server accepts the password",
      "ok flavour: it speaks BattlEye RCON",
      "ok commands: it answers commands: BattlEye 1.220",
      "ok admins: 1 other logged in: #0 from 198.51.100.1:5000",
      "ok network: round trip 9.0 ms (9.0 to 30 ms)",
      "ok loss: none of 10 packets was lost"
    ])
  })

  it("end at a name without an address", () => {
    const checks = found({ addresses: { code: "ENOTFOUND" } })
    assert.deepStrictEqual([statuses(checks), checks[0]?.exitCode], [["name problem"], 5])
  })

  it.each([
    [
      "silent",
      timedOut(new LoginFailure.Silence()),
      { valid: 0, foreign: 0 },
      /silent \(4 logins sent\): usual causes/
    ],
    [
      "closed",
      timedOut(new LoginFailure.PortClosed()),
      { valid: 0, foreign: 0 },
      /closed, as its host reports \(ICMP\)/
    ],
    [
      "another program's",
      timedOut(new LoginFailure.Silence()),
      { valid: 0, foreign: 3 },
      /3 datagrams of another protocol/
    ]
  ])("end at a port that is %s", (_, failure, received, message) => {
    const checks = found({ failure, received, flavour: undefined })
    assert.deepStrictEqual(statuses(checks), ["name ok", "password ok", "port problem"])
    assert.match(messageOf(checks, "port"), message)
    assert.strictEqual(checks.at(-1)?.exitCode, 4)
  })

  it("end at a refusal, and report whether the password is accepted without its oddities", () => {
    const checks = found({ failure: refused })
    assert.deepStrictEqual(statuses(checks), ["name ok", "password ok", "port ok", "login problem"])
    assert.strictEqual(checks.at(-1)?.exitCode, 3)
    const odd = found({ failure: refused, oddities: ["it ends with a blank"], acceptsCleaned: true })
    assert.include(messageOf(odd, "password"), "it ends with a blank")
    assert.include(messageOf(odd, "login"), "accepts the password without invisible characters")
  })

  it("continue after a wrong flavour, which they report as a problem", () => {
    const checks = found({ configured: "Reforger" })
    assert.include(statuses(checks), "flavour problem")
    assert.include(messageOf(checks, "flavour"), "it speaks BattlEye RCON, but the settings name Reforger")
    assert.strictEqual(checks.at(-1)?.check, "loss")
  })

  it("end if a server accepts the login, but answers no command", () => {
    assert.strictEqual(statuses(found({ flavour: undefined })).at(-1), "flavour problem")
  })

  it("report sessions of this address that were left behind", () => {
    const all = [0, 1, 2, 3].map((id) => admin(id, "198.51.100.2", 5000 + id))
    const checks = found({ admins: { own: 3, all } })
    assert.match(messageOf(checks, "admins"), /^3 other sessions from this address \(#0 from 198\.51\.100\.2:5000, /)
  })

  it("count this client among the admins if its number is unknown", () => {
    const checks = found({ admins: { own: undefined, all: [admin(0, "198.51.100.2", 5000)] } })
    assert.strictEqual(messageOf(checks, "admins"), "1 logged in, this client among them: #0 from 198.51.100.2:5000")
  })

  it.each([
    [10, 10, "ok"],
    [10, 9, "note"],
    [10, 5, "note"],
    [10, 4, "problem"],
    [10, 0, "problem"]
  ])("rate %i packets with %i answers as %s", (sent, answered, status) => {
    assert.include(statuses(found({ measured: { sent, answered, roundTrips: [] } })), `loss ${status}`)
  })
})

describe("the checks of a server's configuration", () => {
  const good = "RConPassword hunter2\nRConPort 2307\nRestrictRCon 0\n"
  const folder = (files: Record<string, string>, facts: Partial<Configuration.Facts> = {}) => {
    const names = Object.keys(files)
    const candidates = names.filter((name) => /^beserver(_x64)?(_active_[0-9a-f]+)?\.cfg$/i.test(name)).map((name) => ({
      path: `/srv/battleye/${name}`,
      isActive: name.includes("_active_"),
      modified: 0
    })).toSorted((a, b) => Number(b.isActive) - Number(a.isActive))
    const path = candidates[0]?.path
    const text = path === undefined ? undefined : files[path.slice("/srv/battleye/".length)]!
    return Configuration.checks({
      folder: "/srv/battleye",
      candidates,
      names,
      chosen: path === undefined ? undefined : { text: text!, cfg: ServerCfg.parse(path, text!) },
      platform: "linux",
      localAddresses: ["127.0.0.1", "192.0.2.10"],
      ...facts
    })
  }
  const problems = (checks: ReadonlyArray<Check>) =>
    checks.filter(({ status }) => status !== "ok").map(({ message, status }) => `${status}: ${message}`).join("\n")

  it("find no problem if all is well", () => {
    const checks = folder({ "beserver_x64.cfg": good, "bans.txt": "" }, { gamePort: 2302 })
    assert.deepStrictEqual(statuses(checks), ["file ok", "password ok", "port ok"])
    assert.strictEqual(messageOf(checks, "file"), "the next start reads beserver_x64.cfg, and renames it")
  })

  it("use the active file of a running server", () => {
    const checks = folder({ "beserver_x64_active_1a2b.cfg": good, "beserver_x64.cfg": "RConPort 1\n" })
    assert.match(messageOf(checks, "file"), /^a running server uses beserver_x64_active_1a2b\.cfg/)
    assert.deepStrictEqual(problems(checks), "")
  })

  it.each([
    ["./battleye/beserver_x64_active_2.cfg", /^a running server uses beserver_x64_active_2\.cfg/],
    [
      "./battleye/beserver_x64_active_1.cfg",
      /^beserver_x64_active_1\.cfg is an older active file; a running server uses /
    ],
    ["./battleye/beserver_x64.cfg", /^beserver_x64\.cfg is for the next start; a running server uses /]
  ])("name the file that a running server uses, if %s is examined", (path, message) => {
    const files = { "beserver_x64_active_2.cfg": good, "beserver_x64_active_1.cfg": good, "beserver_x64.cfg": good }
    assert.match(
      messageOf(folder(files, { chosen: { text: good, cfg: ServerCfg.parse(path, good) } }), "file"),
      message
    )
  })

  it.each<readonly [string, Record<string, string>, RegExp]>([
    [
      "a wrong name",
      { "beserver_64.cfg": good },
      /problem: the server does not read "beserver_64\.cfg": call it beserver_x64\.cfg/
    ],
    ["another wrong name", { "beconfig.cfg": good }, /problem: .*"beconfig\.cfg"/],
    ["a hidden ending", { "BEServer_x64.cfg.txt": good }, /problem: .*"BEServer_x64\.cfg\.txt"/],
    ["no file", { "bans.txt": "" }, /problem: there is no beserver_x64\.cfg .* in \/srv\/battleye/],
    [
      "an additional file that the server does not read",
      { "beserver_x64.cfg": good, "beserver_64.cfg": good },
      /note: the server does not read "beserver_64\.cfg"/
    ],
    [
      "several active files",
      { "beserver_x64_active_1.cfg": good, "beserver_x64_active_2.cfg": good },
      /problem: there are 2 active files/
    ],
    [
      "an active file without a plain one",
      { "beserver_x64_active_1.cfg": good },
      /note: changes in beserver_x64_active_1\.cfg are not read/
    ],
    ["the 32-bit name", { "beserver.cfg": good }, /note: a 64-bit server reads beserver_x64\.cfg/],
    [
      "upper case on Linux",
      { "BEServer_x64.cfg": good },
      /note: a Linux server looks for beserver_x64\.cfg, in lower case/
    ],
    ["no line break at the end", { "beserver_x64.cfg": good.trimEnd() }, /problem: there is no line break at the end/],
    ["a byte order mark", { "beserver_x64.cfg": `\ufeff${good}` }, /problem: the file begins with a byte order mark/],
    ["UTF-16", { "beserver_x64.cfg": "R\0C\0o\0n\0" }, /problem: the file is not plain text/],
    [
      "an equals sign",
      { "beserver_x64.cfg": "RConPassword=hunter2\nRConPort 2307\n" },
      /problem: rconpassword and its value must have a blank/
    ],
    [
      "a mistyped key",
      { "beserver_x64.cfg": `${good}RConPasswort hunter3\n` },
      /problem: there is no setting rconpasswort/
    ],
    ["a key twice", { "beserver_x64.cfg": `${good}RConPort 2308\n` }, /note: rconport is set more than once/],
    [
      "no password",
      { "beserver_x64.cfg": "RConPassword \nRConPort 2307\n" },
      /problem: RConPassword is missing or empty/
    ],
    [
      "a blank in the password",
      { "beserver_x64.cfg": "RConPassword hunter 2\nRConPort 2307\n" },
      /note: RConPassword: it contains a blank/
    ],
    ["no port", { "beserver_x64.cfg": "RConPassword hunter2\n" }, /problem: RConPort is missing/],
    [
      "a port out of range",
      { "beserver_x64.cfg": "RConPassword hunter2\nRConPort 70000\n" },
      /problem: .*\(got "70000"\)/
    ],
    [
      "restricted rights",
      { "beserver_x64.cfg": good.replace("RestrictRCon 0", "RestrictRCon 1") },
      /note: RestrictRCon is 1/
    ],
    ["a foreign address", { "beserver_x64.cfg": `${good}RConIP 198.51.100.9\n` }, /note: .*this machine does not have/],
    [
      "the loopback address",
      { "beserver_x64.cfg": `${good}RConIP 127.0.0.1\n` },
      /note: .*only programs on the server's machine/
    ],
    [
      "a name as address",
      { "beserver_x64.cfg": `${good}RConIP game.example.com\n` },
      /problem: RConIP must be an IP address/
    ]
  ])("report %s", (_, files, message) => {
    const checks = folder(files)
    assert.match(problems(checks), message)
    assert.notInclude(JSON.stringify(checks), "hunter")
  })

  it.each([[2301, true], [2302, false], [2306, false], [2307, true]])(
    "accept RConPort %i if the game is at port 2302: %s",
    (port, isWell) => {
      const checks = folder({ "beserver_x64.cfg": `RConPassword hunter2\nRConPort ${port}\n` }, { gamePort: 2302 })
      assert.strictEqual(statuses(checks).includes("port ok"), isWell)
    }
  )

  it.prop("show no value of any line, whatever the file contains", [Schema.String], ([secret]) => {
    if (secret.trim().length < 8 || /rcon|restrict|password|port/i.test(secret)) return
    const checks = folder({ "beserver_x64.cfg": `${secret}\nRConPassword${secret}\n${secret}=${secret}\n` })
    assert.notInclude(JSON.stringify(checks).toLowerCase(), secret.trim().toLowerCase())
  })
})
