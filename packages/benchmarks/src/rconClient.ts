/**
 * `RconClient` of this repository, as programs on Node use it, without logs.
 */
import * as NodeRcon from "@bercon/client/NodeRcon"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Client, HOST, PASSWORD } from "./client.ts"
import { clientOf } from "./sessionSubject.ts"

const login = (port: number, scope: Scope.Scope) =>
  NodeRcon.make({ host: HOST, port, password: Redacted.make(PASSWORD), flavour: "BattlEye" }).pipe(
    Effect.provide(Logger.layer([])),
    Scope.provide(scope),
    Effect.runPromise
  )

export const idle = (port: number): Promise<unknown> => login(port, Scope.makeUnsafe())

export const connect = async (port: number): Promise<Client> => {
  const scope = Scope.makeUnsafe()
  const { command, events } = await login(port, scope)
  return clientOf(scope, command, Stream.filter(events, ({ _tag }) => _tag !== "Gap"))
}
