/**
 * Connects the parts of a client: the session's messages become events, the roster follows them, and commands go to the
 * server's flavour.
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Gap, Message } from "@bercon/session/Message"
import * as Session from "@bercon/session/Session"
import { Broadcast, Monotonic, Series } from "@bercon/session/unstable"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { AdminId } from "../Admin.ts"
import type * as CommandError from "../CommandError.ts"
import { NoReply } from "../CommandError.ts"
import type { ActionOptions } from "../Commands.ts"
import type { Flavour } from "../Flavour.ts"
import * as Metrics from "../Metrics.ts"
import type { ClientOptions, Service } from "../RconClient.ts"
import * as ServerEvent from "../ServerEvent.ts"
import * as Arguments from "./arguments.ts"
import * as BanWatch from "./banWatch.ts"
import * as BattlEye from "./battleye/commands.ts"
import * as ClientSession from "./clientSession.ts"
import type { Call, FlavourCommands } from "./flavourCommands.ts"
import { FlavourDetection } from "./flavourDetection.ts"
import { listeners } from "./listeners.ts"
import * as LiveRoster from "./liveRoster.ts"
import * as Methods from "./methods.ts"
import { notConnected } from "./notConnected.ts"
import * as Reforger from "./reforger/commands.ts"
import * as Settings from "./settings.ts"

/** Makes a client on the session in the context, and the effect that logs it out. */
export const makeClient = Effect.fnUntraced(function*(options?: ClientOptions) {
  const settings = yield* Settings.make(options)
  const session = ClientSession.make(yield* Session.Session)
  // Background work of the client must not be in the span in which the client was made, because that may end much
  // earlier.
  const context = Context.omit(Tracer.ParentSpan)(yield* Effect.context())
  const clock = yield* Clock.Clock
  const now = () => Monotonic.millis(clock)
  const broadcast = new Broadcast<ServerEvent.ServerEvent, LoginFailure>({
    capacity: settings.messageCapacity,
    overflow: (missed) => new ServerEvent.Gap({ cause: "Overflow", missed })
  })
  /** The same events without late ones, which may concern an earlier visit and are no evidence of anything. */
  const timely = new Broadcast<ServerEvent.ServerEvent, LoginFailure>({ capacity: settings.messageCapacity })
  const attributes = Series.attributesOf(session.peer)
  const counts = new Map<string, Series.Cell>()
  const count = ({ _tag }: ServerEvent.ServerEvent): void => {
    let cell = counts.get(_tag)
    if (cell === undefined) {
      counts.set(_tag, cell = Series.cellOf(context, Metrics.events, { ...attributes, event: _tag }))
    }
    cell.count++
  }
  const publish = (made: ServerEvent.ServerEvent): void => {
    const event = timed(made, clock.currentTimeMillisUnsafe())
    count(event)
    broadcast.publish(event)
    timely.publish(event)
  }
  const events = broadcast.values
  let adminId: AdminId | undefined

  // ---------------------------------------------------------------------------
  // flavours
  // ---------------------------------------------------------------------------

  const detection = new FlavourDetection({
    session,
    flavour: settings.flavour,
    context,
    now
  })
  // The commands of a flavour are constructed when the first is called. Most clients need only one flavour, and there
  // may be thousands of clients.
  let reforger: Reforger.Reforger | undefined
  let battleye: FlavourCommands | undefined
  const commandsOf = (flavour: Flavour): FlavourCommands =>
    flavour === "Reforger"
      ? (reforger ??= Reforger.make(session, settings.replyWindow, { now, context })).commands
      : battleye ??= BattlEye.make(session, {
        events: timely.values,
        adminId: () => adminId,
        isBattlEye: () => detection.isBattlEye
      })

  /** Calls a command of the server's flavour. */
  const call = <A, E>(
    name: string,
    select: (commands: FlavourCommands, call: Call) => Effect.Effect<A, E>,
    given?: ActionOptions
  ): Effect.Effect<A, E | CommandError.CommandError> =>
    calling(name, given, (call) =>
      // The flavour is unknown before the first login and, usually for a moment, after each login.
      detection.isKnown
        ? select(commandsOf(detection.flavour!), call)
        : Effect.flatMap(
          detection.resolve(name, call.deadline),
          (flavour) => select(commandsOf(flavour), call)
        ))

  /** Captures the context of a command. */
  const calling = <A, E>(
    name: string,
    given: ActionOptions | undefined,
    run: (call: Call) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | CommandError.CommandError> =>
    Effect.suspend((): Effect.Effect<A, E | CommandError.CommandError> => {
      const timeout = given?.timeout === undefined ? settings.commandTimeout : Monotonic.duration(given.timeout)
      const problem = problemOf(timeout, given)
      if (problem !== undefined) return Arguments.invalid(name, problem)
      const deadline = now() + timeout
      return Effect.flatMap(session.epoch, (epoch) =>
        run({
          repeatable: given?.repeatable,
          epoch: given?.epoch,
          isCurrent: given?.isCurrent,
          // A call before the first login is meant for the first session.
          calledIn: Math.max(1, epoch),
          deadline,
          confirmWithin: given?.confirmWithin
        }))
    })

  // ---------------------------------------------------------------------------
  // messages
  // ---------------------------------------------------------------------------

  /** The epoch of the last gap that was processed. There is no gap before the first login. */
  let epoch = Math.max(1, yield* session.epoch)
  /** `false` for a moment after a login: callers can learn of it before this client has processed the gap of the outage. */
  const isOfThisSession = Effect.map(session.epoch, (current) => Math.max(1, current) === epoch)

  const live = LiveRoster.make({
    query: calling("players", undefined, (call) =>
      Effect.flatMap(
        detection.table(call.deadline),
        (table) =>
          table === undefined
            ? Effect.flatMap(
              detection.resolve("players", call.deadline),
              (flavour) => commandsOf(flavour).playerTable(call)
            )
            : Effect.succeed(table)
      )),
    status: session.status,
    isOfThisSession,
    interval: settings.rosterInterval,
    clock,
    context,
    publish
  })

  const population = Series.gauge(context, Metrics.players, attributes, () => live.known.size)

  /** Whether the next message is the first after a login. */
  let isGreeting = true

  /** Processes the next item of the session. */
  const take = (item: Message | Gap, currentEpoch: number): void => {
    if (item._tag === "Gap" && currentEpoch > epoch) {
      // The lost items may contain the gap of a login.
      if (item.cause === "Overflow") take({ _tag: "Gap", cause: "Reconnected", missed: undefined }, currentEpoch)
      if (item.cause === "Reconnected") epoch = currentEpoch
    }
    const event = read(item)
    if (event === undefined) return
    // A late message is older than the roster's information. The gap that preceded it has already caused a query for
    // the list.
    if (item._tag === "Message" && item.late) {
      count(event)
      return broadcast.publish(event)
    }
    const described = live.describe(event)
    live.observe(described)
    publish(described)
    live.announce()
  }

  const read = (item: Message | Gap): ServerEvent.ServerEvent | undefined => {
    if (item._tag === "Gap") {
      isGreeting = item.cause === "Reconnected"
      if (isGreeting) {
        adminId = undefined
        detection.forget()
        reforger?.restart()
      } else reforger?.gap()
      return new ServerEvent.Gap({ cause: item.cause, ...(item.missed !== undefined && { missed: item.missed }) })
    }
    if (detection.flavour === "Reforger" && reforger?.offer(item.text) === true) return undefined
    const event = timed(ServerEvent.parse(item.text, live.known.values()), item.receivedAt)
    detection.learn(event)
    // The first message after a login has the number 0 and announces this client's own login. Later ones announce other
    // clients.
    const isOwn = isGreeting && item.sequence === 0
    if (isOwn && (event._tag === "AdminLoggedIn" || event._tag === "LoggedIn")) adminId = event.admin
    isGreeting = false
    return event
  }

  /** The error of a query that has no result in time: there is no session, or the server has not replied yet. */
  const late = Effect.map(
    notConnected(session),
    (reason) => reason.cause === undefined ? new NoReply({ peer: session.peer, sends: 1 }) : reason
  )

  const bans = BanWatch.make({
    query: call("bans", (server, call) => server.banTable(call)),
    interval: settings.banInterval,
    now,
    context,
    publish
  })

  // A session that logged in before this client was made has already received its greeting.
  const greeting = yield* session.greeting
  if (Option.isSome(greeting)) read(greeting.value)

  /** Done when this client has ended. The session may end later. */
  const ended = Deferred.makeUnsafe<void, LoginFailure>()
  yield* session.messages.pipe(
    Stream.runForEachArray((items) =>
      Effect.map(session.epoch, (currentEpoch) => {
        for (const item of items) take(item, currentEpoch)
      })
    ),
    // Subscribers get the end of their stream. A defect is also logged.
    Effect.onExit((exit) => {
      detection.close(exit)
      reforger?.close()
      const closing = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      Deferred.doneUnsafe(ended, closing ? Exit.void : exit)
      broadcast.close(closing ? Exit.void : exit)
      timely.close(closing ? Exit.void : exit)
      live.close(closing ? Exit.void : exit)
      bans.close()
      population.remove()
      return Exit.isFailure(exit) && Cause.hasDies(exit.cause)
        ? Effect.logError("the client has died and will no longer publish events", exit.cause)
        : Effect.void
    }),
    Effect.forkScoped({ startImmediately: true })
  )

  const begin = Effect.map(session.online, () => {
    live.begin()
    bans.begin()
  })
  // If the session never comes online, its owner gets the error.
  yield* Effect.forkScoped(Effect.ignore(begin), { startImmediately: true })

  const client: Service = {
    ...Methods.make({ run: call, live, now, epoch: session.epoch, isOfThisSession, late, attributes }),
    events,
    ...listeners(events),
    roster: live.roster,
    flavour: Effect.suspend(() => detection.resolve("players", now() + settings.commandTimeout)),
    adminId: Effect.map(
      isOfThisSession,
      (isOfThisSession) => Option.fromUndefinedOr(isOfThisSession ? adminId : undefined)
    ),
    epoch: session.epoch,
    status: session.status,
    statusChanges: session.statusChanges,
    closed: Effect.suspend(() => Effect.raceFirst(session.closed, Deferred.await(ended)))
  }

  return {
    client,
    logout: Effect.suspend(() => detection.flavour === "BattlEye" ? Effect.void : Reforger.logout(session))
  }
})

/** Adds the time to an event that has none. */
const timed = (event: ServerEvent.ServerEvent, at: number): ServerEvent.ServerEvent =>
  event.receivedAt === undefined ? Object.assign(event, { receivedAt: DateTime.makeUnsafe(at) }) : event

const problemOf = (timeout: number, given: ActionOptions | undefined): string | undefined => {
  const { confirmWithin, epoch, isCurrent, repeatable } = given ?? {}
  return !(timeout > 0)
    ? `timeout must be a positive duration (got ${Formatter.format(given?.timeout)})`
    : confirmWithin !== undefined && !(Monotonic.duration(confirmWithin) >= 0)
    ? `confirmWithin must be a duration of at least 0 ms (got ${Formatter.format(confirmWithin)})`
    : epoch !== undefined && !Number.isInteger(epoch)
    ? `epoch must be an integer (got ${Formatter.format(epoch)})`
    : isCurrent !== undefined && typeof isCurrent !== "function"
    ? `isCurrent must be a function (got ${Formatter.format(isCurrent)})`
    : repeatable !== undefined && typeof repeatable !== "boolean"
    ? `repeatable must be a boolean (got ${Formatter.format(repeatable)})`
    : undefined
}
