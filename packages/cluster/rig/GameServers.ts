/** Which game servers there are, as it is handed to a runner's process: by their ids, where they listen. */
import { Schema } from "effect"

export const GameServers = Schema.fromJsonString(
  Schema.Record(Schema.String, Schema.Struct({ host: Schema.String, port: Schema.Int }))
)
