/**
 * The kinds of events, as people name them.
 */
import * as ServerEvent from "@bercon/client/ServerEvent"
import * as Effect from "effect/Effect"
import { usage, type UsageError } from "../Failure.ts"
import { namesOf } from "../flags.ts"
import { quoted } from "../output/quoted.ts"

const tags = Object.keys(ServerEvent.ServerEvent.cases) as ReadonlyArray<ServerEvent.Tag>

/** Groups of kinds that are usually wanted together. */
const groups: Readonly<Record<string, ReadonlyArray<ServerEvent.Tag>>> = {
  chat: ["PlayerChat", "UnattributedChat", "AdminChat"],
  players: ["PlayerConnected", "PlayerIdentified", "PlayerDisconnected", "PlayerKicked"],
  bans: ["BanAdded", "BanRemoved", "BanExpired"]
}

/** The names of the groups. */
export const groupNames: string = Object.keys(groups).join(", ")

/** Whether the list of bans must be read again and again to find events of one of these kinds. */
export const needsBans = (kinds: ReadonlySet<ServerEvent.Tag>): boolean => groups["bans"]!.some((tag) => kinds.has(tag))

/** The kinds that a list names, in upper or lower case. */
export const kindsOf = (list: string): Effect.Effect<ReadonlySet<ServerEvent.Tag>, UsageError> =>
  namesOf("--kind", list.toLowerCase()).pipe(
    Effect.flatMap(Effect.forEach((name) => {
      const kinds = groups[name] ?? tags.filter((tag) => tag.toLowerCase() === name)
      return kinds.length > 0
        ? Effect.succeed(kinds)
        : usage(`unknown kind of event ${quoted(name)}: use ${groupNames}, or ${tags.join(", ")}`)
    })),
    Effect.map((kinds) => new Set(kinds.flat()))
  )
