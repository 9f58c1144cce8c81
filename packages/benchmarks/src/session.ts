import * as NodeDgramTransport from "@bercon/session/NodeDgramTransport"
import { over } from "./sessionSubject.ts"

export const { connect, idle } = over(NodeDgramTransport.layer)
