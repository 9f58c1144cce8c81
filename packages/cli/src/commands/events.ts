import * as ServerEvent from "@bercon/client/ServerEvent"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { define, withServers } from "../command/define.ts"
import { conclude } from "../command/gather.ts"
import { groupNames, kindsOf, needsBans } from "../events/kinds.ts"
import { listen } from "../events/listen.ts"
import * as Flags from "../flags.ts"
import { Output } from "../output/Output.ts"
import * as Progress from "../output/Progress.ts"
import * as View from "../output/View.ts"
import { inWords } from "../output/words.ts"

type Event = ServerEvent.ServerEvent

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
    // An event is one line, even if its text has several.
    return `${clock}${event._tag.padEnd(18)}  ${inWords(event).replaceAll("\n", "\\n")}`
  },
  isProse: true
})

/** The events of servers, as they happen. */
export const events = define(
  "events",
  {
    description: "Prints events of servers as they happen (joins, chat, kicks and so on), until Ctrl-C",
    examples: [
      ["bercon events", "Everything, one line each"],
      [
        "bercon events --kind chat,players --all",
        "On every server. If at least one answers, those that are down are tried again"
      ],
      ["bercon events --wait forever", "Waits for a server that is down"],
      ["bercon events --kind PlayerKicked --format ndjson", "For programs, one object a line"],
      ["bercon events --kind PlayerConnected --limit 1", "Waits for the next player"]
    ]
  },
  {
    kind: Flag.String("kind").pipe(
      Flag.withAlias("k"),
      Flag.withDescription(
        `Only these kinds: ${groupNames}, or names such as PlayerChat,FilterLog`
      ),
      Flag.withMetavar("kinds"),
      Flag.optional
    ),
    limit: Flags.integer("limit", 1).pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Ends after this many events"),
      Flag.optional
    ),
    for: Flags.duration("for").pipe(Flag.withDescription("Ends after this time"), Flag.optional),
    banInterval: Flags.duration("ban-interval").pipe(
      Flag.withDescription(
        "Reads the list of bans at this interval, to find changes. Default: 1m if --kind names bans, otherwise never"
      ),
      Flag.optional
    )
  },
  (input) =>
    Effect.gen(function*() {
      const kinds = Option.isSome(input.kind) ? yield* kindsOf(input.kind.value) : undefined
      const isWanted = (event: Event) => kinds === undefined || kinds.has(event._tag)
      const banInterval = Option.getOrUndefined(input.banInterval) ??
        (kinds !== undefined && needsBans(kinds) ? "1 minute" : undefined)
      yield* withServers((servers) =>
        Effect.gen(function*() {
          const output = yield* Output
          const failures = yield* Progress.during(servers.servers.map(({ name }) => name), (progress) => {
            const { events, failures } = listen(servers, banInterval, progress)
            const wanted = events.pipe(
              Stream.filter(({ row }) => isWanted(row)),
              Stream.tap(() => progress.erase),
              Option.isSome(input.limit) ? Stream.take(input.limit.value) : identity,
              Option.isSome(input.for) ? Stream.interruptWhen(Effect.sleep(input.for.value)) : identity
            )
            return Effect.andThen(output.printStream(view, wanted), failures)
          })
          yield* conclude(failures, servers.labelled)
        })
      )
    })
)
