/**
 * Describes errors of the operating system in a few words.
 */

/** The code of an error, such as `ENOENT`. */
export const code = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"

/** The code and the words of an error, without the call and the path after them: `ENOENT: no such file or directory`. */
export const reason = (cause: unknown): string =>
  cause instanceof Error && "errno" in cause ? cause.message.replace(/,.*/s, "") : code(cause)
