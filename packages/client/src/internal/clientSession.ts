/**
 * The session as the client uses it: its commands fail with the client's `CommandError`, which has more reasons.
 */
import type * as Session from "@bercon/session/Session"
import * as Effect from "effect/Effect"
import { CommandError } from "../CommandError.ts"

type Service = Session.Session["Service"]
type Run<A> = (text: string, options?: Session.CommandOptions) => Effect.Effect<A, CommandError>

export interface ClientSession extends Omit<Service, "command" | "commandBytes"> {
  readonly command: Run<string>
  readonly commandBytes: Run<Uint8Array>
}

export const make = (session: Service): ClientSession => ({
  ...session,
  command: (text, options) => Effect.mapError(session.command(text, options), errorOf),
  commandBytes: (text, options) => Effect.mapError(session.commandBytes(text, options), errorOf)
})

const errorOf = ({ command, reason }: { command: string; reason: CommandError["reason"] }): CommandError =>
  new CommandError({ command, reason })
