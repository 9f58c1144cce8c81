/**
 * The targets of fuzzing. A target makes inputs from random numbers, passes them to the code, and throws if the code
 * violates a property that must hold for every input.
 */
import { Admin, Ban, Player, ReplyError, ServerEvent, type Table, Version } from "@bercon/client"
import { Packet, Reassembly, Text } from "@bercon/codec"
import { FleetError } from "@bercon/fleet"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { Cause, DateTime, Duration, Effect, Equal, Exit, Option, Result, Schema } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as ServerCfg from "../../packages/cli/src/connection/ServerCfg.ts"
import { UsageError } from "../../packages/cli/src/Failure.ts"
import { parseDuration } from "../../packages/cli/src/flags.ts"
import * as Store from "../../packages/cli/src/init/store.ts"
import type { Entry } from "../../packages/cli/src/init/toml.ts"
import * as SafeText from "../../packages/cli/src/output/SafeText.ts"
import * as ShellLine from "../../packages/cli/src/shell/line.ts"
import * as Admins from "../../packages/client/src/internal/battleye/adminsReply.ts"
import * as Bans from "../../packages/client/src/internal/battleye/bansReply.ts"
import * as Commands from "../../packages/client/src/internal/battleye/commandsReply.ts"
import * as Missions from "../../packages/client/src/internal/battleye/missionsReply.ts"
import * as Players from "../../packages/client/src/internal/battleye/playersReply.ts"
import * as VersionReply from "../../packages/client/src/internal/battleye/versionReply.ts"
import * as ReforgerBans from "../../packages/client/src/internal/reforger/bansReply.ts"
import { expectationOf, looseExpectationOf } from "../../packages/client/src/internal/reforger/expectationOf.ts"
import * as ReforgerOutcomes from "../../packages/client/src/internal/reforger/outcomes.ts"
import * as ReforgerPlayers from "../../packages/client/src/internal/reforger/playersReply.ts"
import * as PacketFuzz from "../../packages/codec/test/packetFuzz.ts"
import * as BansFile from "../../packages/operations/src/BansFile.ts"
import { InvalidPlan } from "../../packages/operations/src/PlanError.ts"
import * as RestartPlan from "../../packages/operations/src/RestartPlan.ts"
import * as Examples from "./examples.ts"
import { machine } from "./machine.ts"
import * as Random from "./random.ts"

/** Runs one case. Passes its input to `saw`, so that a failure can show it. */
export type Target = (random: Random.Random, saw: (input: unknown) => void) => void | Promise<void>

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`violated: ${what}`)
}

/** Makes a check that throws if a value does not have the schema's type. */
const validator = (schema: Schema.Codec<unknown, unknown>): (value: unknown) => void => {
  const encode = Schema.encodeUnknownSync(schema)
  return (value) => void encode(value)
}

const validEvent = validator(ServerEvent.ServerEvent)
const validPlayer = validator(Player.Player)
const validBan = validator(Ban.Ban)
const validAdmin = validator(Admin.Admin)
const validVersion = validator(Version.Version)

/** Checks that a parser of replies makes valid values, and fails only with `ReplyError`. */
const reply = <A>(
  examples: ReadonlyArray<string>,
  parse: (text: string, cut: boolean) => Result.Result<A, unknown>,
  check: (value: A) => void
): Target =>
(random, saw) => {
  const text = Random.text(random, examples)
  saw(text)
  const result = parse(text, random.once(4))
  if (Result.isSuccess(result)) return check(result.success)
  must(result.failure instanceof ReplyError.ReplyError, "the failure is a ReplyError")
  must(
    (result.failure as ReplyError.ReplyError).message.length < 2000,
    "the error message is shorter than 2,000 characters"
  )
}

const table = <A>(check: (row: A) => void) => ({ rows, unparsed }: Pick<Table.Table<A>, "rows" | "unparsed">): void => {
  rows.forEach(check)
  for (const { line } of unparsed) must(Number.isInteger(line) && line > 0, "line numbers start at 1")
}

const strings = (values: ReadonlyArray<unknown>): void =>
  must(values.every((value) => typeof value === "string"), "the list contains only strings")

