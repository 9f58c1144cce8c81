/**
 * A BattlEye server for tests, or Arma Reforger's own RCON: `ServerMachine` with a clock and a port.
 *
 * **Details**
 *
 * One fiber reads the port, one waits for the machine's next deadline; both belong to the scope in which the server was made.
 * If one of them dies (usually because `onCommand` throws), the server closes its port, and every effect of it dies with the
 * same cause from then on, `failure` at once.
 *
 * Time is the `Clock`'s: under `TestClock` the 45 s of a silent session pass when the test lets them. The server's clock, used
 * for all records and the ends of bans, counts milliseconds since 1970. It is set once, when the server is made; later changes
 * of the system's clock do not affect it.
 *
 * While the server is down, `join`, `identify`, `verify`, `leave`, `chat`, `kick` and `emit` die with a `RangeError`.
 *
 * **Gotchas**
 *
 * The server reads in its own fiber, so a datagram that a client has just sent is not in the records yet. Wait for the reply
 * first, or let the other fibers run: `TestRcon.passTime(0)`.
 *
 * **Example** (A player joins)
 *
 * ```ts
 * import { SimulatedNetwork, SimulatedServer } from "@bercon/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* SimulatedServer.make({ world: { missions: ["Liberation.Altis.pbo"] } })
 *   yield* server.join({ name: "Miller" })
 *   yield* server.chat(0, "Side", "hello")
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(SimulatedNetwork.layer({ loss: 0.1 }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type { ChatChannel } from "@bercon/client/ServerEvent"
import { Alarm, Monotonic } from "@bercon/session/unstable"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Address, Endpoint, EndpointError } from "./Endpoint.ts"
import * as ServerMachine from "./ServerMachine.ts"
import * as SimulatedNetwork from "./SimulatedNetwork.ts"
import type * as World from "./World.ts"

/**
 * A running BattlEye server. `ServerMachine` documents its behaviour and its records.
 *
 * @category services
 * @since 0.1.0
 */
export class SimulatedServer extends Context.Service<SimulatedServer, {
  /** Where it listens; the same for as long as it exists. */
  readonly address: Address

  /**
   * A player joins: `ServerMachine.join`. A banned player is kicked, and is not in the world afterwards. Dies if the options
   * are invalid: the slot is taken, for example.
   */
  readonly join: (options: World.PlayerOptions) => Effect.Effect<World.Player>
  /**
   * The GUID of a player who is still joining becomes known; default: one made from the name. Dies if the slot is free, or
   * the GUID is known already or malformed.
   */
  readonly identify: (slot: number, guid?: string) => Effect.Effect<World.Player>
  /**
   * The GUID of a player is verified. Dies if the slot is free, or the GUID is not known or verified already.
   */
  readonly verify: (slot: number) => Effect.Effect<World.Player>
  /** A player leaves. Dies if the slot is free. */
  readonly leave: (slot: number) => Effect.Effect<void>
  /**
   * A player says something in a channel: `"Side"`, or any other word. Dies if the slot is free.
   */
  readonly chat: (slot: number, channel: ChatChannel, text: string) => Effect.Effect<void>
  /**
   * BattlEye kicks a player, for a reason such as `"Client not responding"`. Dies if the slot is free.
   */
  readonly kick: (slot: number, reason: string) => Effect.Effect<void>
  /** Sends any message to every session. Dies if it has more than 65,498 bytes. */
  readonly emit: (text: string | Uint8Array) => Effect.Effect<void>
  /** Changes the world without a message, also while the server is down. */
  readonly update: (f: (world: World.World) => World.World) => Effect.Effect<void>
  /** Answers commands instead of the server from now on; with `undefined` the server answers again. */
  readonly onCommand: (hook: ServerMachine.OnCommand | undefined) => Effect.Effect<void>

  /** Forgets every session, and closes the port for the downtime. Returns at once. */
  readonly restart: (options?: ServerMachine.RestartOptions) => Effect.Effect<void>
  /** Forgets every session, and closes the port until `start`. */
  readonly stop: (options?: ServerMachine.StopOptions) => Effect.Effect<void>
  /** Opens the port again. */
  readonly start: Effect.Effect<void>
  /** Neither receives nor sends until `resume`, or until it stops or restarts. The port stays open. */
  readonly goSilent: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Drops every session without notice. */
  readonly forget: Effect.Effect<void>
  /** Refuses every login until `admit`. */
  readonly refuse: Effect.Effect<void>
  readonly admit: Effect.Effect<void>

