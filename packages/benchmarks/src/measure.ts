/**
 * Times small operations in turn, round by round, in alternating order, so that a slow second of the machine affects all
 * of them alike.
 */

/** One operation. It runs `iterations` times and returns a number computed from all results. */
export interface Case {
  readonly name: string
  readonly run: (iterations: number) => number
}

/** The median and the quartiles of samples. */
export interface Summary {
  readonly median: number
  readonly lower: number
  readonly upper: number
}

/** Nanoseconds for one operation, over the rounds. */
export interface Measurement extends Summary {
  readonly name: string
}

// The sum of all results. Without a use of the results, the compiler could remove the operations.
let sink = 0

const elapsed = (self: Case, iterations: number): number => {
  const start = process.hrtime.bigint()
  sink = (sink + self.run(iterations)) | 0
  return Number(process.hrtime.bigint() - start)
}

/** Determines how many iterations take about `milliseconds`, while warming the operation up. */
const calibrate = (self: Case, milliseconds: number): number => {
  let iterations = 1000
  for (let warm = 0; warm < 10; warm++) elapsed(self, iterations)
  for (;;) {
    const spent = elapsed(self, iterations)
    if (spent >= milliseconds * 1e6) return Math.ceil((iterations * milliseconds * 1e6) / spent)
    iterations *= 2
  }
}

const quantile = (sorted: ReadonlyArray<number>, q: number): number => {
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}

/** The median and the quartiles of samples, interpolated between neighbours. */
export const summarize = (samples: ReadonlyArray<number>): Summary => {
  const sorted = [...samples].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75) }
}

/** Measures all cases, interleaved, in `rounds` rounds of about `milliseconds` for each case. */
export const measure = (
  cases: ReadonlyArray<Case>,
  options: { readonly rounds: number; readonly milliseconds: number }
): ReadonlyArray<Measurement> => {
  const entries = cases.map((self) => ({
    self,
    iterations: calibrate(self, options.milliseconds),
    samples: new Array<number>()
  }))
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 === 0 ? entries : [...entries].reverse()
    for (const entry of order) entry.samples.push(elapsed(entry.self, entry.iterations) / entry.iterations)
  }
  return entries.map(({ samples, self }) => ({ name: self.name, ...summarize(samples) }))
}
