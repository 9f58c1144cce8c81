/**
 * Texts of real servers. They are not part of this repository: they lie in a folder `shared` beside it, where it is there.
 */
import { existsSync, readFileSync } from "node:fs"

const folder = new URL("../../../../shared/corpus/", import.meta.url)

/** Why tests over the corpus are skipped, for their names. */
export const missing = existsSync(folder) ? undefined : "no ../shared/corpus beside the repository"

/** A reply, by its file's name without extension. */
export const reply = (name: string): string => readFileSync(new URL(`replies/${name}.txt`, folder), "utf8")
