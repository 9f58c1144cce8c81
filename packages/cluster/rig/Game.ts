/** The game servers of the rig and the demo: simulated ones over real UDP, which record who speaks to them. */
import type { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect, type Redacted } from "effect"

export type GameServer = SimulatedServer.SimulatedServer["Service"]

/** Starts as many game servers, each with a few players. Their ids are `server-1`, `server-2` and so on. */
export const start = Effect.fnUntraced(function*(count: number, password: Redacted.Redacted) {
  const servers = new Map<string, GameServer>()
  for (let number = 1; number <= count; number++) {
    const server = yield* NodeSimulatedServer.make({ password })
    for (let player = 0; player <= number % 3; player++) yield* server.join({ name: `Player ${number}.${player}` })
    servers.set(`server-${number}`, server)
  }
  return servers
})

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"))

/** The runner that has a session with a server, by its address. */
export const owner = (server: GameServer) =>
  Effect.map(server.sessions, (sessions) => {
    const last = sessions.toSorted((one, other) => other.since - one.since)[0]
    return last === undefined ? "nobody" : hostOf(last.address)
  })

/** Since when the session has been there that a server accepted last, in milliseconds since 1970. */
export const onlineSince = (server: GameServer) =>
  Effect.map(
    server.sessions,
    (sessions) =>
      sessions.reduce<number | undefined>((latest, { since }) => Math.max(latest ?? since, since), undefined)
  )

/** Sends the next tick, each with the number after that of the last. */
export const ticking = (server: GameServer) =>
  Effect.sync(() => {
    let ticks = 0
    return Effect.suspend(() => server.emit(`(Global) tick ${++ticks}`))
  })

/** The number of a tick, if the message is one. */
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

/** What servers saw of those who had sessions with them. */
export interface Owners {
  /** The runner that had the session at first, and those that had it after it, by their addresses. */
  readonly hosts: ReadonlyArray<string>
  /** How many logins the server accepted. */
  readonly logins: number
  /** How often a session said something after a later one had been accepted: it should be never. */
  readonly overlaps: number
}

/** Who had sessions with a server since a time, in milliseconds since 1970. */
export const owners = Effect.fnUntraced(function*(server: GameServer, since: number) {
  const logins = (yield* server.logins).filter(({ admin }) => admin !== undefined)
  const heard: ReadonlyArray<Heard> = [
    ...logins.map(({ address, time }) => ({ address, time, isLogin: true })),
    ...(yield* server.commands).map(({ address, time }) => ({ address, time, isLogin: false })),
    ...(yield* server.acknowledgements).map(({ address, time }) => ({ address, time, isLogin: false }))
  ].sort((one, other) => one.time - other.time)
  const hosts: Array<string> = []
  /** The sessions that a later one has replaced. */
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
