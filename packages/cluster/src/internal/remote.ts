/**
 * A session whose datagrams are sent elsewhere: what is known of it from its feed.
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
import { causeOf, triesOf } from "./outage.ts"

export interface Options {
  /** The server's id. */
  readonly id: string
  /** The definition of the server that its session must be of. Default: any. */
  readonly generation: string | undefined
  /** A name that no other session in the cluster has. */
  readonly name: string
  readonly entity: Entity
  /** In milliseconds, as the next one. */
  readonly commandTimeout: number
  /** How long the feed may be silent before it counts as lost. */
  readonly silenceTimeout: number
  readonly messageCapacity: number
  readonly clock: Clock.Clock
  readonly context: Context.Context<never>
}

/** How many changes of status a subscriber may be behind before it loses the oldest. */
const STATUS_CAPACITY = 64

export class Remote {
  readonly #options: Options
  readonly #online = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #closed = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #statuses: Broadcast<Status>
  readonly #messages: Broadcast<Message | Gap, LoginFailure>
  readonly #attached = Latch.makeUnsafe(false)
  readonly #calls: Calls
  /** How often the feed gives a sign of life, in milliseconds. */
  #heartbeat = 0
  /** The activation that the feed is or was of, how many logins it had had, and its code page. */
  #activation: string | undefined
  #loginsThere = 0
  #textFallback: string | undefined
  /** The login that `epoch` is the number of: the activation it was in, and its number there. */
  #login: { readonly activation: string; readonly epoch: number } | undefined
  #epoch = 0
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

  /** What callers see. */
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

  /** Reads the feed, and asks for it again when it is lost, until the session is closed. */
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

  /** Ends the session for its owner. */
  readonly close: Effect.Effect<void> = Effect.sync(() => this.#end(Exit.void))

  #isClosed(): boolean {
    return this.#status._tag === "Closed"
  }

  #end(exit: Exit.Exit<void, LoginFailure>): void {
    if (this.#isClosed()) return
    this.#publishStatus({ _tag: "Closed", exit })
    this.#statuses.close(Exit.void)
    this.#messages.close(exit)
    // As a session's own: a wait for the first login ends with an interruption if the owner closes the session.
    Deferred.doneUnsafe(this.#online, Exit.isSuccess(exit) ? Exit.interrupt() : exit)
    Deferred.doneUnsafe(this.#closed, exit)
    this.#calls.abandon()
    this.#attached.openUnsafe()
  }

  // ---------------------------------------------------------------------------
  // what the feed brings
  // ---------------------------------------------------------------------------

  #take(items: ReadonlyArray<Wire.FeedItem>): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      if (!items.every((item) => !this.#isClosed() && this.#takeOne(item))) return Effect.succeed(false)
      // The subscribers take their turn first: what they learn is what decides whether a command is still valid.
      return Effect.map(Effect.yieldNow, () => {
        this.#calls.withdrawOutdated()
        return true
      })
    })
  }

  /** Whether the feed can go on. */
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
        // What was lost with an overflow may have been a login. The next feed begins with how things are.
        if (item.cause === "Overflow") return false
        if (item.cause === "Reconnected") this.#greeting = undefined
        this.#messages.publish({ _tag: "Gap", cause: item.cause, missed: item.missed })
        return true
    }
  }

  #hello({ activation, generation, greeting, heartbeat, state, textFallback }: typeof Wire.Hello.Type): boolean {
    // The session of another definition of the server: its runner, or this member, does not know of the change yet.
    const wanted = this.#options.generation
    if (wanted !== undefined && generation !== wanted) return false
    const before = this.#activation
    const isSame = before === activation && this.#loginsThere === state.epoch
    this.#activation = activation
    this.#textFallback = textFallback
    this.#heartbeat = heartbeat
    if (before !== activation) this.#calls.abandon(activation)
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

  // ---------------------------------------------------------------------------
  // status and epoch
  // ---------------------------------------------------------------------------

  #lose(): void {
    this.#attached.closeUnsafe()
    this.#changeStatus({ _tag: "Connecting", ...this.#unreachable() })
  }

  #unreachable(): Outage {
    const peer = `game server ${JSON.stringify(this.#options.id)} through the cluster`
    return {
      cause: new TransportError({ reason: new IoFailed({ kind: "Unreachable", peer }) }),
      tries: 0,
      since: this.#options.clock.currentTimeMillisUnsafe()
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

  /** The number of an epoch in the activation that there is; before the first login of all, the first one is meant. */
  #epochThere(epoch: number): number | undefined {
    if (this.#login === undefined) return epoch === 1 ? 1 : undefined
    return epoch === this.#epoch && this.#login.activation === this.#activation ? this.#login.epoch : undefined
  }
}
