/**
 * A network of datagrams in memory, with adjustable faults.
 *
 * **Details**
 *
 * Servers `bind` an address, and clients get a `transport` to it. The connection between the clients and one server is
 * a {@link Line}. Every datagram from client to server (`toServer`) and back (`toClient`) is subject to the
 * {@link Conditions} of its direction: it may be lost, damaged, duplicated, held back or delayed. Random choices follow
 * from a seed: the fate of the n-th datagram in a direction of a line depends only on the seed, the server's address,
 * n, and the conditions at that moment.
 *
 * Time comes from the `Clock`, so under `TestClock` a delayed datagram arrives when the test adjusts the clock. Without
 * delay a datagram arrives at once: a server finds it in its queue, and a client's receiver is called.
 *
 * The computer on which the clients run (below: the clients' machine) can fail, too: no socket can be opened, nothing
 * can be sent (`fail`), or open sockets break (`breakSockets`).
 *
 * A network lives in the scope in which it was made; closing the scope closes every socket. A server's queue holds
 * `receiveCapacity` datagrams, and the network at most 65,536 delayed ones. Further datagrams are dropped, and counted.
 *
 * **Example** (An outage of a minute)
 *
 * ```ts
 * import { SimulatedNetwork, TestRcon } from "@bercon/testing"
 * import { Effect } from "effect"
 *
 * const outage = Effect.gen(function*() {
 *   const network = yield* SimulatedNetwork.SimulatedNetwork
 *   yield* network.partition()
 *   yield* TestRcon.passTime("1 minute")
 *   yield* network.heal()
 * }).pipe(Effect.provide(TestRcon.layer({ network: { loss: 0.1, latency: "40 millis" } })))
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type * as Transport from "@bercon/session/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type Address, type Endpoint, EndpointError, formatAddress, type Received } from "./Endpoint.ts"
import { atLeastOne } from "./internal/atLeastOne.ts"
import { type ClientSocket, ClientSockets, ioFailed, openFailed } from "./internal/clientSockets.ts"
import * as Path from "./internal/path.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The direction of a datagram.
 *
 * @category models
 * @since 0.1.0
 */
export type Direction = "toServer" | "toClient"

/**
 * The quality of a direction of a line. Fractions are from 0 to 1. Fractions and durations are 0 by default, except for
 * `reorderingDelay`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Conditions {
  /** The fraction of datagrams that are lost. */
  readonly loss?: number | undefined
  /** The fraction of datagrams that arrive twice. */
  readonly duplication?: number | undefined
  /** The fraction of datagrams in which one bit arrives changed. */
  readonly corruption?: number | undefined
  /** The fraction of datagrams that are held back for `reorderingDelay`, so that later ones overtake them. */
  readonly reordering?: number | undefined
  /** How long datagrams are held back for `reordering`. Default 50 milliseconds. */
  readonly reorderingDelay?: Duration.Input | undefined
  /** Delay of every datagram. Delays are rounded up to milliseconds. */
  readonly latency?: Duration.Input | undefined
  /** Maximum additional delay, evenly distributed. If it exceeds the time between two datagrams, it can reorder them. */
  readonly jitter?: Duration.Input | undefined
}

/**
 * The conditions of both directions. `toServer` and `toClient` override them for one direction.
 *
 * @category models
 * @since 0.1.0
 */
export interface PathConditions extends Conditions {
  readonly toServer?: Conditions | undefined
  readonly toClient?: Conditions | undefined
}

/**
 * The conditions of both directions, and the seed of the random choices.
 *
 * @category models
 * @since 0.1.0
 */
export interface PathOptions extends PathConditions {
  /** The seed of the random choices. Default 0. */
  readonly seed?: number | string | undefined
}

/**
 * Failures of the clients' machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failures {
  /**
   * The `kind` of `OpenFailed` with which every `open` fails: `"HostUnresolved"`, `"AddressInUse"`, ... Default: no
   * failure.
   */
  readonly open?: Transport.OpenFailed["kind"] | undefined
  /**
   * The `kind` of `IoFailed` with which every `send` fails without sending: `"Unreachable"`, ... Default: no failure.
   */
  readonly write?: Transport.IoFailed["kind"] | undefined
}

