/**
 * A BattlEye server for tests, or Arma Reforger's own RCON: `ServerMachine` with a clock and a port.
 *
 * **Details**
 *
 * A fiber reads the port, and an alarm runs the machine at its next deadline. Both end with the scope in which the
 * server was made. If one of them dies (usually because `onCommand` throws), the server closes its port. From then on
 * every effect of the server dies with the same cause, and `failure` dies at once.
 *
 * Time comes from the `Clock`: under `TestClock` a session without commands ends only when the test lets 45 s pass. The
 * server's clock, used for all records and the ends of bans, counts milliseconds since 1970. It is set once, when the
 * server is made; later changes of the system's clock do not affect it.
 *
 * While the server is down, `join`, `identify`, `verify`, `leave`, `chat`, `kick` and `emit` die with a `RangeError`.
 *
 * Records keep at most 10,000 entries by default (`recordCapacity`).
 *
 * **Gotchas**
 *
 * The server reads in a separate fiber, so a datagram that a client has just sent is not in the records yet. Wait for
 * the reply first, or let the other fibers run: `TestRcon.passTime(0)`.
 *
 * **Example** (A server with a player who chats)
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
 * @stability stable
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
 * The service: a running BattlEye server. `ServerMachine` documents its behaviour and its records.
 *
 * @category services
 * @since 0.1.0
 */
export class SimulatedServer extends Context.Service<SimulatedServer, {
  /** The address at which it listens. It never changes. */
  readonly address: Address

  /**
   * Makes a player join, see `ServerMachine.join`. A banned player is kicked, and is not in the world afterwards. Dies
   * if the options are invalid, for example because the slot is taken.
   */
  readonly join: (options: World.PlayerOptions) => Effect.Effect<World.Player>
  /**
   * Makes the GUID of a joining player known; default: a GUID derived from the name. Dies if the slot is free, or the
   * GUID is already known or malformed.
   */
  readonly identify: (slot: number, guid?: string) => Effect.Effect<World.Player>
  /** Marks the GUID of a player as verified. Dies if the slot is free, or the GUID is unknown or already verified. */
  readonly verify: (slot: number) => Effect.Effect<World.Player>
  /** Makes a player leave. Dies if the slot is free. */
  readonly leave: (slot: number) => Effect.Effect<void>
  /** Makes a player send a chat message in a channel: `"Side"`, or any other word. Dies if the slot is free. */
  readonly chat: (slot: number, channel: ChatChannel, text: string) => Effect.Effect<void>
  /** Makes BattlEye kick a player, for a reason such as `"Client not responding"`. Dies if the slot is free. */
  readonly kick: (slot: number, reason: string) => Effect.Effect<void>
  /** Sends any message to every session. Dies if it has more than 65,498 bytes. */
  readonly emit: (text: string | Uint8Array) => Effect.Effect<void>
  /** Changes the world without a message, even while the server is down. */
  readonly update: (f: (world: World.World) => World.World) => Effect.Effect<void>
  /** Sets a function that answers commands instead of the server. `undefined` removes it. */
  readonly onCommand: (hook: ServerMachine.OnCommand | undefined) => Effect.Effect<void>

  /** Ends every session, and closes the port for the downtime. Returns at once. */
  readonly restart: (options?: ServerMachine.RestartOptions) => Effect.Effect<void>
  /** Ends every session, and closes the port until `start`. */
  readonly stop: (options?: ServerMachine.StopOptions) => Effect.Effect<void>
  /** Opens the port again. */
  readonly start: Effect.Effect<void>
  /** Makes the server neither receive nor send until `resume`, or until it stops or restarts. The port stays open. */
  readonly goSilent: Effect.Effect<void>
  /** Ends `goSilent`. */
  readonly resume: Effect.Effect<void>
  /** Ends every session without notice. */
  readonly forget: Effect.Effect<void>
  /** Refuses every login until `admit`. */
  readonly refuse: Effect.Effect<void>
  /** Ends `refuse`. */
  readonly admit: Effect.Effect<void>

  /** Every login packet. Like all records, it keeps at most 10,000 entries by default. */
  readonly logins: Effect.Effect<ReadonlyArray<ServerMachine.Login>>
  /** Every command packet from a session, including keepalives. */
  readonly commands: Effect.Effect<ReadonlyArray<ServerMachine.Command>>
  /**
   * The executed commands, without keepalives. Beyond 10,000 (by default) the oldest command with the commonest text,
   * such as `players`, is dropped.
   */
  readonly executions: Effect.Effect<ReadonlyArray<ServerMachine.Command>>
  /** Every message to every session, without retransmissions. */
  readonly messages: Effect.Effect<ReadonlyArray<ServerMachine.Message>>
  /** Every acknowledgement of a message by a session. */
  readonly acknowledgements: Effect.Effect<ReadonlyArray<ServerMachine.Acknowledgement>>
  /** Every session that ended, and the cause. */
  readonly drops: Effect.Effect<ReadonlyArray<ServerMachine.Drop>>
  /** Breaches of the protocol by clients. */
  readonly violations: Effect.Effect<ReadonlyArray<ServerMachine.Violation>>
  /** The current sessions. */
  readonly sessions: Effect.Effect<ReadonlyArray<Pick<ServerMachine.Session, "address" | "admin" | "since">>>
  /** The current world. */
  readonly world: Effect.Effect<World.World>

  /** Never returns. If the server dies, this dies with the same cause. */
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
 * Makes a server on the port that `bind` opens, in the caller's scope. Fails if the port cannot be bound.
 *
 * **Details**
 *
 * `bind` runs once now, and again at the end of every downtime. It must then bind the same address; if that fails, the
 * server dies. Dies with a `RangeError` if an option is out of range.
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
  // One step at a time: a write may suspend, and the datagrams of the next step must not overtake it.
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

  /** Sends the datagrams of the machine, and opens or closes the port according to its state. */
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

  /** Wraps an effect of the server: if it dies, the server dies with the same cause. */
  const vital = Effect.onError((cause: Cause.Cause<never>) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.suspend(() => {
      Deferred.doneUnsafe(failure, Exit.failCause(cause))
      // A step that is running now may open the port, so wait for its end.
      return lock.withPermit(close)
    })
  )

  const tick = vital(step((now) => ServerMachine.tick(machine, now)))
  const alarm = new Alarm(yield* Effect.context(), {
    wakeAt: () => ServerMachine.wakeAt(machine) - offset,
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
 * Makes a server on the network in the context, in the caller's scope. Fails if its address is already bound. Dies with
 * a `RangeError` if an option is out of range.
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
 * Provides the server that {@link make} returns.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<SimulatedServer, EndpointError, SimulatedNetwork.SimulatedNetwork> =>
  Layer.effect(SimulatedServer, make(options))
