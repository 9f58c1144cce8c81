/** The game servers of the rig and the demo: simulated ones over UDP, which record what each client sends. */
import type { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect, type Redacted } from "effect"

export type GameServer = SimulatedServer.SimulatedServer["Service"]

/** Starts a number of game servers, each with a few players. Their ids are `server-1`, `server-2` and so on. */
export const start = Effect.fnUntraced(function*(count: number, password: Redacted.Redacted) {
  const servers = new Map<string, GameServer>()
  for (let number = 1; number <= count; number++) {
    const server = yield* NodeSimulatedServer.make({ password })
    for (let player = 0; player <= number % 3; player++) yield* server.join({ name: `Player ${number}.${player}` })
    servers.set(`server-${number}`, server)
  }
  return servers
})

/** The addresses of servers by their ids: the initial list of the cluster. */
export const addresses = (servers: ReadonlyMap<string, GameServer>) =>
  Object.fromEntries(Array.from(servers, ([id, { address }]) => [id, address]))

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"))

/** The address of the runner that owns the session of a server; `undefined` if there is no session. */
export const owner = (server: GameServer) =>
  Effect.map(server.sessions, (sessions) => {
    const last = sessions.toSorted((one, other) => other.since - one.since)[0]
    return last === undefined ? undefined : hostOf(last.address)
  })

/** When the latest session of a server logged in, in milliseconds since 1970; `undefined` if there is no session. */
export const onlineSince = (server: GameServer) =>
  Effect.map(
    server.sessions,
    (sessions) =>
      sessions.reduce<number | undefined>((latest, { since }) => Math.max(latest ?? since, since), undefined)
  )

/** Makes an effect that emits a message with the next number each time it runs. */
export const ticking = (server: GameServer) =>
  Effect.sync(() => {
    let ticks = 0
    return Effect.suspend(() => server.emit(`(Global) tick ${++ticks}`))
  })

/** The number in a message of `ticking`; `undefined` for other messages. */
export const tickOf = (text: string): number | undefined => {
  const found = /^\(Global\) tick (\d+)$/.exec(text)
  return found === null ? undefined : Number(found[1])
}

/** How often a server has run each command, by its text. */
export const runs = (server: GameServer) =>
  Effect.map(server.executions, (executions) => {
    const counts = new Map<string, number>()
    for (const { text } of executions) counts.set(text, (counts.get(text) ?? 0) + 1)
    return counts
  })

interface Heard {
  readonly time: number
  readonly address: string
  readonly isLogin: boolean
}

/** The runners that owned the sessions of a server, and their logins. */
export interface Owners {
  /** The addresses of the runners that owned the session, in order. */
  readonly hosts: ReadonlyArray<string>
  /** How many logins the server accepted. */
  readonly logins: number
  /** How often a replaced session still sent something. */
  readonly overlaps: number
}

/** The owners of a server's sessions since a time, in milliseconds since 1970. */
export const owners = Effect.fnUntraced(function*(server: GameServer, since: number) {
  const logins = (yield* server.logins).filter(({ admin }) => admin !== undefined)
  const heard: ReadonlyArray<Heard> = [
    ...logins.map(({ address, time }) => ({ address, time, isLogin: true })),
    ...(yield* server.commands).map(({ address, time }) => ({ address, time, isLogin: false })),
    ...(yield* server.acknowledgements).map(({ address, time }) => ({ address, time, isLogin: false }))
  ].sort((one, other) => one.time - other.time)
  const hosts: Array<string> = []
  /** The addresses of replaced sessions. */
  const former = new Set<string>()
  let current: string | undefined
  let overlaps = 0
  let accepted = 0
  for (const { address, isLogin, time } of heard) {
    if (time >= since && hosts.length === 0 && current !== undefined) hosts.push(hostOf(current))
    if (isLogin && address !== current) {
      if (current !== undefined) former.add(current)
      former.delete(address)
      current = address
    } else if (former.has(address) && time >= since) overlaps++
    if (time < since || !isLogin) continue
    accepted++
    if (hosts.at(-1) !== hostOf(address)) hosts.push(hostOf(address))
  }
  const result: Owners = { hosts, logins: accepted, overlaps }
  return result
})
