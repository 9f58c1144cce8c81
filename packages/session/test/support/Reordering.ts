/**
 * A reorder buffer with manual inputs, which records its deliveries.
 */
import { ReorderBuffer } from "../../src/internal/reorderBuffer.ts"
import { range } from "./Scenario.ts"

export const TIMEOUT = 5000

/** A buffer and its deliveries: texts, late ones in brackets, and gaps. */
export const make = (timeout = TIMEOUT) => {
  const delivered: Array<string> = []
  /** Number of deliveries at each detected restart of the numbering. */
  const restarts: Array<number> = []
  const buffer = new ReorderBuffer<string>({
    deliver: (text, late) => delivered.push(late ? `(${text})` : text),
    gap: (missed) => delivered.push(`gap ${missed}`),
    restarted: () => restarts.push(delivered.length)
  }, timeout)
  /** Lets the n-th message of the server arrive. Its checksum is that of its text. */
  const arrive = (n: number, at = 0, options: { readonly text?: string; readonly since?: number } = {}) => {
    const text = options.text ?? `m${n}`
    return buffer.receive(at, { number: n & 255, checksum: checksum(text), message: text }, options.since ?? Infinity)
  }
  return { arrive, buffer, delivered, restarts }
}

const checksum = (text: string): number => {
  let sum = 7
  for (const character of text) sum = (Math.imul(sum, 31) + character.codePointAt(0)!) >>> 0
  return sum
}

export const texts = (from: number, to: number) => range(to - from).map((i) => `m${from + i}`)
