import { RconClient } from "@bercon/client"
import { Session, Transport } from "@bercon/session"
import { ServerMachine, SimulatedServer, TestRcon } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { recordedClient } from "../src/recordedClient.ts"
import { type Recorded, recording } from "../src/recording.ts"

/** Logs in through a recording, and sends one command. */
const recorded = Effect.gen(function*() {
  const datagrams: Array<Recorded> = []
  const transport = recording(yield* Transport.Transport, (datagram) => datagrams.push(datagram))
  const session = yield* Session.make({ password: ServerMachine.DEFAULT_PASSWORD }).pipe(
    Effect.provideService(Transport.Transport, transport)
  )
  yield* TestRcon.passTime(0)
  assert.match(yield* session.command("version"), /^\d/)
  return datagrams
})

it.effect("records the datagrams of a session, except its login", () =>
  Effect.gen(function*() {
    const lines = (yield* recorded).map(({ datagram, direction }) => `${direction} type ${datagram[7]}`)
    assert.deepStrictEqual(lines, ["received type 2", "sent type 2", "sent type 1", "received type 1"])
  }).pipe(Effect.provide(TestRcon.layerTransport())))

it.effect("keeps neither the password nor the buffer that all sessions share", () =>
  Effect.gen(function*() {
    for (const { datagram } of yield* recorded) {
      assert.notStrictEqual(datagram[7], 0)
      assert.strictEqual(datagram.byteLength, datagram.buffer.byteLength)
    }
  }).pipe(Effect.provide(TestRcon.layerTransport())))

it.live("records the datagrams of a client over UDP", () =>
  Effect.gen(function*() {
    const { address } = yield* SimulatedServer.SimulatedServer
    const datagrams: Array<Recorded> = []
    const client = recordedClient(
      { host: address.host, port: address.port },
      { password: ServerMachine.DEFAULT_PASSWORD },
      (datagram) => datagrams.push(datagram)
    )
    yield* RconClient.RconClient.use((rcon) => rcon.players).pipe(Effect.provide(client))
    const commands = datagrams.filter(({ datagram, direction }) => direction === "sent" && datagram[7] === 1)
    assert.isNotEmpty(commands)
  }).pipe(Effect.provide(NodeSimulatedServer.layer({ port: 0 }))))
