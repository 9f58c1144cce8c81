/**
 * The servers of a fleet, and how they change.
 */
import * as RconClient from "@bercon/client/RconClient"
import type { Status } from "@bercon/client/Status"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Struct from "effect/Struct"
import type { ClientsOptions, ForEachOptions, Program, ServerSettings, Service } from "../Fleet.ts"
import { DuplicateServer, InvalidServer, UnknownServer } from "../FleetError.ts"
import * as GivenServers from "./givenServers.ts"
import * as Problem from "./problem.ts"
import * as Subscriptions from "./subscriptions.ts"

interface Member<S> {
  readonly id: string
  readonly server: S
  readonly client: RconClient.Service
  readonly scope: Scope.Closeable
  /** Opened when the change that starts this client can no longer fail. */
  readonly admitted: Latch.Latch
  /** Completes when `admitted` is open and all earlier clients of the id are closed. */
  readonly released: Effect.Effect<void>
  /** Opened when this client and all earlier clients of the id are closed. */
  readonly ended: Latch.Latch
}

const withoutPassword = (server: ServerSettings & { readonly password?: unknown }): ServerSettings =>
  Struct.omit(server, ["password"])

export const makeFleet = Effect.fnUntraced(
  function*<S extends ServerSettings>(
    options: ClientsOptions<S>
  ): Effect.fn.Return<Service<never, S>, InvalidServer, Scope.Scope> {
    // Sessions outlive the call that adds them, so they must not inherit its log annotations and span.
    const context = yield* Effect.context()
    const ownContext: (_: Context.Context<never>) => Context.Context<never> = () => context
    const members = new Map<string, Member<S>>()
    /** The latest closing client of each id. */
    const leaving = new Map<string, Member<S>>()
    const lock = Semaphore.makeUnsafe(1)
    const subscriptions = Subscriptions.make(() => Array.from(members, ([id, { client }]) => [id, client] as const))
    let closed = false

    /** Starts a client, which sends nothing until it is released. */
    const start = Effect.fnUntraced(function*(id: string, server: S): Effect.fn.Return<Member<S>, InvalidServer> {
      const problem = GivenServers.idProblem(id)
      if (problem !== undefined) return yield* new InvalidServer({ id, problem })
      const scope = Scope.makeUnsafe()
      const admitted = Latch.makeUnsafe()
      const previous = members.get(id) ?? leaving.get(id)
      const released = previous === undefined ? admitted.await : Effect.andThen(admitted.await, previous.ended.await)
      const client = yield* options.start(server, id, released).pipe(
        Effect.annotateLogs("server", id),
        Scope.provide(scope),
        Effect.updateContext(ownContext),
        Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)),
        Effect.mapError((failure) => new InvalidServer({ id, problem: failure.message }))
      )
      return { id, server, client, scope, admitted, released, ended: Latch.makeUnsafe() }
    })

    /**
     * Begins to close a client, and opens its `ended` when it is closed. A client that is slow to close or fails to close does
     * not delay clients of other ids.
     */
    const close = (member: Member<S>): Effect.Effect<void> => {
      const { ended, id, released, scope } = member
      leaving.set(id, member)
      return Scope.close(scope, Exit.void).pipe(
        Effect.tapCause((cause) => Effect.logError("closing the client failed", cause)),
        Effect.exit,
        Effect.andThen(released),
        Effect.andThen(Effect.sync(() => {
          if (leaving.get(id) === member) leaving.delete(id)
          ended.openUnsafe()
        })),
        Effect.annotateLogs("server", id),
        Effect.updateContext(ownContext),
        Effect.forkDetach({ startImmediately: true, uninterruptible: true }),
        Effect.asVoid
      )
    }

    /** Removes, adds and replaces members. Validates all new ones before the first change. */
    const change = Effect.fnUntraced(function*(
      removed: ReadonlyArray<string>,
      put: ReadonlyArray<readonly [string, S]>
    ): Effect.fn.Return<ReadonlyArray<RconClient.Service>, InvalidServer> {
      const started = new Array<Member<S>>()
      for (const [id, server] of put) {
        // The started clients were never admitted, so no client waits for them to end.
        const undo = () => Effect.forEach(started, ({ scope }) => Effect.exit(Scope.close(scope, Exit.void)))
        started.push(yield* Effect.onError(start(id, server), undo))
      }
      const replaced = [...removed, ...put.map(([id]) => id)].flatMap((id) => members.get(id) ?? [])
      for (const id of removed) members.delete(id)
      for (const member of started) {
        members.set(member.id, member)
        yield* subscriptions.attach(member.id, member.client)
      }
      yield* Effect.forEach(replaced, close, { discard: true })
      for (const { admitted } of started) admitted.openUnsafe()
      return started.map(({ client }) => client)
    })

    const exclusively = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      lock.withPermit(Effect.uninterruptible(Effect.suspend(() => closed ? Effect.interrupt : effect)))

    const unknown = (id: string) => new UnknownServer({ id, known: [...members.keys()] })

    const get = (id: string): Effect.Effect<RconClient.Service, UnknownServer> =>
      Effect.suspend(() => {
        const member = members.get(id)
        return member === undefined ? Effect.fail(unknown(id)) : Effect.succeed(member.client)
      })

    const forEach = <A, E, R>(program: Program<A, E, R>, given?: ForEachOptions) =>
      Effect.suspend(() => {
        const { concurrency = "unbounded", servers, timeout } = given ?? {}
        const problem = Problem.concurrency(concurrency) ?? Problem.duration("timeout", timeout)
        if (problem !== undefined) return Effect.die(problem)
        const ids = servers === undefined ? [...members.keys()] : [...new Set(servers)]
        const run = (id: string) => {
          const running = Effect.flatMap(get(id), (client) =>
            Effect.provideService(
              Effect.isEffect(program) ? program : Effect.suspend(() => program(client, id)),
              RconClient.RconClient,
              client
            ))
          return Effect.map(
            Effect.exit(timeout === undefined ? running : Effect.timeout(running, timeout)),
            (exit) => [id, exit] as const
          )
        }
        return Effect.map(
          Effect.forEach(ids, run, { concurrency }),
          (results) => new Map(results)
        )
      })

    const only = (clients: ReadonlyArray<RconClient.Service>): RconClient.Service => clients[0]!

    yield* Effect.addFinalizer(() =>
      lock.withPermit(Effect.suspend(() => {
        closed = true
        subscriptions.close()
        const all = [...members.values()]
        members.clear()
        return Effect.forEach(all, close, { discard: true })
      })).pipe(
        Effect.andThen(Effect.suspend(() => Effect.forEach(leaving.values(), ({ ended }) => ended.await)))
      )
    )

    yield* Effect.uninterruptible(change([], [...GivenServers.toMap(options.servers ?? {})]))

    return {
      ids: Effect.sync(() => [...members.keys()]),
      servers: Effect.sync(() =>
        new Map(Array.from(members, ([id, { server }]) => [id, withoutPassword(server)] as const))
      ),
      get,
      events: subscriptions.stream({
        of: (client) => client.events,
        tag: (server, event) => ({ server, event }),
        inTurn: false
      }),
      status: Effect.suspend(() =>
        Effect.map(
          Effect.forEach(
            [...members.values()],
            ({ client, id }) => Effect.map(client.status, (status) => [id, status] as const)
          ),
          (entries): ReadonlyMap<string, Status> => new Map(entries)
        )
      ),
      statusChanges: subscriptions.stream({
        of: (client) => client.statusChanges,
        tag: (server, status) => ({ server, status }),
        inTurn: true
      }),
      on: (tag, handler, given) =>
        Effect.suspend(() => {
          const problem = Problem.concurrency(given?.concurrency ?? 1)
          if (problem !== undefined) return Effect.die(problem)
          return subscriptions.follow({
            each: (id, client) =>
              client.on(tag, (event) => handler(event, client, id), given).pipe(
                Effect.flatMap(Fiber.join),
                Effect.scoped,
                // The status and the log contain the reason for the end of the session.
                Effect.exit,
                Effect.annotateLogs("server", id)
              ),
            inTurn: false
          }).pipe(Effect.forkScoped({ startImmediately: true }))
        }),
      forEach,
      players: (given) => forEach(({ players }) => players, given),
      say: (text, given) => forEach((client) => client.say(text, given?.say), given),
      add: (id, server) =>
        exclusively(
          Effect.suspend((): Effect.Effect<RconClient.Service, DuplicateServer | InvalidServer> =>
            members.has(id) ? Effect.fail(new DuplicateServer({ id })) : Effect.map(change([], [[id, server]]), only)
          )
        ),
      remove: (id) =>
        exclusively(
          Effect.suspend(() => {
            const member = members.get(id)
            return member === undefined
              ? Effect.fail(unknown(id))
              : Effect.as(Effect.orDie(change([id], [])), member)
          })
        ).pipe(Effect.flatMap(({ ended }) => ended.await)),
      replace: (id, server) =>
        exclusively(
          Effect.suspend((): Effect.Effect<RconClient.Service, UnknownServer | InvalidServer> =>
            members.has(id) ? Effect.map(change([], [[id, server]]), only) : Effect.fail(unknown(id))
          )
        ),
      reconcile: (servers) =>
        exclusively(Effect.suspend(() => {
          const wanted = GivenServers.toMap(servers)
          const removed = [...members.keys()].filter((id) => !wanted.has(id))
          const added = [...wanted].filter(([id]) => !members.has(id))
          const replaced = [...wanted].filter(([id, server]) => {
            const member = members.get(id)
            return member !== undefined && !Equal.equals(member.server, server)
          })
          const idsOf = (entries: ReadonlyArray<readonly [string, S]>) => entries.map(([id]) => id)
          return Effect.map(change(removed, [...added, ...replaced]), () => {
            for (const id of wanted.keys()) {
              const member = members.get(id)!
              members.delete(id)
              members.set(id, member)
            }
            return { added: idsOf(added), removed, replaced: idsOf(replaced) }
          })
        }))
    }
  }
)
