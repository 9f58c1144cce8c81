/** What the rig hands to a runner's process, and what the process says back. */
import { Schema } from "effect"

/** The addresses of the game servers, by id. */
export const GameServers = Schema.fromJsonString(
  Schema.Record(Schema.String, Schema.Struct({ host: Schema.String, port: Schema.Int }))
)

/** The line that a runner prints as soon as it is a member of the cluster. */
export const READY = "this runner is a member of the cluster"
