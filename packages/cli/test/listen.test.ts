/**
 * Listening to servers, without the command line, which has one time limit for the logins to all servers.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Option, Redacted, Stream } from "effect"
import { vi } from "vitest"
import type { Server } from "../src/connection/Servers.ts"
import { listen } from "../src/events/listen.ts"
import { chatting, PASSWORD, server } from "./simulated.ts"

const silent = { done: () => Effect.void, count: () => Effect.void, erase: Effect.void }

const named = (name: string, port: number, loginTimeout: Duration.Input): Server => ({
  name,
  isPatient: false,
  options: {
    host: "127.0.0.1",
    port,
    password: Redacted.make(PASSWORD),
    loginTimeout: Duration.fromInputUnsafe(loginTimeout)
  }
})

describe("listening to several servers", () => {
  it.live("brings the events of a server that was down as soon as it is up, if another server is up", () =>
    Effect.gen(function*() {
      const [up, down] = [yield* server(), yield* server()]
      yield* down.stop({ keepPlayers: true })
      let printed = ""
      const isTriedAgain = Deferred.makeUnsafe<void>()
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          vi.spyOn(process.stderr, "write").mockImplementation((text) => {
            printed += String(text)
            if (printed.includes("trying again")) Deferred.doneUnsafe(isTriedAgain, Exit.void)
            return true
          })
        ),
        (spy) => Effect.sync(() => spy.mockRestore())
      )
      const servers = [named("up", up.address.port, "5 minutes"), named("down", down.address.port, "300 millis")]
      const { events, failures } = listen({ servers, unusable: [], labelled: true }, undefined, silent)
      const chat = yield* events.pipe(
        Stream.filter(({ row }) => row._tag === "PlayerChat"),
        Stream.runHead,
        Effect.forkChild
      )
      yield* Deferred.await(isTriedAgain)
      assert.match(printed, /^bercon: down: no session with .*\nbercon: down: trying again until it answers\n$/)
      yield* down.start
      yield* chatting(down)
      assert.deepStrictEqual(Option.map(yield* Fiber.join(chat), ({ server }) => server), Option.some("down"))
      assert.match(printed, /trying again until it answers\nbercon: down: logged in\n$/)
      assert.deepStrictEqual(yield* failures, [undefined, undefined])
    }))
})
