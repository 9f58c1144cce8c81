/**
 * Makes the lists of servers agree with a ban book: that of a community's program, or one that is read from a `bans.txt`.
 */
import * as Ban from "@bercon/client/Ban"
import * as RconClient from "@bercon/client/RconClient"
import { SystemError } from "@bercon/fleet/unstable"
import * as BanBook from "@bercon/operations/BanBook"
import type { BanEntry } from "@bercon/operations/BanEntry"
import { type BanPolicy, MAX_CAPACITY } from "@bercon/operations/BanPolicy"
import * as BansFile from "@bercon/operations/BansFile"
import * as BanSync from "@bercon/operations/BanSync"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Clients from "../command/Clients.ts"
import type { Server, Servers } from "../connection/Servers.ts"
import { type ServerFailure, TargetError, usage, UsageError } from "../Failure.ts"
import { quoted } from "../output/quoted.ts"
import * as View from "../output/View.ts"
import * as Folder from "./folder.ts"

/**
 * A change that a server's list needs. `Unknown`: the list is not complete, so the ban may be in it. `Orphan`: the row has the
 * mark, and a number that the book has no record of; it stays.
 */
const Change = Schema.Struct({
  change: Schema.Literals(["Add", "Remove", "Unknown", "Orphan"]),
  target: Ban.BanTarget,
  until: Schema.optionalKey(Schema.String),
  reason: Schema.String
})

const changes = View.make(Change, {
  columns: [
    { key: "change", title: "Change", cell: ({ change }) => change },
    { key: "target", title: "Target", cell: ({ target }) => target },
    { key: "until", title: "Until", cell: ({ until }) => until },
    { key: "reason", title: "Reason", cell: ({ reason }) => reason }
  ]
})

const Synced = Schema.Struct({
  added: Schema.Int,
  removed: Schema.Int,
  restored: Schema.Int,
  rows: Schema.Int,
  foreign: Schema.Int,
  orphans: Schema.Int
})

const synced = View.make(Synced, {
  columns: [
    { key: "added", title: "Added", right: true, cell: ({ added }) => String(added) },
    { key: "removed", title: "Removed", right: true, cell: ({ removed }) => String(removed) },
    { key: "restored", title: "Restored", right: true, cell: ({ restored }) => String(restored) },
    { key: "rows", title: "Rows of the book", right: true, cell: ({ rows }) => String(rows) },
    { key: "foreign", title: "Rows of others", right: true, cell: ({ foreign }) => String(foreign) },
    { key: "orphans", title: "Orphans", right: true, cell: ({ orphans }) => String(orphans) }
  ],
  single: true
})

const entryRow = (change: "Add" | "Unknown") => ({ reason, target, until }: BanEntry): typeof Change.Type => ({
  change,
  target,
  until: until === "permanent" ? until : DateTime.formatIso(until),
  reason
})

const listRow = (change: "Remove" | "Orphan") => ({ reason, remaining, target }: Ban.Ban): typeof Change.Type => ({
  change,
  target,
  ...(typeof remaining === "string" ? { until: remaining } : { until: `${Duration.format(remaining)} left` }),
  reason
})

/** The source of the bans. */
export type Source = { readonly folder: string } | { readonly file: string }

const described = (source: Source) => "file" in source ? source.file : `the book in ${source.folder}`

/** Puts the bans of the file into a book in memory. Fails if a line cannot be read, because the sync would lift its ban. */
const fileBook = (path: string, mark: string) =>
  Effect.gen(function*() {
    const text = yield* Effect.try({
      try: () => Fs.readFileSync(path, "utf8"),
      catch: (cause) => new UsageError({ message: `--file: ${path} cannot be read (${SystemError.reason(cause)})` })
    })
    const { bans, unread } = BansFile.parse(text)
    const [first] = unread
    if (first !== undefined) {
      const more = unread.length - 1
      const others = more === 0
        ? ""
        : more === 1
        ? ". There is 1 more such line"
        : `. There are ${more} more such lines`
      return yield* new UsageError({ message: `${path}: line ${first.line} is not a ban: ${first.problem}${others}` })
    }
    const book = yield* BanBook.BanBook
    yield* book.importEntries(BansFile.toEntries(bans, { by: "bercon", mark, added: yield* DateTime.now }))
  })

