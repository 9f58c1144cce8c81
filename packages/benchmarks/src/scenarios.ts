/**
 * The scenarios in which clients are timed.
 */
import type { Socket } from "node:dgram"
import { subscribe } from "node:diagnostics_channel"
import { type Client, within } from "./client.ts"
import { PART_BYTES, PARTS, SHORT } from "./server.ts"
import type { Name } from "./subjects.ts"

export interface Scenario {
  readonly title: string
  /** The counted unit. */
  readonly unit: string
  readonly run: (client: Client, count: number) => Promise<void>
}

export const scenarios = {
  sequential: {
    title: "sequential",
    unit: "commands",
    run: (client, count) => client.commands("short", count, 1, SHORT.length)
  },
  pipelined: {
    title: "pipelined, 32",
    unit: "commands",
    run: (client, count) => client.commands("short", count, 32, SHORT.length)
  },
  messages: {
    title: "received",
    unit: "messages",
    run: (client, count) => client.messages(count)
  },
  replies: {
    title: "100 KB each",
    unit: "replies",
    run: (client, count) => client.commands("long", count, 1, PARTS * PART_BYTES)
  }
} satisfies Record<string, Scenario>

// By default a socket's buffer on Linux holds about 90 datagrams of 1 KB. So the end of a burst of 100 may be lost, and
// lost again when the server repeats the burst. This is not what the benchmark measures, so every client gets a larger buffer.
subscribe("udp.socket", (message) => {
  const { socket } = message as { readonly socket: Socket }
  socket.once("listening", () => socket.setRecvBufferSize(4 << 20))
})

/** One timed slice. */
export interface Sample {
  readonly perSecond: number
  /** CPU milliseconds, user and system, of this process for 1,000 units. */
  readonly cpu: number
}

/** The samples of each client, one for each round, or the reason why it has none. */
export type Outcome = Record<Name, ReadonlyArray<Sample> | string>

export type Key = keyof typeof scenarios

export interface Pace {
  readonly rounds: number
  /** Approximate length of a slice, in milliseconds. */
  readonly milliseconds: number
  /** Minimum time for which the code runs before the first slice, in milliseconds. */
  readonly warmUp: number
}

/** Time limit of a slice in milliseconds. */
const PATIENCE = 15_000

/** Runs a scenario once, with `count` units, and times it. Throws after 15 seconds. */
export const slice = async (scenario: Scenario, name: Name, client: Client, count: number): Promise<Sample> => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await within(PATIENCE, `${name}, ${scenario.unit} ${scenario.title}`, scenario.run(client, count))
  const milliseconds = performance.now() - start
  const { system, user } = process.cpuUsage(cpu)
  return { perSecond: (count / milliseconds) * 1000, cpu: (user + system) / count }
}

/** Runs the scenario for the time of the warm-up, and returns the number of units for a slice. */
export const warmUp = async (scenario: Scenario, name: Name, client: Client, pace: Pace): Promise<number> => {
  const until = performance.now() + pace.warmUp
  let count = 4
  do {
    const { perSecond } = await slice(scenario, name, client, count)
    count = Math.max(2, Math.ceil(Math.min((perSecond * pace.milliseconds) / 1000, count * 8)))
  } while (performance.now() < until)
  return count
}
