import { Fleet } from "@bercon/fleet"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { announceEverywhere } from "../src/fleetAnnouncer.ts"

it.effect("announces on every server, and reports the one that is down", () =>
  Effect.gen(function*() {
    const simulation = yield* TestFleet.TestFleet
    const altis = yield* simulation.get("altis")
    const stratis = yield* simulation.get("stratis")
    yield* altis.server.stop()
    const failed = yield* TestRcon.passTime(announceEverywhere("Restart in five minutes"))
    assert.deepStrictEqual(failed, ["altis"])
    const texts = (yield* stratis.server.executions).map(({ text }) => text)
    assert.include(texts, "say -1 Restart in five minutes")
  }).pipe(Effect.provide(TestFleet.layer({ servers: { altis: {}, stratis: {} } }))))

it.live("the file of servers in the README is valid", () =>
  Effect.gen(function*() {
    const readme = Fs.readFileSync(new URL("../../fleet/README.md", import.meta.url), "utf8")
    const [, toml = ""] = /^```text\n(\[servers.*?)^```$/ms.exec(readme) ?? []
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-readme-"))),
      (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
    )
    Fs.mkdirSync(Path.join(folder, "secrets"))
    Fs.writeFileSync(Path.join(folder, "servers.toml"), toml)
    Fs.writeFileSync(Path.join(folder, "secrets/altis"), "secret\n")
    Fs.writeFileSync(Path.join(folder, "secrets/stratis"), "secret\n")
    const context = yield* Layer.build(NodeFleet.layerFile(Path.join(folder, "servers.toml")))
    assert.deepStrictEqual(yield* Effect.provide(Fleet.Fleet.use(({ ids }) => ids), context), ["altis", "stratis"])
  }).pipe(Effect.scoped))
