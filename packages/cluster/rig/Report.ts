/** What the rig prints: one row of a table for each fault. */
import type { Owners } from "./Game.ts"
import { longestSilence, type Record } from "./Observer.ts"

export interface Observed {
  /** From when to when, in milliseconds since 1970. */
  readonly from: number
  readonly to: number
  readonly owners: ReadonlyArray<Owners>
  readonly records: ReadonlyArray<Record>
}

const cells = (values: ReadonlyArray<string>) => `| ${values.join(" | ")} |`

const columns = [
  "event",
  "servers that moved",
  "logins for each of them",
  "two owners",
  "silence of commands: most, median",
  "silence of messages: most",
  "gaps",
  "answered",
  "not executed",
  "maybe executed",
  "wrong"
]

export const heading = [cells(columns), cells(columns.map(() => "---"))].join("\n")

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((one, other) => one + other, 0)

export const row = (title: string, { from, owners, records, to }: Observed): string => {
  const silences = records.map(({ answers }) => longestSilence(answers, from, to))
  const moved = owners.filter(({ logins }) => logins > 0)
  const outcomes = records.flatMap((record) => [...record.outcomes.values()])
  const count = (outcome: string) => String(outcomes.filter((other) => other === outcome).length)
  const gaps = records.flatMap((record) => record.gaps)
  return cells([
    title,
    `${moved.length} of ${owners.length}`,
    [...new Set(moved.map(({ logins }) => logins))].sort((one, other) => one - other).join(", ") || "-",
    String(sum(owners.map(({ overlaps }) => overlaps))),
    `${seconds(Math.max(...silences))}, ${seconds(median(silences))}`,
    seconds(Math.max(...records.map(({ messages }) => longestSilence(messages, from, to)))),
    [...new Set(gaps)].map((cause) => `${gaps.filter((other) => other === cause).length} ${cause}`).join(", ") || "-",
    count("Answered"),
    count("NotExecuted"),
    count("MaybeExecuted"),
    String(sum(records.map(({ wrong }) => wrong)))
  ])
}
