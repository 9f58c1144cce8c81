/**
 * A session whose datagrams are sent elsewhere: what is known of it from its feed, and the calls that are under way.
 *
 * **Details**
 *
 * Fibers of the engine are never waited for. One that calls a runner which has died, or is stopped, can take for ever even to
 * be interrupted.
 */
import * as Text from "@bercon/codec/Text"
import * as CommandError from "@bercon/session/CommandError"
import type { LoginFailure, OutageCause } from "@bercon/session/LoginFailure"
import type { Gap, Message } from "@bercon/session/Message"
import type * as Session from "@bercon/session/Session"
import type { Outage, Status } from "@bercon/session/Status"
import { IoFailed, TransportError } from "@bercon/session/Transport"
import { Broadcast, CommandErrors, Monotonic } from "@bercon/session/unstable"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as ServerEntity from "../ServerEntity.ts"
import type * as Wire from "../Wire.ts"

type Entity = ReturnType<Effect.Success<typeof ServerEntity.client>>

export interface Settings {
  /** In milliseconds, as the next one. */
  readonly commandTimeout: number
  /** How long the feed may be silent before it counts as lost. */
  readonly silenceTimeout: number
  readonly messageCapacity: number
}

/** How long to wait before a lost feed is asked for again, and a lost command, in milliseconds. */
const RETRY_DELAY = 250

/** How long after its deadline the outcome of a command may still arrive, in milliseconds. */
const GRACE = 1000

/** How many changes of status a subscriber may be behind before it loses the oldest. */
const STATUS_CAPACITY = 64

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
  withdrawn: boolean
  /** Ends the wait for the outcome: `undefined` if it will not be known. */
  readonly settle: (exit: CallExit | undefined) => void
}

export class Remote {
  readonly #id: string
  readonly #entity: Entity
  readonly #settings: Settings
  readonly #clock: Clock.Clock
  readonly #run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** Names the calls of this session, together with their number. */
  readonly #name: string
  readonly #online = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #closed = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #statuses: Broadcast<Status>
  readonly #messages: Broadcast<Message | Gap, LoginFailure>
  readonly #attached = Latch.makeUnsafe(false)
  readonly #calls = new Set<Call>()
  #calledTimes = 0
  /** The feeds asked for so far. What an earlier one than the last still brings is ignored. */
  #feeds = 0
  #heardAt = 0
  /** The activation that the feed is or was of, how many logins it had had, and its code page. */
  #activation: string | undefined
  #loginsThere = 0
  #textFallback: string | undefined
  /** The login that `epoch` is the number of: the activation it was in, and its number there. */
  #login: { readonly activation: string; readonly epoch: number } | undefined
  #epoch = 0
  #greeting: Message | undefined
  #status: Status

