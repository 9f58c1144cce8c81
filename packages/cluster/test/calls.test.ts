import { Wire } from "@bercon/cluster"
import { CommandError, LoginFailure, type Status } from "@bercon/session"
import { CommandErrors } from "@bercon/session/unstable"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Latch, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Calls, type Entity } from "../src/internal/calls.ts"

type Answer = Effect.Effect<Uint8Array, CommandError.CommandError | Wire.CallLost>

/** The calls of a session whose entity answers each command with `answer`, and each withdrawal with `withdraw`. */
const setup = Effect.fnUntraced(function*(
  answer: (payload: typeof Wire.Command.Type) => Answer,
  withdraw: Effect.Effect<void> = Effect.void
) {
  const clock = yield* Clock.Clock
  const withdrawals = { begun: 0, interrupted: 0 }
  const session = { status: { _tag: "Online" } as Status.Status, activation: "the first" }
  const received: Array<typeof Wire.Command.Type> = []
  const calls = new Calls({
    id: "altis",
    name: "a member",
    entity: {
      Command: (payload: typeof Wire.Command.Type) =>
        Effect.suspend(() => {
          received.push(payload)
          return answer(payload)
        }),
      Withdraw: () =>
        Effect.suspend(() => {
          withdrawals.begun++
          return Effect.onInterrupt(withdraw, () => Effect.sync(() => withdrawals.interrupted++))
        })
      // `Calls` uses only these two calls of the entity.
    } as unknown as Entity,
    target: {
      status: () => session.status,
      attached: Latch.makeUnsafe(true),
      activation: () => session.activation,
      // The session has moved once, after four logins.
      epochThere: (epoch) => epoch > 4 ? epoch - 4 : undefined
    },
    commandTimeout: 20_000,
    now: () => clock.currentTimeMillisUnsafe(),
    run: Effect.runForkWith(yield* Effect.context())
  })
  return { calls, received, session, withdrawals }
})

const reply = new Uint8Array([1])
const refused = new LoginFailure.LoginFailure({ reason: new LoginFailure.LoginRefused({ peer: "altis" }) })
const fails = (reason: CommandError.CommandError["reason"]): Answer =>
  Effect.fail(CommandErrors.make("version", reason))

/**
 * The answers of a runner. `isSent`: the command may have been sent. `isFinal`: the answer is the outcome of the command, so no
 * other attempt follows.
 */
const answers = {
  answered: { answer: Effect.succeed(reply), isSent: true, isFinal: true },
  "not answered by the server": {
    answer: fails(new CommandError.NoReply({ peer: "altis", sends: 1 })),
    isSent: true,
    isFinal: true
  },
  "not connected": { answer: fails(new CommandError.NotConnected({ peer: "altis" })), isSent: false, isFinal: true },
  refused: {
    answer: fails(new CommandError.SessionClosed({ sends: 0, cause: refused })),
    isSent: false,
    isFinal: true
  },
  "closed before it was sent": {
    answer: fails(new CommandError.SessionClosed({ sends: 0 })),
    isSent: false,
    isFinal: false
  },
  "closed after it was sent": {
    answer: fails(new CommandError.SessionClosed({ sends: 1 })),
    isSent: true,
    isFinal: false
  },
  lost: { answer: Effect.fail(new Wire.CallLost({})), isSent: true, isFinal: false },
  "without a runner": { answer: Effect.die("no runner"), isSent: true, isFinal: false }
} as const satisfies Record<string, { readonly answer: Answer; readonly isSent: boolean; readonly isFinal: boolean }>

