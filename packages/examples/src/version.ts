import { Session } from "@bercon/session"
import * as NodeTransport from "@bercon/session/NodeTransport"
import { Effect, Layer, Redacted } from "effect"

const SessionLive = Session.layer({ password: Redacted.make("secret") }).pipe(
  Layer.provide(NodeTransport.layer({ host: "127.0.0.1", port: 2306 }))
)

export const version = Session.Session.pipe(
  Effect.flatMap((session) => session.command("version")),
  Effect.provide(SessionLive)
)