  constructor(options: {
    readonly id: string
    readonly name: string
    readonly entity: Entity
    readonly settings: Settings
    readonly clock: Clock.Clock
    readonly context: Context.Context<never>
  }) {
    this.#id = options.id
    this.#name = options.name
    this.#entity = options.entity
    this.#settings = options.settings
    this.#clock = options.clock
    this.#run = Effect.runForkWith(options.context)
    this.#status = { _tag: "Connecting", ...this.#unreachable() }
    this.#statuses = new Broadcast<Status>({ capacity: STATUS_CAPACITY, greeting: () => this.#status })
    this.#messages = new Broadcast<Message | Gap, LoginFailure>({
      capacity: options.settings.messageCapacity,
      overflow: (missed) => ({ _tag: "Gap", cause: "Overflow", missed })
    })
  }

  readonly #now = (): number => Monotonic.millis(this.#clock)

  // ---------------------------------------------------------------------------
  // what callers see
  // ---------------------------------------------------------------------------

  get service(): Session.Session["Service"] {
    const decode = (bytes: Uint8Array): string => Text.decode(bytes, this.#textFallback)
    return {
      peer: this.#id,
      command: (text, options) => Effect.map(this.#request(text, options), decode),
      commandBytes: (text, options) => this.#request(text, options),
      decode,
      messages: this.#messages.values,
      greeting: Effect.sync(() => Option.fromUndefinedOr(this.#greeting)),
      epoch: Effect.sync(() => this.#epoch),
      status: Effect.sync(() => this.#status),
      statusChanges: this.#statuses.values,
      online: Deferred.await(this.#online),
      closed: Deferred.await(this.#closed)
    }
  }

  /** Ends the session for its owner. */
  readonly close: Effect.Effect<void> = Effect.sync(() => this.#end(Exit.void))

  #isClosed(): boolean {
    return this.#status._tag === "Closed"
  }

  #end(exit: Exit.Exit<void, LoginFailure>): void {
    if (this.#isClosed()) return
    this.#feeds++
    this.#publishStatus({ _tag: "Closed", exit })
    this.#statuses.close(Exit.void)
    this.#messages.close(exit)
    // As a session's own: a wait for the first login ends with an interruption if the owner closes the session.
    Deferred.doneUnsafe(this.#online, Exit.isSuccess(exit) ? Exit.interrupt() : exit)
    Deferred.doneUnsafe(this.#closed, exit)
    for (const call of this.#calls) call.settle(undefined)
    this.#attached.openUnsafe()
  }

  // ---------------------------------------------------------------------------
  // the feed
  // ---------------------------------------------------------------------------

  /** Reads the feed, and asks for it again when it ends, fails or falls silent, until the session is closed. */
  readonly follow: Effect.Effect<void> = Effect.whileLoop({
    while: () => !this.#isClosed(),
    body: () => Effect.suspend(() => this.#attach()),
    step: () => {}
  })

  #attach(): Effect.Effect<void> {
    const number = ++this.#feeds
    this.#heardAt = this.#now()
    // Told as soon as the feed has ended. Its fiber goes on until the runner has been told, which can take long.
    const ended = Deferred.makeUnsafe<void>()
    const tellEnded = Effect.sync(() => Deferred.doneUnsafe(ended, Exit.void))
    const reading = this.#run(
      Effect.ensuring(
        Effect.scoped(Effect.flatMap(
          this.#entity.Feed(undefined, { asQueue: true }),
          (queue) => Effect.ensuring(this.#read(queue, number), tellEnded)
        )),
        tellEnded
      )
    )
    return Effect.raceFirst(Deferred.await(ended), this.#silence).pipe(
      Effect.ensuring(Effect.sync(() => reading.interruptUnsafe())),
      Effect.andThen(Effect.suspend(() => {
        if (this.#isClosed()) return Effect.void
        this.#feeds++
        this.#lose()
        return Effect.sleep(RETRY_DELAY)
      }))
    )
  }

  /** Takes what the feed brings, until it ends or cannot go on. */
  #read<E>(queue: Queue.Dequeue<Wire.FeedItem, E>, number: number): Effect.Effect<void, E> {
    return Effect.flatMap(Queue.takeAll(queue), (items) => {
      if (number !== this.#feeds) return Effect.void
      this.#heardAt = this.#now()
      if (!items.every((item) => this.#take(item))) return Effect.void
      // The subscribers take their turn first: what they learn is what decides whether a command is still valid.
      return Effect.flatMap(Effect.yieldNow, () => {
        this.#withdrawOutdated()
        return this.#read(queue, number)
      })
    })
  }

  /** Waits until the feed has been silent for too long. */
  readonly #silence: Effect.Effect<void> = Effect.suspend(() => {
    const left = this.#heardAt + this.#settings.silenceTimeout - this.#now()
    return left <= 0 ? Effect.void : Effect.andThen(Effect.sleep(left), this.#silence)
  })

  /** Whether the feed can go on. */
  #take(item: Wire.FeedItem): boolean {
    switch (item._tag) {
      case "Hello":
        return this.#hello(item)
      case "State":
        return this.#learn(item)
      case "Message":
        this.#publish(item)
        return true
      case "Gap":
        // What was lost with an overflow may have been a login. The next feed begins with how things are.
        if (item.cause === "Overflow") return false
        if (item.cause === "Reconnected") this.#greeting = undefined
        this.#messages.publish({ _tag: "Gap", cause: item.cause, missed: item.missed })
        return true
    }
  }

  #hello({ activation, greeting, state, textFallback }: typeof Wire.Hello.Type): boolean {
    const before = this.#activation
    const isSame = before === activation && this.#loginsThere === state.epoch
    this.#activation = activation
    this.#textFallback = textFallback
    if (before !== activation) this.#abandon(activation)
    if (!this.#learn(state)) return false
    if (!isSame) this.#greeting = undefined
    if (before !== undefined) {
      // The same login goes on: its greeting is not said again.
      this.#messages.publish({ _tag: "Gap", cause: isSame ? "Lost" : "Reconnected", missed: undefined })
    }
    if (greeting !== undefined && this.#greeting === undefined) this.#publish(greeting)
    this.#attached.openUnsafe()
    return true
  }

  #learn({ epoch, status }: typeof Wire.State.Type): boolean {
    const activation = this.#activation!
    this.#loginsThere = epoch
    if (epoch > 0 && (this.#login?.activation !== activation || this.#login.epoch !== epoch)) {
      this.#login = { activation, epoch }
      this.#epoch++
    }
    if (status._tag === "Closed") {
      if (Exit.isFailure(status.exit)) this.#end(status.exit)
      // Its runner has closed it. Another one, or a later activation, goes on.
      return false
    }
    if (status._tag === "Online") Deferred.doneUnsafe(this.#online, Exit.void)
    this.#changeStatus(status)
    return true
  }

  #publish(message: typeof Wire.Message.Type): void {
    const decoded: Message = { ...message, text: Text.decode(message.payload, this.#textFallback) }
    this.#greeting ??= decoded
    this.#messages.publish(decoded)
  }

  #lose(): void {
    this.#attached.closeUnsafe()
    this.#changeStatus({ _tag: "Connecting", ...this.#unreachable() })
  }

  #unreachable(): Outage {
    const peer = `game server ${JSON.stringify(this.#id)} through the cluster`
    return {
      cause: new TransportError({ reason: new IoFailed({ kind: "Unreachable", peer }) }),
      tries: 0,
      since: this.#clock.currentTimeMillisUnsafe()
    }
  }

  #changeStatus(next: Exclude<Status, { readonly _tag: "Closed" }>): void {
    // What is the first login for a new activation is not for those who were online before.
    const status: Status = next._tag === "Connecting" && this.#epoch > 0 ? { ...next, _tag: "Reconnecting" } : next
    const before = this.#status
    if (
      status._tag !== before._tag || (causeOf(status)?._tag === "LoginRefused" && triesOf(status) !== triesOf(before))
    ) {
      this.#publishStatus(status)
    } else this.#status = status
  }

  #publishStatus(status: Status): void {
    this.#status = status
    this.#statuses.publish(status)
  }

  // ---------------------------------------------------------------------------
  // commands
  // ---------------------------------------------------------------------------

  #request(
    text: string,
    options: Session.CommandOptions | undefined
  ): Effect.Effect<Uint8Array, CommandError.CommandError> {
    return Effect.suspend(() => {
      const { epoch, isCurrent, repeatable = true, timeout: given } = options ?? {}
      const timeout = given === undefined ? this.#settings.commandTimeout : Monotonic.duration(given)
      if (Number.isNaN(timeout)) {
        const problem = `its \`timeout\` must be a duration (got ${Formatter.format(given)})`
        return fail(text, new CommandError.InvalidCommand({ problem }))
      }
      return this.#attempt({ text, repeatable, epoch, isCurrent, deadline: this.#now() + timeout }, 0)
    })
  }

  /** Makes a command that may have been sent `sends` times, as soon as there is an activation to make it in. */
  #attempt(request: Request, sends: number): Effect.Effect<Uint8Array, CommandError.CommandError> {
    return Effect.suspend(() => {
      const { deadline, epoch, isCurrent, text } = request
      /** It is not sent now: what that means depends on whether it may have been before. */
      const stop = (notSent: CommandError.CommandError["reason"]) =>
        fail(text, sends === 0 ? notSent : new CommandError.SessionLost({ peer: this.#id, sends }))
      if (this.#status._tag === "Closed") return fail(text, CommandErrors.closedBy(this.#status.exit, sends))
      if (epoch !== undefined && !this.#isIn(epoch)) return stop(new CommandError.NotConnected({ peer: this.#id }))
      if (isCurrent?.() === false) return stop(new CommandError.Outdated({}))
      const left = deadline - this.#now()
      if (!(left > 0)) {
        const cause = causeOf(this.#status)
        return stop(new CommandError.NotConnected({ peer: this.#id, ...(cause !== undefined && { cause }) }))
      }
      if (this.#attached.isOpen()) return this.#call(request, sends, left)
      return Effect.andThen(
        Effect.timeoutOption(this.#attached.await, left),
        this.#attempt(request, sends)
      )
    })
  }

  /** Whether a command for this epoch can be sent to the activation that there is. */
  #isIn(epoch: number): boolean {
    if (this.#epoch === 0) return epoch === 1
    return epoch === this.#epoch && this.#login!.activation === this.#activation
  }

  #call(request: Request, sends: number, left: number): Effect.Effect<Uint8Array, CommandError.CommandError> {
    const activation = this.#activation!
    const { epoch, isCurrent, repeatable, text } = request
    const name = `${this.#name}/${this.#calledTimes++}`
    const outcome = Effect.callback<CallExit | undefined>((resume) => {
      const call: Call = {
        name,
        activation,
        isCurrent,
        withdrawn: false,
        settle: (exit) => {
          if (!this.#calls.delete(call)) return
          resume(Effect.succeed(exit))
          fiber.interruptUnsafe()
        }
      }
      this.#calls.add(call)
      const fiber = this.#run(this.#entity.Command({
        activation,
        call: name,
        text,
        repeatable,
        // Before the first login of all, the first one is meant.
        ...(epoch !== undefined && { epoch: this.#login?.epoch ?? 1 }),
        withdrawable: isCurrent !== undefined,
        timeout: left
      }))
      fiber.addObserver(call.settle)
      return Effect.sync(() => {
        this.#calls.delete(call)
        fiber.interruptUnsafe()
      })
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
        // Its runner has closed the session, which is not closed for its users.
        if (reason._tag !== "SessionClosed" || reason.cause !== undefined) return Effect.fail(error)
        if (reason.sends === 0) return Effect.delay(this.#attempt(request, sends), RETRY_DELAY)
      }
    }
    // It may have been sent: whatever else the engine says, an earlier delivery of the same call can have succeeded.
    if (repeatable && !this.#isClosed()) return Effect.delay(this.#attempt(request, sends + 1), RETRY_DELAY)
    return fail(
      text,
      this.#status._tag === "Closed"
        ? CommandErrors.closedBy(this.#status.exit, sends + 1)
        : new CommandError.SessionLost({ peer: this.#id, sends: sends + 1 })
    )
  }

  /** Gives up the calls of activations other than this one: nobody is left to answer them. */
  #abandon(activation: string): void {
    for (const call of this.#calls) if (call.activation !== activation) call.settle(undefined)
  }

  #withdrawOutdated(): void {
    for (const call of this.#calls) {
      if (call.withdrawn || call.isCurrent?.() !== false) continue
      call.withdrawn = true
      this.#run(this.#entity.Withdraw({ call: call.name }))
    }
  }
}

const fail = (
  text: string,
  reason: CommandError.CommandError["reason"]
): Effect.Effect<never, CommandError.CommandError> => Effect.fail(CommandErrors.make(text, reason))

const isOutage = (status: Status): status is Extract<Status, Outage> =>
  status._tag === "Connecting" || status._tag === "Reconnecting"

const causeOf = (status: Status): OutageCause | undefined => isOutage(status) ? status.cause : undefined

const triesOf = (status: Status): number | undefined => isOutage(status) ? status.tries : undefined