  /** Every login packet. As all records, it keeps the last 10,000 by default. */
  readonly logins: Effect.Effect<ReadonlyArray<ServerMachine.Login>>
  /** Every command packet from a session, keepalives among them. */
  readonly commands: Effect.Effect<ReadonlyArray<ServerMachine.Command>>
  /**
   * The commands that were executed, without keepalives. Of more than 10,000 by default, the first to be forgotten is the
   * oldest with the commonest text, such as `players`.
   */
  readonly executions: Effect.Effect<ReadonlyArray<ServerMachine.Command>>
  /** Every message to every session, without retransmissions. */
  readonly messages: Effect.Effect<ReadonlyArray<ServerMachine.Message>>
  readonly acknowledgements: Effect.Effect<ReadonlyArray<ServerMachine.Acknowledgement>>
  /** Every session that ended, and the cause. */
  readonly drops: Effect.Effect<ReadonlyArray<ServerMachine.Drop>>
  /** Breaches of the protocol by clients. */
  readonly violations: Effect.Effect<ReadonlyArray<ServerMachine.Violation>>
  /** The sessions now. */
  readonly sessions: Effect.Effect<ReadonlyArray<Pick<ServerMachine.Session, "address" | "admin" | "since">>>
  /** The world now. */
  readonly world: Effect.Effect<World.World>

  /** Never returns; dies with the cause of death of one of the server's fibers. */
  readonly failure: Effect.Effect<never>
}>()("@bercon/testing/SimulatedServer") {}

/**
 * The options of a server on a `SimulatedNetwork`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends ServerMachine.Options {
  /** Default `"127.0.0.1"`. */
  readonly host?: string | undefined
  /** Default 2306. */
  readonly port?: number | undefined
}

