/**
 * Finds out the facts about a connection: resolves the name, logs in, asks for the version and the admins, and sends
 * keepalives.
 */
import type * as NodeRcon from "@bercon/client/NodeRcon"
import * as NodeTransport from "@bercon/client/NodeTransport"
import * as RconClient from "@bercon/client/RconClient"
import { Transport } from "@bercon/client/Transport"
import { Peer } from "@bercon/client/unstable"
import * as Packet from "@bercon/codec/Packet"
import { SystemError } from "@bercon/fleet/unstable"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Dns from "node:dns/promises"
import { observed } from "../connection/observed.ts"
import type { Facts } from "./connection.ts"
import { measure, type Seen } from "./measure.ts"
import { cleaned, oddities } from "./password.ts"

/** How many of a session's newest commands and replies are kept: enough for a thousand keepalives. */
const CAPACITY = 10_000

/** The commands and replies of a session. Logins are not kept: they contain the password. */
class Log {
  readonly seen = new Array<Seen>()
  readonly received = { valid: 0, foreign: 0 }

  readonly see = (datagram: Uint8Array, direction: "sent" | "received"): void => {
    const decoded: Result.Result<Packet.ClientPacket | Packet.ServerPacket, unknown> = direction === "sent"
      ? Packet.decodeClient(datagram)
      : Packet.decodeServer(datagram)
    if (direction === "received") this.received[Result.isSuccess(decoded) ? "valid" : "foreign"]++
    if (Result.isFailure(decoded)) return
    const packet = decoded.success
    if (packet._tag !== "Command" && packet._tag !== "CommandReply") return
    if (this.seen.length >= CAPACITY) this.seen.shift()
    // The payload is in a buffer that is used again. `measure` only checks whether it is empty.
    this.seen.push({ at: performance.now(), packet: { ...packet, payload: packet.payload.slice(0, 1) } })
  }
}

const addressesOf = (host: string): Effect.Effect<Facts["addresses"]> =>
  // Node would resolve some impossible hosts, such as an empty one.
  Peer.problemOfHost("host", host) !== undefined ?
    Effect.succeed({ code: "EINVAL" }) :
    Effect.promise(() =>
      Dns.lookup(host, { all: true, order: "ipv4first" }).then(
        (found) => found.map(({ address }) => address),
        (cause: unknown) => ({ code: SystemError.code(cause) })
      )
    )

/** Sends keepalives one after the other, and waits a moment for late replies. */
const keepalives = Effect.fnUntraced(function*(rcon: RconClient.Service, count: number) {
  for (let sent = 0; sent < count; sent++) {
    yield* Effect.ignore(rcon.command("", { timeout: "3 seconds" }))
    yield* Effect.sleep("50 millis")
  }
  yield* Effect.sleep("250 millis")
})

/** Whether the server accepts a password. */
const accepts = (options: NodeRcon.Options, password: string): Effect.Effect<boolean> =>
  RconClient.make({ ...options, password: Redacted.make(password) }).pipe(
    Effect.scoped,
    Effect.isSuccess,
    Effect.provideService(Transport, NodeTransport.make(options))
  )

/** The answers of a server after the login. */
const ask = Effect.fnUntraced(function*(
  rcon: RconClient.Service
): Effect.fn.Return<Pick<Facts, "flavour" | "version" | "admins">> {
  const flavour = Option.getOrUndefined(yield* Effect.option(rcon.flavour))
  if (flavour !== "BattlEye") return { flavour }
  const version = yield* Effect.result(rcon.version)
  const all = yield* Effect.option(rcon.admins)
  const own = Option.getOrUndefined(yield* rcon.adminId)
  return {
    flavour,
    version: Result.match(version, {
      onFailure: (failure) => ({ failure }),
      onSuccess: (version) => ({ text: version.toString() })
    }),
    admins: Option.getOrUndefined(Option.map(all, (all) => ({ own, all })))
  }
})

/** Finds out the facts about a connection. `count`: the number of keepalives. */
export const probe = Effect.fnUntraced(function*(options: NodeRcon.Options, count: number): Effect.fn.Return<Facts> {
  const password = Redacted.value(options.password)
  const log = new Log()
  const facts = {
    host: options.host,
    port: options.port,
    addresses: yield* addressesOf(options.host),
    oddities: oddities(password),
    received: log.received,
    configured: options.flavour ?? "auto"
  }
  if ("code" in facts.addresses || password === "") return facts
  const login = RconClient.make({ ...options, flavour: "auto", rosterInterval: Infinity })
  return yield* Effect.flatMap(login, (rcon) =>
    Effect.gen(function*() {
      const answers = yield* ask(rcon)
      if (answers.flavour === undefined) return { ...facts, ...answers }
      yield* keepalives(rcon, count)
      return { ...facts, ...answers, measured: measure(log.seen) }
    })).pipe(
      Effect.catch((failure) => {
        const other = cleaned(password)
        return failure.reason._tag === "LoginRefused" && other !== "" && other !== password
          ? Effect.map(accepts(options, other), (acceptsCleaned) => ({ ...facts, failure, acceptsCleaned }))
          : Effect.succeed({ ...facts, failure })
      }),
      Effect.scoped,
      Effect.provideService(Transport, observed(NodeTransport.make(options), log.see))
    )
})
