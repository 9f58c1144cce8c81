/**
 * Fuzzes the session machine: random inputs, invalid datagrams among them, at random times.
 *
 * The machine must not throw. It must settle each command at most once, and by its deadline. Its load must stay within
 * its limits, `wakeAt` must advance, and `close` must settle everything and end the machine.
 */
import { Packet, Text } from "@bercon/codec"
import { SessionMachine, Transport } from "@bercon/session"
import { Redacted, Result } from "effect"
import * as PacketFuzz from "../../packages/codec/test/packetFuzz.ts"
import type * as Random from "./random.ts"

const failed = new Transport.TransportError({ reason: new Transport.IoFailed({ kind: "Closed", peer: "server" }) })
const refused = new Transport.TransportError({ reason: new Transport.IoFailed({ kind: "Refused", peer: "server" }) })
const notOpened = new Transport.TransportError({
  reason: new Transport.OpenFailed({ kind: "HostUnresolved", peer: "server", cause: undefined })
})

/** A random time between two inputs, in milliseconds. Often 0, sometimes hours. */
const pause = (random: Random.Random): number =>
  random.once(3) ? 0 : random.once(30) ? random.pick(10_000_000) : random.pick(random.from([3, 50, 1000, 12_000]))

const settings = (random: Random.Random): SessionMachine.Settings => ({
  password: Redacted.make("secret"),
  peer: "server",
  loginTimeout: random.from([1, 10_000, Infinity]),
  keepaliveInterval: random.from([1000, 30_000, 44_000]),
  silenceTimeout: random.from([2000, 8000, 60_000]),
  reorderTimeout: random.from([0, 300, 11_000]),
  maxReconnectDelay: random.from([1000, 30_000]),
  maxInFlight: random.from([1, 3, 32, 256]),
  queueCapacity: random.from([0, 5, 100]),
  textFallback: "windows-1251",
  retryRefused: random.once(2),
  random: () => random.pick(1_000_000) / 1_000_000
})

interface Command {
  readonly ticket: SessionMachine.Ticket<string>
  readonly deadline: number
  state: "Pending" | "Settled" | "Cancelled"
}

/** A machine, its commands, and the checks of both. Plays the driver: opens sockets, and wakes the machine. */
class Run {
  now = 0
  steps = 0
  readonly settings: SessionMachine.Settings
  readonly machine: SessionMachine.SessionMachine<string>
  readonly commands = new Map<string, Command>()
  readonly log: Array<string> = []
  /** The changes of state, such as `Online → Doubting`. */
  readonly transitions = new Set<string>()
  #wantsSocket = false
  #wasClosed = false
  #sent: Uint8Array | undefined

  constructor(settings: SessionMachine.Settings) {
    this.settings = settings
    this.machine = new SessionMachine.SessionMachine<string>(settings, 0)
  }

  must(holds: boolean, what: string): void {
    if (!holds) throw new Error(`violated at ${this.now} ms: ${what}`)
  }

  input(what: string, run: () => void): void {
    if (this.log.length > 200) this.log.shift()
    this.log.push(`${this.now} ${what}`)
    const { state } = this.machine
    run()
    if (this.machine.state !== state) this.transitions.add(`${state} → ${this.machine.state}`)
    this.check()
  }

