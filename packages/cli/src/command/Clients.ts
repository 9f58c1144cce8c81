/**
 * Logs in to all servers of a command, and sends each the same question.
 *
 * **Details**
 *
 * All servers are asked at the same time, each as soon as its login has succeeded. A server that cannot be reached does not
 * delay the others. See `gather` for how answers and failures are printed.
 */
import type * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { login } from "../connection/login.ts"
import type { Server, Servers } from "../connection/Servers.ts"
import type * as Failure from "../Failure.ts"
import type { Output } from "../output/Output.ts"
import type { View } from "../output/View.ts"
import { type Contribution, type Contributors, gather } from "./gather.ts"

/**
 * Logs in to a server when it is first run, and returns the same client from then on. After a failed login, the next run tries
 * again. If another try cannot help, the next run fails with the same failure, and sends nothing.
 */
type Client = Effect.Effect<RconClient.Service, Failure.ServerFailure>

/** The servers of a command, and their sessions. */
export interface Clients extends Contributors {
  readonly byName: ReadonlyMap<string, Client>
}

const clientOf = (server: Server, scope: Scope.Scope): Client => {
  let known: Client | undefined
  const attempt = login(server).pipe(
    Scope.provide(scope),
    Effect.tap((rcon) => Effect.sync(() => known = Effect.succeed(rcon))),
    Effect.tapError((failure) => Effect.sync(() => known = failure.isRetryable ? undefined : Effect.fail(failure)))
  )
  return Effect.suspend(() => known ?? attempt)
}

/** The clients of all servers. Nothing is sent yet. The sessions last as long as the scope. */
export const make = ({ labelled, servers, unusable }: Servers): Effect.Effect<Clients, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const byName = new Map<string, Client>([
      ...servers.map((server) => [server.name, clientOf(server, scope)] as const),
      ...unusable.map(({ failure, name }) => [name, Effect.fail(failure)] as const)
    ])
    return { byName, names: [...byName.keys()], labelled }
  })

/** A question to one server, or an action on it. */
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
  gather(
    clients,
    view,
    (server, contribution) =>
      Effect.flatMap(clients.byName.get(server)!, (rcon) => question(rcon, contribution, server))
  )
