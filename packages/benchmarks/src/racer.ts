/**
 * A process that times one client whenever its parent process asks.
 *
 * `node racer.ts <client> <port> <scenario> <warm-up in ms> <slice in ms>`, forked. The process logs in, warms up, and
 * sends `{ ready: true }`. Then it sends a `Sample` for each message that it receives. If a step fails, it
 * sends the error's message instead, as a string.
 */
import { within } from "./client.ts"
import { type Key, type Scenario, scenarios, slice, warmUp } from "./scenarios.ts"
import { type Name, subjects } from "./subjects.ts"

const PATIENCE = 15_000

process.on("disconnect", () => process.exit())
const [name = "", port, key = "", warm, milliseconds] = process.argv.slice(2)
const scenario: Scenario = scenarios[key as Key]
const reported = async (run: () => Promise<unknown>): Promise<void> => {
  try {
    process.send?.(await run())
  } catch (error) {
    process.send?.(error instanceof Error ? error.message : String(error))
  }
}

await reported(async () => {
  const client = await within(PATIENCE, `${name}, login`, (await subjects[name as Name]()).connect(Number(port)))
  const pace = { rounds: 0, warmUp: Number(warm), milliseconds: Number(milliseconds) }
  const count = await warmUp(scenario, name as Name, client, pace)
  process.on("message", () => void reported(() => slice(scenario, name as Name, client, count)))
  return { ready: true }
})
