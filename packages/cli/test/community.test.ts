/**
 * The commands for a community's bans and plans, which share a store with the tests.
 */
import { Guid } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { BanBook, FolderStore, Plans } from "@bercon/operations"
import type { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { bercon, failed, succeeded } from "./bercon.ts"

const guid = (number: number) => Guid.Guid.make(number.toString(16).padStart(32, "0"))

/** The folder in which a community's program keeps its data, and a way to run effects with its store. */
const community = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-community-"))),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
  )
  const store = FolderStore.layer(folder).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))
  return { folder, inProgram: Effect.provide(store), file: (name: string) => Path.join(folder, name) }
})

const twoServers = Effect.gen(function*() {
  const altis = yield* NodeSimulatedServer.make()
  const stratis = yield* NodeSimulatedServer.make()
  const toml = Object.entries({ altis, stratis }).map(([id, { address }]) =>
    `[servers.${id}]\nhost = "127.0.0.1"\nport = ${address.port}\npassword = "secret"\n`
  ).join("")
  return { altis, stratis, toml }
})

const lines = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

const targets = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.world, ({ bans }) => bans.map(({ target }) => target))

describe("bans sync", { concurrent: true }, () => {
  it.live("shows the changes that the book in a folder requires, makes them on each server, and leaves other bans alone", () =>
    Effect.gen(function*() {
      const { file, folder, inProgram } = yield* community
      const { altis, stratis, toml } = yield* twoServers
      Fs.writeFileSync(file("servers.toml"), toml)
      const sync = (...args: ReadonlyArray<string>) =>
        bercon(["bans", "sync", "--config", file("servers.toml"), "--all", "--folder", folder, ...args])
      yield* stratis.update((world) => ({
        ...world,
        bans: [
          { target: guid(8), expires: undefined, reason: "mine" },
          { target: guid(9), expires: undefined, reason: "[book:aaaaaa] of another book" }
        ]
      }))
      failed(yield* sync(), 2, /is not the folder of a community's program: name that folder with --folder/)
      yield* inProgram(Effect.scoped(BanBook.make()))
      // The folder may be new because the old one was lost, so orphans stay.
      succeeded(
        yield* sync("--dry-run", "--format", "csv"),
        /^server,change,target,until,reason\nstratis,Orphan,0+9,permanent,\[book:aaaaaa\] of another book\n$/
      )
      succeeded(yield* sync("--format", "csv"), /^stratis,0,0,0,0,1,1$/m)
      assert.deepStrictEqual(yield* targets(stratis), [guid(8), guid(9)])
      yield* inProgram(Effect.scoped(Effect.gen(function*() {
        const book = yield* BanBook.make()
        yield* book.add({ target: guid(1), reason: "teamkilling", by: "Miller" })
        yield* book.add({ target: guid(2), reason: "spam", by: "Miller", servers: ["altis"] })
      })))
      succeeded(
        yield* sync("--dry-run", "--format", "csv"),
        /^server,change,target,until,reason\naltis,Add,[^]*stratis,Add,0+1,permanent,teamkilling\nstratis,Orphan,0+9,permanent,\[book:aaaaaa\] of another book\n$/
      )
      assert.deepStrictEqual(yield* targets(altis), [])
      const altisAt = [
        "bans",
        "sync",
        "--config",
        file("servers.toml"),
        "--folder",
        folder,
        "--profile",
        "altis",
        "--port"
      ]
      // Stratis would get the bans of altis.
      failed(
        yield* bercon([...altisAt, `${stratis.address.port}`]),
        2,
        /the address of the profile "altis" is overridden by --port: leave it out, or correct the profile/
      )
      assert.strictEqual((yield* bercon([...altisAt, `${altis.address.port}`, "--dry-run"])).code, 0)
      // Without a profile, the server's id is unknown, and so are the bans for it.
      failed(
        yield* bercon(["bans", "sync", "--folder", folder], {
          BERCON_PORT: `${altis.address.port}`,
          BERCON_PASSWORD: "secret"
        }),
        2,
        /has bans that are not for all servers, and 127\.0\.0\.1:\d+ has no profile: use --profile or --all/
      )

      succeeded(
        yield* sync(),
        lines(
          "Server   Added  Removed  Restored  Rows of the book  Rows of others  Orphans",
          "altis        2        0         0                 2               0        0",
          "stratis      1        0         0                 1               1        1"
        )
      )
      assert.sameMembers([...yield* targets(stratis)], [guid(8), guid(9), guid(1)])
      // The person who runs this is certain that the book is the right one.
      succeeded(yield* sync("--allow-empty", "--format", "csv"), /^stratis,0,1,0,1,1,0$/m)
      assert.sameMembers([...yield* targets(altis)], [guid(1), guid(2)])
      assert.sameMembers([...yield* targets(stratis)], [guid(8), guid(1)])
      yield* stratis.stop()
      const outcome = yield* sync("--timeout", "8s", "--format", "json")
      assert.strictEqual(outcome.code, 8)
      assert.match(outcome.stderr, /^bercon: stratis: /)
      assert.deepInclude(JSON.parse(outcome.stdout)[0], {
        server: "altis",
        result: { added: 0, removed: 0, restored: 0, rows: 2, foreign: 0, orphans: 0 }
      })
    }))

  it.live("adds the bans of a file, and removes those that are no longer in it", () =>
    Effect.gen(function*() {
      const { file } = yield* community
      const server = yield* NodeSimulatedServer.make()
      const env = { BERCON_PORT: `${server.address.port}`, BERCON_PASSWORD: "secret" }
      const sync = (text: string, ...args: ReadonlyArray<string>) => {
        Fs.writeFileSync(file("bans.txt"), text)
        return bercon(["bans", "sync", "--file", file("bans.txt"), "--format", "ndjson", ...args], env)
      }
      succeeded(
        yield* sync(`${guid(1)} -1 cheating\n${guid(2)} -1 spam\n`),
        /"added":2,"removed":0,"restored":0,"rows":2/
      )
      succeeded(yield* sync(`${guid(2)} -1 spam\n`), /"added":0,"removed":1,"restored":0,"rows":1/)
      assert.deepStrictEqual(yield* targets(server), [guid(2)])
      // A line that cannot be read does not lift its ban.
      failed(yield* sync(`${guid(2)} 1440 spam\n`), 2, /bans\.txt: line 1 is not a ban: its time must be/)
      failed(yield* sync(`${guid(2)} 1440 spam\nno ban\n`), 2, /line 1 is not a ban: .*\. There is 1 more such line/)
      failed(yield* sync(""), 2, /has no bans/)
      succeeded(yield* sync("", "--dry-run"), /^\{"change":"Remove",.*\n$/)
      assert.deepStrictEqual(yield* targets(server), [guid(2)])
      succeeded(yield* sync("", "--allow-empty"), /"removed":1,"restored":0,"rows":0/)
    }))
})

describe("plan", { concurrent: true }, () => {
  /** `bercon plan` with the folder of a program that has added one plan. */
  const withPlan = Effect.gen(function*() {
    const { folder, inProgram } = yield* community
    yield* inProgram(Effect.scoped(Effect.gen(function*() {
      const plans = yield* Plans.make()
      yield* plans.add({
        id: "update",
        servers: ["altis", "stratis"],
        at: { once: "2999-03-28T04:00:00Z" },
        warnings: ["30 minutes", "5 minutes"]
      })
    })))
    return (...args: ReadonlyArray<string>) => bercon(["plan", ...args, "--folder", folder])
  })

  it.live("list and next: print the plans, and the next restart on each server", () =>
    Effect.gen(function*() {
      const plan = yield* withPlan
      succeeded(
        yield* plan("list"),
        lines(
          "Plan    Servers         Times                     Warnings before  Command",
          "update  altis, stratis  2999-03-28T04:00:00.000Z  30m, 5m          shutdown"
        )
      )
      succeeded(
        yield* plan("next", "update", "--servers", "stratis"),
        lines(
          // No program drives these servers yet.
          "Time                      Server   Plan    State      Warnings to come",
          "2999-03-28T04:00:00.000Z  stratis  update  NotDriven  30m, 5m"
        )
      )
      const { stdout } = yield* plan("next", "--format", "json")
      assert.deepStrictEqual(JSON.parse(stdout).map(({ server, time }: Plans.Upcoming) => [server, time]), [
        ["altis", "2999-03-28T04:00:00.000Z"],
        ["stratis", "2999-03-28T04:00:00.000Z"]
      ])
      failed(yield* plan("next", "upgrade"), 6, /unknown plan "upgrade"\. There are "update"/)
    }))

  it.live("postpone and abort: change the next restart on the named servers", () =>
    Effect.gen(function*() {
      const plan = yield* withPlan
      succeeded(
        yield* plan("postpone", "update", "--by", "1h30m", "--servers", "altis"),
        /^2999-03-28T05:30:00\.000Z +altis +update +Postponed +30m, 5m$/m
      )
      succeeded(
        yield* plan("postpone", "update", "--to", "2999-03-28T07:00:00+01:00", "--servers", "altis", "--format", "csv"),
        /^2999-03-28T06:00:00\.000Z,altis,update,Postponed,/m
      )
      succeeded(yield* plan("abort", "update", "--servers", "stratis"), /stratis +update +Aborted/)
      succeeded(yield* plan("next"), /^[^]*altis/)
      assert.notInclude((yield* plan("next")).stdout, "stratis")
      failed(yield* plan("abort", "update", "--servers", "stratis"), 6, /has no restart to come\. Nothing was changed/)
    }))

  it.live("postpone and abort: for a plan of all servers, change the restarts on those that the program drives", () =>
    Effect.gen(function*() {
      const { folder, inProgram } = yield* community
      const plan = (...args: ReadonlyArray<string>) => bercon(["plan", ...args, "--folder", folder])
      const restart = { id: "nightly", servers: "all", at: { once: "2999-03-28T04:00:00Z" } } as const
      yield* inProgram(Effect.scoped(Effect.flatMap(Plans.make(), ({ add }) => add(restart))))
      succeeded(yield* plan("list", "--format", "csv"), /^nightly,all,/m)
      // No server is known yet.
      failed(yield* plan("abort", "nightly"), 6, /the plan "nightly" has no restart to come\. Nothing was changed/)
      failed(yield* plan("abort", "nightly", "--servers", "altis"), 2, /the plan "nightly" has none yet/)

      const { address } = yield* NodeSimulatedServer.make({ password: Redacted.make("secret") })
      yield* inProgram(Effect.scoped(Effect.gen(function*() {
        const plans = yield* Plans.make()
        const rcon = yield* NodeRcon.make({ ...address, password: Redacted.make("secret") })
        for (const server of ["altis", "stratis"]) yield* Effect.forkScoped(plans.drive(server, rcon))
        yield* Effect.repeat(plans.next(), {
          until: ({ length }) => length === 2,
          schedule: Schedule.spaced("10 millis")
        })
      })))
      succeeded(
        yield* plan("postpone", "nightly", "--by", "1h", "--format", "csv"),
        /^2999-03-28T05:00:00\.000Z,altis,nightly,Postponed,.*\n2999-03-28T05:00:00\.000Z,stratis,nightly,Postponed,/m
      )
      failed(yield* plan("abort", "nightly", "--servers", "malden"), 2, /the plan "nightly" has "altis", "stratis"/)
      succeeded(yield* plan("abort", "nightly", "--servers", "altis"), /altis +nightly +Aborted/)
      const next = yield* plan("next", "--format", "csv")
      assert.match(next.stdout, /\n2999-03-28T05:00:00\.000Z,stratis,nightly,Planned,.*\n$/)
      assert.notInclude(next.stdout, "altis")
      succeeded(yield* plan("abort", "nightly"), /stratis +nightly +Aborted/)
      failed(yield* plan("abort", "nightly"), 6, /has no restart to come\. Nothing was changed/)
    }))

  it.live("refuses servers that the plan does not have, and changes nothing", () =>
    Effect.gen(function*() {
      const plan = yield* withPlan
      failed(
        yield* plan("abort", "update", "--servers", "altis,startis"),
        2,
        /unknown server "startis": the plan "update" has "altis", "stratis"/
      )
      failed(yield* plan("postpone", "update", "--by", "1h", "--servers", "Altis"), 2, /unknown server "Altis"/)
      failed(yield* plan("next", "--servers", "malden"), 2, /the plans have "altis", "stratis"/)
      failed(yield* plan("abort", "update", "--servers", "altis,"), 2, /--servers has an empty name \(got "altis,"\)/)
      const { stdout } = yield* plan("next", "--format", "csv")
      assert.match(stdout, /04:00:00\.000Z,altis,update,NotDriven,[^]*04:00:00\.000Z,stratis,update,NotDriven,/)
    }))

  it.live("refuses a missing or invalid time, and a folder without a community's data", () =>
    Effect.gen(function*() {
      const plan = yield* withPlan
      failed(yield* plan("postpone", "update"), 2, /give either --by or --to/)
      failed(yield* plan("postpone", "update", "--to", "2999-03-28T07:00:00"), 2, /--to must be a time with an offset/)
      failed(yield* plan("postpone", "update", "--to", "2020-03-28T07:00:00Z"), 2, /the new time must be in the future/)
      for (const by of ["forever", "0", "400d"]) {
        failed(yield* plan("postpone", "update", "--by", by), 2, /--by must be more than 0 and at most 365d/)
      }
      failed(yield* bercon(["plan", "list", "--folder", Os.devNull]), 2, /is not the folder of a community's program/)
    }))
})
