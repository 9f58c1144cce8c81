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
  readonly bind?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
}

const isPort = (port: number, minimum: number): boolean => Number.isInteger(port) && port >= minimum && port <= 65_535

/** A server's name for people, `host:port`. */
export const nameOf = ({ host, port }: Remote): string => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

const isHost = (host: string): boolean => host !== "" && !host.includes("\0")

/** Node takes an empty host for this machine, and throws for a port out of range or a name that cannot be one. */
export const validate = (remote: Remote): Effect.Effect<void, TransportError> =>
  isHost(remote.host) && isPort(remote.port, 1) && isHost(remote.bind?.address ?? "default") &&
    isPort(remote.bind?.port ?? 0, 0)
    ? Effect.void
    : Effect.fail(
      new TransportError({
        reason: new OpenFailed({ kind: "InvalidAddress", peer: nameOf(remote), cause: undefined })
      })
    )