const bookOf = (source: Source, mark: string) =>
  "file" in source
    ? Layer.tap(BanBook.layerMemory({ capacity: 1_000_000 }), (context) =>
      Effect.provideContext(fileBook(source.file, mark), context))
    : BanBook.layer().pipe(Layer.provideMerge(Folder.layer(source.folder)))

/** How the lists are synced. */
export interface Options {
  readonly source: Source
  /** The mark of the book's rows. */
  readonly mark: string
  readonly isDryRun: boolean
  /**
   * Whether a file without bans is allowed, and whether orphans of a book in a folder are removed. With a file, all rows with
   * the mark that it does not contain are removed anyway.
   */
  readonly isEmptyAllowed: boolean
}

const toServerFailure = (error: { readonly _tag: string; readonly message: string }): ServerFailure =>
  error._tag === "ListDisagrees"
    ? new TargetError({ message: error.message })
    : error._tag === "InvalidPolicy" || error._tag === "BanBookError"
    ? new UsageError({ message: error.message })
    : error as ServerFailure

/**
 * Why it is unknown which server of the community this is, or `undefined` if it is known. A wrong guess would give this server
 * the bans of another one, and remove its own.
 */
const problemOfId = ({ name, profile }: Server): string | undefined =>
  profile === undefined
    ? `${name} has no profile: use --profile or --all. ` +
      "The name of the profile must be the server's id in your program"
    : profile.movedBy.length > 0
    ? `the address of the profile ${quoted(name)} is overridden by ${profile.movedBy.join(" and ")}: ` +
      `leave ${profile.movedBy.length === 1 ? "it" : "them"} out, or correct the profile`
    : undefined

/** Syncs the lists of all servers, or prints what would be changed. */
export const run = Effect.fnUntraced(function*(servers: Servers, { isDryRun, isEmptyAllowed, mark, source }: Options) {
  // A file does not show which bans were in it before. So every marked row that is not in the file is removed.
  const orphans = isEmptyAllowed || "file" in source ? "Remove" : "Keep"
  const policy: BanPolicy = { mark, capacity: MAX_CAPACITY, orphans }
  const book = yield* Layer.build(bookOf(source, mark)).pipe(
    Effect.catchTag("BanBookError", ({ message }) => usage(message))
  )
  const entries = yield* Effect.provideContext(Effect.flatMap(BanBook.BanBook, ({ list }) => list), book)
  // A book in a folder needs no such check. If it is empty, only the rows of lifted bans are removed.
  if ("file" in source && entries.length === 0 && !isEmptyAllowed && !isDryRun) {
    return yield* new UsageError({
      message: `${described(source)} has no bans. --allow-empty removes all rows with its mark from the servers, and ` +
        "--dry-run shows the changes"
    })
  }
  const problem = entries.some(({ servers }) => servers !== "all")
    ? servers.servers.map(problemOfId).find((problem) => problem !== undefined)
    : undefined
  if (problem !== undefined) {
    return yield* new UsageError({
      message: `${described(source)} has bans that are not for all servers, and ${problem}`
    })
  }
  const clients = yield* Clients.make(servers)
  /** Runs `question` on each server, with the server's name, and prints the rows. */
  const ask = <Row, E extends { readonly _tag: string; readonly message: string }>(
    view: View.View<Row>,
    question: (
      server: string
    ) => Effect.Effect<ReadonlyArray<Row>, E, RconClient.RconClient | BanBook.BanBook | KeyValueStore.KeyValueStore>
  ) =>
    (isDryRun ? Clients.ask : Clients.act)(clients, view, (rcon, { emit }, server) =>
      question(server).pipe(
        Effect.provideService(RconClient.RconClient, rcon),
        Effect.provideContext(book),
        Effect.mapError(toServerFailure),
        Effect.flatMap((rows) => emit(...rows))
      ))

  if (isDryRun) {
    return yield* ask(
      changes,
      (server) =>
        Effect.map(BanSync.compare(server, policy), ({ excess, missing, orphans, unknown }) => [
          ...missing.map(entryRow("Add")),
          ...excess.map(listRow("Remove")),
          ...unknown.map(entryRow("Unknown")),
          ...orphans.map(listRow("Orphan"))
        ])
    )
  }
  yield* ask(synced, (server) => Effect.map(BanSync.sync(server, policy), (result) => [result]))
})