const packet: Target = (random, saw) => {
  const next = PacketFuzz.strings(random.pick)
  for (let i = 0; i < 20; i++) {
    const bytes = next()
    saw(bytes)
    PacketFuzz.check("client", bytes)
    PacketFuzz.check("server", bytes)
  }
}

/**
 * Checks that a reply is complete exactly if every part has arrived and no parts contradict each other, and that it
 * consists of the parts in order.
 */
const reassembly: Target = (random, saw) => {
  const total = 1 + random.pick(random.once(10) ? 255 : 6)
  const payloads = Array.from({ length: total }, () => Random.bytes(random, random.pick(20)))
  const parts = Array.from({ length: random.pick(3 * total + 3) }, () => {
    const index = random.pick(total)
    const lies = random.once(60)
    const payload = lies ? Random.bytes(random, 3) : payloads[index]!
    return Packet.commandReplyPart(0, random.once(200) ? Math.min(total + 1, 255) : total, index, payload)
  })
  saw(parts)
  const state = Reassembly.make()
  const seen = new Set<number>()
  let contradicts = false
  for (const part of parts) {
    const whole = Reassembly.add(state, part)
    contradicts ||= part.total !== parts[0]!.total ||
      parts.some((other) =>
        seen.has(other.index) && other.index === part.index &&
        Buffer.compare(state.parts[part.index] ?? part.payload, part.payload) !== 0
      )
    seen.add(part.index)
    must(state.contradictory === contradicts, "a contradiction is reported at once, and from then on")
    if (contradicts) must(whole === undefined, "a reply that contradicts itself is never complete")
    else must((whole !== undefined) === (seen.size === state.total), "a reply is complete if every part has arrived")
    if (whole !== undefined) {
      must(
        Buffer.compare(whole, Buffer.concat(state.parts as Array<Uint8Array>)) === 0,
        "the reply consists of its parts in order"
      )
    }
    must(Reassembly.missing(state) === state.total - state.held && state.held <= state.total, "the parts are counted")
  }
}

const text: Target = (random, saw) => {
  const bytes = Random.bytes(random, random.pick(random.once(20) ? 2000 : 30))
  const fallback = random.from(["windows-1251", "windows-1252", "koi8-r", "utf-8"])
  saw({ bytes, fallback })
  const decoded = Text.decode(bytes, fallback)
  must(decoded.length <= bytes.length, "there are at most as many characters as bytes")
  const written = Random.text(random, Examples.events)
  saw(written)
  const once = Text.decode(Text.encode(written), fallback)
  must(
    once === Buffer.from(written).toString() || written.startsWith("\ufeff"),
    "encoding and decoding do not change a text"
  )
}

const event: Target = (random, saw) => {
  const text = Random.text(random, Examples.events)
  saw(text)
  const players = random.once(2)
    ? []
    : [{ id: Player.PlayerId.make(0), name: random.from(["Bob", "Max (x)", "", ": "]) }]
  const event = ServerEvent.parse(text, players)
  must("text" in event && event.text === text, "an event has the text that was parsed")
  validEvent(event)
}

const bansFile: Target = (random, saw) => {
  const text = Random.text(random, Examples.bansFiles)
  saw(text)
  const { bans, unread } = BansFile.parse(text)
  must(bans.length + unread.length <= text.split(/\r\n|\n|\r/).length, "each line gives at most one ban or unread line")
  const again = BansFile.parse(BansFile.format(bans))
  must(again.unread.length === 0 && again.bans.length === bans.length, "formatted bans can be parsed")
}

const serverCfg: Target = (random, saw) => {
  const text = Random.text(random, Examples.serverCfgs)
  saw(text)
  const { settings } = ServerCfg.parse("x.cfg", text)
  for (const [key, value] of settings) {
    must(key !== "" && key === key.toLowerCase() && typeof value === "string", "keys are lower-case and not empty")
  }
}

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-fuzz-"))
process.on("exit", () => Fs.rmSync(folder, { recursive: true, force: true }))

const writeServers = (text: string): string => {
  const path = Path.join(folder, "servers.toml")
  Fs.writeFileSync(path, text)
  return path
}

