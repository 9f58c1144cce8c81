/**
 * Random values from a seed, and texts that resemble what servers send.
 */

export interface Random {
  /** An integer from 0 to `limit`, exclusive. */
  readonly pick: (limit: number) => number
  /** One of the values. */
  readonly from: <A>(values: ReadonlyArray<A>) => A
  /** Returns true with a probability of 1 in `n`. */
  readonly once: (n: number) => boolean
}

/** Makes a generator from a seed, by the algorithm mulberry32. Equal seeds give equal values. */
export const make = (seed: number): Random => {
  let state = seed | 0
  const pick = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit)
  }
  return { pick, from: (values) => values[pick(values.length)]!, once: (n) => pick(n) === 0 }
}

/** Parts that confuse parsers, in addition to the words of the examples. */
const fragments: ReadonlyArray<string> = [
  "",
  " ",
  "  ",
  "\t",
  "\n",
  "\r\n",
  "\r",
  "\0",
  "\u2028",
  "\ud800",
  "\ufeff",
  "\ufffd",
  "é",
  "Якса",
  "™",
  "👍🏽",
  "e\u0301",
  "(",
  ")",
  "[",
  "]",
  "\"",
  "'",
  "=",
  "#",
  "-",
  ":",
  ": ",
  ") ",
  ";",
  "|",
  "//",
  "\\",
  "0",
  "-1",
  "00",
  "1e9",
  "99999999999999999999",
  "(OK)",
  "(?)",
  "(Lobby)",
  "(unverified)",
  "perm",
  "1.2.3.4",
  "1.2.3.4:2304",
  "[::1]:2304",
  "255.255.255.256:65536",
  "0123456789abcdef0123456789abcdef",
  "0123456789ABCDEF0123456789abcdeg",
  "2147483648",
  "Bob",
  "__proto__",
  "constructor"
]

/**
 * Makes a text: an example with changes, or parts one after the other. The parts are the words of `examples` and
 * {@link fragments}.
 */
export const text = (random: Random, examples: ReadonlyArray<string>): string => {
  const word = (): string => {
    if (random.once(3)) return random.from(fragments)
    const words = random.from(examples).split(/(\s+)/)
    return random.from(words)
  }
  if (random.once(4)) return Array.from({ length: random.pick(20) }, word).join(random.from(["", " ", "\n"]))
  let text = random.from(examples)
  for (let changes = random.pick(5); changes > 0; changes--) {
    const at = random.pick(text.length + 1)
    const end = Math.min(text.length, at + random.pick(12))
    switch (random.pick(5)) {
      case 0:
        text = text.slice(0, at) + word() + text.slice(at)
        break
      case 1:
        text = text.slice(0, at) + text.slice(end)
        break
      case 2:
        text = text.slice(0, at) + random.from(examples).slice(random.pick(30))
        break
      case 3:
        text = text.slice(0, at) + text.slice(at, end).repeat(1 + random.pick(random.once(50) ? 2000 : 4)) +
          text.slice(end)
        break
      default:
        text = text.slice(0, at) + String.fromCharCode(random.pick(0x2100)) + text.slice(at + 1)
    }
  }
  return text.slice(0, 32_768)
}

export const bytes = (random: Random, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, () => random.pick(256))
