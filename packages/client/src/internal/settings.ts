/**
 * Checks the options of a client and converts them to settings. All defaults and limits are here.
 */
import { InvalidOptions, LoginFailure } from "@bercon/session/LoginFailure"
import { Monotonic, SessionSettings } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import { Flavour, type ReplyWindow } from "../Flavour.ts"
import type { ClientOptions, Options } from "../RconClient.ts"

/** Settings of a client. Times are in milliseconds. */
export interface Settings {
  /** `undefined` if the flavour must be determined. */
  readonly flavour: Flavour | undefined
  readonly commandTimeout: number
  readonly messageCapacity: number
  readonly rosterInterval: number
  /** `Infinity` for never. */
  readonly banInterval: number
  readonly replyWindow: { readonly first: number; readonly quiet: number; readonly longest: number }
}

/** Minimum of `rosterInterval` and `banInterval`, in milliseconds. */
const SHORTEST_INTERVAL = 1000

/** Checks the options. The error contains the first invalid option, its value and the allowed range. */
export const make = (options: ClientOptions = {}): Effect.Effect<Settings, LoginFailure> => {
  const { replyWindow = {} } = options
  const settings: Settings = {
    flavour: options.flavour === "auto" ? undefined : options.flavour,
    commandTimeout: Monotonic.duration(options.commandTimeout ?? "20 seconds"),
    messageCapacity: options.messageCapacity ?? 4096,
    rosterInterval: Monotonic.duration(options.rosterInterval ?? "25 seconds"),
    banInterval: options.banInterval === undefined || options.banInterval === "never"
      ? Infinity
      : Monotonic.duration(options.banInterval),
    replyWindow: {
      first: Monotonic.duration(replyWindow.first ?? "1200 millis"),
      quiet: Monotonic.duration(replyWindow.quiet ?? "450 millis"),
      longest: Monotonic.duration(replyWindow.longest ?? "5 seconds")
    }
  }
  const problem = problemOf(settings, options)
  return problem === undefined
    ? Effect.succeed(settings)
    : Effect.fail(new LoginFailure({ reason: new InvalidOptions({ problem }) }))
}

/** Checks the options of a client and its session, in the order of `RconClient.start`, but makes neither. */
export const checkOptions = (options: Options): Effect.Effect<void, LoginFailure> =>
  Effect.andThen(make(options), Effect.asVoid(SessionSettings.make(options, "", Math.random)))

const problemOf = (settings: Settings, options: ClientOptions): string | undefined => {
  const { banInterval, commandTimeout, flavour, messageCapacity, replyWindow, rosterInterval } = settings
  if (flavour !== undefined && !Flavour.literals.includes(flavour)) {
    return `flavour must be "auto", "BattlEye" or "Reforger" (got ${Formatter.format(flavour)})`
  }
  if (!Number.isInteger(messageCapacity) || messageCapacity < 1) {
    return `messageCapacity must be an integer from 1 (got ${Formatter.format(messageCapacity)})`
  }
  if (!(banInterval >= SHORTEST_INTERVAL)) {
    const given = Formatter.format(options.banInterval)
    return `banInterval must be "never" or a duration of at least ${SHORTEST_INTERVAL} ms (got ${given})`
  }
  return atLeast("commandTimeout", commandTimeout, 1, options.commandTimeout) ??
    atLeast("rosterInterval", rosterInterval, SHORTEST_INTERVAL, options.rosterInterval) ??
    atLeast("replyWindow.first", replyWindow.first, 0, options.replyWindow?.first) ??
    atLeast("replyWindow.quiet", replyWindow.quiet, 0, options.replyWindow?.quiet) ??
    atLeast("replyWindow.longest", replyWindow.longest, 0, options.replyWindow?.longest)
}

const atLeast = (
  name: string,
  milliseconds: number,
  least: number,
  given: ReplyWindow["first"]
): string | undefined =>
  milliseconds >= least
    ? undefined
    : `${name} must be a duration of at least ${least} ms (got ${Formatter.format(given)})`
