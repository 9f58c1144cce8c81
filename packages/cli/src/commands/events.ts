import type { LoginFailure } from "@bercon/client/LoginFailure"
import * as NodeRcon from "@bercon/client/NodeRcon"
import type * as RconClient from "@bercon/client/RconClient"
import * as ServerEvent from "@bercon/client/ServerEvent"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { define, withServers } from "../command/define.ts"
import { conclude, noteFailure } from "../command/gather.ts"
import type { Server } from "../connection/Servers.ts"
import * as Failure from "../Failure.ts"
import * as Flags from "../flags.ts"
import { note, Output } from "../output/Output.ts"
import * as View from "../output/View.ts"
import { inWords } from "../output/words.ts"

type Event = ServerEvent.ServerEvent

const tags = Object.keys(ServerEvent.ServerEvent.cases) as ReadonlyArray<ServerEvent.Tag>

/** Kinds that are mostly wanted together. */
const groups: Readonly<Record<string, ReadonlyArray<ServerEvent.Tag>>> = {
  chat: ["PlayerChat", "UnattributedChat", "AdminChat"],
  players: ["PlayerConnected", "PlayerIdentified", "PlayerDisconnected", "PlayerKicked"],
  bans: ["BanAdded", "BanRemoved", "BanExpired"]
}

const timeOf = (event: Event): DateTime.Utc | undefined => event.receivedAt

const view = View.make(ServerEvent.ServerEvent, {
  columns: [
    {
      key: "time",
      title: "Time",
      cell: (event) => {
        const time = timeOf(event)
        return time && DateTime.formatIso(time)
      }
    },
    { key: "kind", title: "Kind", cell: ({ _tag }) => _tag },
    { key: "event", title: "Event", cell: inWords }
  ],
  text: (event) => {
    const time = timeOf(event)
    const clock = time === undefined ? "" : `${DateTime.toDate(time).toTimeString().slice(0, 8)}  `
    // One line each, whatever is in it.
    return `${clock}${event._tag.padEnd(18)}  ${inWords(event).replaceAll("\n", "\\n")}`
  }
})

/** The kinds that a list names, in upper or lower case. */
const kindsOf = (list: string): Effect.Effect<ReadonlySet<ServerEvent.Tag>, Failure.UsageError> =>
  Effect.map(
    Effect.forEach(list.split(",").map((word) => word.trim().toLowerCase()).filter((word) => word !== ""), (word) => {
      const kinds = groups[word] ?? tags.filter((tag) => tag.toLowerCase() === word)
      return kinds.length > 0 ? Effect.succeed(kinds) : Effect.fail(
        new Failure.UsageError({
          message: `unknown kind of event ${JSON.stringify(word)}: use ${Object.keys(groups).join(", ")}, or ${
            tags.join(", ")
          }`
        })
      )
    }),
    (kinds) => new Set(kinds.flat())
  ).pipe(Effect.filterOrElse(
    ({ size }) => size > 0,
    () =>
      Effect.fail(
        new Failure.UsageError({ message: `--kind needs a kind of event: ${Object.keys(groups).join(", ")}` })
      )
  ))

/** Prints on standard error that a session is lost, and that it is back. */
const tellOutages = (rcon: RconClient.Service, name: string): Effect.Effect<void> =>
  rcon.statusChanges.pipe(
    // The first status is that of the login. A closed session is printed as a failure.
    Stream.drop(1),
    Stream.filter(({ _tag }) => _tag !== "Closed"),
    Stream.runForEach((status) => note(`bercon: ${name}: ${inWords(status)}`))
  )

/** The events of one server. */
const eventsOf = ({ name, options }: Server): Stream.Stream<Event, LoginFailure> =>
  Stream.unwrap(Effect.gen(function*() {
    const rcon = yield* NodeRcon.make(options)
    yield* Effect.forkScoped(tellOutages(rcon, name))
    return rcon.events
  }))

/** The events of servers, as they happen. */
export const events = define(
  "events",
  {
    description: "Prints events of servers as they happen, until Ctrl-C: joins, chat, kicks and so on",
    examples: [
      ["bercon events", "Everything, one line each"],
      ["bercon events --kind chat,players --all", "Chat, joins and leaves on every server"],
      ["bercon events --all --wait forever", "Also on servers that are down now, as soon as they are back"],
      ["bercon events --kind PlayerKicked --format ndjson", "For programs, one object a line"],
      ["bercon events --kind PlayerConnected --limit 1", "Waits for the next player"]
    ]
  },
  {
    kind: Flag.String("kind").pipe(
      Flag.withAlias("k"),
      Flag.withDescription(
        `Only these kinds: ${Object.keys(groups).join(", ")}, or names such as PlayerChat,FilterLog`
      ),
      Flag.withMetavar("kinds"),
      Flag.optional
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Ends after so many events"),
      Flag.filter((limit) => limit >= 1, (limit) => `must be 1 or more (got ${limit})`),
      Flag.optional
    ),
    for: Flags.duration("for").pipe(Flag.withDescription("Ends after this time"), Flag.optional),
    banInterval: Flags.duration("ban-interval").pipe(
      Flag.withDescription(
        "Reads the list of bans at this interval, to find changes. Default: 1m with --kind bans, otherwise never"
      ),
      Flag.optional
    )
  },
  (input) =>
    Effect.gen(function*() {
      const kinds = Option.isSome(input.kind) ? yield* kindsOf(input.kind.value) : undefined
      const isWanted = (event: Event) => kinds === undefined || kinds.has(event._tag)
      const banInterval = Option.getOrUndefined(input.banInterval) ??
        (groups["bans"]!.some((tag) => kinds?.has(tag)) ? "1 minute" : undefined)
      yield* withServers(({ labelled, servers, unusable }) =>
        Effect.gen(function*() {
          const output = yield* Output
          const failures = new Map<string, Failure.ServerFailure>()
          for (const { failure, name } of unusable) {
            failures.set(name, failure)
            yield* noteFailure(name, failure)
          }
          const streams = servers.map((server) =>
            eventsOf({ ...server, options: { ...server.options, banInterval } }).pipe(
              Stream.filter(isWanted),
              Stream.map((row) => ({ server: server.name, row })),
              // The others go on.
              Stream.catch((failure) => {
                failures.set(server.name, failure)
                return Stream.fromEffectDrain(labelled ? noteFailure(server.name, failure) : Effect.void)
              })
            )
          )
          yield* output.printStream(
            view,
            Stream.mergeAll(streams, { concurrency: "unbounded" }).pipe(
              Option.isSome(input.limit) ? Stream.take(input.limit.value) : identity,
              Option.isSome(input.for) ? Stream.interruptWhen(Effect.sleep(input.for.value)) : identity
            )
          )
          yield* conclude([...servers, ...unusable].map(({ name }) => failures.get(name)), labelled)
        })
      )
    })
)
