/**
 * Runs a plan on a server over UDP, with its store in a folder. The points at which its process can be killed are marked:
 * before each record is written, and before and after each warning and each command is sent.
 */
import { RconClient } from "@bercon/client"
import * as NodeTransport from "@bercon/client/NodeTransport"
import { Transport } from "@bercon/client/Transport"
import { FolderStore, type PlanEvent, Plans, type RestartPlan } from "@bercon/operations"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"

export interface Scene {
  /** The port of the server. */
  readonly port: number
  /** The folder of the store. */
  readonly folder: string
  /** Returns the time of the restart, in milliseconds since 1970, as soon as it is known. */
  readonly time: Effect.Effect<number>
}

const plan = (time: number): RestartPlan.Input => ({
  id: "soon",
  at: { once: new Date(time) },
  warnings: ["3 seconds", "1 second"],
  command: "restartServer",
  latest: "1 minute",
  goneWithin: "2 seconds"
})

const MARKS = ["say -1", "#restartserver"].map((text) => Buffer.from(text))

/** A transport that calls `point` before and after it sends a warning or the command. */
const watchedTransport = (port: number, point: () => void): Transport["Service"] => {
  const { open, peer } = NodeTransport.make({ host: "127.0.0.1", port })
  return {
    peer,
    open: Effect.map(open, ({ listen, send }) => ({
      listen,
      send: (datagram) => {
        const isMarked = MARKS.some((mark) => Buffer.from(datagram).includes(mark))
        if (isMarked) point()
        send(datagram)
        if (isMarked) point()
      }
    }))
  }
}

const store = (folder: string, point: () => void) =>
  Layer.effect(
    KeyValueStore.KeyValueStore,
    Effect.map(KeyValueStore.KeyValueStore, (store) => ({
      ...store,
      set: (key, value) =>
        Effect.suspend(() => {
          point()
          return store.set(key, value)
        })
    }))
  ).pipe(
    Layer.provide(FolderStore.layer(folder)),
    Layer.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  )

/**
 * Logs in, and waits until the time of the restart is known. Then adds the plan, unless the store has it, and drives it until
 * its occurrence is over. Returns the event of its outcome. `point` is called at each point.
 */
export const drive = ({ folder, port, time }: Scene, point: () => void = () => {}) =>
  Effect.scoped(Effect.gen(function*() {
    const plans = yield* Plans.make()
    const rcon = yield* RconClient.make({ password: Redacted.make("secret"), loginTimeout: "Infinity" })
    const isOver = (event: PlanEvent.PlanEvent) => event._tag === "Restarted" || event._tag === "NotRestarted"
    const over = yield* Effect.forkScoped(
      plans.events.pipe(Stream.filter(isOver), Stream.runHead, Effect.flatMap(Effect.fromOption)),
      { startImmediately: true }
    )
    const at = yield* time
    if ((yield* plans.list).length === 0) yield* plans.add(plan(at))
    yield* Effect.forkScoped(plans.drive("altis", rcon))
    return yield* Fiber.join(over)
  })).pipe(Effect.provide(Layer.merge(
    store(folder, point),
    Layer.succeed(Transport, watchedTransport(port, point))
  )))
