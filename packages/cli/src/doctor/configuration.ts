/**
 * Finds mistakes that prevent RCON from working, in the files of a BattlEye server's configuration.
 */
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Net from "node:net"
import * as Path from "node:path"
import { portOf } from "../connection/port.ts"
import type { Candidate, ServerCfg } from "../connection/ServerCfg.ts"
import { ExitCode } from "../ExitCode.ts"
import { quoted, quotedList } from "../output/quoted.ts"
import { type Check, note, ok, problem } from "./Check.ts"
import { oddities } from "./password.ts"

/** The facts about a folder. */
export interface Facts {
  readonly folder: string
  /** The files that a server reads or has read. If a server is running, it uses the first. */
  readonly candidates: ReadonlyArray<Candidate>
  /** All names in the folder. */
  readonly names: ReadonlyArray<string>
  /** The file to check: the first candidate, or a file that the user named. */
  readonly chosen?: { readonly text: string; readonly cfg: ServerCfg } | undefined
  /** Why nothing could be read. */
  readonly unreadable?: string | undefined
  readonly platform: NodeJS.Platform
  /** The addresses of this machine. */
  readonly localAddresses: ReadonlyArray<string>
  /** The port that players connect to, if it is known. */
  readonly gamePort?: number | undefined
}

const wrong = (check: string, message: string): Check => problem(check, ExitCode.usage, message)

/** Names that are probably meant for the configuration: `beserver_64.cfg`, `beconfig.cfg`, `BEServer.cfg.txt`. */
const isNearMiss = (name: string): boolean => /^be.*\.cfg|^be(?:server|config)|^battleye.*\.cfg/i.test(name)

const NAMES = "beserver_x64.cfg (64-bit servers) or beserver.cfg"

/** Findings about names: the file that a server reads, and files that it does not read. */
const files = ({ candidates, chosen, folder, names, platform }: Facts): ReadonlyArray<Check> => {
  const known = new Set(candidates.map(({ path }) => Path.basename(path)))
  const misses = names.filter((name) => isNearMiss(name) && !known.has(name))
  const [first] = candidates
  if (first === undefined || chosen === undefined) {
    return [wrong(
      "file",
      misses.length > 0
        ? `the server does not read ${quotedList(misses)}: call it ${NAMES}`
        : `there is no ${NAMES} in ${folder}. The file is in the folder that the server's -BEpath names, or else in ` +
          "battleye beside the server (Linux) or BattlEye in its profiles (Windows)"
    )]
  }
  const name = Path.basename(chosen.cfg.path)
  const active = candidates.filter(({ isActive }) => isActive)
  const plain = candidates.filter(({ isActive }) => !isActive)
  const [running, ...older] = active.map(({ path }) => Path.basename(path))
  const found: Array<Check> = [
    ok(
      "file",
      running === undefined
        ? `the next start reads ${name}, and renames it`
        : name === running
        ? `a running server uses ${name}, which it renamed when it started`
        : `${name} is ${
          older.includes(name) ? "an older active file" : "for the next start"
        }; a running server uses ${running}`
    )
  ]
  if (active.length > 1) {
    found.push(wrong(
      "file",
      `there are ${active.length} active files, which crashes have left behind: stop the server, delete them, and ` +
        `write a new ${plain.length > 0 ? Path.basename(plain[0]!.path) : "beserver_x64.cfg"}`
    ))
  } else if (active.length === 1 && plain.length === 0) {
    found.push(note(
      "file",
      `changes in ${
        Path.basename(active[0]!.path)
      } are not read: write them to a new beserver_x64.cfg, and restart. If no ` +
        "server is running, a crash has left this file behind: RCON may not start until you rename it to beserver_x64.cfg"
    ))
  }
  if (misses.length > 0) found.push(note("file", `the server does not read ${quotedList(misses)}`))
  if (plain.length > 0 && !plain.some(({ path }) => /_x64\.cfg$/i.test(path))) {
    found.push(note("file", `a 64-bit server reads beserver_x64.cfg, not ${Path.basename(plain[0]!.path)}`))
  }
  if (platform !== "win32" && name !== name.toLowerCase()) {
    found.push(note("file", `a Linux server looks for ${name.toLowerCase()}, in lower case`))
  }
  return found
}

const KEYS = ["rconpassword", "rconport", "rconip", "restrictrcon"]