/**
 * The address of a server without `host` and `port`: `127.0.0.1`, port 2306.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_ADDRESS: Address = { host: "127.0.0.1", port: 2306 }

/**
 * A server on the port that `bind` opens, in the caller's scope. Fails if the port cannot be bound.
 *
 * **Details**
 *
 * `bind` runs once now, and again at the end of every downtime. It must bind the same address then, and the server dies if that
 * fails. Dies with a `RangeError` if an option is out of its range.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromEndpoint = Effect.fnUntraced(function*<R>(
  bind: Effect.Effect<Endpoint, EndpointError, Scope.Scope | R>,
  options?: ServerMachine.Options
): Effect.fn.Return<SimulatedServer["Service"], EndpointError, Scope.Scope | Exclude<R, Scope.Scope>> {
  const context = yield* Effect.context<Exclude<R, Scope.Scope> | Scope.Scope>()
  const scope = yield* Effect.scope
  const machine = ServerMachine.make(options)
  const monotonic = yield* Monotonic.make
  const offset = (yield* Clock.currentTimeMillis) - monotonic()
  const now = () => offset + monotonic()
  // One step at a time: a write may suspend, and what the next step sends must not overtake it.
  const lock = Semaphore.makeUnsafe(1)
  const failure = Deferred.makeUnsafe<never>()
  let port: { readonly endpoint: Endpoint; readonly scope: Scope.Closeable } | undefined

  const open = Effect.gen(function*() {
    const portScope = yield* Scope.fork(scope)
    const endpoint = yield* Scope.provide(bind, portScope).pipe(
      Effect.onError((cause) => Scope.close(portScope, Exit.failCause(cause)))
    )
    port = { endpoint, scope: portScope }
    yield* Effect.forkIn(vital(read(endpoint)), scope)
    return endpoint
  })

  const close = Effect.suspend(() => {
    const closing = port
    port = undefined
    return closing === undefined ? Effect.void : Scope.close(closing.scope, Exit.void)
  })

  /** Sends the datagrams of the machine, and opens or closes the port as its state demands. */
  const flush = Effect.gen(function*() {
    for (const { address, datagram } of ServerMachine.drain(machine)) {
      // A datagram that cannot be sent is lost, as on any network.
      if (port !== undefined) yield* Effect.ignore(port.endpoint.write(address, datagram))
    }
    if (machine.listening && port === undefined) yield* Effect.orDie(open)
    if (!machine.listening) yield* close
    alarm.reset()
  })

  const step = <A>(f: (now: number) => A): Effect.Effect<A> =>
    Effect.gen(function*() {
      if (Deferred.isDoneUnsafe(failure)) return yield* Deferred.await(failure)
      const result = f(now())
      yield* flush
      return result
    }).pipe(Effect.provideContext(context), Effect.uninterruptible, lock.withPermit)

  const inspect = <A>(f: () => A): Effect.Effect<A> =>
    Effect.suspend(() => Deferred.isDoneUnsafe(failure) ? Deferred.await(failure) : Effect.succeed(f()))

  const read = (endpoint: Endpoint): Effect.Effect<void> =>
    Effect.flatMap(endpoint.pull, (batch) =>
      step((now) => {
        for (const { datagram, from } of batch) ServerMachine.receive(machine, now, from, datagram)
      })).pipe(
        Effect.forever,
        Effect.catchIf((error) => error.kind === "Closed", () => Effect.void),
        Effect.orDie
      )

  /** If this dies, the server dies with the same cause. */
  const vital = Effect.onError((cause: Cause.Cause<never>) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.suspend(() => {
      Deferred.doneUnsafe(failure, Exit.failCause(cause))
      // A step under way may open the port, so it has to be over.
      return lock.withPermit(close)
    })
  )

  const tick = vital(step((now) => ServerMachine.tick(machine, now)))
  const alarm = new Alarm(yield* Effect.context(), {
    now,
    wakeAt: () => ServerMachine.wakeAt(machine),
    ring: () => tick
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => alarm.stop()))

  const { address } = yield* Effect.uninterruptible(open)
  alarm.reset()

  return SimulatedServer.of({
    address,
    join: (options) => step((now) => ServerMachine.join(machine, now, options)),
    identify: (slot, guid) => step((now) => ServerMachine.identify(machine, now, slot, guid)),
    verify: (slot) => step((now) => ServerMachine.verify(machine, now, slot)),
    leave: (slot) => step((now) => ServerMachine.leave(machine, now, slot)),
    chat: (slot, channel, text) => step((now) => ServerMachine.chat(machine, now, slot, channel, text)),
    kick: (slot, reason) => step((now) => ServerMachine.kick(machine, now, slot, reason)),
    emit: (text) => step((now) => ServerMachine.emit(machine, now, text)),
    update: (f) => step((now) => ServerMachine.update(machine, now, f)),
    onCommand: (hook) => step(() => ServerMachine.onCommand(machine, hook)),
    restart: (options) => step((now) => ServerMachine.restart(machine, now, options)),
    stop: (options) => step((now) => ServerMachine.stop(machine, now, options)),
    start: step(() => ServerMachine.start(machine)),
    goSilent: step((now) => ServerMachine.goSilent(machine, now)),
    resume: step((now) => ServerMachine.resume(machine, now)),
    forget: step((now) => ServerMachine.forget(machine, now)),
    refuse: step(() => ServerMachine.refuse(machine)),
    admit: step(() => ServerMachine.admit(machine)),
    logins: inspect(() => machine.logins.slice()),
    commands: inspect(() => machine.commands.slice()),
    executions: inspect(() => machine.executions.slice()),
    messages: inspect(() => machine.messages.slice()),
    acknowledgements: inspect(() => machine.acknowledgements.slice()),
    drops: inspect(() => machine.drops.slice()),
    violations: inspect(() => machine.violations.slice()),
    sessions: inspect(() =>
      Array.from(machine.sessions.values(), ({ address, admin, since }) => ({ address, admin, since }))
    ),
    world: inspect(() => machine.world),
    failure: Deferred.await(failure)
  })
})

/**
 * A server on the network in the context, in the caller's scope. Fails if its address is bound already, dies with a
 * `RangeError` if an option is out of its range.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<SimulatedServer["Service"], EndpointError, Scope.Scope | SimulatedNetwork.SimulatedNetwork> {
  const { host = DEFAULT_ADDRESS.host, port = DEFAULT_ADDRESS.port } = options
  const network = yield* SimulatedNetwork.SimulatedNetwork
  return yield* fromEndpoint(network.bind({ host, port }), options)
})

/**
 * Provides a server made with {@link make}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<SimulatedServer, EndpointError, SimulatedNetwork.SimulatedNetwork> =>
  Layer.effect(SimulatedServer, make(options))
