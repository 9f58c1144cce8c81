/**
 * A network of datagrams in memory, as bad as one likes.
 *
 * **Details**
 *
 * Servers `bind` an address, clients get a `transport` to it. Every datagram from client to server (`toServer`) and back
 * (`toClient`) is subject to the {@link Conditions} of its direction: it may be lost, damaged,
 * doubled, held back, delayed. Chance comes from a seed: what happens to the n-th datagram of a direction depends on the
 * seed, on n and on the conditions at that moment, and on nothing else.
 *
 * Time is the `Clock`'s, so under `TestClock` a delayed datagram arrives when the clock is adjusted, and not before.
 * Without delay a datagram arrives at once, in the receiver's queue.
 *
 * Bounds: a receiver's queue holds `receiveCapacity` datagrams, the network carries at most 65,536 that are delayed;
 * what comes on top is dropped, and counted.
 *
 * @since 0.1.0
 */
import * as Transport from "@bercon/session/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { type Endpoint, EndpointError, type Received } from "./Endpoint.ts"
import * as Timer from "./internal/timer.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The way a datagram goes.
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
 * The conditions of both directions. What stands under `toServer` and `toClient` takes precedence there.
 *
 * @category models
 * @since 0.1.0
 */
export interface PathConditions extends Conditions {
  readonly toServer?: Conditions | undefined
  readonly toClient?: Conditions | undefined
}

/**
 * What a network is made with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends PathConditions {
  /** Where chance comes from. Default 0. */
  readonly seed?: number | string | undefined
  /** How many datagrams a receiver's queue holds. Default 1,024. */
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
 * A network in memory.
 *
 * @category services
 * @since 0.1.0
 */
export class SimulatedNetwork extends Context.Service<SimulatedNetwork, {
  /**
   * Binds an address (`ip:port`) in the caller's scope. Fails with `AddressInUse` where it is bound already.
   */
  readonly bind: (address: string) => Effect.Effect<Endpoint, EndpointError, Scope.Scope>
  /**
   * A transport to the server at an address (`ip:port`). Each `open` has a local address of its own, from
   * `127.0.0.1:50001` on, and takes datagrams from its server alone. After a datagram has come to the address while
   * nobody was bound there, a `write`, the same or the next, fails once with an `IoFailed` of kind `Refused`, though it
   * sends its datagram.
   */
  readonly transport: (peer: string) => Transport.Transport["Service"]
  /** Changes the conditions for what is sent from now on. What is not given stays as it is. */
  readonly change: (conditions: PathConditions) => Effect.Effect<void>
  /** Cuts a direction, or both: what is sent from now on is lost, without a word to the sender. */
  readonly partition: (direction?: Direction) => Effect.Effect<void>
  /** Mends a direction that was cut, or both. */
  readonly heal: (direction?: Direction) => Effect.Effect<void>
  /** What has happened up to now. */
  readonly statistics: Effect.Effect<Readonly<Record<Direction, Statistics>>>
}>()("@bercon/testing/SimulatedNetwork") {}

// -----------------------------------------------------------------------------
// one direction
// -----------------------------------------------------------------------------

/** `Conditions` with all defaults, durations in milliseconds. */
interface Weather {
  readonly loss: number
  readonly duplication: number
  readonly corruption: number
  readonly reordering: number
  readonly reorderingDelay: number
  readonly latency: number
  readonly jitter: number
}

const fair: Weather = {
  loss: 0,
  duplication: 0,
  corruption: 0,
  reordering: 0,
  reorderingDelay: 50,
  latency: 0,
  jitter: 0
}

const fraction = (name: string, value: number): number => {
  if (value >= 0 && value <= 1) return value
  throw new RangeError(`${name} must be from 0 to 1, received ${value}`)
}

const millis = (name: string, input: Duration.Input): number => {
  const value = Duration.toMillis(Duration.fromInputUnsafe(input))
  if (value < Infinity) return value
  throw new RangeError(`${name} must be finite`)
}

const changed = (weather: Weather, conditions: Conditions): Weather => ({
  loss: fraction("loss", conditions.loss ?? weather.loss),
  duplication: fraction("duplication", conditions.duplication ?? weather.duplication),
  corruption: fraction("corruption", conditions.corruption ?? weather.corruption),
  reordering: fraction("reordering", conditions.reordering ?? weather.reordering),
  reorderingDelay: millis("reorderingDelay", conditions.reorderingDelay ?? weather.reorderingDelay),
  latency: millis("latency", conditions.latency ?? weather.latency),
  jitter: millis("jitter", conditions.jitter ?? weather.jitter)
})

