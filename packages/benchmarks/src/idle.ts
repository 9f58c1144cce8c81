/**
 * A process with many idle sessions of one client, which reports their memory and CPU time.
 *
 * Fork it as `node --expose-gc idle.ts <client> <port> <sessions>`. The process logs in one session that is not
 * measured, then `<sessions>` more, and sends the `Footprint` of these. When it receives a number of milliseconds, it
 * waits for that time, and sends the CPU time that it used meanwhile, in microseconds. At the next message it logs in
 * another `<sessions>`, and sends their `Footprint`.
 */
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { type Name, subjects } from "./subjects.ts"

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
  // The first session is not measured, because it loads the code that all sessions share.
  const kept = [await idle(Number(port))]
  /** Logs in further sessions, and measures their memory. */
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
  /** Sends a result to the parent process, and waits for its next message. */
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
  // Keeps all sessions reachable until here, so that the garbage collector does not free them.
  kept.length = 0
}
