/**
 * Texts of the command line, a variable or a file, as messages repeat them.
 */
import { shortened } from "@bercon/client/unstable"

/** A text in quotes. If it is long, only its beginning. */
export const quoted = (text: string): string => JSON.stringify(shortened(text))

/** Texts in quotes, with commas between them. */
export const quotedList = (texts: Iterable<string>): string => Array.from(texts, quoted).join(", ")
