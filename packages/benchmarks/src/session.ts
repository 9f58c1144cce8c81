import * as NodeTransport from "@bercon/session/NodeTransport"
import { over } from "./sessionSubject.ts"

export const { connect, idle } = over(NodeTransport.layer)