/**
 * The options of a network.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends PathOptions {
  /** Failures from the beginning. Default: no failures. */
  readonly failures?: Failures | undefined
  /**
   * Maximum number of datagrams that wait for a server, at least 1. Default 1,024. Datagrams to clients are delivered
   * at once, without a queue.
   */
  readonly receiveCapacity?: number | undefined
}

/**
 * Counts of the fates of datagrams in a direction.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statistics {
  /** Datagrams that were sent. */
  readonly sent: number
  /** Sent datagrams that were lost by chance. */
  readonly lost: number
  /** Sent datagrams that were lost because the direction was cut. */
  readonly cut: number
  /** Datagrams that were duplicated. This count and the next two leave out the lost ones. */
  readonly duplicated: number
  /** Datagrams that were damaged. */
  readonly corrupted: number
  /** Datagrams that were held back. */
  readonly reordered: number
  /** Datagrams that arrived, including duplicates. */
  readonly delivered: number
  /** Datagrams that arrived at a closed port, including duplicates. */
  readonly refused: number
  /** Datagrams that were dropped because a queue was full, including duplicates. */
  readonly overflowed: number
}

/**
 * Controls the lines between the clients' machine and all servers, or the line to one server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Line {
  /**
   * Changes the conditions for datagrams sent from now on. Omitted conditions stay as they are. Dies with a
   * `RangeError`, and changes nothing, if a fraction is not from 0 to 1, or a duration is infinite.
   */
  readonly change: (conditions: PathConditions) => Effect.Effect<void>
  /** Cuts a direction, or both: datagrams sent from now on are lost without notice. */
  readonly partition: (direction?: Direction) => Effect.Effect<void>
  /** Restores a direction that was cut, or both. */
  readonly heal: (direction?: Direction) => Effect.Effect<void>
  /**
   * Sets the failures of the clients' machine from now on, for sockets to these servers. Omitted failures end:
   * `fail({})` ends all. Open sockets stay open.
   */
  readonly fail: (failures: Failures) => Effect.Effect<void>
  /**
   * Breaks every open client socket to these servers: the socket and every later send on it fail with an `IoFailed` of
   * this kind, default `"Unknown"`. New sockets can be opened. The servers are not notified.
   */
  readonly breakSockets: (kind?: Transport.IoFailed["kind"]) => Effect.Effect<void>
}

/**
 * The service: a network in memory. Its own methods act on all lines, including those added later.
 *
 * @category services
 * @since 0.1.0
 */
export class SimulatedNetwork extends Context.Service<
  SimulatedNetwork,
  Line & {
    /** Binds an address in the caller's scope. Fails with `AddressInUse` if it is already bound. */
    readonly bind: (address: Address) => Effect.Effect<Endpoint, EndpointError, Scope.Scope>
    /**
     * Makes a transport to the server at an address. Each `open` gets a different local address, from port 50001 to
     * 65535 on `127.0.0.1`, and receives datagrams only from its server. If all are in use, it fails with
     * `AddressInUse`. If a datagram arrives at the server's address while no server is bound there, `notSent` is called
     * with an `IoFailed` of kind `Refused`, unless `toClient` is cut.
     */
    readonly transport: (server: Address) => Transport.Transport["Service"]
    /** The line to the server at an address. Later changes of all lines affect it, too. */
    readonly line: (server: Address) => Line
    /** The counts so far. */
    readonly statistics: Effect.Effect<Readonly<Record<Direction, Statistics>>>
  }
>()("@bercon/testing/SimulatedNetwork") {}

// -----------------------------------------------------------------------------
// the network
// -----------------------------------------------------------------------------

