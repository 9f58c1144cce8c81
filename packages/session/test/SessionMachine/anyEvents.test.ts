import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import {
  assertOwnReplies,
  executions,
  failures,
  minutes,
  Pair,
  perfect,
  socketFailed,
  terrible
} from "../support/Pair.ts"
import { checks, Seed } from "../support/Soak.ts"

describe("any sequence of events", () => {
  it.prop(
    "settles every command once, with its own reply or a true error, unless it is cancelled; closing leaves nothing pending",
    // With the same seed, a run of fewer steps is the beginning of a longer one. So a failing run can be shortened.
    [Seed, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))],
    ([seed, steps]) => {
      const pair = new Pair({ seed, client: { maxInFlight: 4, queueCapacity: 20, silenceTimeout: 3000 } })
      const pick = (n: number) => Math.floor(pair.random() * n)
      const cancelled = new Set<string>()
      const submitted: Array<string> = []
      const sentOnce: Array<string> = []
      for (let step = 0; step < steps; step++) {
        const now = pair.now
        switch (pick(12)) {
          case 0:
          case 1:
          case 2: {
            for (let i = pick(8); i >= 0; i--) {
              const text = `echo ${submitted.length}`
              submitted.push(text)
              const repeatable = pick(3) > 0
              if (!repeatable) sentOnce.push(text)
              const ticket = pair.submit(text, {
                repeatable,
                ...(pick(4) === 0 && { epoch: pair.client.epoch }),
                timeout: pick(30_000)
              })
              if (pick(5) === 0) {
                pair.at(now + pick(3000), () => {
                  if (ticket !== undefined && ticket.state !== "Settled") cancelled.add(text)
                  pair.cancel(ticket)
                })
              }
            }
            break
          }
          case 3:
            pair.conditions = [perfect, terrible, { ...perfect, loss: 1 }, { ...perfect, latency: 700 }][pick(4)]!
            break
          case 4:
            if (pair.server.listening) ServerMachine.emit(pair.server, now, `m ${step}`)
            break
          case 5:
            ServerMachine.restart(pair.server, now)
            break
          case 6:
            ServerMachine.forget(pair.server, now)
            break
          case 7:
            if (pair.server.listening) ServerMachine.stop(pair.server, now)
            else ServerMachine.start(pair.server)
            break
          case 8:
            if (pair.server.silent) ServerMachine.resume(pair.server, now)
            else ServerMachine.goSilent(pair.server, now)
            break
          case 9:
            pair.client.socketFailed(now, socketFailed)
            break
          case 10: {
            const junk = Packet.encode(Packet.commandReply(pick(256), "junk"))
            if (pick(2) === 0) junk[pick(junk.length)] = pick(256)
            else junk.fill(0)
            pair.client.receive(now, junk)
            break
          }
        }
        pair.flush()
        assert.isAtMost(pair.client.load.inFlight, 4)
        assert.isAtMost(pair.client.load.waiting, 24)
        pair.runUntil(now + pick([10, 1000, 20_000][pick(3)]!))
      }
      pair.client.close(pair.now)
      pair.flush()
      const outcomes = pair.outcomes.length
      const settled = new Set(pair.outcomes.map(({ text }) => text))
      assert.strictEqual(settled.size, outcomes, "a command was settled twice")
      for (const text of submitted) assert.strictEqual(settled.has(text) !== cancelled.has(text), true, text)
      assertOwnReplies(pair)
      const counts = new Map<string, number>()
      for (const text of pair.textsSent) counts.set(text, (counts.get(text) ?? 0) + 1)
      const sends = (text: string) => counts.get(text) ?? 0
      for (const text of sentOnce) assert.isAtMost(sends(text), 1)
      for (const { result, text } of pair.outcomes) {
        if (Result.isSuccess(result)) continue
        const { failure } = result
        if (failure.execution === "NotExecuted") assert.strictEqual(sends(text), 0, `${text} was sent: ${failure._tag}`)
        if ("sends" in failure) assert.strictEqual(failure.sends, sends(text), `${text}: ${failure._tag}`)
        if (failure.execution === "Executed") assert.isAbove(executions(pair, text), 0)
      }
      assert.strictEqual(pair.client.wakeAt, Infinity)
      assert.deepStrictEqual(pair.client.load, { waiting: 0, inFlight: 0 })
      pair.submit("echo after the end")
      assert.deepStrictEqual(failures(pair).at(-1), ["echo after the end", "SessionClosed"])
      assert.strictEqual(pair.statuses.filter((tag) => tag === "Closed").length, 1)
      // Datagrams that still arrive have no effect.
      pair.runUntil(pair.now + minutes(2))
      assert.strictEqual(pair.outcomes.length, outcomes + 1)
    },
    checks(300)
  )
})
