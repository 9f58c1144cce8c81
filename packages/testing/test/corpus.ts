/**
 * Replies of Reforger servers, in two collections of the same form: the synthetic fixtures of `@bercon/client`, and
 * replies of real servers. The real ones are not part of this repository: they are read from a folder `shared` beside
 * it, if that exists.
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

/** A collection in `folder`, if the folder exists. */
const at = (name: string, folder: URL): ReadonlyArray<Corpus> => {
  if (!existsSync(folder)) return []
  const reply = (file: string) => readFileSync(new URL(`replies/${file}.txt`, folder), "utf8")
  const [, identity, listed] = /^1 ; (\S+) ; (.*)$/m.exec(reply("players-reforger-1"))!
  const [, culprit] = /^Player '(.*)' kicked!$/.exec(reply("kick-result-reforger-1"))!
  return [{ name, listed: { name: listed!, identity: identity! }, culprit: culprit!, reply }]
}

/** The synthetic collection, and the real one if it exists. */
export const all: ReadonlyArray<Corpus> = [
  ...at("a synthetic server", new URL("../../client/test/fixtures/", import.meta.url)),
  ...at("a real server", new URL("../../../../shared/corpus/", import.meta.url))
]
