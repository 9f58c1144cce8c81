/**
 * Determines the fate of datagrams in both directions, for the network in memory and for a server's port on real UDP.
 */
import { Alarm, Monotonic } from "@bercon/session/unstable"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import type { Conditions, Direction, PathConditions, PathOptions, Statistics } from "../SimulatedNetwork.ts"
import { Timetable } from "./timetable.ts"

// -----------------------------------------------------------------------------
// one direction
// -----------------------------------------------------------------------------

/** `Conditions` with all defaults, durations in milliseconds. */
interface Quality {
  readonly loss: number
  readonly duplication: number
  readonly corruption: number
  readonly reordering: number
  readonly reorderingDelay: number
  readonly latency: number
  readonly jitter: number
}

const perfect: Quality = {
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
  throw new RangeError(`${name} must be from 0 to 1 (got ${value})`)
}

const millis = (name: string, input: Duration.Input): number => {
  const value = Duration.toMillis(Duration.fromInputUnsafe(input))
  if (value < Infinity) return value
  throw new RangeError(`${name} must be finite`)
}

const changed = (quality: Quality, conditions: Conditions): Quality => ({
  loss: fraction("loss", conditions.loss ?? quality.loss),
  duplication: fraction("duplication", conditions.duplication ?? quality.duplication),
  corruption: fraction("corruption", conditions.corruption ?? quality.corruption),
  reordering: fraction("reordering", conditions.reordering ?? quality.reordering),
  reorderingDelay: millis("reorderingDelay", conditions.reorderingDelay ?? quality.reorderingDelay),
  latency: millis("latency", conditions.latency ?? quality.latency),
  jitter: millis("jitter", conditions.jitter ?? quality.jitter)
})

/** The state of a direction. */
interface State {
  quality: Quality
  cut: boolean
}

/** One direction of the line to a server. */
interface Lane extends State {
  readonly random: Random.Random
  readonly statistics: { -readonly [K in keyof Statistics]: number }
}

/** Makes a lane. It has a separate stream of random numbers, so other traffic does not affect it. */
const makeLane = Effect.fnUntraced(function*(seed: string, { cut, quality }: State) {
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(seed))
  const lane: Lane = { quality, cut, random, statistics: noStatistics() }
  return lane
})

const noStatistics = (): Lane["statistics"] => ({
  sent: 0,
  lost: 0,
  cut: 0,
  duplicated: 0,
  corrupted: 0,
  reordered: 0,
  delivered: 0,
  refused: 0,
  overflowed: 0
})

const flipBit = (datagram: Uint8Array, chance: number): void => {
  if (datagram.length === 0) return
  const bit = Math.floor(chance * datagram.length * 8)
  datagram[bit >> 3]! ^= 1 << (bit & 7)
}

/**
 * The arrivals of a datagram, each with a delay in milliseconds: none, one or two.
 *
 * Every datagram takes the same number of random draws, whatever its fate. So a change of one condition does not move
 * the other faults to other datagrams.
 */
const fate = (lane: Lane, original: Uint8Array): ReadonlyArray<readonly [delay: number, datagram: Uint8Array]> => {
  const { random, statistics, quality } = lane
  const draw = () => random.nextDoubleUnsafe()
  const lost = draw() < quality.loss
  const duplicated = draw() < quality.duplication
  const corrupted = draw() < quality.corruption
  const reordered = draw() < quality.reordering
  const bit = draw()
  const delays = [draw(), draw()].map((chance) => quality.latency + chance * quality.jitter)
  statistics.sent++
  if (lane.cut) {
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
    return [reordered ? delay + quality.reorderingDelay : delay, datagram]
  })
}

// -----------------------------------------------------------------------------
// lines
// -----------------------------------------------------------------------------

/** The fate of a datagram at its destination. */
export type Arrival = "delivered" | "refused" | "overflowed"

/** Adds a datagram to a queue. If the queue is full, the datagram is dropped. */
export const offer = <A, E>(queue: Queue.Queue<A, E>, element: A): Arrival =>
  Queue.offerUnsafe(queue, element) ? "delivered" : "overflowed"

/** All lines to servers, or one of them. */
export interface Line {
  readonly change: (conditions: PathConditions) => void
  readonly partition: (direction: Direction | undefined) => void
  readonly heal: (direction: Direction | undefined) => void
}

export interface ServerLine extends Line {
  /** Sends a datagram in a direction. `deliver` is called for each arrival, at the time of arrival: perhaps at once. */
  readonly send: (direction: Direction, datagram: Uint8Array, deliver: (datagram: Uint8Array) => Arrival) => void
  readonly isCut: (direction: Direction) => boolean
}

