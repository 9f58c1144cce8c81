/**
 * Reads UTF-8 text files of limited size. Only `serversFile` imports this.
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs/promises"
import * as SystemError from "./systemError.ts"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, string> =>
  Effect.tryPromise({ try: run, catch: (cause) => `cannot be read (${SystemError.reason(cause)})` })

/** Reads to the end, but at most one byte beyond the limit. */
const readBytes = (path: string, limit: number): Effect.Effect<Uint8Array, string> =>
  Effect.acquireUseRelease(
    attempt(() => Fs.open(path)),
    (file) =>
      attempt(async () => {
        // The size of the file is not reliable: a pipe has no size, and that of `/dev/zero` is 0.
        const buffer = new Uint8Array(limit + 1)
        let length = 0
        while (length < buffer.length) {
          const { bytesRead } = await file.read(buffer, length)
          if (bytesRead === 0) break
          length += bytesRead
        }
        return buffer.subarray(0, length)
      }),
    (file) => Effect.ignore(attempt(() => file.close()))
  )

const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)

/**
 * Reads a text of at most `limit` bytes, and drops its byte order mark. The error continues a sentence that begins with the
 * path: `is longer than 4096 bytes`, for example.
 */
export const readText = (path: string, limit: number): Effect.Effect<string, string> =>
  Effect.flatMap(readBytes(path, limit), (bytes) =>
    bytes.length > limit
      ? Effect.fail(`is longer than ${limit} bytes`)
      : Effect.try({
        try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
        // Windows PowerShell writes UTF-16 by default.
        catch: () => isUtf16(bytes) ? "is UTF-16. Save it as UTF-8" : "is not UTF-8 text"
      }))
