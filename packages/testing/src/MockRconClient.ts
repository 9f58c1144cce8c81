/**
 * A client without a server: every action succeeds, every list is empty, and the test emits the events.
 *
 * **When to use**
 *
 * Use it for tests that only check the calls of the client. Actions have no effects: a kick does not remove a player.
 * If the effects matter, use `TestRcon`.
 *
 * The client lives in the scope of its layer. It keeps the last 10,000 calls.
 *
 * **Example** (A bot that reacts to chat)
 *
 * ```ts
 * import { Player, RconClient, ServerEvent } from "@bercon/client"
 * import { MockRconClient } from "@bercon/testing"
 * import { assert, it } from "@effect/vitest"
 * import { Effect } from "effect"
 *
 * it.effect("kicks a player for swearing", () =>
 *   Effect.gen(function*() {
 *     const rcon = yield* RconClient.RconClient
 *     const mock = yield* MockRconClient.MockRconClient
 *     yield* rcon.on("PlayerChat", ({ player }) => rcon.kick(player.id, "language"))
 *     const bob = { id: Player.PlayerId.make(5), name: "Bob" }
 *     yield* mock.emit(ServerEvent.parse("(Side) Bob: damn", [bob]))
 *     assert.deepStrictEqual(yield* mock.calls, [["kick", 5, "language"]])
 *   }).pipe(Effect.provide(MockRconClient.layer())))
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type { ActionError } from "@bercon/client/ActionError"
import { AdminId } from "@bercon/client/Admin"
import type * as CommandError from "@bercon/client/CommandError"
import type * as Commands from "@bercon/client/Commands"
import * as RconClient from "@bercon/client/RconClient"
import type { ReplyError } from "@bercon/client/ReplyError"
import * as Roster from "@bercon/client/Roster"
import * as ServerEvent from "@bercon/client/ServerEvent"
import { CommandErrors, CommandTable } from "@bercon/client/unstable"
import * as Version from "@bercon/client/Version"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type { Status } from "@bercon/session/Status"
import { Broadcast } from "@bercon/session/unstable"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import * as Stream from "effect/Stream"
import { settle } from "./internal/settle.ts"

/**
 * A call of one of the client's `Commands`: its name and its arguments.
 *
 * @category models
 * @since 0.1.0
 */
export type Call = readonly [name: keyof Commands.Commands, ...args: ReadonlyArray<unknown>]

/**
 * The service through which the test reads the calls and emits the events.
 *
 * @category services
 * @since 0.1.0
 */
export class MockRconClient extends Context.Service<MockRconClient, {
  /** The calls so far, in order; the last 10,000. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** Emits an event as if the server had sent it. Returns when subscribers, handlers and `waitFor` have run. */
  readonly emit: (event: ServerEvent.ServerEvent) => Effect.Effect<void>
  /**
   * Ends the session, with a failure if one is given: `status` is `Closed`, the streams end, and commands fail with
   * reason `SessionClosed`.
   */
  readonly end: (failure?: LoginFailure) => Effect.Effect<void>
}>()("@bercon/testing/MockRconClient") {}

/** Maximum number of calls that are kept. */
const CALLS = 10_000

const done = Effect.succeed("")
const emptyTable = Effect.succeed({ rows: [], unparsed: [], total: 0, cut: false })

const COMMANDS: Omit<Commands.Commands, "withOptions"> = {
  players: Effect.succeed([]),
  playerTable: emptyTable,
  bans: Effect.succeed([]),
  banTable: emptyTable,
  admins: Effect.succeed([]),
  adminTable: emptyTable,
  missions: Effect.succeed([]),
  version: Effect.succeed(new Version.Version({ text: "1.220", number: "1.220" })),
  commands: Effect.succeed([]),
  ...Record.map(CommandTable.actions, () => done),
  ...Record.map(CommandTable.actionsWith, () => () => done),
  say: () => done,
  whisper: () => done,
  kick: () => done,
  ban: () => done,
  banAll: () => done,
  unban: () => done,
  unbanAll: () => done,
  command: () => done
}

/**
 * Provides an `RconClient`, and the service with which the test controls it.
 *
 * **Details**
 *
 * `implementation` replaces members of the client. Calls of its commands are recorded, too. If it has `events`, these are
 * the only events, and `emit` has no effect.
 *
 * By default lists are empty, `version` is 1.220, actions succeed, `command` returns `""`, `status` is `Online`,
 * `adminId` is 0, `flavour` is `"BattlEye"`, and `roster` contains the players that `players` returns.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  implementation: Partial<Omit<RconClient.Service, "withOptions">> = {}
): Layer.Layer<RconClient.RconClient | MockRconClient> =>
  Layer.effectContext(Effect.sync(() => {
    const broadcast = new Broadcast<ServerEvent.ServerEvent, LoginFailure>({
      capacity: 4096,
      overflow: (missed) => new ServerEvent.Gap({ cause: "Overflow", missed })
    })
    const events = implementation.events ?? broadcast.values
    const members = { ...COMMANDS, ...implementation }

    const calls: Array<Call> = []
    const record = (call: Call): void => {
      if (calls.length === CALLS) calls.shift()
      calls.push(call)
    }
    let status: Status = { _tag: "Online" }
    const closed = Deferred.makeUnsafe<void, LoginFailure>()
    const statuses = new Broadcast<Status>({ capacity: 16, greeting: () => status })
    const recorded = Record.map(COMMANDS, (_, name) => {
      const member: Member = members[name]
      const run = (args: Array<never>): Effect.Effect<unknown, Failure> =>
        Effect.suspend(() => {
          record([name, ...args])
          if (status._tag === "Closed") {
            return Effect.fail(CommandErrors.make(name, CommandErrors.closedBy(status.exit, 0)))
          }
          return typeof member === "function" ? member(...args) : member
        })
      return typeof member === "function" ? (...args: Array<never>) => run(args) : run([])
    }) as typeof COMMANDS
    const commands: Commands.Commands = { ...recorded, withOptions: () => commands }

    const client = RconClient.RconClient.of({
      roster: {
        get: members.players,
        snapshot: Effect.option(members.players),
        isComplete: Effect.succeed(true),
        changes: Stream.unwrap(Effect.match(members.players, {
          onFailure: () => Stream.drain(events),
          onSuccess: (players) => Stream.concat(Stream.succeed(players), Stream.drain(events))
        })),
        ...Roster.lookups(members.players)
      },
      flavour: Effect.succeed("BattlEye"),
      adminId: Effect.succeedSome(AdminId.make(0)),
      epoch: Effect.succeed(1),
      status: Effect.sync(() => status),
      statusChanges: statuses.values,
      closed: Deferred.await(closed),
      events,
      ...RconClient.listeners(events),
      ...implementation,
      ...commands
    })
    return Context.make(RconClient.RconClient, client).pipe(
      Context.add(MockRconClient, {
        calls: Effect.sync(() => [...calls]),
        emit: (event) => Effect.andThen(Effect.sync(() => broadcast.publish(event)), settle),
        end: (failure) =>
          Effect.andThen(
            Effect.sync(() => {
              const exit = failure === undefined ? Exit.void : Exit.fail(failure)
              status = { _tag: "Closed", exit }
              statuses.publish(status)
              statuses.close(Exit.void)
              broadcast.close(exit)
              Deferred.doneUnsafe(closed, exit)
            }),
            settle
          )
      })
    )
  }))

/** A command: an effect, or a function that returns one. */
type Member = Effect.Effect<unknown, Failure> | ((...args: Array<never>) => Effect.Effect<unknown, Failure>)

type Failure = CommandError.CommandError | ActionError | ReplyError
