/** The data that the rig passes to the process of a runner, and the line that the process prints. */
import { Schema } from "effect"

/** The addresses of the game servers, by id. */
export const GameServers = Schema.fromJsonString(
  Schema.Record(Schema.String, Schema.Struct({ host: Schema.String, port: Schema.Int }))
)

/** The line that a runner prints when it has joined the cluster. */
export const READY = "this runner is a member of the cluster"
