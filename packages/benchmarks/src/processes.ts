/**
 * Runs the processes that are measured, and the process of the server.
 */
import { type ChildProcess, fork, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { PASSWORD, within } from "./client.ts"
import type { Footprint } from "./idle.ts"
import type { Key, Outcome, Pace, Sample } from "./scenarios.ts"
import { each, type Name, names } from "./subjects.ts"

const PATIENCE = 30_000

const programOf = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url))

/** The next message of a child process. Throws if the process ends, or after `milliseconds`. */
const sent = async <A>(child: ChildProcess, what: string, milliseconds = PATIENCE): Promise<A> => {
  const hasEnded = (code: number | null, signal: NodeJS.Signals | null): never => {
    throw new Error(`${what}: the process ended with ${code ?? signal ?? "no exit code"}`)
  }
  if (child.exitCode !== null || child.signalCode !== null) return hasEnded(child.exitCode, child.signalCode)
  const done = new AbortController()
  const ended = once(child, "exit", { signal: done.signal }).then(([code, signal]) => hasEnded(code, signal))
  // `ended` also rejects when `abort` ends the wait.
  ended.catch(() => {})
  try {
    const [message] = await within(milliseconds, what, Promise.race([once(child, "message"), ended]))
    return message as A
  } finally {
    done.abort()
  }
}

export interface ServerProcess {
  readonly port: number
  readonly stop: () => void
}

export const startServer = async (): Promise<ServerProcess> => {
  const child = fork(programOf("server"))
  return { port: await sent<number>(child, "the server"), stop: () => child.disconnect() }
}

interface Racer {
  readonly name: Name
  readonly child: ChildProcess
  readonly samples: Array<Sample>
  failure: string | undefined
}

/**
 * Times all clients, each in a separate process: round by round, one after the other, in alternating order. A client that
 * fails, falls silent or exits is excluded, with the reason in place of its samples.
 */
export const race = async (key: Key, port: number, pace: Pace): Promise<Outcome> => {
  const racers = new Array<Racer>()
  const answered = async (racer: Racer, what: string): Promise<Sample | undefined> => {
    const answer = await sent<Sample | string>(racer.child, `${racer.name}, ${what}`)
      .catch((error: unknown) => error instanceof Error ? error.message : String(error))
    if (typeof answer !== "string") return answer
    racer.failure = answer
    return undefined
  }
  try {
    // Each process is started when the previous one is warm, so that it has a core to itself while its code is
    // compiled.
    for (const name of names) {
      const child = fork(programOf("racer"), [name, `${port}`, key, `${pace.warmUp}`, `${pace.milliseconds}`])
      const racer: Racer = { name, child, samples: [], failure: undefined }
      racers.push(racer)
      await answered(racer, "warm-up")
    }
    for (let round = 0; round < pace.rounds; round++) {
      for (const racer of round % 2 === 0 ? racers : [...racers].reverse()) {
        if (racer.failure !== undefined) continue
        // If the process has exited meanwhile, `answered` reports that.
        racer.child.send("go", () => {})
        const sample = await answered(racer, `round ${round + 1}`)
        if (sample !== undefined) racer.samples.push(sample)
      }
    }
    return each((name) => {
      const { failure, samples } = racers.find((racer) => racer.name === name)!
      return failure ?? samples
    })
  } finally {
    for (const { child } of racers) child.kill()
  }
}

/** The memory of one session, and the CPU use of all sessions in percent of a core. */
export interface Idle extends Footprint {
  readonly cpu: number
  /** The memory of one session of a second set of the same size, which logs in later in the same process. */
  readonly further: Footprint
}

/**
 * Keeps many idle sessions, in one process for each client and round. The processes log in one after another. Then all
 * are idle for the same time, in which they hardly disturb each other.
 */
