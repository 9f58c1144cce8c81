/**
 * The interface of the measured clients, and what they share.
 */
import { setTimeout as sleep } from "node:timers/promises"

/** A client that is logged in. */
export interface Client {
  /**
   * Sends a command `count` times, up to `window` of them unanswered at a time. Every reply must have `length`
   * characters.
   */
  readonly commands: (text: string, count: number, window: number, length: number) => Promise<void>
  /** Requests `count` messages from the server, and waits for all of them. */
  readonly messages: (count: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** A module that contains one client. */
export interface Subject {
  readonly connect: (port: number) => Promise<Client>
  /** Logs in, and then only keeps the session alive. The caller must keep the returned objects reachable. */
  readonly idle: (port: number) => Promise<unknown>
}

export const HOST = "127.0.0.1"
export const PASSWORD = "secret"

/** The error of a case with an unexpected reply. */
export const wrongReply = (text: string, length: number, reply: string): Error =>
  new Error(`the reply to "${text}" has ${reply.length} characters instead of ${length}`)

/** Counts arrivals. A caller can wait for a number of them. */
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

/** Waits for a promise. Throws after `milliseconds`, so that no client can block the run. */
export const within = async <A>(milliseconds: number, what: string, promise: Promise<A>): Promise<A> => {
  const done = new AbortController()
  const late = sleep(milliseconds, undefined, { signal: done.signal }).then((): never => {
    throw new Error(`${what}: no result within ${milliseconds} ms`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    done.abort()
  }
}
