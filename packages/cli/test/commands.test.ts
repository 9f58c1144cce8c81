import type { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { bercon, failed, type Outcome, succeeded } from "./bercon.ts"

const GUID = "4fc867abf98b934e9e7eeaf15170258c"

type Server = SimulatedServer.SimulatedServer["Service"]

/** A server with two players, and `bercon` with its address in the environment. */
const server = Effect.gen(function*() {
  const simulated = yield* NodeSimulatedServer.make({
    password: Redacted.make("right"),
    // On a busy machine a command may be sent again before its answer has come.
    repeats: "replay",
    world: { missions: ["Liberation.Altis.pbo", "Escape.Stratis.pbo"] }
  })
  yield* simulated.join({ name: "Miller", ip: "198.18.0.1", guid: GUID })
  yield* simulated.join({ name: "Kerry", ip: "198.18.0.2", guid: null })
  const env = { BERCON_HOST: "127.0.0.1", BERCON_PORT: `${simulated.address.port}`, BERCON_PASSWORD: "right" }
  return { ...simulated, env, bercon: (...args: ReadonlyArray<string>) => bercon(args, env) }
})

const parsed = ({ stdout }: Outcome): unknown => JSON.parse(stdout)

const executed = (server: Server) =>
  Effect.map(server.executions, (commands) => commands.map(({ text }) => text).filter((text) => text !== "players"))

const lines = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

describe("a query", { concurrent: true }, () => {
  it.live("players: prints a table, with a dash for unknown values", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      succeeded(
        yield* bercon("players"),
        lines(
          "#  Ping  Address          GUID                              State     Name",
          `0    47  198.18.0.1:2304  ${GUID}  verified  Miller`,
          "1     -  198.18.0.2:2304  -                                 -         Kerry"
        )
      )
    }))

  it.live("players --format json: prints the rows of the client, without unknown fields", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      assert.deepStrictEqual(parsed(yield* bercon("players", "--format", "json")), [
        {
          id: 0,
          name: "Miller",
          address: { ip: "198.18.0.1", port: 2304 },
          ping: 47,
          guid: GUID,
          verified: true,
          inLobby: false
        },
        { id: 1, name: "Kerry", address: { ip: "198.18.0.2", port: 2304 }, verified: false, inLobby: false }
      ])
    }))

  it.live("players --format csv, players --format md: print a table", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      succeeded(
        yield* bercon("players", "--format", "csv"),
        lines(
          "id,ping,address,guid,state,name",
          `0,47,198.18.0.1:2304,${GUID},verified,Miller`,
          "1,,198.18.0.2:2304,,,Kerry"
        )
      )
      succeeded(
        yield* bercon("players", "--format", "md"),
        lines(
          "| # | Ping | Address | GUID | State | Name |",
          "| --: | --: | --- | --- | --- | --- |",
          `| 0 | 47 | 198.18.0.1:2304 | ${GUID} | verified | Miller |`,
          "| 1 | - | 198.18.0.2:2304 | - | - | Kerry |"
        )
      )
    }))

  it.live("players --format raw: prints the server's own text", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      succeeded(yield* bercon("players", "--format", "raw"), /^Players on server:\n.*\n-+\n0 +198\.18\.0\.1:2304 +47 /)
    }))

  it.live("players --repeat 3 --format ndjson: asks three times in one session", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      const { code, stdout } = yield* simulated.bercon(
        "players",
        "--repeat",
        "3",
        "--interval",
        "10ms",
        "--format",
        "ndjson"
      )
      assert.deepStrictEqual([code, stdout.trimEnd().split("\n").length], [0, 6])
      assert.strictEqual((yield* simulated.logins).length, 1)
    }))

  it.live("admins, missions, version, commands: print the answers", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      succeeded(yield* bercon("admins"), /^#  Address\n0  127\.0\.0\.1:\d+\n$/)
      succeeded(yield* bercon("missions"), lines("Mission", "Liberation.Altis.pbo", "Escape.Stratis.pbo"))
      succeeded(yield* bercon("version"), "1.220\n")
      assert.deepStrictEqual(parsed(yield* bercon("version", "--format", "json")), { text: "1.220", number: "1.220" })
      succeeded(yield* bercon("commands", "--format", "csv"), /^command\naddBan\n/)
    }))

  it.live("bans: prints the time left in words in a table, and in seconds in CSV", () =>
    Effect.gen(function*() {
      const { bercon, update } = yield* server
      yield* update((world) => ({
        ...world,
        bans: [
          { target: GUID, expires: undefined, reason: "Cheating, twice" },
          { target: "203.0.113.7", expires: Date.now() + 3_599_000, reason: "" }
        ]
      }))
      succeeded(
        yield* bercon("bans"),
        lines(
          "#  Target                            Left       Reason",
          `0  ${GUID}  permanent  Cheating, twice`,
          "1  203.0.113.7                       1h"
        )
      )
      succeeded(
        yield* bercon("bans", "--format", "csv"),
        lines("id,target,secondsLeft,name,reason", `0,${GUID},permanent,,"Cheating, twice"`, "1,203.0.113.7,3600,,")
      )
    }))
})