export const measureIdle = async (
  port: number,
  options: { readonly sessions: number; readonly rounds: number; readonly milliseconds: number }
): Promise<Record<Name, ReadonlyArray<Idle>>> => {
  const processes = new Array<{ name: Name; child: ChildProcess; footprint: Footprint }>()
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        const child = fork(programOf("idle"), [name, `${port}`, `${options.sessions}`], {
          execArgv: [...process.execArgv, "--expose-gc"]
        })
        const footprint = await sent<Footprint>(child, `${name}, ${options.sessions} sessions`)
        processes.push({ name, child, footprint })
      }
    }
    const used = await Promise.all(processes.map(({ child, name }) => {
      child.send(options.milliseconds)
      return sent<number>(child, `${name}, idle`, options.milliseconds + PATIENCE)
    }))
    const idles = new Array<Idle & { readonly name: Name }>()
    for (const [i, { child, footprint, name }] of processes.entries()) {
      child.send("more")
      const further = await sent<Footprint>(child, `${name}, ${options.sessions} further sessions`)
      idles.push({ name, ...footprint, cpu: used[i]! / options.milliseconds / 10, further })
    }
    return each((name) => idles.filter((idle) => idle.name === name))
  } finally {
    for (const { child } of processes) child.kill()
  }
}

/** Milliseconds from spawning a process to its first output, which reports its success. */
const startOf = async (executable: string, args: ReadonlyArray<string>): Promise<number> => {
  const started = performance.now()
  const child = spawn(executable, args, { stdio: ["ignore", "pipe", "inherit"] })
  try {
    const what = `start of ${executable} ${args[0]}`
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${what}: the process ended with ${code}`)
    })
    await within(PATIENCE, what, Promise.race([once(child.stdout, "data"), ended]))
    return performance.now() - started
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
  }
}

const start = (program: string, args: ReadonlyArray<string>): Promise<number> =>
  startOf(process.execPath, [program, ...args])

/** The path of `bercon-cli`, a command in Go for the same protocol, if it is installed. */
const findBerconCli = (): string | undefined =>
  (process.env["PATH"] ?? "").split(Path.delimiter)
    .flatMap((folder) => [Path.join(folder, "bercon-cli"), Path.join(folder, "bercon-cli.exe")])
    .find((file) => Fs.existsSync(file))

export interface Starts {
  readonly clients: Record<Name, ReadonlyArray<number>>
  /** `client` as one file made by a bundler. */
  readonly bundle: ReadonlyArray<number>
  /** The command `bercon`, as it is published. */
  readonly command: ReadonlyArray<number>
  /** `bercon-cli`. Empty if it is not installed. */
  readonly berconCli: ReadonlyArray<number>
  /** A process that does nothing. */
  readonly empty: ReadonlyArray<number>
  /** `session` in a program that imports from "effect" and "@bercon/session" instead of from their modules. */
  readonly barrels: ReadonlyArray<number>
}

/** Times new processes from spawning to the first output. */
export const measureStart = async (port: number, rounds: number): Promise<Starts> => {
  const clients = each(() => new Array<number>())
  const [bundle, command, berconCli] = [new Array<number>(), new Array<number>(), new Array<number>()]
  const [empty, barrels] = [new Array<number>(), new Array<number>()]
  const bercon = fileURLToPath(new URL("bercon/bin/bercon.js", import.meta.url))
  const exec = ["exec", "short", "--port", `${port}`, "--password", PASSWORD, "--flavour", "BattlEye"]
  const peer = findBerconCli()
  const peerArgs = ["--ip", "127.0.0.1", "--port", `${port}`, "--password", PASSWORD, "short"]
  const program = programOf("start")
  const programs = [
    { times: empty, run: () => start(program, ["empty"]) },
    ...names.map((name) => ({ times: clients[name], run: () => start(program, [name, `${port}`]) })),
    { times: bundle, run: () => start(programOf("bundle"), [`${port}`, PASSWORD]) },
    { times: command, run: () => start(bercon, exec) },
    ...(peer === undefined ? [] : [{ times: berconCli, run: () => startOf(peer, peerArgs) }]),
    { times: barrels, run: () => start(program, ["session", `${port}`, "barrels"]) }
  ]
  // The first run of each program is not timed, because it reads files from the disk and fills Node's compile cache.
  for (const { run } of programs) await run()
  for (let round = 0; round < rounds; round++) {
    for (const { run, times } of round % 2 === 0 ? programs : [...programs].reverse()) times.push(await run())
  }
  return { clients, bundle, command, berconCli, empty, barrels }
}
