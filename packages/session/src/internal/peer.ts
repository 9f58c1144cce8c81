/**
 * The server's end of a Node transport.
 */
import * as Effect from "effect/Effect"
import { OpenFailed, TransportError } from "../Transport.ts"

/**
 * What the kernel is asked to keep of datagrams that Node has not read yet. The longest reply, 255 parts, comes in one
 * burst; of Linux's default it would lose the end, every time anew.
 */
export const KERNEL_BUFFER_BYTES = 1 << 20

interface Remote {
  readonly host: string
  readonly port: number
}

/** A server's name for people, `host:port`. */
export const nameOf = ({ host, port }: Remote): string => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/** Node takes an empty host for this machine, and explains a port out of range in words of its own. */
export const validate = (remote: Remote): Effect.Effect<void, TransportError> =>
  remote.host !== "" && Number.isInteger(remote.port) && remote.port >= 1 && remote.port <= 65_535
    ? Effect.void
    : Effect.fail(
      new TransportError({
        reason: new OpenFailed({ kind: "InvalidAddress", peer: nameOf(remote), cause: undefined })
      })
    )
