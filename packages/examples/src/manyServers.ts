import type { RconClient } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { Effect, Result } from "effect"

/** Keeps a client for each of many servers. They log in independently, so none delays the others. */
export const start = (servers: ReadonlyArray<NodeRcon.Options>) =>
  Effect.forEach(servers, (server) => Effect.map(NodeRcon.start(server), (rcon) => ({ server, rcon })))

type Server = Effect.Success<ReturnType<typeof start>>[number]

/** Counts the players on each server. A server that does not answer in time is a failure among the results. */
export const population = (servers: ReadonlyArray<Server>) =>
  Effect.forEach(
    servers,
    ({ rcon, server }) =>
      Effect.map(
        Effect.result(rcon.withOptions({ timeout: "3 seconds" }).players),
        Result.match({
          onFailure: ({ message }) => ({ ...nameOf(server), problem: message }),
          onSuccess: (players) => ({ ...nameOf(server), players: players.length })
        })
      ),
    { concurrency: "unbounded" }
  )

/** Sends a message to all servers, and returns those that did not receive it. */
export const announce = (servers: ReadonlyArray<Server>, text: string) =>
  Effect.map(
    Effect.forEach(
      servers,
      ({ rcon, server }) => Effect.match(tell(rcon, text), { onFailure: () => [nameOf(server)], onSuccess: () => [] }),
      { concurrency: "unbounded" }
    ),
    (failed) => failed.flat()
  )

const tell = (rcon: RconClient.RconClient["Service"], text: string) =>
  rcon.say(text, { split: true, timeout: "10 seconds" })

const nameOf = ({ host, port }: NodeRcon.Options) => ({ host, port })
