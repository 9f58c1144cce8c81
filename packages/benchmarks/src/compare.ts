/**
 * Measures sessions and clients of this repository, a bare socket, and a client from npm. See the README.
 *
 * `--quick` is a smoke test.
 */
import { Struct } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { summarize } from "./measure.ts"
import { type Idle, measureIdle, measureStart, race, startServer } from "./processes.ts"
import * as Report from "./report.ts"
import { type Outcome, type Pace, type Sample, type Scenario, scenarios } from "./scenarios.ts"
import { each, names } from "./subjects.ts"

const { values: { quick } } = parseArgs({ options: { quick: { type: "boolean", default: false } } })

const PACE: Pace = quick
  ? { rounds: 4, milliseconds: 40, warmUp: 100 }
  : { rounds: 15, milliseconds: 120, warmUp: 4000 }
/** The idle sessions. The full benchmark watches them for the longest keepalive interval of all clients. */
const IDLE = quick
  ? { sessions: 200, rounds: 1, milliseconds: 2000 }
  : { sessions: 1000, rounds: 2, milliseconds: 30_000 }
const STARTS = quick ? 2 : 10
/** Time limit for the whole benchmark in milliseconds. */
const LIMIT = 600_000

const samples = (outcome: Outcome, value: (sample: Sample) => number): Report.Row["samples"] =>
  each((name) => {
    const samples = outcome[name]
    return typeof samples === "string" ? samples : samples.map(value)
  })

const rate = ({ title, unit }: Scenario, outcome: Outcome): Report.Row => ({
  name: title,
  unit: `${unit}/s`,
  decimals: 0,
  samples: samples(outcome, ({ perSecond }) => perSecond),
  ratios: true
})

const cpu = ({ title, unit }: Scenario, outcome: Outcome): Report.Row => ({
  name: title,
  unit: `CPU ms per 1,000 ${unit}`,
  decimals: 1,
  samples: samples(outcome, ({ cpu }) => cpu),
  ratios: true
})

const acrossProcesses = async (port: number): Promise<ReadonlyArray<Report.Row>> => {
  const rows = new Array<Report.Row>()
  for (const key of Struct.keys(scenarios)) {
    const scenario: Scenario = scenarios[key]
    const outcome = await race(key, port, PACE)
    rows.push(rate(scenario, outcome), cpu(scenario, outcome))
  }
  return rows
}

const idle = async (port: number): Promise<ReadonlyArray<Report.Row>> => {
  const idles = await measureIdle(port, IDLE)
  const row = (name: string, unit: string, decimals: number, value: (idle: Idle) => number): Report.Row => ({
    name,
    unit,
    decimals,
    samples: each((name) => idles[name].map(value)),
    ratios: unit.startsWith("KB")
  })
  return [
    row("an idle session", "KB of heap", 1, ({ heap }) => heap / 1024),
    row("an idle session", "KB of RSS", 1, ({ rss }) => rss / 1024),
    row(`each of ${IDLE.sessions} further sessions`, "KB of RSS", 1, ({ further }) => further.rss / 1024),
    row(`${IDLE.sessions} idle sessions`, "% of a core", 2, ({ cpu }) => cpu)
  ]
}

const started = performance.now()
void sleep(LIMIT, undefined, { ref: false }).then(() => {
  console.error(`the benchmark was not done within ${LIMIT / 1000} s`)
  process.exit(1)
})

const server = await startServer()
const rows = [...await acrossProcesses(server.port)]
const { barrels, berconCli, bundle, clients, command, empty } = await measureStart(server.port, STARTS)
rows.push({ name: "start to first reply", unit: "ms", decimals: 0, samples: clients, ratios: true })
rows.push({ name: "start of a bundle", unit: "ms", decimals: 0, samples: { client: bundle }, ratios: false })
rows.push({ name: "start of the command", unit: "ms", decimals: 0, samples: { client: command }, ratios: false })
const starts = { empty: summarize(empty), barrels: summarize(barrels) }
rows.push(...await idle(server.port))
server.stop()

Report.print(rows)
Report.printTargets(rows, starts.empty.median)
console.log(
  `start of an empty process: ${Report.spread(starts.empty, 0)} ms; ` +
    `of a session with imports from "effect" and "@bercon/session": ${Report.spread(starts.barrels, 0)} ms`
)
console.log(
  berconCli.length === 0
    ? "bercon-cli (Go) is not installed, so the start of the command is not compared with it"
    : `start of bercon-cli (Go): ${Report.spread(summarize(berconCli), 0)} ms`
)
Report.printMachine(started)
// Only `senfo`, a foreign client, may be unable to run a case. A failure of any other client fails the benchmark.
if (rows.some(({ samples }) => names.some((name) => name !== "senfo" && typeof samples[name] === "string"))) {
  process.exitCode = 1
}
Report.write("compare", { quick, starts }, rows)
