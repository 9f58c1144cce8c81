/**
 * The settings of a server as they are stored and sent: plain data, without the password.
 */
import { checkOptions } from "@bercon/client/unstable"
import type { Servers, ServerSettings } from "@bercon/fleet/Fleet"
import { InvalidServer } from "@bercon/fleet/FleetError"
import { GivenServers } from "@bercon/fleet/unstable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const settings = <D extends Schema.Top>(duration: D) => {
  const optional = Schema.optionalKey(duration)
  return Schema.Struct(
    {
      host: Schema.String,
      port: Schema.Int,
      bind: Schema.optionalKey(Schema.Struct({
        address: Schema.optionalKey(Schema.String),
        port: Schema.optionalKey(Schema.Int)
      })),
      flavour: Schema.optionalKey(Schema.Literals(["auto", "BattlEye", "Reforger"])),
      rosterInterval: optional,
      banInterval: Schema.optionalKey(Schema.Union([Schema.Literal("never"), duration])),
      replyWindow: Schema.optionalKey(Schema.Struct({ first: optional, quiet: optional, longest: optional })),
      loginTimeout: optional,
      retryRefused: Schema.optionalKey(Schema.Boolean),
      commandTimeout: optional,
      keepaliveInterval: optional,
      maxInFlight: Schema.optionalKey(Schema.Int),
      queueCapacity: Schema.optionalKey(Schema.Int),
      messageCapacity: Schema.optionalKey(Schema.Int),
      silenceTimeout: optional,
      reorderTimeout: optional,
      maxReconnectDelay: optional,
      textFallback: Schema.optionalKey(Schema.String)
    } satisfies { readonly [K in keyof Required<ServerSettings>]: Schema.Top }
  )
}

/** The schema of settings, whose durations are `Duration`s. */
export const Settings = settings(Schema.Duration)

const isInput = (value: unknown): value is Duration.Input => Option.isSome(Duration.fromInput(value as Duration.Input))

const decode = Schema.decodeUnknownEffect(settings(
  Schema.declare(isInput).pipe(
    Schema.decodeTo(
      Schema.Duration,
      SchemaTransformation.transform<Duration.Duration, Duration.Input>({
        decode: Duration.fromInputUnsafe,
        encode: (duration) => duration
      })
    )
  )
))

/** Removes fields that are `undefined`. */
const compact = (value: unknown): unknown =>
  Predicate.isObject(value) && !Duration.isDuration(value)
    ? Record.map(Record.filter(value, Predicate.isNotUndefined), compact)
    : value

/**
 * Validates the options of a server, and returns the settings to store. If an option is invalid, fails with the same error as
 * an ordinary fleet. Sends nothing.
 */
export const make = Effect.fnUntraced(function*(
  id: string,
  server: ServerSettings & { readonly password?: Redacted.Redacted | undefined }
): Effect.fn.Return<typeof Settings.Type, InvalidServer> {
  const invalid = ({ message }: { readonly message: string }) => new InvalidServer({ id, problem: message })
  const problem = GivenServers.idProblem(id)
  if (problem !== undefined) return yield* new InvalidServer({ id, problem })
  yield* checkOptions({ ...server, password: server.password ?? Redacted.make("unknown here") }).pipe(
    Effect.mapError(invalid)
  )
  return yield* Effect.mapError(decode(compact(server)), invalid)
})

/** The settings to store for several servers, by their ids. */
export const makeAll = Effect.fnUntraced(function*(servers: Servers<ServerSettings>) {
  const entries = [...GivenServers.toMap(servers)]
  const excess = entries[MAX_SERVERS]
  if (excess !== undefined) return yield* tooMany(excess[0])
  const made = new Map<string, typeof Settings.Type>()
  for (const [id, server] of entries) made.set(id, yield* make(id, server))
  return made
})

/** Maximum number of servers in a list. */
export const MAX_SERVERS = 4096

export const tooMany = (id: string): InvalidServer =>
  new InvalidServer({ id, problem: `the list of servers must not have more than ${MAX_SERVERS}` })
