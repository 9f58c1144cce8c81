import { ActionError, CommandError, LoginFailure, RconClient, ServerEvent } from "@bercon/client"
import * as Metrics from "@bercon/client/Metrics"
import { FleetError } from "@bercon/fleet"
import { BanBookError, BanPolicy, BanSyncError, PlanError } from "@bercon/operations"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { scrape } from "../src/scrape.ts"

const root = new URL("../../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")

/** The lines of the tables in a document, as lists of their cells. */
const rows = (text: string) =>
  text.split("\n").filter((line) => line.startsWith("| ")).map((line) =>
    line.split(" | ").map((cell) => cell.replace(/^\| | *\|$/g, "").trim())
  )
const section = (text: string, heading: string) => text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? ""
/** The code in backquotes, outside of blocks. */
const codes = (text: string) =>
  Array.from(text.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/`([^`]+)`/g), ([, code = ""]) => code)

describe("docs/events.md", () => {
  const documented = new Map(rows(read("docs/events.md")).map(([tag = "", , fields = ""]) => [tag, codes(fields)]))
  // The document describes bans, Reforger and gaps outside of its tables.
  const text = read("docs/events.md")

  /** The fields that every event has. */
  const ofAll = new Set(["_tag", "text", "receivedAt"])
  const kinds = Object.values(ServerEvent).filter((value) => typeof value === "function" && "fields" in value)

  it("mentions every event", () => {
    assert.isAtLeast(kinds.length, 20)
    for (const { name } of kinds) assert.include(text, `\`${name}\``)
  })

  it("lists exactly the fields of each event in its tables", () => {
    for (const kind of kinds) {
      const fields = documented.get(`\`${kind.name}\``)
      if (fields === undefined) continue
      // The filter above has checked that `fields` exists, but TypeScript does not narrow the type of the exports.
      const own = Object.keys((kind as unknown as { readonly fields: object }).fields)
      assert.sameMembers(fields, own.filter((field) => !ofAll.has(field)), kind.name)
    }
  })
})

describe("docs/errors.md", () => {
  const text = read("docs/errors.md")
  const reasons = (error: { readonly fields: { readonly reason: { readonly members: ReadonlyArray<unknown> } } }) =>
    error.fields.reason.members.map((member) => (member as { readonly name: string }).name)

  it.each([
    ["LoginFailure", reasons(LoginFailure.LoginFailure)],
    ["CommandError", reasons(CommandError.CommandError)],
    ["ActionError", reasons(ActionError.ActionError)]
  ])("lists exactly the reasons of %s", (error, reasons) => {
    const tables = section(text, error).split("The `cause` of a")[0] ?? ""
    const listed = rows(tables).map(([cell = ""]) => cell).filter((cell) => cell.startsWith("`"))
    assert.sameMembers(listed, reasons.map((reason) => `\`${reason}\``))
  })

  it("lists every cause of an outage", () => {
    const listed = rows(section(text, "LoginFailure")).map(([cell]) => cell)
    for (const { name } of LoginFailure.OutageCause.members) assert.include(listed, `\`${name}\``)
  })

  it("mentions every error of bans and plans", () => {
    const modules = [BanBookError, BanPolicy, BanSyncError, PlanError]
    const errors = modules.flatMap((module) =>
      Object.entries(module).filter(([, value]) => typeof value === "function" && value.prototype instanceof Error)
    )
    assert.isAtLeast(errors.length, 11)
    for (const [name] of errors) assert.include(section(text, "Bans and plans"), `\`${name}\``)
  })

  it("mentions every error of a fleet", () => {
    const errors = Object.entries(FleetError).filter(([, value]) =>
      typeof value === "function" && value.prototype instanceof Error
    ).map(([name]) => name)
    assert.isAtLeast(errors.length, 4)
    for (const name of errors) assert.include(section(text, "FleetError"), `\`${name}\``)
  })
})

