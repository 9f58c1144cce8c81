/**
 * A session machine and a server machine, joined by a network that may be bad. A run is a list of events in virtual
 * time, without a clock or fibers, and the same seed gives the same run.
 */
import { Text } from "@bercon/codec"
import type { CommandError, Message, Status } from "@bercon/session"
import { SessionMachine, Transport } from "@bercon/session"
import { ServerMachine } from "@bercon/testing"
import { assert } from "@effect/vitest"
import { Result } from "effect"
import { echo } from "./Scenario.ts"
import { defaults } from "./settings.ts"

/** Fractions from 0 to 1, except `latency`, which is in milliseconds. */
export interface Conditions {
  readonly loss: number
  readonly duplication: number
  readonly reordering: number
  readonly latency: number
}

export const perfect: Conditions = { loss: 0, duplication: 0, reordering: 0, latency: 5 }

/** 30 % of datagrams lost, 5 % duplicated, 10 % reordered, in each direction. */
export const terrible: Conditions = { loss: 0.3, duplication: 0.05, reordering: 0.1, latency: 20 }

export const seconds = (n: number): number => n * 1000
export const minutes = (n: number): number => n * 60_000

/** Settings for a bad network, on which eight seconds of silence happen by chance. */
export const unhurried = { silenceTimeout: minutes(1) }

/** A failure of the client's socket. */
export const socketFailed = new Transport.TransportError({
  reason: new Transport.IoFailed({ kind: "Closed", peer: "server" })
})

export interface Outcome {
  readonly text: string
  readonly at: number
  readonly result: Result.Result<string, CommandError.CommandError["reason"]>
}

/** mulberry32 */
export const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

interface Event {
  readonly at: number
  /** Whether the event is a datagram that arrives at the client. */
  readonly toClient: boolean
  readonly run: () => void
}

export class Pair {
  now = 0
  conditions: Conditions
  readonly client: SessionMachine.SessionMachine<string>
  readonly server: ServerMachine.ServerMachine
  readonly outcomes: Array<Outcome> = []
  readonly delivered: Array<Omit<Message.Message, "receivedAt"> | Message.Gap> = []
  /** The texts of the messages that have reached the client at least once. */
  readonly arrived = new Set<string>()
  readonly statuses: Array<Status.Status["_tag"]> = []
  /** When each status began. */
  readonly statusesAt: Array<number> = []
  /** When each command datagram was sent, including keepalives. */
  readonly commandsSentAt: Array<number> = []
  /** The text of each of these datagrams. */
  readonly textsSent: Array<string> = []
  readonly random: () => number
  /** The milliseconds from the sending of the n-th reply to the arrival of another copy; `undefined` for no copy. */
  repeatReply: (n: number) => number | undefined = () => undefined
  #replies = 0
  #sockets = 0
  #held: Array<() => void> | undefined
  readonly #events: Array<Event> = []
  /** Datagrams that have arrived at the suspended process. */
  readonly #socket: Array<() => void> = []

  constructor(options: {
    readonly seed: number
    readonly conditions?: Conditions
    readonly client?: Partial<SessionMachine.Settings>
    readonly server?: ServerMachine.Options
  }) {
    this.random = generator(options.seed)
    this.conditions = options.conditions ?? perfect
    this.server = ServerMachine.make({ onCommand: echo, ...options.server })
    this.client = new SessionMachine.SessionMachine(
      {
        ...defaults,
        random: this.random,
        ...options.client
      },
      0
    )
  }

  get address(): string {
    return `10.0.0.1:${50_000 + this.#sockets}`
  }

  submit(
    text: string,
    options?: {
      readonly repeatable?: boolean
      readonly epoch?: number
      readonly isCurrent?: () => boolean
      readonly timeout?: number
    }
  ) {
    const submitted = this.client.submit(this.now, {
      handle: text,
      payload: Text.encode(text),
      repeatable: options?.repeatable ?? true,
      epoch: options?.epoch,
      isCurrent: options?.isCurrent,
      deadline: this.now + (options?.timeout ?? 20_000)
    })
    this.flush()
    if (Result.isSuccess(submitted)) return submitted.success
    this.outcomes.push({ text, at: this.now, result: Result.fail(submitted.failure) })
    return undefined
  }

  cancel(ticket: SessionMachine.Ticket<string> | undefined) {
    if (ticket !== undefined) this.client.cancel(this.now, ticket)
    this.flush()
  }

