/**
 * A process with many idle sessions of one client, which reports their memory and CPU time.
 *
 * `node --expose-gc idle.ts <client> <port> <sessions>`, forked: sends a `Footprint`. When it then receives a number of
 * milliseconds, it sends the CPU time that passed in them. At the next message it logs in as many sessions again, and
 * sends the `Footprint` of these.
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
  /** Logs in more sessions. */
  const more = async (): Promise<Footprint> => {
    const before = await settledMemory()
    const first = kept.length
    while (kept.length < first + Number(sessions)) {
      kept.push(...await Promise.all(Array.from({ length: 20 }, () => idle(Number(port)))))
    }
    const after = await settledMemory()
    const count = kept.length - first
    return { heap: (after.heapUsed - before.heapUsed) / count, rss: (after.rss - before.rss) / count }
  }
  /** Reports, and waits for the next message. */
  const report = async (result: Footprint | number): Promise<ReadonlyArray<unknown>> => {
    const next = once(process, "message")
    process.send?.(result)
    return await next
  }
  const [milliseconds] = await report(await more())
  const cpu = process.cpuUsage()
  await sleep(Number(milliseconds))
  const { system, user } = process.cpuUsage(cpu)
  await report(user + system)
  process.send?.(await more())
  // Until here all sessions must be reachable.
  kept.length = 0
}
