/**
 * The pending commands of a remote session. Each attempt is a call to an activation of the server's entity. An activation
 * has one session with the server.
 */
import * as CommandError from "@bercon/session/CommandError"
import type * as Session from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import { CommandErrors, Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import type * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as ServerEntity from "../ServerEntity.ts"
import { RETRY_DELAY } from "./feed.ts"
import { causeOf } from "./outage.ts"

/** How long to wait for the outcome of a command after its deadline, in milliseconds. */
const GRACE = 1000

/** How many commands can be pending at once. One more fails with `Overloaded`. */
const MAX_PENDING = 4096

/** The calls of a server's entity. */
export type Entity = ReturnType<Effect.Success<typeof ServerEntity.client>>

/** The session that the commands are for, as far as its feed has reported it. */
export interface Target {
  readonly status: () => Status
  /** Open while an activation can be called. */
  readonly attached: Latch.Latch
  /** The activation to call. */
  readonly activation: () => string
  /**
   * Converts an epoch of the remote session to its number in that activation. Returns `undefined` if the epoch is over, or has
   * not begun. Before the first login, epoch 1 is valid: it is the epoch of that login.
   */
  readonly epochThere: (epoch: number) => number | undefined
}

export interface Options {
  /** The server's id. */
  readonly id: string
  /** Prefix of the names of calls. The number of the call follows. */
  readonly name: string
  readonly entity: Entity
  readonly target: Target
  /** The time limit for the reply to a command without its own `timeout`, in milliseconds. */
  readonly commandTimeout: number
  readonly now: () => number
  /** Runs an effect in the background. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
}

interface Request {
  readonly text: string
  readonly repeatable: boolean
  readonly epoch: number | undefined
  readonly isCurrent: (() => boolean) | undefined
  readonly deadline: number
}

type CallExit = Exit.Exit<Uint8Array, unknown>

interface Call {
  readonly name: string
  readonly activation: string
  readonly isCurrent: (() => boolean) | undefined
  /** The running call that withdraws this one. */
  withdrawal: Fiber.Fiber<unknown, unknown> | undefined
  /** Ends the wait for the outcome. `undefined`: the outcome will never be known. */
  readonly settle: (exit: CallExit | undefined) => void
}

export class Calls {
  readonly #options: Options
  readonly #calls = new Set<Call>()
  #calledTimes = 0
  #pending = 0

  constructor(options: Options) {
    this.#options = options
  }

  /** Sends a command, and returns the reply's bytes. */
  command(
    text: string,
    options: Session.CommandOptions | undefined
  ): Effect.Effect<Uint8Array, CommandError.CommandError> {
    return Effect.suspend(() => {
      const { epoch, isCurrent, repeatable = true, timeout: given } = options ?? {}
      const timeout = given === undefined ? this.#options.commandTimeout : Monotonic.duration(given)
      if (Number.isNaN(timeout)) {
        const problem = `its \`timeout\` must be a duration (got ${Formatter.format(given)})`
        return fail(text, new CommandError.InvalidCommand({ problem }))
      }
      if (this.#pending >= MAX_PENDING) return fail(text, new CommandError.Overloaded({ waiting: this.#pending }))
      this.#pending++
      return Effect.ensuring(
        this.#attempt({ text, repeatable, epoch, isCurrent, deadline: this.#options.now() + timeout }, 0),
        Effect.sync(() => this.#pending--)
      )
    })
  }

  /** Gives up calls that no runner will answer: those to all activations except this one. Default: all calls. */
  abandon(activation?: string): void {
    for (const call of this.#calls) if (call.activation !== activation) call.settle(undefined)
  }

  /** Withdraws the calls whose commands are no longer valid. */
  withdrawOutdated(): void {
    for (const call of this.#calls) {
      if (call.withdrawal !== undefined || outdatedBy(call.isCurrent) === undefined) continue
      const withdrawal = this.#options.run(this.#options.entity.Withdraw({ call: call.name }))
      call.withdrawal = withdrawal
      withdrawal.addObserver((exit) => {
        // The withdrawal is tried again after the next elements of the feed.
        if (Exit.isFailure(exit)) call.withdrawal = undefined
      })
    }
  }

  /** Calls an activation, as soon as there is one, with a command that may have been sent `sends` times before. */
  #attempt(request: Request, sends: number): Effect.Effect<Uint8Array, CommandError.CommandError> {
    return Effect.suspend(() => {
      const { id, now, target } = this.#options
      const { deadline, epoch, isCurrent, text } = request
      /** Fails a command that this attempt does not send. */
      const stop = (notSent: CommandError.CommandError["reason"]) => fail(text, this.#after(sends, notSent))
      const status = target.status()
      if (status._tag === "Closed") return fail(text, CommandErrors.closedBy(status.exit, sends))
      const epochThere = epoch === undefined ? undefined : target.epochThere(epoch)
      if (epoch !== undefined && epochThere === undefined) return stop(new CommandError.NotConnected({ peer: id }))
      const outdated = outdatedBy(isCurrent)
      if (outdated !== undefined) return stop(outdated)
      const left = deadline - now()
      if (!(left > 0)) {
        const cause = causeOf(status)
        return stop(new CommandError.NotConnected({ peer: id, ...(cause !== undefined && { cause }) }))
      }
      if (target.attached.isOpen()) return this.#call({ request, sends, left, epochThere })
      return Effect.andThen(
        Effect.timeoutOption(target.attached.await, left),
        this.#attempt(request, sends)
      )
    })
  }

  #call({ epochThere, left, request, sends }: {
    readonly request: Request
    readonly sends: number
    readonly left: number
    readonly epochThere: number | undefined
  }): Effect.Effect<Uint8Array, CommandError.CommandError> {
    const { entity, name: prefix, run, target } = this.#options
    const activation = target.activation()
    const { isCurrent, repeatable, text } = request
    const name = `${prefix}/${this.#calledTimes++}`
    const outcome = Effect.callback<CallExit | undefined>((resume) => {
      const call: Call = {
        name,
        activation,
        isCurrent,
        withdrawal: undefined,
        settle: (exit) => {
          if (!this.#calls.has(call)) return
          end()
          resume(Effect.succeed(exit))
        }
      }
      // Interrupts the call: if there is no runner, it would wait for one even after the command has ended.
      const end = () => {
        this.#calls.delete(call)
        fiber.interruptUnsafe()
        call.withdrawal?.interruptUnsafe()
      }
      this.#calls.add(call)
      const fiber = run(entity.Command({
        activation,
        call: name,
        text,
        repeatable,
        ...(epochThere !== undefined && { epoch: epochThere }),
        withdrawable: isCurrent !== undefined,
        timeout: left
      }))
      fiber.addObserver(call.settle)
      return Effect.sync(end)
    })
    return Effect.flatMap(
      Effect.timeoutOption(outcome, left + GRACE),
      (exit) => this.#conclude(request, sends, Option.getOrUndefined(exit))
    )
  }

  #conclude(
    request: Request,
    sends: number,
    exit: CallExit | undefined
  ): Effect.Effect<Uint8Array, CommandError.CommandError> {
    const { repeatable, text } = request
    if (exit !== undefined) {
      if (Exit.isSuccess(exit)) return Effect.succeed(exit.value)
      const error = Option.getOrUndefined(Exit.findErrorOption(exit))
      if (error instanceof CommandError.CommandError) {
        const { reason } = error
        // If only the runner's session with the server was closed, the remote session continues.
        if (reason._tag !== "SessionClosed" || reason.cause !== undefined) return fail(text, this.#after(sends, reason))
        if (reason.sends === 0) return Effect.delay(this.#attempt(request, sends), RETRY_DELAY)
      }
    }
    const status = this.#options.target.status()
    // The command may have been sent: even if Effect Cluster reports a failure, an earlier delivery may have succeeded.
    if (repeatable && status._tag !== "Closed") return Effect.delay(this.#attempt(request, sends + 1), RETRY_DELAY)
    return fail(
      text,
      status._tag === "Closed"
        ? CommandErrors.closedBy(status.exit, sends + 1)
        : new CommandError.SessionLost({ peer: this.#options.id, sends: sends + 1 })
    )
  }

  /** The reason of a failure, after earlier attempts that may have sent the command `sends` times. */
  #after(sends: number, reason: CommandError.CommandError["reason"]): CommandError.CommandError["reason"] {
    if (sends === 0 || reason.execution !== "NotExecuted") return reason
    return reason._tag === "SessionClosed"
      ? new CommandError.SessionClosed({ sends, ...(reason.cause !== undefined && { cause: reason.cause }) })
      : new CommandError.SessionLost({ peer: this.#options.id, sends })
  }
}

/** Calls `isCurrent`. Returns an error if the command is no longer valid, or if the function throws. */
const outdatedBy = (isCurrent: (() => boolean) | undefined): CommandError.Outdated | undefined => {
  try {
    return isCurrent === undefined || isCurrent() ? undefined : new CommandError.Outdated({})
  } catch (cause) {
    return new CommandError.Outdated({ cause })
  }
}

const fail = (
  text: string,
  reason: CommandError.CommandError["reason"]
): Effect.Effect<never, CommandError.CommandError> => Effect.fail(CommandErrors.make(text, reason))