  /** Schedules an event. */
  at(at: number, run: () => void, toClient = false): void {
    // Sorted with the next event last. Of two events at the same time, the one that was scheduled first is next.
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.at > at) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, { at, toClient, run })
  }

  flush(): void {
    for (const output of this.client.drain()) {
      switch (output._tag) {
        case "Open":
          this.#sockets++
          this.client.opened(this.now)
          this.flush()
          break
        case "Transmit":
          this.#clientSends(output.datagram)
          break
        case "Settle":
          this.outcomes.push({
            text: output.handle,
            at: this.now,
            result: Result.map(output.result, (bytes) => Text.decode(bytes))
          })
          break
        case "Deliver":
          this.delivered.push(output.item)
          break
        case "Measured":
          break
        case "StatusChanged":
          this.statuses.push(output.status._tag)
          this.statusesAt.push(this.now)
          break
      }
    }
    this.#flushServer()
  }

  #flushServer(): void {
    for (const { address, datagram } of ServerMachine.drain(this.server)) {
      const repeatedAfter = datagram[7] === 1 ? this.repeatReply(this.#replies++) : undefined
      if (repeatedAfter !== undefined) {
        this.at(this.now + repeatedAfter, () => this.client.receive(this.now, datagram), true)
      }
      this.#travel(() => {
        if (address !== this.address) return
        if (datagram[7] === 2) this.arrived.add(Text.decode(datagram.subarray(9)))
        this.client.receive(this.now, datagram)
      }, true)
    }
  }

  /** Ends the server's process and starts the next one at once. */
  restart(): void {
    ServerMachine.restart(this.server, this.now)
    this.flush()
  }

  /** Suspends the client's process. Datagrams that arrive meanwhile wait in its socket, and are read first. */
  standStill(length: number): void {
    const end = this.now + length
    while (true) {
      const next = this.#events.at(-1)?.at ?? Infinity
      const serverAt = ServerMachine.wakeAt(this.server)
      const at = Math.min(next, serverAt)
      if (at > end) break
      this.now = at
      if (next <= at) {
        const event = this.#events.pop()!
        if (event.toClient) this.#socket.push(event.run)
        else event.run()
      } else ServerMachine.tick(this.server, at)
      this.#flushServer()
    }
    this.now = end
    for (const read of this.#socket.splice(0)) read()
    this.flush()
  }

  /** Drops all scheduled events, so that every datagram under way is lost. */
  dropArriving(): void {
    this.#events.length = 0
  }

  /** Holds back the client's datagrams until the returned function is called, when all of them arrive. */
  hold(into: Array<() => void>): () => void {
    this.#held = into
    return () => {
      this.#held = undefined
      for (const arrive of into) arrive()
      this.flush()
    }
  }

  #clientSends(datagram: Uint8Array): void {
    if (datagram[7] === 1) {
      this.commandsSentAt.push(this.now)
      this.textsSent.push(Text.decode(datagram.subarray(9)))
    }
    const from = this.address
    const arrive = () => {
      if (this.server.listening) ServerMachine.receive(this.server, this.now, from, datagram)
      else this.at(this.now + this.conditions.latency, () => this.client.refused(this.now))
    }
    if (this.#held === undefined) this.#travel(arrive)
    else this.#held.push(arrive)
  }

  #travel(arrive: () => void, toClient = false): void {
    const { duplication, latency, loss, reordering } = this.conditions
    for (let copies = this.random() < duplication ? 2 : 1; copies > 0; copies--) {
      if (this.random() < loss) continue
      const late = this.random() < reordering ? this.random() * 10 * latency : 0
      this.at(this.now + latency + late, arrive, toClient)
    }
  }

  /** Runs all events until a time. */
  runUntil(end: number): void {
    for (let steps = 0; steps < 100_000; steps++) {
      const next = this.#events.at(-1)?.at ?? Infinity
      const serverAt = ServerMachine.wakeAt(this.server)
      const at = Math.max(this.now, Math.min(next, this.client.wakeAt, serverAt))
      if (at > end) {
        this.now = end
        return
      }
      if (at > this.now) steps = 0
      this.now = at
      if (next <= at) this.#events.pop()!.run()
      else if (serverAt <= at) ServerMachine.tick(this.server, at)
      else this.client.tick(at)
      this.flush()
    }
    throw new Error(`time stands still at ${this.now}`)
  }
}

/** A pair that is logged in. */
export const online = (options: ConstructorParameters<typeof Pair>[0]): Pair => {
  const pair = new Pair(options)
  pair.runUntil(minutes(1))
  assert.strictEqual(pair.client.status._tag, "Online")
  return pair
}

/** The commands that failed, with the tags of their reasons. */
export const failures = (pair: Pair) =>
  pair.outcomes.flatMap(({ result, text }) => Result.isFailure(result) ? [[text, result.failure._tag] as const] : [])

export const assertOwnReplies = (pair: Pair): void => {
  for (const { result, text } of pair.outcomes) {
    if (Result.isSuccess(result)) assert.strictEqual(result.success, text, "a command got the reply to another command")
  }
}

/** How often the server executed a command. */
export const executions = (pair: Pair, text: string): number =>
  pair.server.commands.filter((command) => command.text === text && command.outcome === "Executed").length

/** The texts of the delivered messages that begin with a prefix. */
export const messagesOf = (pair: Pair, prefix: string): ReadonlyArray<string> =>
  pair.delivered.flatMap((item) => item._tag === "Message" && item.text.startsWith(prefix) ? [item.text] : [])

export const gapsOf = (pair: Pair): ReadonlyArray<Message.Gap> => pair.delivered.filter((item) => item._tag === "Gap")
