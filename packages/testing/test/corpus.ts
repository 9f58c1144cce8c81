/**
 * Replies of Reforger servers, in two collections of the same form: the synthetic fixtures of `@bercon/client`, and
 * replies of real servers. The real ones are not part of this repository: they are in a folder `shared` beside the
 * repository, if it exists.
 */
import { existsSync, readFileSync } from "node:fs"

export interface Corpus {
  /** The origin of the replies, for the names of tests. */
  readonly name: string
  /** The player in the list of players. */
  readonly listed: { readonly name: string; readonly identity: string }
  /** The name of the player who is kicked and banned. */
  readonly culprit: string
  /** Returns a reply by the name of its file without extension. */
  readonly reply: (file: string) => string
}

const at = (
  name: string,
  folder: URL,
  players: Pick<Corpus, "culprit" | "listed">
): ReadonlyArray<Corpus> =>
  existsSync(folder)
    ? [{ name, ...players, reply: (file) => readFileSync(new URL(`replies/${file}.txt`, folder), "utf8") }]
    : []

/** The synthetic collection, and the real one if it exists. */
export const all: ReadonlyArray<Corpus> = [
  ...at("a synthetic server", new URL("../../client/test/fixtures/", import.meta.url), {
    listed: { name: "Cpt. Miller - Fox", identity: "67ab5fd5-7e35-579a-68d9-b934ff7124f0" },
    culprit: "Kerry"
  }),
  ...at("a real server", new URL("../../../../shared/corpus/", import.meta.url), {
    listed: { name: "Cpt. Jerry - Fox", identity: "b6955d91-4749-4cdb-9a51-e69f630ec435" },
    culprit: "GazLagom"
  })
]