describe("docs/observability.md", () => {
  const text = read("docs/observability.md")
  const names = Object.values(Metrics).filter(Metric.isMetric).map(({ id }) => id)
  const queried = new Set(Array.from(text.matchAll(/bercon_[a-z_]+/g), ([name]) => name.replace(/_bucket$/, "")))

  it("mentions only existing metrics", () => {
    assert.isAtLeast(queried.size, 8)
    for (const name of queried) assert.include(names, name)
  })

  it.effect("shows how to export the metrics, with the labels that its queries use", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.join({ name: "Miller" })
      yield* TestRcon.passTime("1 minute")
      yield* server.restart({ downtime: "1 minute" })
      yield* TestRcon.passTime("5 minutes")
      const exported = yield* scrape
      const used = text.matchAll(/(bercon_[a-z_]+)\{([a-z]+)="/g)
      for (const [, name, label] of used) assert.match(exported, new RegExp(`^${name}\\{.*\\b${label}="`, "m"))
      for (
        const name of ["bercon_online", "bercon_players", "bercon_commands_total", "bercon_round_trip_seconds_bucket"]
      ) {
        assert.match(exported, new RegExp(`^${name}\\{.*server_address="`, "m"))
      }
    }).pipe(Effect.provide(TestRcon.layer({ network: { corruption: 0.2, latency: "40 millis", loss: 0.2 } }))))
})

describe("docs/protocol.md", () => {
  const samples = Array.from(read("docs/protocol.md").matchAll(/^```text\n([^]*?)\n```$/gm), ([, text = ""]) => text)
  const replies: Readonly<Record<string, string | undefined>> = {
    players: samples[0],
    admins: samples[1],
    bans: samples[2],
    missions: samples[3]
  }

  it.effect("shows lists as the client parses them, and as the simulated server sends them", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const headings = (text: string | undefined) =>
        text?.split("\n").filter((line) => /^\[#]|^-+$|^\w+.*:$/.test(line))
      for (const [command, sample] of Object.entries(replies)) {
        assert.deepStrictEqual(headings(yield* rcon.command(command)), headings(sample))
      }

      yield* server.onCommand((text) => replies[text])
      assert.deepStrictEqual((yield* rcon.playerTable).unparsed, [])
      assert.deepStrictEqual(
        (yield* rcon.players).map(({ guid, inLobby, name }) => [name, inLobby, guid?.slice(0, 4)]),
        [["Miller", false, "0123"], ["Kerry", true, "fedc"], ["Stavrou", true, undefined]]
      )
      assert.deepStrictEqual((yield* rcon.admins).map(({ id }) => Number(id)), [0])
      assert.deepStrictEqual((yield* rcon.banTable).unparsed, [])
      assert.deepStrictEqual((yield* rcon.bans).map(({ reason }) => reason), ["Cheating", "Insults", "Spam"])
      assert.lengthOf(yield* rcon.missions, 1)
    }).pipe(Effect.provide(TestRcon.layer())))
})

describe("docs/architecture.md", () => {
  const text = read("docs/architecture.md")
  const drawing = (text: string) =>
    /```text\n((?:(?!```)[^])*?Opening ─(?:(?!```)[^])*?)```/.exec(text)?.[1]?.split("\n").map((line) => line.trim())

  it("has the same drawing of a session's states as the source code", () => {
    const code = read("packages/session/src/SessionMachine.ts").replaceAll(/^ \* ?/gm, "")
    assert.isDefined(drawing(code))
    assert.deepStrictEqual(drawing(text), drawing(code))
  })

  it("names existing files", () => {
    const files = codes(text).filter((code) => code.endsWith(".ts"))
    assert.isAtLeast(files.length, 15)
    const paths = readdirSync(new URL("packages/", root)).flatMap((name) =>
      existsSync(new URL(`packages/${name}/src`, root))
        ? readdirSync(new URL(`packages/${name}/src`, root), { recursive: true }).map((path) =>
          `${name}/${String(path)}`
        )
        : []
    )
    for (const file of files) assert.isTrue(paths.some((path) => path.endsWith(file)), file)
  })
})
