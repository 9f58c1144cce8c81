/**
 * Logs in to all servers of a command, and asks each the same question, or performs the same action on each.
 *
 * **Details**
 *
 * All servers are asked at the same time, each as soon as its login has succeeded. A server that cannot be reached does not
 * delay the others. See `gather` for how answers and failures are printed.
 */
import type * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { login } from "../connection/login.ts"
import type { Server, Servers } from "../connection/Servers.ts"
import { UnderWay } from "../connection/UnderWay.ts"
import * as Failure from "../Failure.ts"
import { note, type Output } from "../output/Output.ts"
import type { View } from "../output/View.ts"
import { type Contribution, type Contributors, gather } from "./gather.ts"

/**
 * The first run of this effect logs in to a server. Later runs return the same client. After a failed login, the next run tries
 * again if the failure is retryable. If it is not, every later run fails with it, and sends nothing.
 */
type Client = Effect.Effect<RconClient.Service, Failure.ServerFailure>

/** The connection to one of a command's servers. */
interface Connection {
  readonly client: Client
  /** The flavour that flags, variables or the profile set. */
  readonly flavour: Server["options"]["flavour"]
  /** The commands of its session. */
  readonly underWay: UnderWay
}

/** The servers of a command, and their sessions. */
export interface Clients extends Contributors {
  readonly byName: ReadonlyMap<string, Connection>
}

const connectionOf = (server: Server, scope: Scope.Scope): Connection => {
  const underWay = new UnderWay()
  let known: Client | undefined
  const attempt = login(server, underWay).pipe(
    Scope.provide(scope),
    Effect.tap((rcon) => Effect.sync(() => known = Effect.succeed(rcon))),
    Effect.tapError((failure) => Effect.sync(() => known = failure.isRetryable ? undefined : Effect.fail(failure)))
  )
  return { client: Effect.suspend(() => known ?? attempt), flavour: server.options.flavour, underWay }
}

/** The clients of all servers. Nothing is sent yet. The sessions last as long as the scope. */
export const make = ({ labelled, servers, unusable }: Servers): Effect.Effect<Clients, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const byName = new Map<string, Connection>([
      ...servers.map((server) => [server.name, connectionOf(server, scope)] as const),
      ...unusable.map(({ failure, name }) =>
        [name, { client: Effect.fail(failure), flavour: undefined, underWay: new UnderWay() }] as const
      )
    ])
    return { byName, names: [...byName.keys()], labelled }
  })

/** A question to one server, or an action on it. `server` is its name. */
export type Question<in out Row> = (
  rcon: RconClient.Service,
  contribution: Contribution<Row>,
  server: string
) => Effect.Effect<void, Failure.ServerFailure>

/** Sends a question to all servers at the same time, and prints the answers. */
export const ask = <Row>(
  clients: Clients,
  view: View<Row>,
  question: Question<Row>
): Effect.Effect<void, Failure.ServerFailure | Failure.Reported | Failure.OutputError, Output> =>
  gather(clients, view, (server, contribution) => {
    const { client, flavour } = clients.byName.get(server)!
    return Effect.flatMap(client, (rcon) => question(rcon, contribution, server)).pipe(
      Effect.mapError(Failure.explained(flavour))
    )
  })

/**
 * Performs an action on all servers at the same time, and prints the outcomes. If it is interrupted, for example by Ctrl-C,
 * standard error names the servers on which a command may have been executed without a printed outcome.
 */
export const act = <Row>(
  clients: Clients,
  view: View<Row>,
  action: Question<Row>
): Effect.Effect<void, Failure.ServerFailure | Failure.Reported | Failure.OutputError, Output> =>
  ask(clients, view, (rcon, { count, emit }, server) => {
    const { settle } = clients.byName.get(server)!.underWay
    const settled = Effect.sync(settle)
    return action(rcon, { count, emit: (...rows) => Effect.andThen(emit(...rows), settled) }, server).pipe(
      Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : settled)
    )
  }).pipe(
    Effect.onInterrupt(() => noteUnderWay(clients.names.filter((server) => clients.byName.get(server)!.underWay.isAny)))
  )

/** Prints on standard error, after an interruption, that commands may have been executed on these servers. */
export const noteUnderWay = (servers: ReadonlyArray<string>): Effect.Effect<void> =>
  servers.length === 0
    ? Effect.void
    : note(`bercon: interrupted: commands under way on ${servers.join(", ")} may have been executed`)
