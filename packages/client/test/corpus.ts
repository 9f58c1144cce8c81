/**
 * Texts of real servers. They are not part of this repository: they lie in a folder `shared` beside it, where it is there.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"

const folder = new URL("../../../../shared/corpus/", import.meta.url)

/** Why tests over the corpus are skipped, for their names. */
export const missing = existsSync(folder) ? undefined : "no ../shared/corpus beside the repository"

/** Lines of `messages.tsv`. Line breaks inside a text are written `\n` there. */
export const messages = (): ReadonlyArray<{ readonly category: string; readonly text: string }> =>
  readFileSync(new URL("messages.tsv", folder), "utf8").split("\n").slice(1).filter((line) => line !== "").map(
    (line) => {
      const [, category = "", ...text] = line.split("\t")
      return { category, text: text.join("\t").replaceAll("\\n", "\n") }
    }
  )

/** Replies by file name, of those files whose names begin so. */
export const replies = (start: string): ReadonlyArray<readonly [file: string, text: string]> =>
  readdirSync(new URL("replies/", folder)).filter((file) => file.startsWith(start)).map((file) => [
    file,
    readFileSync(new URL(`replies/${file}`, folder), "utf8")
  ])
