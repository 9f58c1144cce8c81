/**
 * The state of a remote session, as the feed of the real session reports it.
 */
import * as Text from "@bercon/codec/Text"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Gap, Message } from "@bercon/session/Message"
import type * as Session from "@bercon/session/Session"
import type { Outage, Status } from "@bercon/session/Status"
import { IoFailed, TransportError } from "@bercon/session/Transport"
import { Broadcast, Monotonic } from "@bercon/session/unstable"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as Wire from "../Wire.ts"
import { Calls, type Entity } from "./calls.ts"
import * as Feed from "./feed.ts"
import { causeOf, isOutage, triesOf } from "./outage.ts"

export interface Options {
  /** The server's id. */
  readonly id: string
  /** The required generation of the server's definition; `undefined` for any. */
  readonly generation: string | undefined
  /** A name that is unique in the cluster. */
  readonly name: string
  readonly entity: Entity
  /** In milliseconds. */
  readonly commandTimeout: number
  /** After this time, or two heartbeats if that is longer, a silent feed counts as lost. In milliseconds. */
  readonly silenceTimeout: number
  readonly messageCapacity: number
  readonly clock: Clock.Clock
  readonly context: Context.Context<never>
}

/** Maximum number of undelivered changes of status for each subscriber. Beyond it the oldest ones are dropped. */
const STATUS_CAPACITY = 64

export class Remote {
  readonly #options: Options
  readonly #online = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #closed = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #statuses: Broadcast<Status>
  readonly #messages: Broadcast<Message | Gap, LoginFailure>
  readonly #attached = Latch.makeUnsafe(false)
  readonly #calls: Calls
  /** Interval of the heartbeats of the feed, in milliseconds. */
  #heartbeat = 0
  /** The activation that the latest feed belongs to, and its code page. */
  #activation: string | undefined
  #textFallback: string | undefined
  /** The last login that `#epoch` counts: its activation, and its number in that activation. */
  #login: { readonly activation: string; readonly epoch: number } | undefined
  #epoch = 0
  /** The number of the login in the activation that the received messages belong to, or 0. */
  #heardOf = 0
  /** Whether the session has moved, and subscribers of messages get the gap with the next login, as in a local session. */
  #owesGap = false
  #greeting: Message | undefined
  #status: Status

