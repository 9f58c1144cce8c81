/** The code of an error of the system, such as `ENOENT`. */
export const errorCode = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"

/** The code and the words of an error of the system, without the path: `ENOENT: no such file or directory`. */
export const errorReason = (cause: unknown): string =>
  cause instanceof Error && "errno" in cause ? cause.message.replace(/,.*/s, "") : errorCode(cause)
