/**
 * `Session` of this repository over `node:dgram`, as programs on Node use it.
 */
import * as NodeTransport from "@bercon/session/NodeTransport"
import { over } from "./sessionSubject.ts"

export const { connect, idle } = over(NodeTransport.layer)
