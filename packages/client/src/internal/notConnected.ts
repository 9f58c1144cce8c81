/**
 * The error of a command that was not sent because there is no session.
 */
import * as Effect from "effect/Effect"
import { NotConnected } from "../CommandError.ts"
import type { ClientSession } from "./clientSession.ts"

/** The error as of now, with the last known cause of the outage. */
export const notConnected = ({ peer, status }: Pick<ClientSession, "peer" | "status">): Effect.Effect<NotConnected> =>
  Effect.map(status, (now) =>
    new NotConnected({
      peer,
      ...((now._tag === "Connecting" || now._tag === "Reconnecting") && { cause: now.cause })
    }))
