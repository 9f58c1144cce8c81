/**
 * A network of datagrams in memory, with adjustable faults.
 *
 * **Details**
 *
 * Servers `bind` an address, clients get a `transport` to it. Every datagram from client to server (`toServer`) and back
 * (`toClient`) is subject to the {@link Conditions} of its direction: it may be lost, damaged,
 * duplicated, held back, delayed. Random choices follow from a seed: the fate of the n-th datagram of a direction from or to a
 * server depends only on the seed, the server's address, n and the conditions at that moment.
 *
 * Time is the `Clock`'s, so under `TestClock` a delayed datagram arrives when the test lets the time pass, and not before.
 * Without delay a datagram arrives at once: a server finds it in its queue, a client's receiver is called.
 *
 * The clients' machine can fail as well: no socket can be opened, nothing can be sent (`fail`), or open sockets break
 * (`breakSockets`).
 *
 * Bounds: a server's queue holds `receiveCapacity` datagrams, the network carries at most 65,536 that are delayed;
 * further ones are dropped, and counted.
 *
 * @since 0.1.0
 */
import * as Transport from "@bercon/session/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type Address, type Endpoint, EndpointError, formatAddress, type Received } from "./Endpoint.ts"
import { atLeastOne } from "./internal/atLeastOne.ts"
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
 * How bad a direction is. Fractions are from 0 to 1, and all of them 0 by default, as are the durations.
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
  /** Default 50 milliseconds. */
  readonly reorderingDelay?: Duration.Input | undefined
  /** How long every datagram takes. Delays are kept to the millisecond, rounded up. */
  readonly latency?: Duration.Input | undefined
  /** How much longer it takes at most, evenly distributed. More than the gap between two datagrams reorders them. */
  readonly jitter?: Duration.Input | undefined
}

/**
 * The conditions of both directions. Those of `toServer` and `toClient` take precedence there.
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
 * What fails on the clients' machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failures {
  /** Why every `open` fails, with `OpenFailed`: `"HostUnresolved"`, `"AddressInUse"`, ... Default: none. */
  readonly open?: Transport.OpenFailed["kind"] | undefined
  /** Why every `send` fails, with `IoFailed`, and sends nothing: `"Unreachable"`, ... Default: none. */
  readonly write?: Transport.IoFailed["kind"] | undefined
}

/**
 * The options of a network.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends PathOptions {
  /** What fails from the beginning. Default: nothing. */
  readonly failures?: Failures | undefined
  /** How many datagrams wait for a server, 1 or more. Default 1,024. Datagrams to clients are delivered at once, without a queue. */
  readonly receiveCapacity?: number | undefined
}

/**
 * What happened to the datagrams of a direction, in numbers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statistics {
  /** Datagrams that were sent. */
  readonly sent: number
  /** Of those, lost by chance. */
  readonly lost: number
  /** Of those, lost because the direction was cut. */
  readonly cut: number
  /** Of the others, doubled. */
  readonly duplicated: number
  /** Of the others, damaged. */
  readonly corrupted: number
  /** Of the others, held back. */
  readonly reordered: number
  /** Datagrams, doubles among them, that arrived. */
  readonly delivered: number
  /** Datagrams, doubles among them, that came to an address at which nobody listens. */
  readonly refused: number
  /** Datagrams, doubles among them, that were dropped because a queue was full. */
  readonly overflowed: number
}

/**
 * The lines between the clients' machine and every server, or one of them, and what can be done to them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Line {
  /**
   * Changes the conditions for datagrams sent from now on. Conditions that are not given stay as they are. Dies with a
   * `RangeError`, and changes nothing, if a fraction is not from 0 to 1, or a duration is infinite.
   */
  readonly change: (conditions: PathConditions) => Effect.Effect<void>
  /** Cuts a direction, or both: datagrams sent from now on are lost, and the sender is not notified. */
  readonly partition: (direction?: Direction) => Effect.Effect<void>
  /** Mends a direction that was cut, or both. */
  readonly heal: (direction?: Direction) => Effect.Effect<void>
  /**
   * Sets what fails on the clients' machine from now on, on the way to these servers. What is not given works again:
   * `fail({})` ends all failures. Open sockets stay open.
   */
  readonly fail: (failures: Failures) => Effect.Effect<void>
  /**
   * Breaks every client socket to these servers that is open now: it fails with an `IoFailed` of this kind, default
   * `"Unknown"`, and so does everything sent on it from now on. New ones can be opened. The server is not notified.
   */
  readonly breakSockets: (kind?: Transport.IoFailed["kind"]) => Effect.Effect<void>
}

/**
 * A network in memory. Its own methods act on all lines, also on those added later.
 *
 * @category services
 * @since 0.1.0
 */
export class SimulatedNetwork extends Context.Service<
  SimulatedNetwork,
  Line & {
    /**
     * Binds an address in the caller's scope. Fails with `AddressInUse` if it is bound already.
     */
    readonly bind: (address: Address) => Effect.Effect<Endpoint, EndpointError, Scope.Scope>
    /**
     * A transport to the server at an address. Each `open` has a local address of its own, from
     * `127.0.0.1:50001` to port 65535, and takes datagrams from its server alone; if all are in use it fails with
     * `AddressInUse`. If a datagram arrives at the address while no server is bound there, `notSent` is called with an
     * `IoFailed` of kind `Refused`.
     */
    readonly transport: (server: Address) => Transport.Transport["Service"]
    /**
     * The line to the server at an address, alone. What is done to all lines afterwards is done to it, too.
     */
    readonly line: (server: Address) => Line
    /** What has happened up to now. */
    readonly statistics: Effect.Effect<Readonly<Record<Direction, Statistics>>>
  }
