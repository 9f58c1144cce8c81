/**
 * Texts of servers, in two collections of the same form: synthetic texts in `fixtures`, and texts of real servers. The
 * real ones are not part of this repository: they are read from a folder `shared` beside it, if that exists.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"

export interface Corpus {
  /** The origin of the texts, for the names of tests. */
  readonly name: string
  readonly isReal: boolean
  /** Lines of `messages.tsv`. Line breaks inside a text are written `\n` there. */
  readonly messages: () => ReadonlyArray<{ readonly category: string; readonly text: string }>
  /** The replies in files whose names begin with `start`. Throws if there are none. */
  readonly replies: (start: string) => ReadonlyArray<readonly [file: string, text: string]>
}

const at = (name: string, isReal: boolean, folder: URL): Corpus => ({
  name,
  isReal,
  messages: () =>
    readFileSync(new URL("messages.tsv", folder), "utf8").split("\n").slice(1).filter((line) => line !== "").map(
      (line) => {
        const [, category = "", ...text] = line.split("\t")
        return { category, text: text.join("\t").replaceAll("\\n", "\n") }
      }
    ),
  replies: (start) => {
    const files = readdirSync(new URL("replies/", folder)).filter((file) => file.startsWith(start))
    if (files.length === 0) throw new Error(`no file in replies/ begins with ${start} (${name})`)
    return files.map((file) => [file, readFileSync(new URL(`replies/${file}`, folder), "utf8")])
  }
})

const real = new URL("../../../../shared/corpus/", import.meta.url)

/** The synthetic collection, and the real one if it exists. */
export const all: ReadonlyArray<Corpus> = [
  at("every synthetic server", false, new URL("fixtures/", import.meta.url)),
  ...(existsSync(real) ? [at("every real server", true, real)] : [])
]
