/**
 * `Session` of this repository over Effect's datagram socket.
 */
import * as DatagramSocketTransport from "@bercon/session/DatagramSocketTransport"
import { over } from "./sessionSubject.ts"

export const { connect, idle } = over(DatagramSocketTransport.layer)