describe("a command", () => {
  const Script = Schema.Array(Schema.Literals(Object.keys(answers) as ReadonlyArray<keyof typeof answers>))

  it.effect.prop(
    "fails as not executed only if no attempt may have sent it, and may be sent twice only if it is repeatable",
    { script: Script.check(Schema.isMaxLength(5)), repeatable: Schema.Boolean },
    ({ repeatable, script }) =>
      Effect.gen(function*() {
        const rest = [...script]
        const { calls, received } = yield* setup(() => answers[rest.shift() ?? "answered"].answer)
        const command = yield* Effect.forkChild(Effect.exit(calls.command("version", { repeatable })))
        yield* TestClock.adjust("10 seconds")
        const exit = yield* Fiber.join(command)
        // The answers that the command got, the last one first.
        const [last, ...before] = [...script, "answered" as const].slice(0, received.length).toReversed()
        const mayGoOn = (one: keyof typeof answers) => !answers[one].isFinal && (repeatable || !answers[one].isSent)
        assert.isTrue(before.every(mayGoOn))
        assert.isFalse(mayGoOn(last!))
        const sends = before.filter((one) => answers[one].isSent).length
        if (last === "answered") return assert.deepStrictEqual(exit, Exit.succeed(reply))
        const { reason } = yield* Effect.flip(exit)
        assert.deepStrictEqual<ReadonlyArray<unknown>>(
          [reason._tag, "sends" in reason ? reason.sends : undefined],
          last === "not answered by the server"
            ? ["NoReply", 1]
            : last === "refused"
            ? ["SessionClosed", sends]
            : last === "not connected"
            ? sends === 0 ? ["NotConnected", undefined] : ["SessionLost", sends]
            : ["SessionLost", sends + 1]
        )
        if (reason._tag === "SessionClosed") assert.strictEqual(reason.cause, refused)
        if (reason._tag === "SessionLost") assert.strictEqual(reason.peer, "altis")
      })
  )

  it.effect("fails as sent once if the session ends during its call", () =>
    Effect.gen(function*() {
      for (const repeatable of [true, false]) {
        const { calls, session } = yield* setup(() => Effect.never)
        const command = yield* Effect.forkChild(Effect.flip(calls.command("version", { repeatable })), {
          startImmediately: true
        })
        session.status = { _tag: "Closed", exit: Exit.fail(refused) }
        calls.abandon()
        const { reason } = yield* Fiber.join(command)
        assert(reason._tag === "SessionClosed")
        assert.deepStrictEqual([reason.sends, reason.cause], [1, refused])
        const later = yield* Effect.flip(calls.command("version", undefined))
        assert.strictEqual(later.execution, "NotExecuted")
      }
    }))

  it.effect("goes on if only the calls to other activations are given up", () =>
    Effect.gen(function*() {
      const answer = Deferred.makeUnsafe<Uint8Array>()
      const { calls, received } = yield* setup(() => Deferred.await(answer))
      const command = yield* Effect.forkChild(calls.command("version", undefined), { startImmediately: true })
      calls.abandon("the first")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(received, 1)
      calls.abandon("the second")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(received, 2)
      yield* Deferred.succeed(answer, reply)
      assert.deepStrictEqual(yield* Fiber.join(command), reply)
    }))

  it.effect("is sent with its epoch as the activation counts it", () =>
    Effect.gen(function*() {
      const { calls, received } = yield* setup(() => Effect.succeed(reply))
      yield* calls.command("kick 0", { epoch: 6 })
      yield* calls.command("version", undefined)
      assert.deepStrictEqual(received.map(({ epoch }) => epoch), [2, undefined])
      assert.strictEqual((yield* Effect.flip(calls.command("kick 0", { epoch: 4 }))).reason._tag, "NotConnected")
      assert.lengthOf(received, 2)
    }))

  it.effect("accepts an outcome that its runner reports up to a second after the deadline", () =>
    Effect.gen(function*() {
      const outcome = (delay: number) =>
        Effect.gen(function*() {
          const { calls } = yield* setup(({ timeout }) => Effect.delay(Effect.succeed(reply), timeout + delay))
          const command = yield* Effect.forkChild(
            Effect.exit(calls.command("version", { timeout: 5000, repeatable: false }))
          )
          yield* TestClock.adjust("10 seconds")
          return yield* Fiber.join(command)
        })
      assert.isTrue(Exit.isSuccess(yield* outcome(999)))
      const { reason } = yield* Effect.flip(yield* outcome(1001))
      assert.strictEqual(reason._tag, "SessionLost")
    }))

  it.effect("is refused if its timeout is not a duration", () =>
    Effect.gen(function*() {
      const { calls, received } = yield* setup(() => Effect.succeed(reply))
      const { reason } = yield* Effect.flip(calls.command("version", { timeout: Number.NaN }))
      assert.strictEqual(reason._tag, "InvalidCommand")
      assert.include(reason.message, "its `timeout` must be a duration (got NaN)")
      assert.lengthOf(received, 0)
    }))
})

describe("the withdrawal of a command", () => {
  it.effect.each(["its answer", "its caller's interruption"] as const)(
    "ends when the command is ended by %s",
    (end) =>
      Effect.gen(function*() {
        const answer = Deferred.makeUnsafe<Uint8Array, CommandError.CommandError>()
        const { calls, withdrawals } = yield* setup(() => Deferred.await(answer), Effect.never)
        let isCurrent = true
        const pending = yield* Effect.forkChild(calls.command("kick 0", { isCurrent: () => isCurrent }), {
          startImmediately: true
        })
        isCurrent = false
        calls.withdrawOutdated()
        calls.withdrawOutdated()
        assert.deepStrictEqual(withdrawals, { begun: 1, interrupted: 0 })
        if (end === "its answer") {
          yield* Deferred.fail(answer, CommandErrors.make("kick 0", new CommandError.Outdated({})))
          yield* Fiber.await(pending)
        } else yield* Fiber.interrupt(pending)
        calls.withdrawOutdated()
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(withdrawals, { begun: 1, interrupted: 1 })
      })
  )

  it.effect("is retried after a failure", () =>
    Effect.gen(function*() {
      const { calls, withdrawals } = yield* setup(() => Effect.never, Effect.die("no runner"))
      let isCurrent = true
      yield* Effect.forkChild(calls.command("kick 0", { isCurrent: () => isCurrent }), { startImmediately: true })
      isCurrent = false
      for (let times = 1; times <= 3; times++) {
        calls.withdrawOutdated()
        yield* TestClock.adjust(1)
        assert.strictEqual(withdrawals.begun, times)
      }
    }))
})
