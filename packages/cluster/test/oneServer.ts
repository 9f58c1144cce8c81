/**
 * A game server with the id `altis`, a cluster of some runners, and sessions of members that only use the cluster.
 */
import { RemoteSession, ServerEntity, Servers } from "@bercon/cluster"
import type { Message, Session } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { Effect, Layer, Redacted, Stream } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"

/** The password of the server. */
export const PASSWORD = "a password that stays on its runner"

/** A game server, and a cluster of runners with these ports. */
export const setup = Effect.fnUntraced(function*(...ports: ReadonlyArray<number>) {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const cluster = yield* MemoryCluster.make()
  const server = yield* SimulatedServer.make({ password: Redacted.make(PASSWORD) })
  const passwords = new Map([["altis", PASSWORD], ["wrong", "no such password"]])
  const servers: Servers.Servers["Service"]["get"] = (id) => {
    const password = passwords.get(id)
    return password === undefined
      ? Effect.fail(new Servers.ServerUnknown({ id }))
      : Effect.succeed({
        transport: network.transport(server.address),
        options: { password: Redacted.make(password) }
      })
  }
  const runners = new Map<number, MemoryCluster.Member>()
  for (const port of ports) runners.set(port, yield* cluster.runner(port, servers))
  yield* TestRcon.passTime("5 seconds")
  /** The runner that owns the session. */
  const owner = (): MemoryCluster.Member => runners.get(cluster.sockets.at(-1)!)!
  return { cluster, network, owner, passwords, runners, server, servers }
})

/** A member that only uses the cluster, and its session with a server. */
export const join = Effect.fnUntraced(function*(
  cluster: Effect.Success<ReturnType<typeof MemoryCluster.make>>,
  id = "altis",
  options?: RemoteSession.Options
) {
  const { close, sharding } = yield* cluster.consumer
  const session = yield* Effect.provideService(RemoteSession.start(id, options), Sharding.Sharding, sharding)
  return { close, session, sharding }
})

export const online = (session: Session.Session["Service"]) => TestRcon.passTime(session.online)

/** Joins the cluster, and waits until the session is online. Returns the entity's calls and the name of its activation. */
export const entityOf = Effect.fnUntraced(function*(
  cluster: Effect.Success<ReturnType<typeof MemoryCluster.make>>
) {
  const { session, sharding } = yield* join(cluster)
  yield* online(session)
  const activation = cluster.wire.flatMap((line) => /"activation":"([^"]+)"/.exec(line)?.[1] ?? [])[0]!
  const entity = (yield* Effect.provideService(ServerEntity.client, Sharding.Sharding, sharding))("altis")
  return { activation, entity }
})

/** Collects the messages and gaps of a session until the scope closes. */
export const listen = Effect.fnUntraced(function*(session: Session.Session["Service"]) {
  const heard: Array<string> = []
  yield* session.messages.pipe(
    Stream.runForEach((item: Message.Message | Message.Gap) =>
      Effect.sync(() => heard.push(item._tag === "Gap" ? `gap ${item.cause} ${item.missed}` : item.text))
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  return heard
})

export const texts = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.executions, (executions) => executions.map(({ text }) => text))

export const provided = Effect.provide(Layer.fresh(SimulatedNetwork.layer()))
