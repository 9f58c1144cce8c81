/**
 * From the options a user gives to the numbers a session works with.
 */
import * as Text from "@bercon/codec/Text"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { InvalidOptions, LoginFailure } from "../LoginFailure.ts"
import type { Options } from "../Session.ts"
import type * as SessionMachine from "../SessionMachine.ts"
import * as Monotonic from "./monotonic.ts"

export interface Settings {
  readonly machine: SessionMachine.Settings
  /** Milliseconds. */
  readonly commandTimeout: number
  readonly messageCapacity: number
}

/** With it the login is a datagram of 1,400 bytes, which every network carries whole. */
const MAX_PASSWORD_BYTES = 1392

/** Checks the options. The error names the first one that cannot be used, its value and what is allowed. */
export const make = (
  options: Options,
  peer: string,
  random: () => number
): Effect.Effect<Settings, LoginFailure> => {
  const settings: Settings = {
    machine: {
      password: options.password,
      peer,
      loginTimeout: Monotonic.duration(options.loginTimeout ?? "10 seconds"),
      keepaliveInterval: Monotonic.duration(options.keepaliveInterval ?? "30 seconds"),
      silenceTimeout: Monotonic.duration(options.silenceTimeout ?? "8 seconds"),
      reorderTimeout: Monotonic.duration(options.reorderTimeout ?? "11 seconds"),
      maxReconnectDelay: Monotonic.duration(options.maxReconnectDelay ?? "30 seconds"),
      maxInFlight: options.maxInFlight ?? 32,
      queueCapacity: options.queueCapacity ?? 4096,
      textFallback: options.textFallback ?? Text.DEFAULT_FALLBACK,
      retryRefused: options.retryRefused ?? false,
      random
    },
    commandTimeout: Monotonic.duration(options.commandTimeout ?? "20 seconds"),
    messageCapacity: options.messageCapacity ?? 4096
  }
  const problem = problemOf(settings)
  return problem === undefined
    ? Effect.succeed(settings)
    : Effect.fail(new LoginFailure({ reason: new InvalidOptions({ problem }) }))
}

const problemOf = ({ commandTimeout, machine, messageCapacity }: Settings): string | undefined => {
  const password = Redacted.value(machine.password)
  if (password === "") return "the password is empty; it is the RConPassword in the server's configuration"
  if (password.includes("\0")) return "the password contains a NUL character, which no server accepts"
  const bytes = Text.encode(password).length
  if (bytes > MAX_PASSWORD_BYTES) {
    return `the password is ${bytes} bytes long in UTF-8; at most ${MAX_PASSWORD_BYTES} are allowed`
  }
  return problemOfDuration("loginTimeout", machine.loginTimeout, 0, Infinity) ??
    problemOfDuration("commandTimeout", commandTimeout, 0, Infinity) ??
    problemOfDuration("keepaliveInterval", machine.keepaliveInterval, 1000, 44_000) ??
    problemOfDuration("silenceTimeout", machine.silenceTimeout, 2000, Infinity) ??
    problemOfDuration("reorderTimeout", machine.reorderTimeout, 0, Infinity) ??
    problemOfDuration("maxReconnectDelay", machine.maxReconnectDelay, 1000, Infinity) ??
    problemOfCount("maxInFlight", machine.maxInFlight, 1, 256) ??
    problemOfCount("queueCapacity", machine.queueCapacity, 0, Number.MAX_SAFE_INTEGER) ??
    problemOfCount("messageCapacity", messageCapacity, 1, Number.MAX_SAFE_INTEGER)
}

const problemOfDuration = (name: string, value: number, minimum: number, maximum: number): string | undefined => {
  if (value >= minimum && value <= maximum) return undefined
  const allowed = maximum === Infinity ? `at least ${minimum} ms` : `${minimum} to ${maximum} ms`
  return Number.isNaN(value)
    ? `${name} is not a duration; allowed is ${allowed}`
    : `${name} is ${value} ms; allowed is ${allowed}`
}

const problemOfCount = (name: string, value: number, minimum: number, maximum: number): string | undefined =>
  Number.isInteger(value) && value >= minimum && value <= maximum
    ? undefined
    : `${name} is ${value}; allowed are integers from ${minimum} to ${maximum}`
