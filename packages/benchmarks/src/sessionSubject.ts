/**
 * Adapts this repository's sessions and clients to the interface of measured clients. They do not log.
 */
import type * as NodeTransport from "@bercon/session/NodeTransport"
import * as Session from "@bercon/session/Session"
import type { Transport } from "@bercon/session/Transport"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Client, Countdown, HOST, PASSWORD, type Subject, wrongReply } from "./client.ts"

/** Makes a measured client from a function that sends commands and a stream of messages or events. */
export const clientOf = async <E, E2>(
  scope: Scope.Closeable,
  command: (text: string) => Effect.Effect<string, E>,
  messages: Stream.Stream<unknown, E2>
): Promise<Client> => {
  const arrived = new Countdown()
  await messages.pipe(
    Stream.runForEach(() => Effect.sync(() => arrived.count())),
    Effect.forkIn(scope, { startImmediately: true }),
    Effect.runPromise
  )
  return {
    commands: (text, count, window, length) => {
      let unsent = count
      const worker = Effect.gen(function*() {
        while (unsent-- > 0) {
          const reply = yield* command(text)
          if (reply.length !== length) return yield* Effect.die(wrongReply(text, length, reply))
        }
      })
      return window === 1
        ? Effect.runPromise(worker)
        : Effect.runPromise(
          Effect.all(Array.from({ length: window }, () => worker), { concurrency: "unbounded", discard: true })
        )
    },
    messages: async (count) => {
      const all = arrived.wait(count)
      await Effect.runPromise(command(`flood ${count}`))
      await all
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** `Session` over a transport. */
export const over = (transport: (options: NodeTransport.Options) => Layer.Layer<Transport>): Subject => {
  const login = (port: number, scope: Scope.Scope) =>
    Session.make({ password: Redacted.make(PASSWORD) }).pipe(
      Effect.provide(Layer.merge(transport({ host: HOST, port }), Logger.layer([]))),
      Scope.provide(scope),
      Effect.runPromise
    )
  return {
    idle: (port) => login(port, Scope.makeUnsafe()),
    connect: async (port) => {
      const scope = Scope.makeUnsafe()
      const { command, messages } = await login(port, scope)
      return clientOf(scope, command, Stream.filter(messages, ({ _tag }) => _tag === "Message"))
    }
  }
}