  /** Processes the outputs of the machine, and checks its state. Called after each input. */
  check(): void {
    const { load } = this.machine
    for (const output of this.machine.drain()) {
      switch (output._tag) {
        case "Open":
          this.#wantsSocket = true
          break
        case "Transmit":
          this.must(Result.isSuccess(Packet.decodeClient(output.datagram)), "a sent datagram is a packet")
          this.must(!this.#wasClosed, "nothing is sent after the end")
          this.#sent = output.datagram
          break
        case "Settle": {
          const command = this.commands.get(output.handle)
          this.must(
            command?.state === "Pending",
            `${output.handle} is settled at most once, and never after it was cancelled`
          )
          command!.state = "Settled"
          break
        }
        case "StatusChanged":
          this.must(!this.#wasClosed, "Closed is the last status")
          if (output.status._tag === "Closed") this.#wasClosed = true
          break
        case "Deliver":
          if (output.item._tag === "Gap") this.must(output.item.missed !== 0, "a gap is not empty")
          break
        case "Measured":
          this.must(output.milliseconds >= 0, "a measured round trip is not negative")
      }
    }
    this.must(
      load.waiting <= this.settings.queueCapacity + this.settings.maxInFlight,
      `the queue is bounded (got ${load.waiting} commands)`
    )
    this.must(load.inFlight <= this.settings.maxInFlight, `the commands in flight are bounded (got ${load.inFlight})`)
    this.must(!Number.isNaN(this.machine.wakeAt), "wakeAt is a number")
    this.must(
      (this.machine.status._tag === "Closed") === this.#wasClosed,
      "the status is Closed if and only if `Closed` was published"
    )
    if (this.#wasClosed) {
      this.must(this.machine.wakeAt === Infinity, "a closed machine asks for no wake-up")
      for (const [handle, { state }] of this.commands) this.must(state !== "Pending", `${handle} is settled at the end`)
    }
  }

  /**
   * Lets `length` milliseconds pass, and wakes the machine when it asks for it. If `late`, or after 3,000 wake-ups of this
   * run, wakes it only at the end.
   */
  pass(length: number, late: boolean): void {
    const end = this.now + length
    const wakes = late ? 0 : 3000 - this.steps
    for (let still = 0, i = 0; i < wakes && this.machine.wakeAt <= end; i++) {
      this.steps++
      const at = Math.max(this.now, this.machine.wakeAt)
      still = at === this.now ? still + 1 : 0
      this.must(still < 1000, "`wakeAt` advances")
      this.now = at
      this.input("tick", () => this.machine.tick(at))
    }
    this.now = end
    for (let i = 0; this.machine.wakeAt <= end; i++) {
      this.must(i < 1000, "`wakeAt` advances")
      this.input("tick", () => this.machine.tick(end))
    }
    for (const [handle, { deadline, state }] of this.commands) {
      this.must(state !== "Pending" || deadline > end, `${handle} is settled by its deadline`)
    }
  }

  submit(random: Random.Random): void {
    const handle = `command ${this.commands.size}`
    const deadline = this.now + random.from([0, 1, 500, 20_000, 600_000])
    this.input(`submit ${handle}`, () => {
      const submitted = this.machine.submit(this.now, {
        handle,
        payload: Text.encode(random.from(["", "players", "x".repeat(100)])),
        repeatable: random.once(2),
        epoch: random.once(4) ? random.pick(3) : undefined,
        isCurrent: random.once(4) ? () => random.once(2) : undefined,
        deadline
      })
      if (Result.isSuccess(submitted)) {
        this.commands.set(handle, { ticket: submitted.success, deadline, state: "Pending" })
      }
    })
  }

  cancel(random: Random.Random): void {
    const handle = `command ${random.pick(this.commands.size + 1)}`
    const command = this.commands.get(handle)
    if (command === undefined) return
    if (command.state === "Pending") command.state = "Cancelled"
    this.input(`cancel ${handle}`, () => this.machine.cancel(this.now, command.ticket))
  }

  open(random: Random.Random): void {
    if (!this.#wantsSocket && !random.once(10)) return
    this.#wantsSocket = false
    if (random.once(4)) this.input("openFailed", () => this.machine.openFailed(this.now, notOpened))
    else this.input("opened", () => this.machine.opened(this.now))
  }

  /** An encoded packet: often a plausible answer to the last datagram that the machine sent, otherwise any packet. */
  answer(random: Random.Random): Uint8Array {
    const last = this.#sent?.[7]
    const sequence = random.once(3) || this.#sent === undefined ? random.pick(256) : this.#sent[8]!
    if (last === 0 && !random.once(4)) return Packet.encode(Packet.loginResult(!random.once(5)))
    switch (random.pick(4)) {
      case 0:
        return Packet.encode(Packet.commandReply(sequence, random.from(["", "text"])))
      case 1: {
        const total = 1 + random.pick(random.once(5) ? 255 : 3)
        return Packet.encode(
          Packet.commandReplyPart(sequence, total, random.pick(total), "part".repeat(random.pick(100)))
        )
      }
      case 2:
        return Packet.encode(Packet.message(random.once(2) ? random.pick(256) : random.pick(5), "message"))
      default:
        return Packet.encode(Packet.loginResult(random.once(2)))
    }
  }
}

/**
 * The target: a machine with up to 299 random inputs. A failure shows its settings and its last inputs. Returns the changes of
 * state.
 */
export const machine = (random: Random.Random, saw: (input: unknown) => void): ReadonlySet<string> => {
  const run = new Run(settings(random))
  saw({ settings: run.settings, log: run.log })
  const noise = PacketFuzz.strings(random.pick)
  const inputs: ReadonlyArray<() => void> = [
    () => run.open(random),
    () => run.open(random),
    () => run.submit(random),
    () => run.submit(random),
    () => run.cancel(random),
    () => {
      const datagram = run.answer(random)
      for (let copies = random.once(5) ? 3 : 1; copies > 0; copies--) {
        run.input(
          `answer ${Buffer.from(datagram).toString("hex", 0, 24)}`,
          () => run.machine.receive(run.now, datagram)
        )
      }
    },
    () => {
      const datagram = run.answer(random)
      run.input(`answer ${Buffer.from(datagram).toString("hex", 0, 24)}`, () => run.machine.receive(run.now, datagram))
    },
    () => {
      const datagram = random.once(50) ? new Uint8Array(3000) : noise().slice()
      run.input(`noise ${Buffer.from(datagram).toString("hex", 0, 24)}`, () => run.machine.receive(run.now, datagram))
    },
    () => {
      if (random.once(6)) run.input("refused", () => run.machine.refused(run.now))
    },
    () => {
      if (random.once(6)) run.input("socketFailed", () => run.machine.socketFailed(run.now, failed))
    },
    () => {
      if (random.once(3)) {
        const error = random.from([failed, refused])
        run.input("writeFailed", () => run.machine.writeFailed(run.now, error))
      }
    },
    () => {
      if (random.once(60)) run.input("close", () => run.machine.close(run.now))
    }
  ]
  for (let i = random.pick(300); i > 0; i--) {
    random.from(inputs)()
    run.pass(pause(random), random.once(10))
  }
  run.input("close", () => run.machine.close(run.now))
  run.must(run.machine.status._tag === "Closed", "the status is Closed after `close`")
  for (const input of inputs) input()
  run.pass(1_000_000, false)
  return run.transitions
}
