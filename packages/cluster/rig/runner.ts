/**
 * One runner of the cluster, as a process of its own: the program that people run on each of their machines.
 *
 * It reads everything from its environment: `DATABASE_URL`, `RUNNER_PORT`, `RUNNER_ADDRESS` (the local address from which
 * it sends to game servers), `GAME_SERVERS` (ids and addresses as JSON) and `GAME_PASSWORD`.
 */
import { ServerEntity, Servers } from "@bercon/cluster"
import * as NodeTransport from "@bercon/session/NodeTransport"
import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { Cluster } from "./Cluster.ts"
import { GameServers, READY } from "./Handover.ts"

const runner = Layer.unwrap(Effect.gen(function*() {
  const address = yield* Config.String("RUNNER_ADDRESS")
  const password = yield* Config.Redacted("GAME_PASSWORD")
  const servers = yield* Config.schema(GameServers, "GAME_SERVERS")
  const find: Servers.Servers["Service"]["get"] = (id) => {
    const server = Object.hasOwn(servers, id) ? servers[id] : undefined
    return server === undefined
      ? Effect.fail(new Servers.ServerUnknown({ id }))
      : Effect.succeed({ transport: NodeTransport.make({ ...server, bind: { address } }), options: { password } })
  }
  return ServerEntity.layer().pipe(
    Layer.provide(Servers.layer(find)),
    Layer.provide(Cluster.runner(yield* Config.Redacted("DATABASE_URL"), yield* Config.Port("RUNNER_PORT")))
  )
}))

const program = Layer.provide(Layer.effectDiscard(Console.log(READY)), runner)

NodeRuntime.runMain(Layer.launch(program))
