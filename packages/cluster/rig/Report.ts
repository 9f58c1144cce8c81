/** The table that the rig prints, with a row for each fault. */
import type { Figures } from "./Figures.ts"

const cells = (values: ReadonlyArray<string | number>) => `| ${values.join(" | ")} |`

const columns = [
  "fault",
  "servers that moved",
  "servers with new logins: numbers of logins",
  "two owners",
  "silence of commands: most, median",
  "silence of messages: most",
  "gaps",
  "losses without a gap",
  "answered",
  "not executed",
  "maybe executed",
  "untrue outcomes",
  "wrong answers",
  "timers late by"
]

/** The first two lines of the table. */
export const heading = [cells(columns), cells(columns.map(() => "---"))].join("\n")

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

const tally = (words: ReadonlyArray<string>): string =>
  [...new Set(words)].map((word) => `${words.filter((other) => other === word).length} ${word}`).join(", ") || "-"

export const row = (title: string, figures: Figures): string => {
  const { gaps, lateness, logins, moved, outcomes, overlaps, renewed, servers, silence, untold, untrue, wrong } =
    figures
  return cells([
    title,
    `${moved} of ${servers}`,
    renewed === 0 ? "-" : `${renewed}: ${logins.join(", ")}`,
    overlaps,
    `${seconds(silence.most)}, ${seconds(silence.median)}`,
    seconds(silence.messages),
    tally(gaps),
    untold,
    outcomes.Answered,
    outcomes.NotExecuted,
    outcomes.MaybeExecuted,
    untrue,
    wrong,
    seconds(lateness)
  ])
}