export interface Path extends Line {
  /**
   * The line to a server, initially in the state last set for all lines. Its stream of random numbers depends on the
   * seed and `server`.
   */
  readonly line: (server: string) => Effect.Effect<ServerLine>
  /** The counts of all lines together. */
  readonly statistics: () => Readonly<Record<Direction, Statistics>>
}

/** Maximum number of delayed datagrams of all lines. */
const IN_FLIGHT_CAPACITY = 65_536

const directions: ReadonlyArray<Direction> = ["toServer", "toClient"]

/** Makes a `Line` from the states that it controls: for each direction, the states of one line or of several. */
const lineOf = (states: (direction: Direction) => ReadonlyArray<State>): Line => {
  const cut = (direction: Direction | undefined, isCut: boolean): void => {
    for (const each of direction === undefined ? directions : [direction]) {
      for (const state of states(each)) state.cut = isCut
    }
  }
  return {
    change: (conditions) => {
      const changes = directions.flatMap((direction) =>
        states(direction).map((state) => ({
          state,
          quality: changed(changed(state.quality, conditions), conditions[direction] ?? {})
        }))
      )
      // All conditions are valid at this point, so the change cannot fail halfway.
      for (const { state, quality } of changes) state.quality = quality
    },
    partition: (direction) => cut(direction, true),
    heal: (direction) => cut(direction, false)
  }
}

/**
 * Makes a path in the caller's scope. `died` is called with the cause if a delivery throws. Dies with a `RangeError` if
 * a fraction is not from 0 to 1, or a duration is infinite.
 */
export const make = Effect.fnUntraced(function*(
  options: PathOptions,
  died: (cause: Cause.Cause<never>) => void
): Effect.fn.Return<Path, never, Scope.Scope> {
  /** The initial state of a new line. */
  const initial: Record<Direction, State> = {
    toServer: { quality: perfect, cut: false },
    toClient: { quality: perfect, cut: false }
  }
  const lines = new Map<string, Record<Direction, Lane>>()
  /** The deliveries of the datagrams under way. */
  const inFlight = new Timetable<() => void>()

  const now = yield* Monotonic.make
  const deliverDue = Effect.sync(() => {
    for (let deliver = inFlight.take(now()); deliver !== undefined; deliver = inFlight.take(now())) deliver()
  }).pipe(Effect.onError((cause) => Effect.sync(() => died(cause))))
  const alarm = new Alarm(yield* Effect.context(), {
    wakeAt: () => inFlight.due,
    ring: () => deliverDue
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => alarm.stop()))

  const send = (lane: Lane, original: Uint8Array, deliver: (datagram: Uint8Array) => Arrival): void => {
    const arrive = (datagram: Uint8Array): void => {
      lane.statistics[deliver(datagram)]++
    }
    for (const [delay, datagram] of fate(lane, original)) {
      if (delay <= 0) {
        arrive(datagram)
      } else if (inFlight.size >= IN_FLIGHT_CAPACITY) {
        lane.statistics.overflowed++
      } else {
        const earliest = inFlight.due
        const due = now() + delay
        inFlight.add(due, () => arrive(datagram))
        if (due < earliest) alarm.reset()
      }
    }
  }

  const lanesOf = Effect.fnUntraced(function*(server: string) {
    const known = lines.get(server)
    if (known !== undefined) return known
    const seedOf = (direction: Direction) => `${options.seed ?? 0} ${server} ${direction}`
    const lanes: Record<Direction, Lane> = {
      toServer: yield* makeLane(seedOf("toServer"), initial.toServer),
      toClient: yield* makeLane(seedOf("toClient"), initial.toClient)
    }
    lines.set(server, lanes)
    return lanes
  })

  const all = lineOf((direction) => [initial[direction], ...Array.from(lines.values(), (lanes) => lanes[direction])])
  all.change(options)

  const total = (direction: Direction): Statistics => {
    const sum = noStatistics()
    for (const { [direction]: { statistics } } of lines.values()) {
      for (const key of Struct.keys(statistics)) sum[key] += statistics[key]
    }
    return sum
  }

  return {
    ...all,
    line: (server) =>
      Effect.map(lanesOf(server), (lanes) => ({
        ...lineOf((direction) => [lanes[direction]]),
        send: (direction, datagram, deliver) => send(lanes[direction], datagram, deliver),
        isCut: (direction) => lanes[direction].cut
      })),
    statistics: () => ({ toServer: total("toServer"), toClient: total("toClient") })
  }
})
