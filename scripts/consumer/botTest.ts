/**
 * A user's tests, whose types are inferred from `@bercon/testing` and emitted as declarations.
 */
import { RconClient } from "@bercon/client"
import { MockRconClient, SimulatedServer, TestRcon } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect } from "effect"

export const layer = TestRcon.layer({ network: { loss: 0.1 } })
export const mock = MockRconClient.layer()
export const real = NodeSimulatedServer.layer()
export const server = NodeSimulatedServer.make()

export const scenario = Effect.gen(function*() {
  const server = yield* SimulatedServer.SimulatedServer
  const rcon = yield* RconClient.RconClient
  const player = yield* server.join({ name: "Miller" })
  return { player, world: yield* server.world, roster: rcon.roster, logins: yield* server.logins }
})
