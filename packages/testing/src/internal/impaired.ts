/**
 * Puts a bad network in front of a port.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { type Endpoint, EndpointError, type Received } from "../Endpoint.ts"
import type { PathOptions } from "../SimulatedNetwork.ts"
import * as Path from "./path.ts"

/** Maximum number of waiting datagrams in each direction. Further ones are dropped. */
const CAPACITY = 4096

/** Wraps the port. Datagrams under way are lost when the scope closes. */
export const make = Effect.fnUntraced(function*(port: Endpoint, options: PathOptions) {
  const inbound = yield* Queue.dropping<Received, EndpointError>(CAPACITY)
  const outbound = yield* Queue.dropping<{ readonly to: string; readonly datagram: Uint8Array }>(CAPACITY)
  // A reader of the port gets the cause if one of the fibers below has died.
  const died = (cause: Cause.Cause<EndpointError>): void => {
    if (!Cause.hasInterruptsOnly(cause)) Queue.failCauseUnsafe(inbound, cause)
  }
  const path = yield* Path.make(options, died)
  // The random choices depend on the line's name. It is empty, so they are the same for every port.
  const line = yield* path.line("")
  yield* Effect.addFinalizer(() => Queue.fail(inbound, new EndpointError({ kind: "Closed", address: port.address })))

  const read = Effect.map(port.pull, (batch) => {
    for (const { datagram, from } of batch) {
      line.send("toServer", datagram, (datagram) => Path.offer(inbound, { from, datagram }))
    }
  })

  // As on any network, a datagram that cannot be sent is lost without notice.
  const write = Effect.flatMap(
    Queue.takeAll(outbound),
    Effect.forEach(({ datagram, to }) => Effect.ignore(port.write(to, datagram)), { discard: true })
  )

  for (const fiber of [Effect.forever(read), Effect.forever(write)]) {
    yield* fiber.pipe(
      Effect.onError((cause) => Effect.sync(() => died(cause))),
      Effect.forkScoped
    )
  }

  const endpoint: Endpoint = {
    address: port.address,
    pull: Queue.takeAll(inbound),
    write: (to, datagram) =>
      Effect.sync(() => line.send("toClient", datagram, (datagram) => Path.offer(outbound, { to, datagram })))
  }
  return endpoint
})
