/**
 * Prints results as a table, and writes them as JSON.
 */
import { DateTime } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { summarize, type Summary } from "./measure.ts"
import { each, type Name, names } from "./subjects.ts"

/** One line of the table. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly decimals: number
  /**
   * By client: its samples in the order of the rounds, or the reason why it has none. A client that the benchmark does
   * not measure is absent.
   */
  readonly samples: Partial<Record<Name, ReadonlyArray<number> | string>>
  /** Whether it is meaningful to divide a client's samples by those of `bare`. */
  readonly ratios: boolean
}

interface Cell extends Summary {
  /** The multiple of `bare`, from the samples of both clients in the same round. */
  readonly ratio: Summary | undefined
}

const cellOf = (row: Row, name: Name): Cell | string | undefined => {
  const samples = row.samples[name]
  if (typeof samples !== "object") return samples
  const { bare } = row.samples
  const ratio = row.ratios && typeof bare === "object" && name !== "bare"
    ? summarize(samples.map((sample, round) => sample / bare[round]!))
    : undefined
  return { ...summarize(samples), ratio }
}

const formatted = (value: number, decimals: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })

/** The median and the quartiles as text. */
export const spread = ({ lower, median, upper }: Summary, decimals: number): string =>
  `${formatted(median, decimals)} (${formatted(lower, decimals)}-${formatted(upper, decimals)})`

const cellText = (cell: Cell | string | undefined, decimals: number): string => {
  if (cell === undefined) return ""
  if (typeof cell === "string") return "n/a"
  return `${spread(cell, decimals)}${cell.ratio ? `  ${cell.ratio.median.toFixed(2)}x` : ""}`
}

/** Prints a table of the rows, the quartiles of the multiples, and the reasons for missing samples. */
export const print = (rows: ReadonlyArray<Row>): void => {
  const head = ["", ...names]
  const table = rows.map((row) => [
    `${row.name}, ${row.unit}`,
    ...names.map((name) => cellText(cellOf(row, name), row.decimals))
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...table.map((line) => line[i]!.length)))
  const print = (line: ReadonlyArray<string>) =>
    console.log(line.map((text, i) => i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)).join("  "))
  console.log("median (quartiles), and the multiple of bare: the median of the multiples of all rounds\n")
  print(head)
  for (const line of table) print(line)
  console.log("\nquartiles of the multiples")
  for (const row of rows.filter(({ ratios }) => ratios)) {
    const cells = names.flatMap((name) => {
      const cell = cellOf(row, name)
      return typeof cell !== "object" || cell.ratio === undefined ? [] : [`${name} ${spread(cell.ratio, 2)}`]
    })
    console.log(`  ${`${row.name}, ${row.unit}`.padEnd(widths[0]!)}  ${cells.join(", ")}`)
  }
  for (const row of rows) {
    for (const name of names) {
      const reason = row.samples[name]
      if (typeof reason === "string") console.log(`n/a: ${name}, ${row.name}: ${reason}`)
    }
  }
}

/**
 * The base that a target is a multiple of: bare's figure in the same row, the start of a process that does nothing, or the
 * row's unit.
 */
type Base = "bare" | "an empty process" | "unit"

/** The targets of rows. Each is a maximum, or a minimum if the unit is a throughput. */
const targets: ReadonlyArray<readonly [row: string, unit: string, client: Name, target: number, base: Base]> = [
  ["pipelined, 32", "commands/s", "session", 0.75, "bare"],
  ["pipelined, 32", "CPU ms per 1,000 commands", "session", 1.5, "bare"],
  ["received", "messages/s", "session", 0.75, "bare"],
  ["received", "CPU ms per 1,000 messages", "session", 1.4, "bare"],
  ["sequential", "commands/s", "session", 0.8, "bare"],
  ["sequential", "CPU ms per 1,000 commands", "session", 1.4, "bare"],
  ["100 KB each", "replies/s", "session", 0.95, "bare"],
  ["100 KB each", "CPU ms per 1,000 replies", "session", 1.2, "bare"],
  ["an idle session", "KB of RSS", "session", 40, "unit"],
  ["pipelined, 32", "commands/s", "client", 0.65, "bare"],
  ["pipelined, 32", "CPU ms per 1,000 commands", "client", 1.75, "bare"],
  ["received", "messages/s", "client", 0.65, "bare"],
  ["received", "CPU ms per 1,000 messages", "client", 1.6, "bare"],
  ["sequential", "commands/s", "client", 0.75, "bare"],
  ["sequential", "CPU ms per 1,000 commands", "client", 1.6, "bare"],
  ["100 KB each", "replies/s", "client", 0.9, "bare"],
  ["100 KB each", "CPU ms per 1,000 replies", "client", 1.3, "bare"],
  ["an idle session", "KB of RSS", "client", 80, "unit"],
  ["1000 idle sessions", "% of a core", "client", 1, "unit"],
  ["start to first reply", "ms", "client", 4.35, "an empty process"],
  ["start of a bundle", "ms", "client", 2.61, "an empty process"],
  ["start of the command", "ms", "client", 3.26, "an empty process"]
]

/**
 * Prints which rows meet their target, and which were not measured. `empty` is the start of a process that does nothing,
 * in milliseconds.
 */
export const printTargets = (rows: ReadonlyArray<Row>, empty: number): void => {
  console.log("\ntargets")
  for (const [name, unit, client, target, base] of targets) {
    const row = rows.find((row) => row.name === name && row.unit === unit)
    const cell = row === undefined ? undefined : cellOf(row, client)
    const value = typeof cell !== "object"
      ? undefined
      : base === "bare"
      ? cell.ratio?.median
      : base === "unit"
      ? cell.median
      : cell.median / empty
    const isLeast = unit.endsWith("/s")
    const isMet = value !== undefined && (isLeast ? value >= target : value <= target)
    const verdict = value === undefined ? "n/a" : isMet ? "met" : "missed"
    console.log(
      `  ${verdict.padEnd(6)}  ${client}: ${name}, ${unit}: ${value?.toFixed(2) ?? "n/a"}, ` +
        `${isLeast ? "at least" : "at most"} ${target}${base === "unit" ? "" : ` of ${base}`}`
    )
  }
}

/** Writes the rows to `results/<name>.json`. */
export const write = (name: string, about: Record<string, unknown>, rows: ReadonlyArray<Row>): void =>
  writeResults(name, {
    ...about,
    metrics: rows.map((row) => ({
      name: row.name,
      unit: row.unit,
      clients: each((name) => cellOf(row, name))
    }))
  })

/** Prints the machine, and how long the benchmark took since `started`, a time of `performance.now()`. */
export const printMachine = (started: number): void => {
  const seconds = (performance.now() - started) / 1000
  const cores = `${Os.availableParallelism()} x ${Os.cpus()[0]?.model}`
  console.log(`Node ${process.versions.node}, ${cores}, ${seconds.toFixed()} s`)
}

const folder = new URL("../results/", import.meta.url)

/** Writes results, and the machine on which they were measured, to `results/<name>.json`. */
export const writeResults = (name: string, results: Record<string, unknown>): void => {
  Fs.mkdirSync(folder, { recursive: true })
  const content = {
    date: DateTime.formatIso(DateTime.nowUnsafe()),
    node: process.versions.node,
    cpu: Os.cpus()[0]?.model,
    cores: Os.availableParallelism(),
    ...results
  }
  Fs.writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(content, null, 2)}\n`)
}
