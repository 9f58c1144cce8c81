/**
 * Simulated servers, and `bercon` with their addresses.
 */
import type { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect, Redacted, Schedule } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { bercon, interrupted, type Options, spawned } from "./bercon.ts"

/** The password of the servers. */
export const PASSWORD = "hunter2-secret"

/** A server with one player, Miller, and `bercon` with its address in the environment. */
export const server = Effect.fnUntraced(function*(options: NodeSimulatedServer.Options = {}) {
  const simulated = yield* NodeSimulatedServer.make({ password: Redacted.make(PASSWORD), ...options })
  yield* simulated.join({ name: "Miller" })
  const env = { BERCON_HOST: "127.0.0.1", BERCON_PORT: `${simulated.address.port}`, BERCON_PASSWORD: PASSWORD }
  return {
    ...simulated,
    env,
    bercon: (args: ReadonlyArray<string>, other: Record<string, string> = {}) => bercon(args, { ...env, ...other }),
    spawned: (args: ReadonlyArray<string>, options: Options = {}) =>
      spawned(args, { ...options, env: { ...env, ...options.env } })
  }
})

/** Miller chats all the time. */
export const chatting = ({ chat }: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.forkScoped(Effect.repeat(chat(0, "Side", "hello"), Schedule.spaced("20 millis")))

/** Waits until the server has received a command that begins with the text. */
export const received = (
  { executions }: Pick<SimulatedServer.SimulatedServer["Service"], "executions">,
  beginning: string
): Effect.Effect<unknown> =>
  Effect.repeat(executions, {
    until: (commands) => commands.some(({ text }) => text.startsWith(beginning)),
    schedule: Schedule.spaced("10 millis")
  })

/** A folder that is removed with the scope. */
const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-cli-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Two servers, and `bercon` with three profiles: eu1 and eu2 are the servers, eu3 is eu2 with a wrong password. */
export const several = Effect.gen(function*() {
  const [eu1, eu2] = [yield* server(), yield* server()]
  const config = Path.join(yield* folder, "servers.toml")
  const table = (id: string, port: number, password: string) =>
    `[servers.${id}]\nhost = "127.0.0.1"\nport = ${port}\npassword = "${password}"\n`
  Fs.writeFileSync(
    config,
    table("eu1", eu1.address.port, PASSWORD) + table("eu2", eu2.address.port, PASSWORD) +
      table("eu3", eu2.address.port, "wrong")
  )
  return {
    eu1,
    eu2,
    bercon: (args: ReadonlyArray<string>) => bercon([...args, "--config", config]),
    interrupted: (args: ReadonlyArray<string>, when: Parameters<typeof interrupted>[2]) =>
      interrupted([...args, "--config", config], {}, when),
    spawned: (args: ReadonlyArray<string>, options?: Options) => spawned([...args, "--config", config], options)
  }
})