  constructor(options: Options) {
    this.#options = options
    this.#status = { _tag: "Connecting", ...this.#unreachable() }
    this.#statuses = new Broadcast<Status>({ capacity: STATUS_CAPACITY, greeting: () => this.#status })
    this.#messages = new Broadcast<Message | Gap, LoginFailure>({
      capacity: options.messageCapacity,
      overflow: (missed) => ({ _tag: "Gap", cause: "Overflow", missed })
    })
    this.#calls = new Calls({
      id: options.id,
      name: options.name,
      entity: options.entity,
      commandTimeout: options.commandTimeout,
      now: () => Monotonic.millis(options.clock),
      run: Effect.runForkWith(options.context),
      target: {
        status: () => this.#status,
        attached: this.#attached,
        activation: () => this.#activation!,
        epochThere: (epoch) => this.#epochThere(epoch)
      }
    })
  }

  /** The `Session` for callers. */
  get service(): Session.Session["Service"] {
    const decode = (bytes: Uint8Array): string => Text.decode(bytes, this.#textFallback)
    return {
      peer: this.#options.id,
      command: (text, options) => Effect.map(this.#calls.command(text, options), decode),
      commandBytes: (text, options) => this.#calls.command(text, options),
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

  /** Reads the feed until the session is closed. Requests it again if it is lost. */
  get follow(): Effect.Effect<void> {
    const feed = Feed.read({
      open: this.#options.entity.Feed(undefined, { asQueue: true }),
      take: (items) => this.#take(items),
      silenceTimeout: () => Math.max(this.#options.silenceTimeout, 2 * this.#heartbeat)
    })
    return Effect.whileLoop({
      while: () => !this.#isClosed(),
      body: () =>
        Effect.andThen(
          feed,
          Effect.suspend(() => {
            if (this.#isClosed()) return Effect.void
            this.#lose()
            return Effect.sleep(Feed.RETRY_DELAY)
          })
        ),
      step: () => {}
    })
  }

  /** Ends this remote session, but not the runner's session. */
  readonly close: Effect.Effect<void> = Effect.sync(() => this.#end(Exit.void))

  #isClosed(): boolean {
    return this.#status._tag === "Closed"
  }

  #end(exit: Exit.Exit<void, LoginFailure>): void {
    if (this.#isClosed()) return
    this.#publishStatus({ _tag: "Closed", exit })
    this.#statuses.close(Exit.void)
    this.#messages.close(exit)
    // As in a local session: if the owner closes the session, a wait for the first login is interrupted.
    Deferred.doneUnsafe(this.#online, Exit.isSuccess(exit) ? Exit.interrupt() : exit)
    Deferred.doneUnsafe(this.#closed, exit)
    this.#calls.abandon()
    this.#attached.openUnsafe()
  }

  // ---------------------------------------------------------------------------
  // elements of the feed
  // ---------------------------------------------------------------------------

  #take(items: ReadonlyArray<Wire.FeedItem>): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      if (!items.every((item) => !this.#isClosed() && this.#takeOne(item))) return Effect.succeed(false)
      // Subscribers run first, because `isCurrent` of a command may depend on the elements that they receive.
      return Effect.map(Effect.yieldNow, () => {
        this.#calls.withdrawOutdated()
        return true
      })
    })
  }

  /** Processes an element. Returns whether to continue reading. */
  #takeOne(item: Wire.FeedItem): boolean {
    switch (item._tag) {
      case "Hello":
        return this.#hello(item)
      case "State":
        return this.#learn(item)
      case "Message":
        this.#publish(item)
        return true
      case "Gap":
        // A login may be among the lost elements. The next feed begins with the current state.
        if (item.cause === "Overflow") return false
        if (item.cause === "Reconnected") {
          this.#heardOf = this.#login?.epoch ?? 0
          this.#greeting = undefined
        }
        this.#messages.publish({ _tag: "Gap", cause: item.cause, missed: item.missed })
        return true
    }
  }

  #hello({ activation, generation, greeting, heartbeat, state, textFallback }: typeof Wire.Hello.Type): boolean {
    // The runner uses another definition of the server: a change has not reached the runner, or this member, yet.
    const wanted = this.#options.generation
    if (wanted !== undefined && generation !== wanted) return false
    const before = this.#activation
    const isSame = before === activation && this.#heardOf === state.epoch
    this.#activation = activation
    this.#heardOf = state.epoch
    if (before !== undefined && !isSame) this.#owesGap = true
    this.#textFallback = textFallback
    this.#heartbeat = heartbeat
    this.#calls.abandon(activation)
    if (!this.#learn(state)) return false
    if (!isSame) this.#greeting = undefined
    else if (!this.#owesGap) this.#messages.publish({ _tag: "Gap", cause: "Lost", missed: undefined })
    // The first message after a login is delivered only once.
    if (greeting !== undefined && this.#greeting === undefined) this.#publish(greeting)
    this.#attached.openUnsafe()
    return true
  }

  #learn({ epoch, status }: typeof Wire.State.Type): boolean {
    const activation = this.#activation!
    // The first login of an activation is not reported as a gap.
    if (this.#heardOf === 0) this.#heardOf = epoch
    if (epoch > 0 && (this.#login?.activation !== activation || this.#login.epoch !== epoch)) {
      this.#login = { activation, epoch }
      this.#epoch++
    }
    if (status._tag === "Closed") {
      if (Exit.isFailure(status.exit)) this.#end(status.exit)
      // The runner has closed the session. A later activation replaces it, on that runner or on another one.
      return false
    }
    if (epoch > 0 && this.#owesGap) {
      this.#owesGap = false
      this.#greeting = undefined
      this.#messages.publish({ _tag: "Gap", cause: "Reconnected", missed: undefined })
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

  // ---------------------------------------------------------------------------
  // status and epoch
  // ---------------------------------------------------------------------------

  #lose(): void {
    this.#attached.closeUnsafe()
    this.#changeStatus({ _tag: "Connecting", ...this.#unreachable() })
  }

  #unreachable(): Outage {
    const peer = `game server ${JSON.stringify(this.#options.id)} (through the cluster)`
    return {
      cause: new TransportError({ reason: new IoFailed({ kind: "Unreachable", peer }) }),
      tries: 0,
      since: this.#options.clock.currentTimeMillisUnsafe()
    }
  }

  #changeStatus(next: Exclude<Status, { readonly _tag: "Closed" }>): void {
    // A new activation reports `Connecting`. For this session that is `Reconnecting`, unless it was never logged in.
    const before = this.#status
    const status: Status = isOutage(next)
      ? {
        ...next,
        _tag: this.#epoch > 0 ? "Reconnecting" : next._tag,
        // To this session, a lost feed, and an outage that a runner reports before or after it, are the same outage.
        since: isOutage(before) ? Math.min(before.since, next.since) : next.since
      }
      : next
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

  /** Converts an epoch to its number in the current activation. Before the first login, epoch 1 means that login. */
  #epochThere(epoch: number): number | undefined {
    if (this.#login === undefined) return epoch === 1 ? 1 : undefined
    return epoch === this.#epoch && this.#login.activation === this.#activation ? this.#login.epoch : undefined
  }
}