interface Path {
  weather: Weather
  cut: boolean
  readonly random: Random.Random
  readonly statistics: { -readonly [K in keyof Statistics]: number }
}

const makePath = Effect.fnUntraced(function*(direction: Direction, options: Options) {
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(`${options.seed ?? 0} ${direction}`))
  const path: Path = {
    weather: changed(changed(fair, options), options[direction] ?? {}),
    cut: false,
    random,
    statistics: {
      sent: 0,
      lost: 0,
      cut: 0,
      duplicated: 0,
      corrupted: 0,
      reordered: 0,
      delivered: 0,
      refused: 0,
      overflowed: 0
    }
  }
  return path
})

const flipBit = (datagram: Uint8Array, chance: number): void => {
  if (datagram.length === 0) return
  const bit = Math.floor(chance * datagram.length * 8)
  datagram[bit >> 3]! ^= 1 << (bit & 7)
}

/**
 * What arrives of a datagram, and after how many milliseconds: nothing, it, or it twice.
 *
 * The number of draws is the same for every datagram, whatever becomes of it, so that a change of one condition does not
 * change the fate of all later datagrams in every other respect.
 */
const fate = (path: Path, original: Uint8Array): ReadonlyArray<readonly [delay: number, datagram: Uint8Array]> => {
  const { random, statistics, weather } = path
  const draw = () => random.nextDoubleUnsafe()
  const lost = draw() < weather.loss
  const duplicated = draw() < weather.duplication
  const corrupted = draw() < weather.corruption
  const reordered = draw() < weather.reordering
  const bit = draw()
  const delays = [draw(), draw()].map((chance) => weather.latency + chance * weather.jitter)
  statistics.sent++
  if (path.cut) {
    statistics.cut++
    return []
  }
  if (lost) {
    statistics.lost++
    return []
  }
  if (reordered) statistics.reordered++
  if (corrupted) statistics.corrupted++
  if (duplicated) statistics.duplicated++
  return delays.slice(0, duplicated ? 2 : 1).map((delay) => {
    const datagram = original.slice()
    if (corrupted) flipBit(datagram, bit)
    return [reordered ? delay + weather.reorderingDelay : delay, datagram]
  })
}

// -----------------------------------------------------------------------------
// the network
// -----------------------------------------------------------------------------

/** An open client socket. */
interface Client {
  readonly peer: string
  readonly local: string
  readonly queue: Queue.Queue<Uint8Array, Transport.TransportError>
  /** Whether the server's machine has said that nobody listens, and no write has failed for it yet. */
  refused: boolean
}

interface InFlight {
  readonly due: number
  readonly deliver: () => void
}

const IN_FLIGHT_CAPACITY = 65_536

const FIRST_LOCAL_PORT = 50_001
const LOCAL_PORTS = 65_536 - FIRST_LOCAL_PORT

const ioFailed = (kind: "Refused" | "Closed", peer: string) =>
  new Transport.TransportError({ reason: new Transport.IoFailed({ kind, peer }) })