>()("@bercon/testing/SimulatedNetwork") {}

// -----------------------------------------------------------------------------
// the network
// -----------------------------------------------------------------------------

/** An open client socket. */
interface Client {
  readonly peer: string
  readonly local: string
  receiver: Transport.Receiver | undefined
  /** Why it ended. */
  ended: Transport.IoFailed["kind"] | undefined
}

const FIRST_LOCAL_PORT = 50_001
const LOCAL_PORTS = 65_536 - FIRST_LOCAL_PORT

const ioFailed = (kind: Transport.IoFailed["kind"], peer: string) =>
  new Transport.TransportError({ reason: new Transport.IoFailed({ kind, peer }) })

const openFailed = (kind: Transport.OpenFailed["kind"], peer: string) =>
  new Transport.TransportError({
    reason: new Transport.OpenFailed({ kind, peer, cause: new Error(`${kind}, by the simulated network`) })
  })

/**
 * A network in memory, in the caller's scope: closing it closes every socket.
 *
 * **Details**
 *
 * Dies with a `RangeError` if a fraction is not from 0 to 1, a duration is infinite, or `receiveCapacity` is not a positive
 * integer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<SimulatedNetwork["Service"], never, Scope.Scope> {
  const capacity = atLeastOne("receiveCapacity", options.receiveCapacity ?? 1024)
  let failures = options.failures ?? {}
  /** By server, if it differs from `failures`. */
  const failuresOf = new Map<string, Failures>()
  /** By address, and with what a closed one fails. */
  const servers = new Map<
    string,
    { readonly queue: Queue.Queue<Received, EndpointError>; readonly closed: EndpointError }
  >()
  const clients = new Map<string, Client>()
  let opened = 0

  // If delivery dies, no datagram arrives any more: that is reported to servers and clients.
  const path = yield* Path.make(options, (cause) => {
    for (const { queue } of servers.values()) Queue.failCauseUnsafe(queue, cause)
    for (const { receiver } of clients.values()) receiver?.failed(cause)
  })

  const failuresTo = (server: string): Failures => failuresOf.get(server) ?? failures

  const offer = <A, E>(queue: Queue.Queue<A, E>, element: A): Path.Arrival =>
    Queue.offerUnsafe(queue, element) ? "delivered" : "overflowed"

  const toServer = (client: Client, line: Path.ServerLine) => (datagram: Uint8Array): Path.Arrival => {
    const server = servers.get(client.peer)
    if (server !== undefined) return offer(server.queue, { from: client.local, datagram })
    // The refusal must get back to the client, whose socket may have ended meanwhile.
    if (client.ended === undefined && !line.isCut("toClient")) {
      client.receiver?.notSent(ioFailed("Refused", client.peer))
    }
    return "refused"
  }

  const toClient = (from: string, to: string) => (datagram: Uint8Array): Path.Arrival => {
    const client = clients.get(to)
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

  /** The next free local address, if there is one. */
  const localAddress = (): string | undefined => {
    for (let tried = 0; tried < LOCAL_PORTS; tried++) {
      const address = `127.0.0.1:${FIRST_LOCAL_PORT + opened++ % LOCAL_PORTS}`
      if (!clients.has(address)) return address
    }
    return undefined
  }

  /** Ends a socket for this reason. Its address is free afterwards, and may soon be another socket's. */
  const end = (client: Client, kind: Transport.IoFailed["kind"]): void => {
    client.ended ??= kind
    if (clients.get(client.local) === client) clients.delete(client.local)
  }

  /** Ends a socket, and reports that to its receiver. */
  const breakSocket = (client: Client, kind: Transport.IoFailed["kind"]): void => {
    end(client, kind)
    client.receiver?.failed(Cause.fail(ioFailed(kind, client.peer)))
  }

  const open = Effect.fnUntraced(function*(peer: string) {
    const failing = failuresTo(peer).open
    if (failing !== undefined) return yield* openFailed(failing, peer)
    const line = yield* path.line(peer)
    const local = localAddress()
    if (local === undefined) return yield* openFailed("AddressInUse", peer)
    const client: Client = { peer, local, receiver: undefined, ended: undefined }
    clients.set(local, client)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        client.receiver = undefined
        end(client, "Closed")
      })
    )
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

  const breakSockets = (kind: Transport.IoFailed["kind"] = "Unknown", which: (client: Client) => boolean) =>
    Effect.sync(() => {
      for (const client of [...clients.values()].filter(which)) breakSocket(client, kind)
    })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const { closed, queue } of servers.values()) Queue.failCauseUnsafe(queue, Cause.fail(closed))
      for (const client of clients.values()) breakSocket(client, "Closed")
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
    breakSockets: (kind) => breakSockets(kind, () => true),
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
        breakSockets: (kind) => breakSockets(kind, ({ peer }) => peer === server)
      }
    },
    statistics: Effect.sync(path.statistics)
  })
})

/**
 * Provides a network made with {@link make}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<SimulatedNetwork> => Layer.effect(SimulatedNetwork, make(options))
