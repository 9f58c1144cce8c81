/**
 * Measures a fleet of many clients in one process, over UDP on loopback: the time until all are online, their memory,
 * their CPU time while idle, and the time of a command to all of them.
 *
 * `pnpm run fleet [servers] [seconds of idleness]`. The servers are in another process, each on a different port.
 */
import { Fleet } from "@bercon/fleet/Fleet"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { Effect, Layer, Logger, Redacted, Stream } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { HOST, PASSWORD } from "./client.ts"
import { settledMemory } from "./idle.ts"
import { writeResults } from "./report.ts"
import { serve } from "./server.ts"

const program = fileURLToPath(import.meta.url)

const measured = (ports: ReadonlyArray<number>, seconds: number) =>
  Effect.gen(function*() {
    const fleet = yield* Fleet
    const servers = ports.map((port) =>
      [`server-${port}`, { host: HOST, port, password: Redacted.make(PASSWORD), flavour: "BattlEye" }] as const
    )
    const online = fleet.forEach((rcon) =>
      rcon.statusChanges.pipe(Stream.filter(({ _tag }) => _tag === "Online"), Stream.runHead)
    )
    // The first client is not measured, because it loads the code that all clients share.
    yield* fleet.reconcile(Object.fromEntries(servers.slice(0, 1)))
    yield* online
    yield* fleet.players()
    const before = yield* Effect.promise(settledMemory)

    const cpuBefore = process.cpuUsage()
    const began = performance.now()
    yield* fleet.reconcile(Object.fromEntries(servers))
    const untilStarted = performance.now() - began
    yield* online
    const untilOnline = performance.now() - began
    const login = process.cpuUsage(cpuBefore)

    const after = yield* Effect.promise(settledMemory)
    const count = servers.length - 1

    // Leaves the clients time for their first lists of players, which are not a part of idleness.
    yield* Effect.promise(() => sleep(5000))
    const idleBefore = process.cpuUsage()
    yield* Effect.promise(() => sleep(seconds * 1000))
    const idle = process.cpuUsage(idleBefore)

    yield* fleet.players()
    const asking = performance.now()
    const askingCpu = process.cpuUsage()
    const answers = yield* fleet.players()
    const asked = performance.now() - asking
    const askedCpu = process.cpuUsage(askingCpu)
    const right = Array.from(answers.values()).filter((exit) => exit._tag === "Success" && exit.value.length === 10)

    const results = {
      clients: servers.length,
      "all started, ms": untilStarted,
      "all online, ms": untilOnline,
      "CPU of the logins, ms": (login.user + login.system) / 1000,
      "RSS of the process, MB": after.rss / 2 ** 20,
      "RSS of a client, KB": (after.rss - before.rss) / count / 1024,
      "heap of a client, KB": (after.heapUsed - before.heapUsed) / count / 1024,
      [`CPU while idle for ${seconds} s, % of a core`]: (idle.user + idle.system) / seconds / 10_000,
      "players of all, ms": asked,
      "players of all, CPU ms": (askedCpu.user + askedCpu.system) / 1000,
      "right answers": right.length
    }
    return { results, closing: performance.now() }
  }).pipe(Effect.provide(Layer.provideMerge(NodeFleet.layer(), Logger.layer([]))))

const servers = async (count: number): Promise<void> => {
  process.on("disconnect", () => process.exit())
  const ports = new Array<number>()
  for (let i = 0; i < count; i++) ports.push((await serve()).port)
  process.send?.(ports)
}

const client = async (seconds: number): Promise<void> => {
  const [ports] = await once(process, "message")
  const { closing, results } = await Effect.runPromise(measured(ports, seconds))
  process.send?.({ ...results, "closing all, ms": performance.now() - closing }, () => process.disconnect())
}

const run = async (count: number, seconds: number): Promise<void> => {
  const serverProcess = fork(program, ["servers", `${count}`])
  const [ports] = await once(serverProcess, "message")
  const clientProcess = fork(program, ["client", `${seconds}`], { execArgv: [...process.execArgv, "--expose-gc"] })
  clientProcess.send(ports)
  const [results] = await once(clientProcess, "message")
  serverProcess.disconnect()
  const width = Math.max(...Object.keys(results).map((name) => name.length))
  for (const [name, value] of Object.entries<number>(results)) {
    console.log(`${name.padEnd(width)}  ${value.toLocaleString("en-US", { maximumFractionDigits: 2 }).padStart(10)}`)
  }
  writeResults("fleet", results)
}

const [first = "1000", second] = process.argv.slice(2)
if (first === "servers") await servers(Number(second))
else if (first === "client") await client(Number(second))
else await run(Number(first), Number(second ?? 60))
