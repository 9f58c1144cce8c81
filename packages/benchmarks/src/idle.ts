/**
 * A process with many idle sessions of one client, which reports their memory and CPU time.
 *
 * `node --expose-gc idle.ts <client> <port> <sessions>`, forked: sends a `Footprint`. When it then receives a number of
 * milliseconds, it sends the CPU time that passed in them.
 */
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { type Name, subjects } from "./client.ts"

/** Bytes per session. */
export interface Footprint {
  readonly heap: number
  readonly rss: number
}

/** Memory after garbage collections. Requires `--expose-gc`. */
export const settledMemory = async (): Promise<NodeJS.MemoryUsage> => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await sleep(100)
  }
  return process.memoryUsage()
}

if (import.meta.main) {
  process.on("disconnect", () => process.exit())
  const [name, port, sessions] = process.argv.slice(2)
  const { idle } = await subjects[name as Name]()
  // The first session loads the code of all.
  const kept = [await idle(Number(port))]
  const before = await settledMemory()
  while (kept.length <= Number(sessions)) {
    kept.push(...await Promise.all(Array.from({ length: 20 }, () => idle(Number(port)))))
  }
  const after = await settledMemory()
  const count = kept.length - 1
  const footprint: Footprint = {
    heap: (after.heapUsed - before.heapUsed) / count,
    rss: (after.rss - before.rss) / count
  }
  const asked = once(process, "message")
  process.send?.(footprint)
  const [milliseconds] = await asked
  const cpu = process.cpuUsage()
  await sleep(milliseconds)
  const { system, user } = process.cpuUsage(cpu)
  process.send?.(user + system)
  // Until here all sessions must be reachable.
  kept.length = 0
}