/** Findings about one line. They never show its value, which may be the password, nor a key that may be a misplaced value. */
const line = ([key, value]: readonly [key: string, value: string]): ReadonlyArray<Check> => {
  if (KEYS.includes(key)) return []
  const joined = KEYS.find((known) => key.startsWith(known))
  if (joined !== undefined) {
    return [wrong("lines", `${joined} and its value must have a blank between them, nothing else`)]
  }
  return value !== "" && /^(?:rcon|restrict|password$|port$)[a-z_]{0,12}$/.test(key)
    ? [
      wrong("lines", `there is no setting ${key}. The settings are RConPassword, RConPort, RConIP and RestrictRCon`)
    ]
    : []
}

/** Findings about the text of the file. */
const lines = (text: string, { settings }: ServerCfg): ReadonlyArray<Check> => {
  if (text.includes("\0")) return [wrong("lines", "the file is not plain text (UTF-16?): save it as ANSI or UTF-8")]
  const keys = settings.map(([key]) => key)
  return [
    ...(text.startsWith("\uFEFF")
      ? [wrong("lines", "the file begins with a byte order mark, which spoils its first line: save it without one")]
      : []),
    ...(settings.length > 0 && !text.endsWith("\n")
      ? [wrong("lines", "there is no line break at the end of the file: BattlEye may not read its last line")]
      : []),
    ...settings.flatMap(line),
    ...KEYS.filter((key) => keys.indexOf(key) !== keys.lastIndexOf(key)).map((key) =>
      note("lines", `${key} is set more than once: keep one line`)
    )
  ]
}

const password = ({ password }: ServerCfg): Check => {
  if (Option.isNone(password)) {
    return wrong("password", "RConPassword is missing or empty: without it the server has no RCON")
  }
  const odd = oddities(Redacted.value(password.value))
  return odd.length === 0
    ? ok("password", "RConPassword is set, without blanks or invisible characters")
    : note("password", `RConPassword: ${odd.join("; ")}. Letters and digits are safer`)
}

const port = ({ port }: ServerCfg, gamePort: number | undefined): Check => {
  if (Option.isNone(port)) return wrong("port", "RConPort is missing or empty: without it the server has no RCON")
  const number = portOf(port.value)
  if (number === undefined) {
    return wrong("port", `RConPort must be from 1 to 65535 (got ${quoted(port.value)})`)
  }
  if (gamePort !== undefined && number >= gamePort && number <= gamePort + 4) {
    return wrong(
      "port",
      `RConPort ${number} is one of the game's own ports, ${gamePort} to ${gamePort + 4}: choose another, such as ${
        gamePort + 5 <= 65_535 ? gamePort + 5 : gamePort - 1
      }`
    )
  }
  return ok(
    "port",
    `RConPort is ${number}${gamePort === undefined ? " (--game-port 2302 checks it against the game's ports)" : ""}`
  )
}

const address = ({ ip }: ServerCfg, localAddresses: ReadonlyArray<string>): ReadonlyArray<Check> => {
  if (Option.isNone(ip) || ip.value === "0.0.0.0") return []
  if (Net.isIP(ip.value) === 0) {
    return [wrong("address", `RConIP must be an IP address of the server's machine (got ${quoted(ip.value)})`)]
  }
  if (ip.value.startsWith("127.")) {
    return [note("address", `RConIP is ${ip.value}: only programs on the server's machine can connect`)]
  }
  return localAddresses.includes(ip.value)
    ? [ok("address", `RConIP is ${ip.value}, which this machine has`)]
    : [
      note(
        "address",
        `RConIP is ${ip.value}, which this machine does not have: if the server runs here, its RCON is off`
      )
    ]
}

const rights = ({ settings }: ServerCfg): ReadonlyArray<Check> => {
  const restricted = settings.findLast(([key]) => key === "restrictrcon")?.[1]
  return restricted === undefined || restricted === "0"
    ? []
    : [note(
      "rights",
      `RestrictRCon is ${restricted}: the server refuses some commands over RCON, probably kicks, bans and #shutdown. 0 allows all`
    )]
}

/** The findings: about the file first, then about its content. */
export const checks = (facts: Facts): ReadonlyArray<Check> => {
  if (facts.unreadable !== undefined) return [wrong("file", facts.unreadable)]
  const found = files(facts)
  if (facts.chosen === undefined) return found
  const { cfg, text } = facts.chosen
  return [
    ...found,
    ...lines(text, cfg),
    password(cfg),
    port(cfg, facts.gamePort),
    ...address(cfg, facts.localAddresses),
    ...rights(cfg)
  ]
}
