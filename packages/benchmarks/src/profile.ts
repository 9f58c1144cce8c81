/**
 * Profiles one client, and the client `bare` for comparison, with V8's sampling profiler. The server is in the same
 * thread. So it costs the same for both clients, and no system call is spent on waking it on another core.
 *
 * `pnpm run profile [scenario] [client] [seconds]`; default `pipelined session 4`.
 */
import { type Profiler, Session } from "node:inspector"
import { parseArgs } from "node:util"
import { type Scenario, scenarios, warmUp } from "./scenarios.ts"
import { serve } from "./server.ts"
import { type Name, names, subjects } from "./subjects.ts"

const [wanted = "pipelined", client = "session", seconds = "4"] = parseArgs({ allowPositionals: true }).positionals
const scenario = Object.entries<Scenario>(scenarios).find(([key]) => key === wanted)?.[1]
const name = names.find((name) => name === client)
if (scenario === undefined || name === undefined) {
  throw new Error(
    `the scenario must be one of ${Object.keys(scenarios).join(", ")} (got "${wanted}"), ` +
      `and the client one of ${names.join(", ")} (got "${client}")`
  )
}

/** The group of a function, by the URL of its module. The first match counts. */
const GROUPS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\/effect\/dist\/(Metric|internal\/metric)|internal\/meter/, "metrics"],
  [/\/effect\/dist\/(?!socket|net)|^node:(async_hooks|internal\/async)/, "Effect's runtime, async context included"],
  [/^node:|^$/, "node: dgram, events, timers, system calls made from JavaScript"],
  [/NodeDatagramSocket|\/socket\/|\/net\//, "Effect's datagram socket"],
  [/session\/dist\/Node\w*Transport/, "transport"],
  [
    /session\/dist\/((Session|Transport)\.|internal\/(driver|alarm|broadcast|monotonic|sessionLog|settings|socket|span)\.)/,
    "session driver"
  ],
  [/session\/dist\//, "machine"],
  [/codec\/dist\/|crc-32/, "codec"],
  [/client\/dist\//, "client"],
  [/senfo\//, "senfo"],
  [/installed\/server\./, "server"],
  [/installed\//, "benchmark"]
]

/** The group of a sample; `undefined` for idle time and for the profiler itself. */
const groupOf = ({ functionName, url }: Profiler.ProfileNode["callFrame"]): string | undefined => {
  if (functionName === "(idle)" || url === "node:inspector") return undefined
  if (functionName === "(program)") return "native: event loop, receiving"
  if (functionName === "(garbage collector)") return "garbage collection"
  return GROUPS.find(([pattern]) => pattern.test(url))?.[1] ?? "other"
}

const placeOf = ({ functionName, lineNumber, url }: Profiler.ProfileNode["callFrame"]): string =>
  `${functionName || "(anonymous)"} ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`

/** Microseconds per unit of the scenario (per command, for example), by group and by function. */
interface Costs {
  readonly groups: Map<string, number>
  readonly functions: Map<string, number>
}

const costsOf = (profile: Profiler.Profile, count: number): Costs => {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const costs: Costs = { groups: new Map(), functions: new Map() }
  const add = (to: Map<string, number>, key: string, value: number) => to.set(key, (to.get(key) ?? 0) + value)
  profile.samples?.forEach((id, i) => {
    const { callFrame } = nodes.get(id)!
    const group = groupOf(callFrame)
    if (group === undefined) return
    const microseconds = profile.timeDeltas![i]! / count
    add(costs.groups, group, microseconds)
    add(costs.functions, placeOf(callFrame), microseconds)
  })
  return costs
}

const profile = async (name: Name, port: number): Promise<Costs> => {
  const client = await (await subjects[name]()).connect(port)
  const perSlice = await warmUp(scenario, name, client, { rounds: 0, milliseconds: 200, warmUp: 1500 })
  const inspector = new Session()
  inspector.connect()
  inspector.post("Profiler.enable")
  inspector.post("Profiler.setSamplingInterval", { interval: 100 })
  inspector.post("Profiler.start")
  const until = performance.now() + Number(seconds) * 1000
  let count = 0
  while (performance.now() < until) {
    await scenario.run(client, perSlice)
    count += perSlice
  }
  const profile = await new Promise<Profiler.Profile>((resolve, reject) =>
    inspector.post("Profiler.stop", (error, { profile }) => error === null ? resolve(profile) : reject(error))
  )
  inspector.disconnect()
  await client.close()
  return costsOf(profile, count)
}

const total = (costs: Map<string, number>): number => [...costs.values()].reduce((sum, cost) => sum + cost, 0)

const server = await serve()
const bare = await profile("bare", server.port)
const other = await profile(name, server.port)
server.close()

const line = (label: string, mine: number, theirs: number): void =>
  console.log(`${label.padEnd(66)}${theirs.toFixed(2).padStart(8)}${mine.toFixed(2).padStart(14)}`)

console.log(`microseconds for each of the ${scenario.unit} (${scenario.title})\n`)
console.log(`${"".padEnd(66)}${"bare".padStart(8)}${name.padStart(14)}`)
const groups = [...new Set([...other.groups.keys(), ...bare.groups.keys()])]
groups.sort((a, b) => (other.groups.get(b) ?? 0) - (other.groups.get(a) ?? 0))
for (const group of groups) line(group, other.groups.get(group) ?? 0, bare.groups.get(group) ?? 0)
line("all", total(other.groups), total(bare.groups))
console.log("\nfunctions\n")
const functions = [...other.functions].sort(([, a], [, b]) => b - a).slice(0, 40)
for (const [place, cost] of functions) line(place, cost, bare.functions.get(place) ?? 0)