/**
 * A network in memory, in the caller's scope: closing it closes every socket.
 *
 * **Details**
 *
 * Dies with a `RangeError` where a fraction is not from 0 to 1, or a duration infinite.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<SimulatedNetwork["Service"], never, Scope.Scope> {
  const capacity = options.receiveCapacity ?? 1024
  const paths: Record<Direction, Path> = {
    toServer: yield* makePath("toServer", options),
    toClient: yield* makePath("toClient", options)
  }
  const directions: ReadonlyArray<Direction> = ["toServer", "toClient"]
  const servers = new Map<string, Queue.Queue<Received, EndpointError>>()
  const clients = new Map<string, Client>()
  /** In the order of `due`, and of sending where that is the same. */
  const inFlight: Array<InFlight> = []
  let opened = 0

  const timer = Timer.make(
    () => inFlight[0]?.due,
    Effect.map(Timer.now, (now) => {
      while (inFlight.length > 0 && inFlight[0]!.due <= now) inFlight.shift()!.deliver()
    })
  )

  const send = (direction: Direction, original: Uint8Array, deliver: (datagram: Uint8Array) => void) =>
    Effect.map(Timer.now, (now) => {
      const path = paths[direction]
      for (const [delay, datagram] of fate(path, original)) {
        if (delay <= 0) {
          deliver(datagram)
        } else if (inFlight.length >= IN_FLIGHT_CAPACITY) {
          path.statistics.overflowed++
        } else {
          const due = now + delay
          const index = inFlight.findLastIndex((other) => other.due <= due) + 1
          inFlight.splice(index, 0, { due, deliver: () => deliver(datagram) })
          if (index === 0) timer.reschedule()
        }
      }
    })

  const offer = <A, E>(path: Path, queue: Queue.Queue<A, E>, element: A): void => {
    if (Queue.offerUnsafe(queue, element)) path.statistics.delivered++
    else path.statistics.overflowed++
  }

  const toServer = (client: Client) => (datagram: Uint8Array): void => {
    const path = paths.toServer
    const queue = servers.get(client.peer)
    if (queue !== undefined) return offer(path, queue, { from: client.local, datagram })
    path.statistics.refused++
    // The word of it has to come back, too.
    if (!paths.toClient.cut) client.refused = true
  }

  const toClient = (from: string, to: string) => (datagram: Uint8Array): void => {
    const path = paths.toClient
    const client = clients.get(to)
    if (client !== undefined && client.peer === from) return offer(path, client.queue, datagram)
    path.statistics.refused++
  }

  const bind = Effect.fnUntraced(function*(address: string) {
    if (servers.has(address)) return yield* new EndpointError({ kind: "AddressInUse", address })
    const closed = new EndpointError({ kind: "Closed", address })
    const queue = yield* Queue.dropping<Received, EndpointError>(capacity)
    servers.set(address, queue)
    yield* Effect.addFinalizer(() => {
      servers.delete(address)
      return Queue.fail(queue, closed)
    })
    const endpoint: Endpoint = {
      address,
      pull: Queue.takeAll(queue),
      write: (to, datagram) =>
        Effect.suspend(() =>
          servers.get(address) === queue ? send("toClient", datagram, toClient(address, to)) : Effect.fail(closed)
        )
    }
    return endpoint
  }, Effect.uninterruptible)

  const localAddress = (): string => {
    const address = `127.0.0.1:${FIRST_LOCAL_PORT + opened++ % LOCAL_PORTS}`
    return clients.has(address) ? localAddress() : address
  }

  const open = Effect.fnUntraced(function*(peer: string) {
    const queue = yield* Queue.dropping<Uint8Array, Transport.TransportError>(capacity)
    const client: Client = { peer, local: localAddress(), queue, refused: false }
    clients.set(client.local, client)
    yield* Effect.addFinalizer(() => {
      clients.delete(client.local)
      return Queue.fail(queue, ioFailed("Closed", peer))
    })
    const failRefused = Effect.suspend(() => {
      if (!client.refused) return Effect.void
      client.refused = false
      return Effect.fail(ioFailed("Refused", peer))
    })
    const deliver = toServer(client)
    const connection: Transport.Connection = {
      pull: Queue.takeAll(queue),
      write: (datagram) =>
        Effect.suspend(() => {
          if (clients.get(client.local) !== client) return Effect.fail(ioFailed("Closed", peer))
          return Effect.andThen(send("toServer", datagram, deliver), failRefused)
        })
    }
    return connection
  }, Effect.uninterruptible)

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const [address, queue] of servers) {
        Queue.failCauseUnsafe(queue, Cause.fail(new EndpointError({ kind: "Closed", address })))
      }
      for (const { peer, queue } of clients.values()) {
        Queue.failCauseUnsafe(queue, Cause.fail(ioFailed("Closed", peer)))
      }
      servers.clear()
      clients.clear()
    })
  )

  // Whoever waits for a datagram must hear of it when the fiber that delivers them has died.
  yield* timer.run.pipe(
    Effect.onError((cause) =>
      Effect.sync(() => {
        if (Cause.hasInterruptsOnly(cause)) return
        for (const queue of servers.values()) Queue.failCauseUnsafe(queue, cause)
        for (const { queue } of clients.values()) Queue.failCauseUnsafe(queue, cause)
      })
    ),
    Effect.forkScoped
  )

  return SimulatedNetwork.of({
    bind,
    transport: (peer) => ({ peer, open: open(peer) }),
    change: (conditions) =>
      Effect.sync(() => {
        for (const direction of directions) {
          const path = paths[direction]
          path.weather = changed(changed(path.weather, conditions), conditions[direction] ?? {})
        }
      }),
    partition: (direction) =>
      Effect.sync(() => {
        for (const each of direction === undefined ? directions : [direction]) paths[each].cut = true
      }),
    heal: (direction) =>
      Effect.sync(() => {
        for (const each of direction === undefined ? directions : [direction]) paths[each].cut = false
      }),
    statistics: Effect.sync(() => ({
      toServer: { ...paths.toServer.statistics },
      toClient: { ...paths.toClient.statistics }
    }))
  })
})

/**
 * Provides a network made with {@link make}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<SimulatedNetwork> => Layer.effect(SimulatedNetwork, make(options))