const serversFile: Target = async (random, saw) => {
  const text = Random.text(random, Examples.serversFiles)
  saw(text)
  const exit = await Effect.runPromise(Effect.exit(NodeFleet.readFile(writeServers(text))))
  if (Exit.isSuccess(exit)) {
    for (const { host, port } of exit.value.values()) {
      must(host !== "" && port >= 1 && port <= 65_535, "an address is valid")
    }
    return
  }
  const error = Cause.squash(exit.cause)
  must(error instanceof FleetError.ServersFileError, `the error is a ServersFileError (got ${String(error)})`)
  must(!(error as Error).message.includes(Examples.SECRET), "a password is not shown")
}

/** Checks that `init` adds or replaces a server in a file and keeps the others, or fails and changes nothing. */
const init: Target = async (random, saw) => {
  const text = Random.text(random, Examples.serversFiles)
  const id = random.from(["a", "b", "altis", "new_1", "-"])
  const host = Random.text(random, ["example.org", "127.0.0.1"]) || "h"
  const entry: Entry = { host, port: 1 + random.pick(65_535), password: { passwordVariable: "X" } }
  saw({ text, id, entry })
  const path = writeServers(text)
  const written = Fs.readFileSync(path, "utf8")
  const read = Effect.flatMap(
    NodeFleet.readFile(path),
    (servers) =>
      Effect.forEach(
        servers,
        ([id, { password, ...address }]) =>
          Effect.map(Effect.exit(password), (exit) =>
            [id, { ...address, password: String(Exit.getSuccess(exit)) }] as const)
      )
  )
  const before = await Effect.runPromise(Effect.exit(read))
  const exit = await Effect.runPromise(Effect.exit(Store.writeServer(path, id, entry, Effect.void)))
  if (Exit.isFailure(exit)) {
    const expected = Exit.isSuccess(before) ? UsageError : FleetError.ServersFileError
    must(Cause.squash(exit.cause) instanceof expected, "the failure has the expected type")
    must(Fs.readFileSync(path, "utf8") === written, "the file is as it was")
    return
  }
  const after = new Map(await Effect.runPromise(read))
  const added = after.get(id)
  must(added?.host === host && added.port === entry.port, "the new server is in the file as it was given")
  for (const [other, server] of Exit.isSuccess(before) ? before.value : []) {
    must(other === id || Equal.equals(after.get(other), server), "the other servers are as they were")
  }
}

const duration: Target = (random, saw) => {
  const text = Random.text(random, Examples.durations)
  saw(text)
  const parsed = parseDuration(text)
  if (Option.isNone(parsed)) return
  must(Duration.toMillis(parsed.value) >= 0, "a duration is not negative")
  must(
    Duration.isFinite(parsed.value) || text.replaceAll(/\s/g, "") === "forever",
    "only the word `forever` is an infinite duration"
  )
}

const shellLine: Target = (random, saw) => {
  const line = Random.text(random, Examples.shellLines).trimEnd()
  saw(line)
  const words = ShellLine.words(line)
  const count = random.pick(4)
  must(
    JSON.stringify(ShellLine.words(ShellLine.after(line, count))) === JSON.stringify(words.slice(count)),
    "the rest of a line has the words that follow"
  )
  ShellLine.complete(line, [])
}

const safeText: Target = (random, saw) => {
  const text = Random.text(random, Examples.events) + String.fromCodePoint(random.pick(0x110000))
  saw(text)
  must(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(SafeText.line(text)), "a line has no control characters")
  must(JSON.parse(SafeText.json(JSON.stringify(text))) === text, "a JSON text keeps its value")
}

/** Values whose types are wrong for most fields of a plan, as JavaScript can pass them. */
const junk: ReadonlyArray<unknown> = [null, true, 7, 7n, NaN, "", "junk", [], [null], {}, Symbol("junk"), () => "junk"]

