/** The figures of an observation, and the promises that it breaks. */
import type { Promises } from "./Faults.ts"
import type { Owners } from "./Game.ts"
import { longestSilence, type Record } from "./Observer.ts"

/** The observation of a fault and of the time after it. */
export interface Observed {
  /** Start and end of the observation, in milliseconds since 1970. */
  readonly from: number
  readonly to: number
  /** Whether all servers worked before the fault, and whether all worked at the end. */
  readonly settled: boolean
  readonly calm: boolean
  /** Maximum delay of a timer of this process or of a runner, in milliseconds. */
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
  /** Number of servers that moved to another runner. */
  readonly moved: number
  /** Number of servers with new logins. */
  readonly renewed: number
  /** How many new logins such a server had: each number once, in ascending order. */
  readonly logins: ReadonlyArray<number>
  /** How often a replaced session still sent something. */
  readonly overlaps: number
  /**
   * The longest time without an answer, of the worst server (`most`) and the median of all servers, and the longest time
   * without a message. In milliseconds.
   */
  readonly silence: { readonly most: number; readonly median: number; readonly messages: number }
  readonly gaps: ReadonlyArray<string>
  /** How often messages were missing, or a session was renewed, and no gap was reported. */
  readonly untold: number
  readonly outcomes: { readonly Answered: number; readonly NotExecuted: number; readonly MaybeExecuted: number }
  /** Commands whose outcome contradicts the record of the server. */
  readonly untrue: number
  /** Number of answers that belong to another query. */
  readonly wrong: number
  /** Maximum delay of a timer of this process or of a runner, in milliseconds. */
  readonly lateness: number
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((one, other) => one + other, 0)

/** Whether an outcome agrees with the number of executions of a command that must not run twice. */
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
 * Number of steps of a move that a busy machine can delay, each at most by the delay of a timer: two pings, marking the runner
 * in the database, the next look for free locks, taking the lock, requesting the feed, logging in, and the next query.
 */
const LINKS = 8

/** The broken promises that do not depend on the speed of runners, one line each. */
export const untimed = ({ overlaps, untrue, wrong }: Figures): ReadonlyArray<string> => [
  ...(overlaps > 0 ? [`two owners: replaced sessions sent something ${overlaps} times`] : []),
  ...(wrong > 0 ? [`${wrong} answers belonged to another query`] : []),
  ...(untrue > 0 ? [`${untrue} outcomes contradict the record of the server`] : [])
]

/** All broken promises, one line each. */
export const broken = (figures: Figures, promises: Promises, observed: Observed): ReadonlyArray<string> => {
  const { lateness, renewed, servers, silence, untold } = figures
  const isOver = (millis: number, limit: number | undefined) => limit !== undefined && millis > limit + LINKS * lateness
  return [
    ...(observed.settled ? [] : ["the servers did not all work before the fault"]),
    ...(observed.calm ? [] : ["the servers did not all work at the end"]),
    ...untimed(figures),
    ...(untold > 0 ? [`${untold} times messages were missing, or a session was renewed, and no gap was reported`] : []),
    ...(promises.stays === true && renewed > 0 ? [`${renewed} of ${servers} sessions were not kept`] : []),
    ...(isOver(silence.most, promises.commands)
      ? [`a server answered nothing for ${silence.most} ms, at most ${promises.commands} are promised`]
      : []),
    ...(isOver(silence.messages, promises.messages)
      ? [`a feed was silent for ${silence.messages} ms, at most ${promises.messages} are promised`]
      : [])
  ]
}
