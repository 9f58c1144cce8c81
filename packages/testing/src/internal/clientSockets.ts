/**
 * The open sockets of the clients on a simulated network.
 */
import * as Transport from "@bercon/session/Transport"
import * as Cause from "effect/Cause"

type EndKind = Transport.IoFailed["kind"]

export interface ClientSocket {
  /** The server's address. */
  readonly peer: string
  readonly local: string
  receiver: Transport.Receiver | undefined
  /** The kind of error with which it ended; `undefined` while it is open. */
  ended: EndKind | undefined
}

const FIRST_LOCAL_PORT = 50_001
const LOCAL_PORTS = 65_536 - FIRST_LOCAL_PORT

export const ioFailed = (kind: EndKind, peer: string): Transport.TransportError =>
  new Transport.TransportError({ reason: new Transport.IoFailed({ kind, peer }) })

export const openFailed = (kind: Transport.OpenFailed["kind"], peer: string): Transport.TransportError =>
  new Transport.TransportError({
    reason: new Transport.OpenFailed({ kind, peer, cause: new Error(`${kind}, by the simulated network`) })
  })

/** Sockets by their local addresses, which are on `127.0.0.1`, from port 50001 to 65535. */
export class ClientSockets {
  readonly #open = new Map<string, ClientSocket>()
  #opened = 0

  get all(): Iterable<ClientSocket> {
    return this.#open.values()
  }

  get(local: string): ClientSocket | undefined {
    return this.#open.get(local)
  }

  /** Opens a socket to a server, with the next free address. Returns `undefined` if all addresses are in use. */
  open(peer: string): ClientSocket | undefined {
    for (let tried = 0; tried < LOCAL_PORTS; tried++) {
      const local = `127.0.0.1:${FIRST_LOCAL_PORT + this.#opened++ % LOCAL_PORTS}`
      if (this.#open.has(local)) continue
      const socket: ClientSocket = { peer, local, receiver: undefined, ended: undefined }
      this.#open.set(local, socket)
      return socket
    }
    return undefined
  }

  /** Closes a socket. Its address is free afterwards, and another socket may soon get it. */
  close(socket: ClientSocket): void {
    socket.receiver = undefined
    this.#end(socket, "Closed")
  }

  /** Breaks the sockets that satisfy a condition, and reports that to their receivers. */
  break(kind: EndKind, isMeant: (socket: ClientSocket) => boolean): void {
    for (const socket of [...this.#open.values()].filter(isMeant)) {
      this.#end(socket, kind)
      socket.receiver?.failed(Cause.fail(ioFailed(kind, socket.peer)))
    }
  }

  #end(socket: ClientSocket, kind: EndKind): void {
    socket.ended ??= kind
    if (this.#open.get(socket.local) === socket) this.#open.delete(socket.local)
  }
}
