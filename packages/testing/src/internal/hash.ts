/**
 * Odd factors, so that a multiplication loses no bits. Each lane (32 bits of the hash) has its own factor, so that two
 * texts with the same bits in one lane probably have different bits in the others.
 */
const multipliers = [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x9e3779b1]

const lane = (text: string, multiplier: number): number => {
  let hash = text.length
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), multiplier)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

/** Hashes a text to 128 bits, as 32 hexadecimal digits. The hash is the same on every platform, but not cryptographic. */
export const hash = (text: string): string =>
  multipliers.map((multiplier) => lane(text, multiplier).toString(16).padStart(8, "0")).join("")