describe("an action", { concurrent: true }, () => {
  it.live("say: waits for the server's echo", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      succeeded(yield* simulated.bercon("say", "Restart", "in five minutes"), "say everybody: done\n")
      assert.deepStrictEqual(yield* executed(simulated), ["say -1 Restart in five minutes"])
    }))

  it.live("say and whisper: send nothing if the text is empty, as the shell does", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      failed(yield* simulated.bercon("say", " "), 2, /^bercon: say needs a text \(got " "\)\n$/)
      failed(yield* simulated.bercon("say", "--split", ""), 2, /^bercon: say needs a text \(got ""\)\n$/)
      failed(yield* simulated.bercon("whisper", "Miller", ""), 2, /^bercon: whisper needs a text \(got ""\)\n$/)
      assert.deepStrictEqual(yield* executed(simulated), [])
    }))

  it.live("say and whisper: send words after -- as they are, as the message for an unknown flag suggests", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      const refused = yield* simulated.bercon("say", "--- Restart ---", "at", "ten")
      assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
      assert.match(refused.stderr, /^Words after -- are not flags: `bercon say -- "--- Restart ---"`\.$/m)
      assert.notInclude((yield* simulated.bercon("players", "--formt", "json")).stderr, "Words after --")
      const mistyped = yield* simulated.bercon("ban", "0", "--duration", "1h")
      assert.deepStrictEqual([mistyped.code, mistyped.stdout], [2, ""])
      assert.notInclude(mistyped.stderr, "Words after --")
      assert.match(
        mistyped.stderr,
        /^The flags of `bercon ban` itself are --for, --reason, --write, --confirm-within\.$/m
      )
      succeeded(yield* simulated.bercon("say", "--confirm-within", "8s", "--", "--- Restart ---"), /done/)
      succeeded(yield* simulated.bercon("whisper", "0", "--", "--help", "-x"), /done/)
      assert.deepStrictEqual(yield* executed(simulated), ["say -1 --- Restart ---", "say 0 --help -x"])
    }))

  it.live("whisper: finds the player by name, in upper or lower case", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      succeeded(yield* simulated.bercon("whisper", "kerry", "hello"), "whisper #1 Kerry: done\n")
      assert.deepStrictEqual(yield* executed(simulated), ["say 1 hello"])
    }))

  it.live("kick: kicks several players, by slot and by GUID", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      succeeded(
        yield* simulated.bercon("kick", GUID, "#1", "--reason", "be nice"),
        lines("kick #0 Miller: done", "kick #1 Kerry: done")
      )
      assert.deepStrictEqual((yield* simulated.world).players, [])
      assert.include(yield* executed(simulated), "kick 0 be nice")
    }))

  it.live("kick: kicks no player if one of the named players is not there", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      failed(
        yield* simulated.bercon("kick", "Miller", "Mill"),
        6,
        /no player is called "Mill" exactly\. Did you mean #0 Miller\? Nothing was done/
      )
      assert.strictEqual((yield* simulated.world).players.length, 2)
    }))

  it.live("kick: kicks no player if two have the name", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      yield* simulated.join({ name: "MILLER " })
      failed(
        yield* simulated.bercon("kick", "miller"),
        6,
        /"miller" is more than one player: #0 Miller, #2 MILLER ?\. Use the slot/
      )
      assert.strictEqual((yield* simulated.world).players.length, 3)
    }))

  it.live("kick and unban: repeat only the beginning of a long text that names nothing", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      const long = "x".repeat(60_000)
      failed(yield* simulated.bercon("kick", long), 6, /^bercon: there is no player "x{100}…" on the server\./)
      failed(yield* simulated.bercon("unban", long), 6, /^bercon: there is no ban "x{100}…"\./)
    }))

  it.live("kick, ban and unban: do once what is named twice", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      succeeded(yield* simulated.bercon("kick", "Kerry", "1"), "kick #1 Kerry: done\n")
      succeeded(
        yield* simulated.bercon("ban", "Miller", "0", GUID, "203.0.113.7", "203.0.113.7"),
        lines("ban #0 Miller: done", "ban 203.0.113.7: done")
      )
      assert.deepStrictEqual((yield* simulated.world).bans.map(({ target }) => target), [GUID, "203.0.113.7"])
      succeeded(yield* simulated.bercon("unban", "203.0.113.7", "203.0.113.7"), "unban 203.0.113.7: done\n")
      succeeded(yield* simulated.bercon("unban", "#0", "0"), /^unban #0 .*: done\n$/)
      assert.deepStrictEqual((yield* simulated.world).bans, [])
    }))

  it.live("kick name:1: kicks the player whose name is 1", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      yield* simulated.join({ name: "1" })
      succeeded(yield* simulated.bercon("kick", "name:1"), "kick #2 1: done\n")
    }))

  it.live("kick: ends with exit code 7 if there is no evidence", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      yield* simulated.onCommand((text) => text.startsWith("kick") ? { reply: "" } : undefined)
      failed(
        yield* simulated.bercon("kick", "0", "--confirm-within", "200ms"),
        7,
        /^bercon: kick: .* may have been executed/
      )
      succeeded(yield* simulated.bercon("kick", "0", "--confirm-within", "0"), "kick #0 Miller: sent\n")
    }))

  it.live("kick: names a player whose kick failed, and kicks the others", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      yield* simulated.onCommand((text) => text.startsWith("kick 0") ? { reply: "" } : undefined)
      const { code, stderr, stdout } = yield* simulated.bercon("kick", "0", "1", "--confirm-within", "8s")
      assert.deepStrictEqual([code, stdout], [8, "kick #1 Kerry: done\n"])
      assert.match(stderr, /^bercon: kick #0 Miller: kick: not confirmed in time: [^\n]*\n$/)
    }))

  it.live("kick: names the players who are not tried because the server has stopped answering", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      yield* simulated.onCommand((text) =>
        text.startsWith("kick") ? { reply: "", delay: "Infinity" as const } : undefined
      )
      const { code, stderr } = yield* simulated.bercon("kick", "0", "1", "--confirm-within", "0", "--timeout", "8s")
      assert.strictEqual(code, 8)
      assert.match(stderr, /^bercon: kick #0 Miller: .*\nbercon: kick: not tried: #1 Kerry\n$/)
    }))

  it.live("ban and unban: change many bans at once; --write makes the server write its bans to its file", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      const targets = Array.from({ length: 120 }, (_, at) => at.toString(16).padStart(32, "0"))
      const { code, stderr, stdout } = yield* simulated.bercon("ban", ...targets, "--reason", "Cheating", "--write")
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.strictEqual(stdout, lines(...targets.map((target) => `ban ${target}: done`)))
      const { banFiles, bans } = yield* simulated.world
      assert.deepStrictEqual([bans.length, banFiles["bans.txt"]?.length], [120, 120])
      const removed = yield* simulated.bercon("unban", ...targets.slice(0, 40))
      assert.deepStrictEqual([removed.code, (yield* simulated.world).bans.length], [0, 80])
    }))

  it.live("ban: bans and kicks a player, and bans a GUID and an address that are not there; unban removes bans", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      const other = "00000000000000000000000000000001"
      succeeded(
        yield* simulated.bercon(
          "ban",
          "Miller",
          other,
          "203.0.113.7",
          "--for",
          "7d",
          "--reason",
          "Cheating",
          "--write"
        ),
        lines("ban #0 Miller: done", `ban ${other}: done`, "ban 203.0.113.7: done")
      )
      const { banFiles, bans, players } = yield* simulated.world
      assert.deepStrictEqual(bans.map(({ target }) => target), [GUID, other, "203.0.113.7"])
      assert.strictEqual(banFiles["bans.txt"]?.length, 3)
      assert.deepStrictEqual(players.map(({ name }) => name), ["Kerry"])

      succeeded(yield* simulated.bercon("unban", other, "#0"), /^unban 0{31}1: done\nunban #0 4fc8.*: done\n$/)
      assert.deepStrictEqual((yield* simulated.world).bans.map(({ target }) => target), ["203.0.113.7"])
      failed(yield* simulated.bercon("unban", other), 6, /there is no ban of 0{31}1/)
      failed(yield* simulated.bercon("unban", "#9"), 6, /there is no ban "#9"/)
    }))

  it.live("ban: also kicks the player if the GUID is that of a player on the server", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      succeeded(yield* simulated.bercon("ban", GUID.toUpperCase()), "ban #0 Miller: done\n")
      assert.deepStrictEqual((yield* simulated.world).players.map(({ name }) => name), ["Kerry"])
    }))

  const sent: ReadonlyArray<readonly [command: string, ...args: ReadonlyArray<string>]> = [
    ["#lock", "lock"],
    ["#unlock", "unlock"],
    ["#restart", "restart"],
    ["#reassign", "reassign"],
    ["#mission Liberation.Altis Veteran", "mission", "Liberation.Altis.pbo", "--difficulty", "Veteran"],
    ["writeBans", "write-bans"],
    ["loadBans", "load-bans"],
    ["loadScripts", "load-scripts"],
    ["loadEvents", "load-events"],
    ["maxPing 300", "max-ping", "300"]
  ]
  it.live("is reported as sent if the server gives no evidence of its effect", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      for (const [, ...args] of sent) succeeded(yield* simulated.bercon(...args), /^[a-z-]+( [^:]+)?: sent\n$/)
      assert.deepStrictEqual(yield* executed(simulated), sent.map(([command]) => command))
    }))

  it.live.each([["shutdown"], ["restart-server"]] as const)(
    "%s: waits until the server has ended",
    ([command]) =>
      Effect.gen(function*() {
        const simulated = yield* server
        succeeded(yield* simulated.bercon(command), `${command}: done\n`)
        assert.deepStrictEqual(yield* simulated.sessions, [])
      })
  )

  it.live("prints its outcome for programs with --format json", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      assert.deepStrictEqual(parsed(yield* bercon("whisper", "0", "hi", "--format", "json")), [
        { action: "whisper", target: "#0 Miller", confirmed: true, reply: "" }
      ])
      assert.deepStrictEqual(parsed(yield* bercon("lock", "--format", "json")), [
        { action: "lock", confirmed: false, reply: "" }
      ])
    }))
})

