/**
 * From the options a user gives to the numbers a session works with.
 */
import * as Text from "@bercon/codec/Text"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { InvalidOptions, LoginFailure } from "../LoginFailure.ts"
import type { Options } from "../Session.ts"
import type * as SessionMachine from "../SessionMachine.ts"

export interface Settings {
  readonly machine: SessionMachine.Settings
  /** Milliseconds. */
  readonly commandTimeout: number
  readonly messageCapacity: number
}

/** With it the login is a datagram of 1,400 bytes, which every network carries whole. */
const MAX_PASSWORD_BYTES = 1392

/** Milliseconds of a duration; `NaN` of what is none. */
export const millis = (input: Duration.Input): number =>
  Option.match(Duration.fromInput(input), { onNone: () => NaN, onSome: Duration.toMillis })

/** Checks the options; the error says what to do about the first that cannot be used. */
export const make = (
  options: Options,
  peer: string,
  random: () => number
): Effect.Effect<Settings, LoginFailure> => {
  const settings: Settings = {
    machine: {
      password: options.password,
      peer,
      loginTimeout: millis(options.loginTimeout ?? "10 seconds"),
      keepaliveInterval: millis(options.keepaliveInterval ?? "30 seconds"),
      silenceTimeout: millis(options.silenceTimeout ?? "8 seconds"),
      reorderTimeout: millis(options.reorderTimeout ?? "11 seconds"),
      maxReconnectDelay: millis(options.maxReconnectDelay ?? "30 seconds"),
      maxInFlight: options.maxInFlight ?? 32,
      queueCapacity: options.queueCapacity ?? 4096,
      textFallback: options.textFallback ?? Text.DEFAULT_FALLBACK,
      random
    },
    commandTimeout: millis(options.commandTimeout ?? "20 seconds"),
    messageCapacity: options.messageCapacity ?? 4096
  }
  const problem = problemOf(settings)
  return problem === undefined
    ? Effect.succeed(settings)
    : Effect.fail(new LoginFailure({ reason: new InvalidOptions({ problem }) }))
}

const problemOf = ({ commandTimeout, machine, messageCapacity }: Settings): string | undefined => {
  const password = Redacted.value(machine.password)
  if (password === "") {
    return "the password is empty: set the one that stands as RConPassword in the server's configuration"
  }
  if (password.includes("\0")) return "the password holds a NUL character, which no server accepts"
  if (Text.encode(password).length > MAX_PASSWORD_BYTES) {
    return `the password is longer than ${MAX_PASSWORD_BYTES} bytes, which no datagram should carry`
  }
  return outOf("loginTimeout", machine.loginTimeout, 0, Infinity) ??
    outOf("commandTimeout", commandTimeout, 0, Infinity) ??
    outOf("keepaliveInterval", machine.keepaliveInterval, 1000, 44_000) ??
    outOf("silenceTimeout", machine.silenceTimeout, 2000, Infinity) ??
    outOf("reorderTimeout", machine.reorderTimeout, 0, Infinity) ??
    outOf("maxReconnectDelay", machine.maxReconnectDelay, 1000, Infinity) ??
    notCount("maxInFlight", machine.maxInFlight, 1, 256) ??
    notCount("queueCapacity", machine.queueCapacity, 0, Number.MAX_SAFE_INTEGER) ??
    notCount("messageCapacity", messageCapacity, 1, Number.MAX_SAFE_INTEGER)
}

const outOf = (name: string, value: number, minimum: number, maximum: number): string | undefined =>
  value >= minimum && value <= maximum
    ? undefined
    : `${name} must be a duration of ${minimum} ms or more${maximum === Infinity ? "" : ` and at most ${maximum} ms`}`

const notCount = (name: string, value: number, minimum: number, maximum: number): string | undefined =>
  Number.isInteger(value) && value >= minimum && value <= maximum
    ? undefined
    : `${name} must be an integer from ${minimum} to ${maximum}`
