/**
 * Checks the arguments of commands before anything is sent. They are checked at run time, with the schemas of the
 * brands, because types do not constrain a JavaScript program.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Ban, BanTarget } from "../Ban.ts"
import { type CommandError, InvalidCommand } from "../CommandError.ts"
import { type Guid, isGuid } from "../Guid.ts"
import { type IdentityId, isIdentityId } from "../Identity.ts"
import { Player, PlayerId } from "../Player.ts"
import { make as commandError } from "./commandError.ts"
import { shortened } from "./shortened.ts"

type Checked<A> = Effect.Effect<A, CommandError>

/** Fails because a command cannot be sent. */
export const invalid = (command: string, problem: string): Effect.Effect<never, CommandError> =>
  Effect.fail(commandError(command, new InvalidCommand({ problem })))

const unexpected = (
  command: string,
  name: string,
  allowed: string,
  value: unknown
): Effect.Effect<never, CommandError> => invalid(command, `${name} must be ${allowed} (got ${shown(value)})`)

/** Formats a value for an error message. */
const shown = (value: unknown): string =>
  shortened(typeof value === "string" ? JSON.stringify(value) : Formatter.format(value))

/** Checks that the value is a text. */
export const text = (command: string, name: string, value: unknown): Checked<string> =>
  typeof value === "string" ? Effect.succeed(value) : unexpected(command, name, "a string", value)

/** Checks that the value is one line of text: a second line would be another command. */
export const line = (command: string, name: string, value: unknown): Checked<string> =>
  Effect.flatMap(text(command, name, value), (text) =>
    // The value is omitted: it may be long, and only the caller should see it.
    /[\r\n]/.test(text) ? invalid(command, `${name} must be one line, without line breaks`) : Effect.succeed(text))

/** Checks that the value is the name of a mission. Removes the file extension `.pbo`. */
export const mission = (command: string, value: unknown): Checked<string> =>
  Effect.flatMap(line(command, "mission", value), (text) => {
    const name = text.trim().replace(/\.pbo$/i, "")
    return name === "" ? invalid(command, "mission must not be empty") : Effect.succeed(name)
  })

const SLOT = "a slot (an integer from 0)"
const isSlot = Schema.is(PlayerId)

/** Checks that the value is an array. */
export const list = <A>(command: string, name: string, value: ReadonlyArray<A>): Checked<ReadonlyArray<A>> =>
  Array.isArray(value) ? Effect.succeed(value) : unexpected(command, name, "an array", value)

/** The values with which callers identify a player. */
export type PlayerName = PlayerId | Guid | IdentityId | Player

/** Checks that the value identifies a player: a slot, a GUID, an account, or a row of a list. */
export const player = (command: string, value: unknown): Checked<PlayerName> => {
  const id = lowerCase(value)
  return isSlot(value) || value instanceof Player
    ? Effect.succeed(value)
    : isGuid(id) || isIdentityId(id)
    ? Effect.succeed(id)
    : unexpected(
      command,
      "player",
      `${SLOT}, a GUID of 32 hexadecimal digits, the UUID of an account, or a Player`,
      value
    )
}

const isTarget = Schema.is(BanTarget)
const TARGET = "a GUID of 32 hexadecimal digits, an IPv4 address, or the UUID of an account"

/** Checks that the value is a ban's target: a GUID, an IP address or an account. */
export const banTarget = (command: string, value: unknown): Checked<BanTarget> => {
  const target = lowerCase(value)
  return isTarget(target) ? Effect.succeed(target) : unexpected(command, "target", TARGET, value)
}

/** Checks that the value is the target of a new ban: a player on the server, or a ban's target. */
export const banned = (command: string, value: unknown): Checked<PlayerId | Player | BanTarget> =>
  isSlot(value) || value instanceof Player
    ? Effect.succeed(value)
    : Effect.catch(
      banTarget(command, value),
      () => unexpected(command, "target", `${SLOT}, a Player, ${TARGET}`, value)
    )

/** Checks that the value is a ban to remove: a row of the list, or a ban's target. */
export const listed = (command: string, value: unknown): Checked<BanTarget | Ban> =>
  value instanceof Ban ? Effect.succeed(value) : Effect.catch(
    banTarget(command, value),
    () => unexpected(command, "target", `a row of the list of bans, ${TARGET}`, value)
  )

/** GUIDs and UUIDs are accepted in either case. */
const lowerCase = (value: unknown): unknown => typeof value === "string" ? value.toLowerCase() : value

/** Maximum number of time units that servers are known to accept: a signed number of 32 bits. */
const MAX_UNITS = 2 ** 31 - 1

/** Converts a duration to whole units; 0 for permanent or unlimited. The error contains the allowed range. */
export const count = (
  command: string,
  name: string,
  value: Duration.Input | "permanent" | "unlimited",
  { unit, unlimited }: {
    readonly unit: "minute" | "second" | "millisecond"
    readonly unlimited: "permanent" | "unlimited"
  }
): Checked<number> => {
  if (value === unlimited) return Effect.succeed(0)
  const units = Option.match(Duration.fromInput(value as Duration.Input), {
    onNone: () => NaN,
    onSome: (duration) => Math.ceil(Duration.toMillis(duration) / MILLIS[unit])
  })
  // An infinite ban is permanent. An infinite limit is probably a mistake, and must be written as "unlimited".
  if (units === Infinity && unlimited === "permanent") return Effect.succeed(0)
  return units >= 1 && units <= MAX_UNITS
    ? Effect.succeed(units)
    : unexpected(command, name, `from 1 to ${MAX_UNITS} ${unit}s, or "${unlimited}"`, value)
}

const MILLIS = { minute: 60_000, second: 1000, millisecond: 1 }
