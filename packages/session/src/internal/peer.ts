/**
 * Validates and formats the address of a server, for the transports on Node.
 */
import * as Effect from "effect/Effect"
import { OpenFailed, TransportError } from "../Transport.ts"

/**
 * Size of the kernel's buffer for datagrams that Node has not read yet. The longest reply, 255 parts, arrives in one
 * burst; with Linux's default size its end would be lost on every attempt.
 */
export const KERNEL_BUFFER_BYTES = 1 << 20

interface Remote {
  readonly host: string
  readonly port: number
  readonly bind?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
}

const MAX_PORT = 65_535

/** The allowed values of a server's port, in words. */
export const PORT_RANGE = `an integer from 1 to ${MAX_PORT}`

/** Whether a number can be a port. */
export const isPort = (port: number, minimum = 1): boolean =>
  Number.isInteger(port) && port >= minimum && port <= MAX_PORT

/** The server's name for people, `host:port`. An IPv6 address (recognised by two or more colons) is put in brackets. */
export const nameOf = ({ host, port }: Remote): string =>
  /:.*:/.test(host) && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`

/** The problem with a host; `undefined` if it is valid. `name`: the subject of the sentence. */
export const problemOfHost = (name: string, host: string): string | undefined => {
  const got = `(got ${JSON.stringify(host)})`
  if (host === "") return `${name} must not be empty`
  if (/[\s\0]/.test(host)) return `${name} must not contain blanks, line breaks or NUL ${got}`
  if (host.includes("://")) return `${name} must be a name or an IP address without a scheme ${got}`
  if (host.startsWith("[")) return `${name} must be an IPv6 address without brackets and without a port ${got}`
  if (host.includes("/")) return `${name} must be a name or an IP address without a path ${got}`
  if (/^[^:]*:[^:]*$/.test(host)) return `${name} must not contain a port, which has an option of its own ${got}`
}

const problemOf = ({ bind, host, port }: Remote): string | undefined =>
  problemOfHost("host", host) ??
    (isPort(port) ? undefined : `port must be ${PORT_RANGE} (got ${port})`) ??
    (bind?.address === undefined ? undefined : problemOfHost("bind.address", bind.address)) ??
    (isPort(bind?.port ?? 0, 0) ? undefined : `bind.port must be an integer from 0 to ${MAX_PORT} (got ${bind?.port})`)

/**
 * Checks an address. Node would take an empty host for this machine, and throw for a port out of range or an impossible
 * name.
 */
export const validate = (remote: Remote): Effect.Effect<void, TransportError> => {
  const problem = problemOf(remote)
  return problem === undefined ? Effect.void : Effect.fail(
    new TransportError({
      reason: new OpenFailed({ kind: "InvalidAddress", peer: nameOf(remote), cause: problem })
    })
  )
}
