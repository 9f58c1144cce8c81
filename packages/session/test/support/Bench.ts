/**
 * A session machine with manual inputs, which records its outputs as text.
 */
import { Packet, Text } from "@bercon/codec"
import { type CommandError, SessionMachine, Transport } from "@bercon/session"
import { assert } from "@effect/vitest"
import { Result } from "effect"
import { defaults } from "./settings.ts"

export const ioFailed = (kind: Transport.IoFailed["kind"]): Transport.TransportError =>
  new Transport.TransportError({ reason: new Transport.IoFailed({ kind, peer: "server" }) })

export const openFailed = new Transport.TransportError({
  reason: new Transport.OpenFailed({ kind: "HostUnresolved", peer: "server", cause: undefined })
})

/** A machine with manual inputs, without a server or network. */
export class Bench {
  now = 0
  readonly machine: SessionMachine.SessionMachine<string>
  /** Its outputs as text. */
  readonly outputs: Array<string> = []
  readonly sent: Array<Packet.ClientPacket> = []
  readonly failures: Array<string> = []
  /** The errors of failed commands, by the text of the command. */
  readonly errors = new Map<string, CommandError.CommandError["reason"]>()

  constructor(settings: Partial<SessionMachine.Settings> = {}) {
    this.machine = new SessionMachine.SessionMachine<string>({
      ...defaults,
      loginTimeout: 10_000,
      ...settings
    }, 0)
  }

  /** A session that logged in at 20 ms, and whose server has then answered a command. */
  static online(settings?: Partial<SessionMachine.Settings>): Bench {
    const bench = new Bench(settings)
    bench.until(0)
    bench.machine.opened(0)
    bench.until(20)
    bench.receive(Packet.loginResult(true))
    bench.submit("hello")
    bench.until(50)
    bench.receive(Packet.commandReply(0, "hello"))
    bench.outputs.length = 0
    bench.sent.length = 0
    return bench
  }

  /** Records the outputs of the last input, and then reads `wakeAt`, as the real driver does. */
  flush(): this {
    for (const output of this.machine.drain()) {
      switch (output._tag) {
        case "Transmit": {
          const packet = Result.getOrThrow(Packet.decodeClient(output.datagram))
          this.sent.push(packet)
          this.outputs.push(`send ${packet._tag}`)
          break
        }
        case "Settle":
          this.outputs.push(
            `settle ${output.handle}: ${
              Result.isSuccess(output.result) ? Text.decode(output.result.success) : output.result.failure._tag
            }`
          )
          if (Result.isFailure(output.result)) this.errors.set(output.handle, output.result.failure)
          break
        case "Deliver":
          this.outputs.push(
            output.item._tag === "Gap"
              ? `gap ${output.item.cause} ${output.item.missed}`
              : `deliver ${output.item.sequence} ${output.item.text}${output.item.late ? " late" : ""}`
          )
          break
        case "StatusChanged":
          this.outputs.push(
            output.status._tag === "Reconnecting" ? `Reconnecting: ${output.status.cause._tag}` : output.status._tag
          )
          if (output.status._tag === "Closed" && output.status.exit._tag === "Failure") {
            const reason = output.status.exit.cause.reasons[0]
            this.failures.push(reason?._tag === "Fail" ? reason.error.reason._tag : `${reason?._tag}`)
          }
          break
        case "Measured":
          this.outputs.push(`measured ${output.milliseconds}`)
          break
        case "Open":
          this.outputs.push("open")
      }
    }
    void this.machine.wakeAt
    return this
  }

  until(end: number): this {
    for (let steps = 0; this.machine.wakeAt <= end; steps++) {
      assert.isBelow(steps, 10_000, "time stands still")
      this.now = Math.max(this.now, this.machine.wakeAt)
      this.machine.tick(this.now)
      this.flush()
    }
    this.now = end
    return this
  }

  receive(packet: Packet.ServerPacket): this {
    this.machine.receive(this.now, Packet.encode(packet))
    return this.flush()
  }

  submit(text: string, options: Partial<SessionMachine.Request<string>> = {}) {
    const submitted = this.machine.submit(this.now, {
      handle: text,
      payload: Text.encode(text),
      repeatable: true,
      epoch: undefined,
      isCurrent: undefined,
      deadline: this.now + 20_000,
      ...options
    })
    this.flush()
    return submitted
  }

  /** The number of the last command that was sent. */
  get lastNumber(): number {
    const last = this.sent.findLast(({ _tag }) => _tag === "Command")
    return last?._tag === "Command" ? last.sequence : -1
  }

  /** The outputs since the last call. */
  news(): Array<string> {
    return this.outputs.splice(0)
  }
}
