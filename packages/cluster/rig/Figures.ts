/** What an observation comes to in numbers, and which promises it breaks. */
import type { Promises } from "./Faults.ts"
import type { Owners } from "./Game.ts"
import { longestSilence, type Record } from "./Observer.ts"

/** What was seen while a fault happened, and after it. */
export interface Observed {
  /** From when to when, in milliseconds since 1970. */
  readonly from: number
  readonly to: number
  /** Whether the cluster was at rest before, and whether every server was back at the end. */
  readonly settled: boolean
  readonly calm: boolean
  /** How late the rig's own timers were at worst, in milliseconds. */
  readonly lateness: number
  readonly servers: ReadonlyArray<{
    readonly owners: Owners
    readonly record: Record
    /** How often the server has run each command, by its text. */
    readonly runs: ReadonlyMap<string, number>
  }>
}

export interface Figures {
  readonly servers: number
  /** How many have got another runner. */
  readonly moved: number
  /** How many were logged in to anew, with whichever runner, and how often: each number once, lowest first. */
  readonly renewed: number
  readonly logins: ReadonlyArray<number>
  /** How often a session spoke after another had taken over. */
  readonly overlaps: number
  /** Of all servers, in milliseconds. */
  readonly silence: { readonly most: number; readonly median: number; readonly messages: number }
  readonly gaps: ReadonlyArray<string>
  /** How often messages were missing without a gap, and how many sessions were renewed without one. */
  readonly untold: number
  readonly outcomes: { readonly Answered: number; readonly NotExecuted: number; readonly MaybeExecuted: number }
  /** Commands of which the outcome does not agree with what the server did. */
  readonly untrue: number
  /** Answers that were not to the question. */
  readonly wrong: number
  /** How late the rig's own timers were at worst, in milliseconds. */
  readonly lateness: number
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((one, other) => one + other, 0)

/** Whether an outcome agrees with how often the server ran the command. None of these may run twice. */
const isTrue = (outcome: string, runs: number): boolean =>
  outcome === "NotExecuted" ? runs === 0 : outcome === "MaybeExecuted" ? runs <= 1 : runs === 1

export const of = ({ from, lateness, servers, to }: Observed): Figures => {
  const silences = servers.map(({ record }) => longestSilence(record.answers, from, to))
  const renewed = servers.filter(({ owners }) => owners.logins > 0)
  const commands = servers.flatMap(({ record, runs }) =>
    Array.from(record.outcomes, ([text, outcome]) => ({ outcome, runs: runs.get(text) ?? 0 }))
  )
  const count = (...outcomes: ReadonlyArray<string>) =>
    commands.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    servers: servers.length,
    moved: servers.filter(({ owners }) => owners.hosts.length > 1).length,
    renewed: renewed.length,
    logins: [...new Set(renewed.map(({ owners }) => owners.logins))].sort((one, other) => one - other),
    overlaps: sum(servers.map(({ owners }) => owners.overlaps)),
    silence: {
      most: Math.max(...silences),
      median: median(silences),
      messages: Math.max(...servers.map(({ record }) => longestSilence(record.messages, from, to)))
    },
    gaps: servers.flatMap(({ record }) => record.gaps),
    untold: sum(servers.map(({ record }) => record.untold)) +
      renewed.filter(({ record }) => record.gaps.length === 0).length,
    outcomes: {
      Answered: count("Answered", "Executed"),
      NotExecuted: count("NotExecuted"),
      MaybeExecuted: count("MaybeExecuted")
    },
    untrue: commands.filter(({ outcome, runs }) => !isTrue(outcome, runs)).length,
    wrong: sum(servers.map(({ record }) => record.wrong)),
    lateness
  }
}

/**
 * On a machine that is busy with something else every process is late, as this one is. A session moves when one runner has
 * missed another, has written that to the database, has taken the lock and has logged in: that many times it may be late.
 */
const LINKS = 4

/** The promises that were not kept, one a line. */
export const broken = (figures: Figures, promises: Promises, observed: Observed): ReadonlyArray<string> => {
  const { lateness, overlaps, renewed, servers, silence, untold, untrue, wrong } = figures
  const isOver = (millis: number, limit: number | undefined) => limit !== undefined && millis > limit + LINKS * lateness
  return [
    ...(observed.settled ? [] : ["the cluster did not come to rest before it"]),
    ...(observed.calm ? [] : ["some servers were not back at the end"]),
    ...(overlaps > 0 ? [`two owners: a session spoke ${overlaps} times after another had taken over`] : []),
    ...(wrong > 0 ? [`${wrong} answers were not to the question`] : []),
    ...(untrue > 0 ? [`${untrue} outcomes were not true`] : []),
    ...(untold > 0 ? [`messages were missing without a gap ${untold} times`] : []),
    ...(promises.stays === true && renewed > 0 ? [`${renewed} of ${servers} sessions were not kept`] : []),
    ...(isOver(silence.most, promises.commands)
      ? [`a server answered nothing for ${silence.most} ms, at most ${promises.commands} are promised`]
      : []),
    ...(isOver(silence.messages, promises.messages)
      ? [`a feed was silent for ${silence.messages} ms, at most ${promises.messages} are promised`]
      : [])
  ]
}
