import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { define, withServers } from "../command/define.ts"
import { folder } from "../community/flags.ts"
import { text } from "../flags.ts"

/** Makes the servers' own lists agree with a ban book. */
export const bansSync = define(
  "sync",
  {
    description: "Makes the servers' own lists of bans agree with a ban book, and leaves the bans of others alone",
    examples: [
      ["bercon bans sync --all --dry-run", "The changes that the book in the folder community requires"],
      ["bercon bans sync --all --folder /srv/community", "Makes the changes, and prints their number for each server"],
      [
        "bercon bans sync --all --file bans.txt",
        "The same with the bans of a file. Bans that are no longer in it are removed"
      ]
    ]
  },
  {
    folder,
    file: text("file", "path", "the path of a file").pipe(
      Flag.withDescription("A bans.txt with the bans, instead of a folder"),
      Flag.optional
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Prints the changes, and makes none"),
      Flag.withDefault(false)
    ),
    mark: text("mark", "word", "a word").pipe(
      Flag.withDescription(
        "The word that marks the book's rows in the lists, as in [book:k3x9q2] reason. Default book, with --file: file"
      ),
      Flag.optional
    ),
    allowEmpty: Flag.Boolean("allow-empty").pipe(
      Flag.withDescription(
        "Removes orphans, too: rows with the mark and a number that the book has no record of. With --file: allows a file without bans"
      ),
      Flag.withDefault(false)
    )
  },
  ({ allowEmpty, dryRun, file, folder, mark }) =>
    withServers((servers) =>
      Effect.gen(function*() {
        const { run } = yield* Effect.promise(() => import("../community/banSync.ts"))
        yield* run(servers, {
          source: Option.match(file, { onNone: () => ({ folder }), onSome: (file) => ({ file }) }),
          mark: Option.getOrElse(mark, () => Option.isSome(file) ? "file" : "book"),
          isDryRun: dryRun,
          isEmptyAllowed: allowEmpty
        })
      })
    )
)
