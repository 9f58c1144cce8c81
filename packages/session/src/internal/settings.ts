/**
 * Checks the options of a session and converts them to the settings that it works with.
 */
import * as Text from "@bercon/codec/Text"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Redacted from "effect/Redacted"
import { InvalidOptions, LoginFailure } from "../LoginFailure.ts"
import type { Options } from "../Session.ts"
import type * as SessionMachine from "../SessionMachine.ts"
import * as Monotonic from "./monotonic.ts"

export interface Settings {
  readonly machine: SessionMachine.Settings
  /** In milliseconds. */
  readonly commandTimeout: number
  readonly messageCapacity: number
}

/** Maximum size of a password. Its login datagram has 1,400 bytes, so networks need not fragment it. */
const MAX_PASSWORD_BYTES = 1392

/**
 * Checks the options. The error contains the first invalid option, its value (never a password) and the allowed range.
 */
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
  const problem = problemOf(options, settings)
  return problem === undefined
    ? Effect.succeed(settings)
    : Effect.fail(new LoginFailure({ reason: new InvalidOptions({ problem }) }))
}

const problemOf = (options: Options, { commandTimeout, machine, messageCapacity }: Settings): string | undefined => {
  const password = Redacted.value(machine.password)
  if (password === "") return "the password must not be empty; it is the RConPassword in the server's configuration"
  if (password.includes("\0")) return "the password must not contain a NUL character, which no server accepts"
  const bytes = Text.encode(password).length
  if (bytes > MAX_PASSWORD_BYTES) {
    return `the password must be at most ${MAX_PASSWORD_BYTES} bytes long in UTF-8 (got ${bytes} bytes)`
  }
  if (!Text.isFallback(machine.textFallback)) {
    return "textFallback must be the name of an encoding that extends ASCII and that this platform supports, such as " +
      `"windows-1251" (got ${Formatter.format(options.textFallback)})`
  }
  const checks: ReadonlyArray<
    readonly [name: keyof Options, value: number, unit: "ms" | "", from: number, to: number]
  > = [
    ["loginTimeout", machine.loginTimeout, "ms", 1, Infinity],
    ["commandTimeout", commandTimeout, "ms", 1, Infinity],
    ["keepaliveInterval", machine.keepaliveInterval, "ms", 1000, 44_000],
    ["silenceTimeout", machine.silenceTimeout, "ms", 2000, Infinity],
    ["reorderTimeout", machine.reorderTimeout, "ms", 0, Infinity],
    ["maxReconnectDelay", machine.maxReconnectDelay, "ms", 1000, Infinity],
    ["maxInFlight", machine.maxInFlight, "", 1, 256],
    ["queueCapacity", machine.queueCapacity, "", 0, Number.MAX_SAFE_INTEGER],
    ["messageCapacity", messageCapacity, "", 1, Number.MAX_SAFE_INTEGER]
  ]
  for (const [name, value, unit, from, to] of checks) {
    if (value >= from && value <= to && (unit === "ms" || Number.isInteger(value))) continue
    const what = unit === "ms" ? "a duration" : "an integer"
    const range = to === Infinity ? `of at least ${from} ms` : `from ${from} to ${to}${unit === "ms" ? " ms" : ""}`
    return `${name} must be ${what} ${range} (got ${Formatter.format(options[name])})`
  }
}
