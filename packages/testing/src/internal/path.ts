/**
 * What becomes of datagrams on their way, in both directions: one place for the network in memory and for a server's port
 * on real UDP.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Conditions, Direction, PathConditions, PathOptions, Statistics } from "../SimulatedNetwork.ts"
import * as Timer from "./timer.ts"

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

interface Lane {
  weather: Weather
  cut: boolean
  readonly random: Random.Random
  readonly statistics: { -readonly [K in keyof Statistics]: number }
}

const makeLane = Effect.fnUntraced(function*(direction: Direction, options: PathOptions) {
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(`${options.seed ?? 0} ${direction}`))
  const lane: Lane = {
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
  return lane
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
const fate = (lane: Lane, original: Uint8Array): ReadonlyArray<readonly [delay: number, datagram: Uint8Array]> => {
  const { random, statistics, weather } = lane
  const draw = () => random.nextDoubleUnsafe()
  const lost = draw() < weather.loss
  const duplicated = draw() < weather.duplication
  const corrupted = draw() < weather.corruption
  const reordered = draw() < weather.reordering
  const bit = draw()
  const delays = [draw(), draw()].map((chance) => weather.latency + chance * weather.jitter)
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
    return [reordered ? delay + weather.reorderingDelay : delay, datagram]
  })
}

// -----------------------------------------------------------------------------
// both directions
// -----------------------------------------------------------------------------

/** What became of a datagram that came to the end of its way. */
export type Arrival = "delivered" | "refused" | "overflowed"

export interface Path {
  /** Sends a datagram in a direction. `deliver` is called with what arrives of it, when it does. */
  readonly send: (
    direction: Direction,
    datagram: Uint8Array,
    deliver: (datagram: Uint8Array) => Arrival
  ) => Effect.Effect<void>
  readonly change: (conditions: PathConditions) => void
  readonly partition: (direction: Direction | undefined) => void
  readonly heal: (direction: Direction | undefined) => void
  readonly isCut: (direction: Direction) => boolean
  readonly statistics: () => Readonly<Record<Direction, Statistics>>
  /** Delivers what was delayed. To be forked by the owner. */
  readonly run: Effect.Effect<never>
}

interface InFlight {
  readonly due: number
  readonly deliver: () => void
}

const IN_FLIGHT_CAPACITY = 65_536

const directions: ReadonlyArray<Direction> = ["toServer", "toClient"]

/** Dies with a `RangeError` where a fraction is not from 0 to 1, or a duration infinite. */
export const make = Effect.fnUntraced(function*(options: PathOptions) {
  const lanes: Record<Direction, Lane> = {
    toServer: yield* makeLane("toServer", options),
    toClient: yield* makeLane("toClient", options)
  }
  /** In the order of `due`, and of sending where that is the same. */
  const inFlight: Array<InFlight> = []

  const timer = Timer.make(
    () => inFlight[0]?.due,
    Effect.map(Timer.now, (now) => {
      while (inFlight.length > 0 && inFlight[0]!.due <= now) inFlight.shift()!.deliver()
    })
  )

  const cut = (direction: Direction | undefined, cut: boolean): void => {
    for (const each of direction === undefined ? directions : [direction]) lanes[each].cut = cut
  }

  const path: Path = {
    send: (direction, original, deliver) =>
      Effect.map(Timer.now, (now) => {
        const lane = lanes[direction]
        const arrive = (datagram: Uint8Array): void => {
          lane.statistics[deliver(datagram)]++
        }
        for (const [delay, datagram] of fate(lane, original)) {
          if (delay <= 0) {
            arrive(datagram)
          } else if (inFlight.length >= IN_FLIGHT_CAPACITY) {
            lane.statistics.overflowed++
          } else {
            const due = now + delay
            const index = inFlight.findLastIndex((other) => other.due <= due) + 1
            inFlight.splice(index, 0, { due, deliver: () => arrive(datagram) })
            if (index === 0) timer.reschedule()
          }
        }
      }),
    change: (conditions) => {
      for (const direction of directions) {
        const lane = lanes[direction]
        lane.weather = changed(changed(lane.weather, conditions), conditions[direction] ?? {})
      }
    },
    partition: (direction) => cut(direction, true),
    heal: (direction) => cut(direction, false),
    isCut: (direction) => lanes[direction].cut,
    statistics: () => ({ toServer: { ...lanes.toServer.statistics }, toClient: { ...lanes.toClient.statistics } }),
    run: timer.run
  }
  return path
})
