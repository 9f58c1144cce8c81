/**
 * Interprets the facts about a connection: a finding for each step, until a problem makes the next steps impossible.
 */
import type { Admin } from "@bercon/client/Admin"
import type { Flavour } from "@bercon/client/Flavour"
import type { LoginFailure } from "@bercon/client/LoginFailure"
import { Peer } from "@bercon/client/unstable"
import * as Net from "node:net"
import { ExitCode } from "../ExitCode.ts"
import { exitCode, type ServerFailure } from "../Failure.ts"
import { type Check, note, ok, problem } from "./Check.ts"
import type { Measured } from "./measure.ts"

/** The facts about a server and the way to it. Unknown facts are missing. */
export interface Facts {
  readonly host: string
  readonly port: number
  /** The addresses of the name, or why it has none (`ENOTFOUND`). */
  readonly addresses: ReadonlyArray<string> | { readonly code: string }
  /** Oddities of the password. */
  readonly oddities: ReadonlyArray<string>
  /** Why the login failed. */
  readonly failure?: LoginFailure | undefined
  /** Whether the server accepted the password without its oddities. */
  readonly acceptsCleaned?: boolean | undefined
  /** Number of datagrams received, of BattlEye's protocol and of others. */
  readonly received: { readonly valid: number; readonly foreign: number }
  /** The flavour that the settings name. */
  readonly configured: Flavour | "auto"
  readonly flavour?: Flavour | undefined
  /** The version of BattlEye, or why it is unknown. */
  readonly version?: { readonly text: string } | { readonly failure: ServerFailure } | undefined
  /** The number of this client, and all clients that are logged in. */
  readonly admins?: { readonly own: number | undefined; readonly all: ReadonlyArray<Admin> } | undefined
  readonly measured?: Measured | undefined
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const name = ({ addresses, host }: Facts): Check => {
  const invalid = Peer.problemOfHost("host", host)
  if (invalid !== undefined) return problem("name", ExitCode.usage, invalid)
  if ("code" in addresses) {
    return problem(
      "name",
      ExitCode.transport,
      `${host} has no address (${addresses.code}): check its spelling and the DNS, or use the IP address`
    )
  }
  if (Net.isIP(host) !== 0) return ok("name", `${host} is an address`)
  const [first = "", ...others] = addresses
  return ok("name", `${host} is ${first}${others.length > 0 ? ` (not used: ${others.join(", ")})` : ""}`)
}

const password = ({ oddities }: Facts): Check =>
  oddities.length === 0
    ? ok("password", "no blanks or invisible characters in it")
    : oddities[0] === "it is empty"
    ? problem("password", ExitCode.usage, "it is empty: a server without RConPassword has no RCON")
    : note("password", `${oddities.join("; ")}. Check whether this is intended`)

const SILENCE =
  "usual causes: the server is still starting; its RConPort is another port, for example because the game's port was given; " +
  "RConPassword or RConPort is not set, or the server does not read the file with them (see --server-cfg); a firewall drops UDP"

/** Whether a BattlEye server answers at the port. */
const port = ({ addresses, failure, port, received }: Facts): Check => {
  const where = `UDP ${"code" in addresses ? "" : `${addresses[0]} `}port ${port}`
  const reason = failure?.reason
  if (reason === undefined || reason._tag === "LoginRefused") return ok("port", `${where} answers`)
  const cause = reason._tag === "LoginTimeout" ? reason.cause : undefined
  if (reason._tag !== "LoginTimeout" || cause?._tag === "TransportError") {
    return problem("port", ExitCode.transport, reason.message)
  }
  if (received.foreign > 0 && received.valid === 0) {
    return problem(
      "port",
      ExitCode.noAnswer,
      `${where} answers, but does not speak BattlEye RCON (${
        counted(received.foreign, "datagram")
      } of another protocol): ` +
        "it is the port of another service, such as the game or its query port"
    )
  }
  if (cause?._tag === "PortClosed") {
    return problem(
      "port",
      ExitCode.noAnswer,
      `${where} is closed, as its host reports (ICMP): the server is not running or still starting, or has another RConPort`
    )
  }
  return problem(
    "port",
    ExitCode.noAnswer,
    `${where} is silent (${counted(reason.tries, "login")} sent): ${SILENCE}`
  )
}

const login = ({ acceptsCleaned, failure, oddities }: Facts): Check => {
  if (failure === undefined) return ok("login", "the server accepts the password")
  if (acceptsCleaned === true) {
    return problem(
      "login",
      ExitCode.refused,
      "the server refuses the password as it is. It accepts the password without invisible characters, and without blanks " +
        "and quotes around it: remove them"
    )
  }
  return problem(
    "login",
    ExitCode.refused,
    "the server refuses the password: it is not the server's RConPassword. " +
      (oddities.length > 0 ? "See above for its oddities, and c" : "C") +
      "heck which file the server really reads (--server-cfg)"
  )
}

const flavour = ({ configured, flavour }: Facts): Check => {
  if (flavour === undefined) {
    return problem(
      "flavour",
      ExitCode.noAnswer,
      "the server took the login, but answered no command: it is starting or ending, or the network loses nearly everything"
    )
  }
  const spoken = flavour === "Reforger" ? "Arma Reforger's own RCON" : "BattlEye RCON"
  return configured === "auto" || configured === flavour
    ? ok("flavour", `it speaks ${spoken}`)
    : problem(
      "flavour",
      ExitCode.failed,
      `it speaks ${spoken}, but the settings name ${configured}: leave the flavour out, or set it to ${flavour}. ` +
        "Arma Reforger can have both, at two ports"
    )
}

const version = ({ version }: Facts): ReadonlyArray<Check> =>
  version === undefined
    ? []
    : "text" in version
    ? [ok("commands", `it answers commands: BattlEye ${version.text}`)]
    : [
      problem(
        "commands",
        exitCode(version.failure),
        `it does not answer a command as expected: ${version.failure.message}`
      )
    ]

const LISTED = 5

const listed = (admins: ReadonlyArray<Admin>): string =>
  admins.slice(0, LISTED).map(({ address, id }) => `#${id} from ${address.toString()}`).join(", ") +
  (admins.length > LISTED ? ` and ${admins.length - LISTED} more` : "")

const admins = ({ admins, flavour }: Facts): ReadonlyArray<Check> => {
  if (flavour === "Reforger") {
    return [
      note("admins", "Arma Reforger's own RCON does not list the other clients; its maxClients limits their number")
    ]
  }
  if (admins === undefined) return []
  if (admins.own === undefined) {
    return [ok("admins", `${admins.all.length} logged in, this client among them: ${listed(admins.all)}`)]
  }
  const self = admins.all.find(({ id }) => id === admins.own)
  const others = admins.all.filter((admin) => admin !== self)
  if (others.length === 0) return [ok("admins", "no other client is logged in")]
  const near = others.filter(({ address }) => address.ip === self?.address.ip)
  return near.length > 1
    ? [
      note(
        "admins",
        `${counted(near.length, "other session")} from this address (${
          listed(near)
        }): programs that end without notice ` +
          "stay logged in for 45 s, and one that logs in again and again fills the list"
      )
    ]
    : [ok("admins", `${counted(others.length, "other")} logged in: ${listed(others)}`)]
}

const rounded = (millis: number): string => millis < 10 ? millis.toFixed(1) : millis.toFixed(0)

const network = ({ measured }: Facts): ReadonlyArray<Check> => {
  if (measured === undefined || measured.sent === 0) return []
  const { answered, roundTrips, sent } = measured
  const sorted = roundTrips.toSorted((a, b) => a - b)
  const share = 1 - answered / sent
  const percent = Math.round(share * 100)
  const of = `${sent - answered} of ${counted(sent, "packet")} or their answers were lost`
  return [
    ...(sorted.length === 0 ? [] : [
      ok(
        "network",
        `round trip ${rounded(sorted[Math.floor(sorted.length / 2)]!)} ms ` +
          `(${rounded(sorted[0]!)} to ${rounded(sorted.at(-1)!)} ms)`
      )
    ]),
    share === 0
      ? ok("loss", `none of ${counted(sent, "packet")} was lost`)
      : share <= 0.5
      ? note("loss", `${of} (${percent} %): commands take longer, and are sent again`)
      : problem(
        "loss",
        ExitCode.noAnswer,
        `${of} (${percent} %): commands will fail. Look at the network between here and there`
      )
  ]
}

/** The findings, in the order of a login. */
export const checks = (facts: Facts): ReadonlyArray<Check> => {
  const found = new Array<Check>()
  // Each step needs the ones before it.
  for (const step of [name, password, port, login, flavour]) {
    const check = step(facts)
    found.push(check)
    if (check.status === "problem" && (step !== flavour || facts.flavour === undefined)) return found
  }
  return [...found, ...version(facts), ...admins(facts), ...network(facts)]
}
