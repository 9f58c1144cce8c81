/**
 * A model of everything that can happen to commands between a session machine and a server: loss, delay, duplication,
 * servers that work in order or out of order, stall, or repeat their replies, and a client's process that is suspended.
 * The server executes every repetition. Its reply to a command is the command's own text, so a wrong reply is detected
 * at once.
 *
 * No clock and no real server: a run is a list of events in virtual time, and the same seed gives the same run.
 */
import { Packet, Text } from "@bercon/codec"
import { SessionMachine } from "@bercon/session"
import { Result } from "effect"
import { generator } from "./Pair.ts"
import { defaults } from "./settings.ts"

/** Shares are from 0 to 1, times are in milliseconds. */
export interface World {
  /** The share of datagrams lost, in each direction. */
  readonly loss?: number
  /** The share of datagrams that arrive twice, in each direction, and how much later the second may be. */
  readonly duplication?: number
  readonly duplicateDelay?: number
  /** How long a datagram takes, and how much longer it may take by chance. */
  readonly latency?: number
  readonly jitter?: number
  /** How long the server takes for a command. It handles one after the other. */
  readonly service?: number
  /**
   * Additional delay of the server's reply to a command, which does not delay the next. Logins are answered at once.
   */
  readonly replyDelay?: number
  /** If given, the server works out of order: each command takes a random time up to this. */
  readonly disorder?: number
  /** The share of commands to which `disorder` applies. Default 1. */
  readonly disorderShare?: number
  /** The server repeats each reply up to this many times, each after a random time up to `repeatDelay`. */
  readonly repeats?: number
  readonly repeatDelay?: number
  /** If given, the server answers each command from one to this many times, each time after 100 ms to 30 s. */
  readonly scattered?: number
  /** The server handles nothing for `stall` out of every `stallEvery`; datagrams that arrive meanwhile wait. */
  readonly stall?: number
  readonly stallEvery?: number
  /** The same for the client's process. */
  readonly pause?: number
  readonly pauseEvery?: number
}

/** How commands are submitted. */
export interface Load {
  readonly commands: number
  /** Milliseconds between two submissions; 0 submits all at once. */
  readonly every?: number
  readonly timeout?: number
  /** The share of commands that are sent only once. */
  readonly once?: number
}

/** The result of a run. */
export interface Outcome {
  readonly answered: number
  readonly wrong: number
  /** Failures, by the tag of their reason. */
  readonly failed: Readonly<Record<string, number>>
  /** Milliseconds from the first submission to the last settlement. */
  readonly took: number
  /** The longest time from a submission to its answer. */
  readonly slowest: number
  /** Command datagrams sent, keepalives and probes among them. */
  readonly sent: number
  readonly logins: number
}

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A binary heap of events, the earliest first. Of events at the same time, the one made first is first. */
class Agenda {
  readonly #events: Array<Event> = []
  #made = 0

  get nextAt(): number {
    return this.#events[0]?.at ?? Infinity
  }

  add(at: number, run: () => void): void {
    const events = this.#events
    let i = events.length
    const event: Event = { at, order: this.#made++, run }
    events.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(event, events[parent]!)) break
      events[i] = events[parent]!
      i = parent
    }
    events[i] = event
  }

  pop(): Event {
    const events = this.#events
    const first = events[0]!
    const last = events.pop()!
    if (events.length === 0) return first
    let i = 0
    for (let child = 1; child < events.length; child = 2 * i + 1) {
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++
      if (!isBefore(events[child]!, last)) break
      events[i] = events[child]!
      i = child
    }
    events[i] = last
    return first
  }
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || a.at === b.at && a.order < b.order

/** The end of the stall that a time falls into, or the time itself. Each period ends with a stall. */
const afterStall = (at: number, length: number, every: number): number => {
  if (length === 0) return at
  const phase = at % every
  return phase >= every - length ? at + every - phase : at
}

