/**
 * What the benchmarks ask of every client.
 */
import { setTimeout as sleep } from "node:timers/promises"

/** A client that is logged in. */
export interface Client {
  /** Sends a command `count` times, `window` of them unanswered at a time; every reply must be `length` characters. */
  readonly commands: (text: string, count: number, window: number, length: number) => Promise<void>
  /** Asks the server for `count` messages, and takes them all in. */
  readonly messages: (count: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** A module that knows one client. */
export interface Subject {
  readonly connect: (port: number) => Promise<Client>
  /** Logs in and does nothing more, for as long as the process lives. Returns what has to be kept for it. */
  readonly idle: (port: number) => Promise<unknown>
}

/** All of them. Loaded when needed, so that a process of one's own is charged for one client only. */
export const subjects = {
  bare: (): Promise<Subject> => import("./bare.ts"),
  session: (): Promise<Subject> => import("./session.ts"),
  client: (): Promise<Subject> => import("./rconClient.ts"),
  "Effect's socket": (): Promise<Subject> => import("./effectSocket.ts"),
  senfo: (): Promise<Subject> => import("./senfo.ts")
}

export type Name = keyof typeof subjects

export const names = Object.keys(subjects) as ReadonlyArray<Name>

/** Something for each client. */
export const each = <A>(value: (name: Name) => A): Record<Name, A> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, A>

export const HOST = "127.0.0.1"
export const PASSWORD = "secret"

/** What a case gives up with when a reply is not the one that was asked for. */
export const wrongReply = (text: string, length: number, reply: string): Error =>
  new Error(`the reply to "${text}" has ${reply.length} characters instead of ${length}`)

/** Counts what comes in, for one who waits for a number of it. */
export class Countdown {
  #left = 0
  #done: () => void = () => {}

  wait(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#done = resolve
    })
  }

  count(): void {
    if (--this.#left === 0) this.#done()
  }
}

/** The promise, or an error when it takes longer: no client may hang the run. */
export const within = async <A>(milliseconds: number, what: string, promise: Promise<A>): Promise<A> => {
  const done = new AbortController()
  const late = sleep(milliseconds, undefined, { signal: done.signal }).then((): never => {
    throw new Error(`${what}: nothing more came within ${milliseconds} ms`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    done.abort()
  }
}
