/**
 * Clients of simulated servers.
 */
import {
  type ActionError,
  type CommandError,
  Guid,
  Player,
  RconClient,
  type ReplyError,
  type ServerEvent
} from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { Effect, Fiber, Layer, Random, Redacted, Result, Stream } from "effect"

/** Any failure of a command. */
export type Failure = ActionError.ActionError | CommandError.CommandError | ReplyError.ReplyError

/** A different GUID for each number. */
export const guidOf = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))

export const slot = (id: number) => Player.PlayerId.make(id)

/** Options with which commands succeed on a network with loss. */
export const options = {
  password: Redacted.make("secret"),
  loginTimeout: "1 minute",
  commandTimeout: "2 minutes"
} as const

/** A client that is not logged in yet: the login takes time on a network with loss. */
export const simulated = (loss = 0, more: Partial<RconClient.Options> = {}) =>
  Layer.effect(RconClient.RconClient, RconClient.start({ ...options, ...more })).pipe(
    Layer.provideMerge(TestRcon.layerTransport({ network: { loss, seed: "bots" } }))
  )

/** Runs an effect to its end, which may take up to a day. */
export const completed = <A, E>(effect: Effect.Effect<A, E>) => TestRcon.passTime(effect, "1 day")

/** Collects all events of some kinds from now on. */
export const collected = Effect.fnUntraced(function*<A extends ServerEvent.ServerEvent>(
  isWanted: (event: ServerEvent.ServerEvent) => event is A
) {
  const { events } = yield* RconClient.RconClient
  const seen: Array<A> = []
  yield* events.pipe(
    Stream.filter(isWanted),
    Stream.runForEach((event) => Effect.sync(() => seen.push(event))),
    Effect.forkScoped({ startImmediately: true })
  )
  return seen
})

/** Passes time, up to 10 minutes, until a fiber has ended. Returns its result. */
export const outcome = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.result(Effect.catchTag(TestRcon.passTime(Fiber.join(fiber), "10 minutes"), "TimeoutError", Effect.die))

/** A server, a client that is logged in to it, and a function that runs actions of the client. */
export const online = Effect.fnUntraced(function*(options?: Partial<RconClient.Options>) {
  const server = yield* SimulatedServer.SimulatedServer
  const connecting = yield* Effect.forkScoped(
    Random.withSeed(
      RconClient.make({ password: Redacted.make("secret"), loginTimeout: "1 minute", ...options }),
      "commands"
    )
  )
  const rcon = Result.getOrThrow(yield* outcome(connecting))
  yield* TestRcon.passTime("1 second")
  /** Runs an action. Returns `"done"`, `"ReplyError"`, or the tag of the reason of another error. */
  const run = Effect.fnUntraced(function*(
    action: Effect.Effect<void, Failure>
  ) {
    const result = yield* outcome(yield* Effect.forkChild(action, { startImmediately: true }))
    if (Result.isSuccess(result)) return "done"
    return result.failure._tag === "ReplyError" ? "ReplyError" : result.failure.reason._tag
  })
  return { server, rcon, run }
})
