import { Session, Transport } from "@bercon/session"
import { ServerMachine, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { recording } from "../src/recording.ts"

it.effect("writes down what a session sends and receives, and changes nothing of it", () =>
  Effect.gen(function*() {
    const recorded: Array<string> = []
    const transport = recording(yield* Transport.Transport, ({ datagram, direction }) => {
      recorded.push(`${direction} type ${datagram[7]}`)
    })
    const session = yield* Session.make({ password: ServerMachine.DEFAULT_PASSWORD }).pipe(
      Effect.provideService(Transport.Transport, transport)
    )
    yield* TestRcon.adjust(0)
    assert.match(yield* session.command("version"), /^\d/)
    assert.deepStrictEqual(recorded, [
      "sent type 0",
      "received type 0",
      "received type 2",
      "sent type 2",
      "sent type 1",
      "received type 1"
    ])
  }).pipe(Effect.provide(TestRcon.layerTransport())))
