import * as NodeRcon from "@bercon/client/NodeRcon"
import { Effect } from "effect"

export const announce = (servers: ReadonlyArray<NodeRcon.Options>, text: string) =>
  Effect.forEach(servers, NodeRcon.make, { concurrency: "unbounded" }).pipe(
    Effect.flatMap(Effect.forEach((rcon) => rcon.say(text), { concurrency: "unbounded" })),
    Effect.scoped
  )