describe("exec", { concurrent: true }, () => {
  it.live("prints the replies one after the other", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      succeeded(yield* bercon("exec", "version", "missions"), /^1\.220\nMissions on server:\n/)
      assert.deepStrictEqual(parsed(yield* bercon("exec", "version", "--format", "json")), [
        { command: "version", reply: "1.220" }
      ])
    }))

  it.live("stops at the first failure, and prints the replies before it", () =>
    Effect.gen(function*() {
      const simulated = yield* server
      const outcome = yield* simulated.bercon("exec", "version", "nonsense", "#shutdown")
      assert.deepStrictEqual([outcome.code, outcome.stdout], [6, "1.220\n"])
      assert.match(outcome.stderr, /^bercon: command "nonsense": .*\n$/)
      assert.deepStrictEqual(yield* executed(simulated), ["version"])
    }))
})

describe("events", { concurrent: true }, () => {
  it.live("prints events of the wanted kinds as they happen, one line each", () =>
    Effect.gen(function*() {
      const { bercon, chat, leave } = yield* server
      yield* chat(0, "Side", "hello \x1b[2J").pipe(
        Effect.andThen(leave(1)),
        Effect.catchDefect(() => Effect.void),
        Effect.delay("20 millis"),
        Effect.forever,
        Effect.forkScoped
      )
      succeeded(
        yield* bercon("events", "--kind", "playerchat", "--limit", "2"),
        /^(\d\d:\d\d:\d\d {2}PlayerChat {10}#0 Miller to Side: hello \\x1b\[2J\n){2}$/
      )
      const events = parsed(yield* bercon("events", "--kind", "PlayerChat", "--limit", "2", "--format", "json"))
      assert.deepInclude((events as ReadonlyArray<object>)[1], { _tag: "PlayerChat", message: "hello \x1b[2J" })
    }))

  it.live("breaks lines between words on a narrow terminal", () =>
    Effect.gen(function*() {
      const { chat, env } = yield* server
      yield* Effect.forkScoped(
        Effect.forever(Effect.delay(chat(0, "Side", "one two three four five six seven eight nine ten"), "20 millis"))
      )
      const { stdout } = yield* bercon(["events", "--kind", "PlayerChat", "--limit", "1"], env, 40)
      assert.match(
        stdout,
        /^\d\d:\d\d:\d\d {2}PlayerChat {10}#0 Miller\n {10}to Side: one two three four\n {10}five six seven eight nine ten\n$/
      )
    }))

  it.live("ends after the time of --for", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      succeeded(yield* bercon("events", "--kind", "FilterLog", "--for", "100ms", "--format", "json"), "[\n]\n")
    }))

  it.live("refuses an unknown kind", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server
      failed(yield* bercon("events", "--kind", "chat,"), 2, /--kind has an empty name \(got "chat,"\)/)
      failed(yield* bercon("events", "--kind", "chat,foo"), 2, /unknown kind of event "foo": use chat, players/)
    }))
})

describe("guid", { concurrent: true }, () => {
  it.live("needs no server", () =>
    Effect.gen(function*() {
      succeeded(yield* bercon(["guid", "76561197960265728"]), `${GUID}\n`)
      failed(yield* bercon(["guid", "STEAM_0:0:0"]), 2, /"STEAM_0:0:0" is not a SteamID64/)
    }))
})
