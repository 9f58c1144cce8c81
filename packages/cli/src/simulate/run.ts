/**
 * A simulated server on UDP, and its happenings.
 */
import { type EndpointError, formatAddress } from "@bercon/testing/Endpoint"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import type * as ServerMachine from "@bercon/testing/ServerMachine"
import type * as SimulatedNetwork from "@bercon/testing/SimulatedNetwork"
import type * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Crowd from "./crowd.ts"
import * as Happening from "./Happening.ts"

/** Options of the simulation. */
export interface Options extends Crowd.Options {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Default: `secret`. */
  readonly password: Redacted.Redacted | undefined
  readonly flavour: ServerMachine.Flavour
  /** Default: no faults but those of the real network. */
  readonly network: SimulatedNetwork.Conditions | undefined
  readonly seed: number
}

/** How many happenings may wait for a slow reader. If there are more, the oldest are lost. */
const CAPACITY = 1024

/** Simulates a server for as long as the stream is read. The stream ends when an admin ends the server. */
export const simulate = (options: Options): Stream.Stream<Happening.Happening, EndpointError> =>
  Stream.unwrap(
    Effect.gen(function*() {
      const queue = yield* Queue.sliding<Happening.Happening, Cause.Done>(CAPACITY)
      const tell = (happening: Happening.Happening | undefined) => {
        if (happening !== undefined) Queue.offerUnsafe(queue, happening)
      }
      const shutdown = Deferred.makeUnsafe<void>()
      const observer = Happening.observer(tell)
      const server = yield* NodeSimulatedServer.make({
        ...options,
        world: yield* Crowd.firstWorld(options.players, options.flavour === "Reforger" ? 1 : 0),
        network: options.network && { ...options.network, seed: options.seed },
        recordCapacity: 1,
        observer: {
          ...observer,
          commands: (command) => {
            observer.commands?.(command)
            if (command.outcome === "Executed" && /^#shutdown( |$)/i.test(command.text)) {
              Deferred.doneUnsafe(shutdown, Exit.void)
            }
          }
        }
      })
      tell({ time: yield* DateTime.now, kind: "Listening", address: formatAddress(server.address) })
      yield* Effect.raceAllFirst([
        Crowd.live(server, options, (time, action) => tell(Happening.ofAction(time, action))),
        server.failure,
        // The server answers the command before it performs this update.
        Effect.andThen(Deferred.await(shutdown), server.update(identity))
      ]).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => Exit.isSuccess(exit) ? Queue.endUnsafe(queue) : Queue.failCauseUnsafe(queue, exit.cause))
        ),
        Effect.forkScoped
      )
      return Stream.fromQueue(queue)
    }).pipe(Random.withSeed(options.seed))
  )