const plan: Target = (random, saw) => {
  const word = () => Random.text(random, Examples.plans).slice(0, 100)
  const maybe = <A>(make: () => A): A | undefined =>
    random.once(3) ? random.once(20) ? random.from(junk) as A : make() : undefined
  const time = () =>
    random.from<Duration.Input>(["1 minute", 0, -1, NaN, "30 seconds", "1 day", "2 days", Duration.infinity])
  const input: RestartPlan.Input = {
    id: random.from(["nightly", word()]),
    at: random.once(3)
      ? { once: random.from<DateTime.DateTime.Input>([NaN, 0, 8.64e15, 8.64e15 + 1, word(), "2026-11-28T04:00:00Z"]) }
      : {
        cron: random.from(["0 4 * * *", word()]),
        timeZone: random.from(["UTC", "Europe/Berlin", word()]),
        ...random.once(4) && { onDstOverlap: random.from(["earlier", "later", "both", word() as never]) }
      },
    servers: maybe(() => [word()]),
    warnings: maybe(() => Array.from({ length: random.pick(40) }, time)),
    text: maybe(word),
    locale: maybe(word),
    lock: maybe(time),
    kick: maybe(() => ({ before: time(), reason: maybe(word) })),
    command: maybe(() => random.from(["shutdown", "restartServer", word() as never])),
    skipWhenEmpty: maybe(() => random.once(2)),
    latest: maybe(time),
    goneWithin: maybe(time),
    backWithin: maybe(time),
    tries: maybe(() => random.from([0, 1, 1.5, NaN, 10, 11]))
  }
  saw(input)
  const result = RestartPlan.fromInput(input)
  if (Result.isFailure(result)) {
    must(result.failure instanceof InvalidPlan, "the failure is an InvalidPlan")
    return must(
      result.failure.problem.includes(" must ") || result.failure.problem.includes(" may "),
      "the problem states what is allowed"
    )
  }
  const now = DateTime.makeUnsafe(1_795_838_400_000)
  const next = RestartPlan.occurrenceAfter(result.success, now)
  must(next === undefined || DateTime.isGreaterThan(next, now), "the next occurrence is after the given time")
  const text = RestartPlan.textOf({ plan: result.success, server: "altis", time: now, remaining: Duration.minutes(1) })
  must(!/[\r\n\0]/.test(text), "a warning is one line")
  const json = Schema.encodeSync(RestartPlan.RestartPlan)(result.success)
  const again = Schema.decodeUnknownSync(RestartPlan.RestartPlan)(JSON.parse(JSON.stringify(json)))
  must(
    JSON.stringify(Schema.encodeSync(RestartPlan.RestartPlan)(again)) === JSON.stringify(json),
    "a stored plan is read as it was"
  )
}

export const targets: Readonly<Record<string, Target>> = {
  packet,
  reassembly,
  text,
  event,
  players: reply(Examples.players, Players.parse, table(validPlayer)),
  bans: reply(Examples.bans, Bans.parse, table(validBan)),
  admins: reply(Examples.admins, Admins.parse, table(validAdmin)),
  missions: reply(Examples.lists, Missions.parse, strings),
  commands: reply(Examples.lists, Commands.parse, strings),
  version: reply(Examples.versions, VersionReply.parse, validVersion),
  reforgerPlayers: reply(Examples.reforger, ReforgerPlayers.parse, table(validPlayer)),
  reforgerBans: reply(Examples.reforger, (text) => ReforgerBans.parse(text, 0), ({ lines, pages, total }) => {
    must(
      Number.isInteger(lines) && lines >= 0 && pages >= 0 && (total === undefined || total >= 0),
      "numbers are not negative"
    )
  }),
  reforgerTexts: (random, saw) => {
    const text = Random.text(random, Examples.reforger)
    saw(text)
    const command = random.from([
      "#players",
      "#ban list",
      "#kick 3",
      "#ban create 1 60 x",
      "#ban remove a",
      "hello",
      ""
    ])
    for (const expectation of [expectationOf(command), looseExpectationOf(command)]) {
      expectation.claim(text, random.once(2) ? undefined : Random.text(random, Examples.reforger))
      expectation.pending([text, Random.text(random, Examples.reforger)])
    }
    for (
      const test of [
        ReforgerOutcomes.isKicked,
        ReforgerOutcomes.isBanned,
        ReforgerOutcomes.isUnbanned,
        ReforgerOutcomes.isNoBan,
        ReforgerOutcomes.isRefusal
      ]
    ) test(text)
  },
  bansFile,
  serverCfg,
  serversFile,
  init,
  duration,
  shellLine,
  safeText,
  plan,
  machine: (random, saw) => void machine(random, saw)
}