export const run = (
  seed: number,
  world: World,
  load: Load,
  settings: Partial<SessionMachine.Settings> = {}
): Outcome => {
  const random = generator(seed)
  const { duplication = 0, jitter = 0, latency = 10, loss = 0, service = 0.05 } = world
  const { pause = 0, pauseEvery = Infinity, stall = 0, stallEvery = Infinity } = world
  const agenda = new Agenda()
  let now = 0
  const machine = new SessionMachine.SessionMachine<{ readonly text: string; readonly at: number }>({
    ...defaults,
    silenceTimeout: 60_000,
    queueCapacity: 1e6,
    random,
    ...settings
  }, 0)
  let answered = 0
  let wrong = 0
  let sent = 0
  let slowest = 0
  let settledAt = 0
  const failed: Record<string, number> = {}

  /** Schedules the arrivals of a datagram: none, one or two. */
  const travel = (from: number, arrive: (at: number) => void): void => {
    const copies = random() < duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (random() < loss) continue
      const extra = copy === 0 ? 0 : random() * (world.duplicateDelay ?? 10)
      arrive(from + latency + random() * jitter + extra)
    }
  }

  const toClient = (from: number, datagram: Uint8Array): void =>
    travel(from, (at) => agenda.add(afterStall(at, pause, pauseEvery), () => machine.receive(now, datagram)))

  let serverBusyUntil = 0
  const serve = (datagram: Uint8Array): void => {
    const packet = Result.getOrThrow(Packet.decodeClient(datagram))
    if (packet._tag === "Acknowledge") return
    const begin = Math.max(afterStall(now, stall, stallEvery), serverBusyUntil)
    serverBusyUntil = begin + service
    if (packet._tag === "Login") return toClient(serverBusyUntil, Packet.encode(Packet.loginResult(true)))
    if (world.scattered !== undefined) {
      const reply = Packet.encode(Packet.commandReply(packet.sequence, packet.payload))
      for (let more = Math.floor(random() * world.scattered); more >= 0; more--) {
        toClient(serverBusyUntil + 100 + random() * 29_900, reply)
      }
      return
    }
    const isLate = world.disorder !== undefined && random() < (world.disorderShare ?? 1)
    const repliedAt = serverBusyUntil + (world.replyDelay ?? 0) + (isLate ? random() * world.disorder : 0)
    const reply = Packet.encode(Packet.commandReply(packet.sequence, packet.payload))
    toClient(repliedAt, reply)
    for (let more = Math.floor(random() * ((world.repeats ?? 0) + 1)); more > 0; more--) {
      toClient(repliedAt + random() * (world.repeatDelay ?? 0), reply)
    }
  }

  const flush = (): void => {
    for (const output of machine.drain()) {
      switch (output._tag) {
        case "Open":
          machine.opened(now)
          flush()
          break
        case "Transmit": {
          const { datagram } = output
          if (datagram[7] === 1) sent++
          travel(now, (at) => agenda.add(at, () => serve(datagram)))
          break
        }
        case "Settle": {
          settledAt = now
          if (Result.isFailure(output.result)) {
            const { _tag } = output.result.failure
            failed[_tag] = (failed[_tag] ?? 0) + 1
          } else if (Text.decode(output.result.success) === output.handle.text) {
            answered++
            slowest = Math.max(slowest, now - output.handle.at)
          } else wrong++
          break
        }
        case "Deliver":
        case "Measured":
        case "StatusChanged":
          break
      }
    }
  }

  // Commands begin after the login, which measures the round trip once.
  const begin = 1000
  for (let i = 0; i < load.commands; i++) {
    agenda.add(afterStall(begin + i * (load.every ?? 0), pause, pauseEvery), () => {
      const text = `echo ${i}`
      const submitted = machine.submit(now, {
        handle: { text, at: now },
        payload: Text.encode(text),
        repeatable: random() >= (load.once ?? 0),
        epoch: undefined,
        isCurrent: undefined,
        deadline: now + (load.timeout ?? 600_000)
      })
      if (Result.isFailure(submitted)) {
        const { _tag } = submitted.failure
        failed[_tag] = (failed[_tag] ?? 0) + 1
      }
    })
  }
  const settled = () => answered + wrong + Object.values(failed).reduce((sum, count) => sum + count, 0)
  while (settled() < load.commands) {
    // Datagrams in the socket are read before deadlines are judged.
    const tickAt = afterStall(machine.wakeAt, pause, pauseEvery)
    const isTick = tickAt < agenda.nextAt
    now = Math.max(now, isTick ? tickAt : agenda.nextAt)
    if (isTick) machine.tick(now)
    else agenda.pop().run()
    flush()
    if (now > 1e8) throw new Error(`not settled after ${now} ms: ${settled()} of ${load.commands}`)
  }
  return { answered, wrong, failed, took: settledAt - begin, slowest, sent, logins: machine.counters.logins }
}