/**
 * Makes a network in memory, in the caller's scope. Closing the scope closes every socket.
 *
 * **Details**
 *
 * Dies with a `RangeError` if a fraction is not from 0 to 1, a duration is infinite, or `receiveCapacity` is not a
 * positive integer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<SimulatedNetwork["Service"], never, Scope.Scope> {
  const capacity = atLeastOne("receiveCapacity", options.receiveCapacity ?? 1024)
  let failures = options.failures ?? {}
  /** The failures by server, if they differ from `failures`. */
  const failuresOf = new Map<string, Failures>()
  /** The servers by address. `closed` is the error of an endpoint after its scope has closed. */
  const servers = new Map<
    string,
    { readonly queue: Queue.Queue<Received, EndpointError>; readonly closed: EndpointError }
  >()
  const sockets = new ClientSockets()

  // If the delivery dies, no more datagrams arrive. Servers and clients get the cause.
  const path = yield* Path.make(options, (cause) => {
    for (const { queue } of servers.values()) Queue.failCauseUnsafe(queue, cause)
    for (const { receiver } of sockets.all) receiver?.failed(cause)
  })

  const failuresTo = (server: string): Failures => failuresOf.get(server) ?? failures

  const toServer = (client: ClientSocket, line: Path.ServerLine) => (datagram: Uint8Array): Path.Arrival => {
    const server = servers.get(client.peer)
    if (server !== undefined) return Path.offer(server.queue, { from: client.local, datagram })
    // The refusal reaches the client only if its socket is still open and the way back is not cut.
    if (client.ended === undefined && !line.isCut("toClient")) {
      client.receiver?.notSent(ioFailed("Refused", client.peer))
    }
    return "refused"
  }

  const toClient = (from: string, to: string) => (datagram: Uint8Array): Path.Arrival => {
    const client = sockets.get(to)
    if (client?.peer !== from) return "refused"
    client.receiver?.receive(datagram)
    return "delivered"
  }

  const bind = Effect.fnUntraced(function*(address: Address) {
    const name = formatAddress(address)
    const line = yield* path.line(name)
    if (servers.has(name)) return yield* new EndpointError({ kind: "AddressInUse", address })
    const closed = new EndpointError({ kind: "Closed", address })
    const queue = yield* Queue.dropping<Received, EndpointError>(capacity)
    servers.set(name, { queue, closed })
    yield* Effect.addFinalizer(() => {
      servers.delete(name)
      return Queue.fail(queue, closed)
    })
    const endpoint: Endpoint = {
      address,
      pull: Queue.takeAll(queue),
      write: (to, datagram) =>
        Effect.suspend(() => {
          if (servers.get(name)?.queue !== queue) return Effect.fail(closed)
          line.send("toClient", datagram, toClient(name, to))
          return Effect.void
        })
    }
    return endpoint
  }, Effect.uninterruptible)

  const open = Effect.fnUntraced(function*(peer: string) {
    const failing = failuresTo(peer).open
    if (failing !== undefined) return yield* openFailed(failing, peer)
    const line = yield* path.line(peer)
    const client = sockets.open(peer)
    if (client === undefined) return yield* openFailed("AddressInUse", peer)
    yield* Effect.addFinalizer(() => Effect.sync(() => sockets.close(client)))
    const deliver = toServer(client, line)
    const connection: Transport.Connection = {
      listen: (receiver) => {
        client.receiver = receiver
      },
      send: (datagram) => {
        const kind = client.ended ?? failuresTo(peer).write
        if (kind === undefined) line.send("toServer", datagram, deliver)
        else client.receiver?.notSent(ioFailed(kind, peer))
      }
    }
    return connection
  }, Effect.uninterruptible)

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const { closed, queue } of servers.values()) Queue.failCauseUnsafe(queue, Cause.fail(closed))
      sockets.break("Closed", () => true)
      servers.clear()
    })
  )

  return SimulatedNetwork.of({
    bind,
    transport: (server) => {
      const peer = formatAddress(server)
      return { peer, open: open(peer) }
    },
    change: (conditions) => Effect.sync(() => path.change(conditions)),
    partition: (direction) => Effect.sync(() => path.partition(direction)),
    heal: (direction) => Effect.sync(() => path.heal(direction)),
    fail: (next) =>
      Effect.sync(() => {
        failures = next
        failuresOf.clear()
      }),
    breakSockets: (kind = "Unknown") => Effect.sync(() => sockets.break(kind, () => true)),
    line: (address) => {
      const server = formatAddress(address)
      return {
        change: (conditions) => Effect.map(path.line(server), (line) => line.change(conditions)),
        partition: (direction) => Effect.map(path.line(server), (line) => line.partition(direction)),
        heal: (direction) => Effect.map(path.line(server), (line) => line.heal(direction)),
        fail: (next) =>
          Effect.sync(() => {
            failuresOf.set(server, next)
          }),
        breakSockets: (kind = "Unknown") => Effect.sync(() => sockets.break(kind, ({ peer }) => peer === server))
      }
    },
    statistics: Effect.sync(path.statistics)
  })
})

/**
 * Provides the network that {@link make} returns.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<SimulatedNetwork> => Layer.effect(SimulatedNetwork, make(options))
