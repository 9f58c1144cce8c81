/**
 * Why the demo ends early, in a line for the person at the terminal.
 */
import { type Config, Data } from "effect"

export class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly message: string }> {}

const VARIABLES: Record<string, string> = {
  BERCON_PORT: "BERCON_PORT is missing or no port: set it to the server's RConPort, a number from 1 to 65535",
  BERCON_PASSWORD: "BERCON_PASSWORD is missing or empty: set it to the server's RConPassword"
}

export const explain = (error: Error | Config.ConfigError): string => {
  const variable = error.name === "ConfigError" && /BERCON_[A-Z]+/.exec(error.message)?.[0]
  return (variable && VARIABLES[variable]) || error.message
}
