/**
 * The kinds of events, as people name them.
 */
import * as ServerEvent from "@bercon/client/ServerEvent"
import * as Effect from "effect/Effect"
import { UsageError } from "../Failure.ts"

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

const usage = (message: string) => Effect.fail(new UsageError({ message }))

/** The kinds that a list names, in upper or lower case. */
export const kindsOf = (list: string): Effect.Effect<ReadonlySet<ServerEvent.Tag>, UsageError> =>
  Effect.map(
    Effect.forEach(list.split(",").map((word) => word.trim().toLowerCase()).filter((word) => word !== ""), (word) => {
      const kinds = groups[word] ?? tags.filter((tag) => tag.toLowerCase() === word)
      return kinds.length > 0
        ? Effect.succeed(kinds)
        : usage(`unknown kind of event ${JSON.stringify(word)}: use ${groupNames}, or ${tags.join(", ")}`)
    }),
    (kinds) => new Set(kinds.flat())
  ).pipe(Effect.filterOrElse(({ size }) => size > 0, () => usage(`--kind needs a kind of event: ${groupNames}`)))
