/**
 * A rota: messages that are announced in turn, at regular times, while players are on the server.
 *
 * **Details**
 *
 * A rota is data, like a plan; `Plans` announces its messages. The times are the same on all servers: the multiples of `every`
 * since 1970 in UTC (every 20 minutes: at :00, :20 and :40). At each of these times the next message is sent, once. If the
 * server is empty or offline then, the message can follow until half of `every` has passed. Otherwise it waits for the next
 * time.
 *
 * **Example** (Two messages, one every 20 minutes)
 *
 * ```ts
 * import type { Rota } from "@bercon/operations"
 *
 * const rules: Rota.Input = {
 *   id: "rules",
 *   every: "20 minutes",
 *   messages: ["No base raiding at night", "Join us on chat.example.org"]
 * }
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Checks from "./internal/plans/checks.ts"
import * as Text from "./internal/plans/text.ts"
import type { InvalidPlan } from "./PlanError.ts"

const Fields = Schema.Struct({
  id: Schema.String,
  servers: Schema.withDecodingDefaultTypeKey<typeof Checks.Servers>(Effect.succeed("all"))(Checks.Servers),
  every: Text.DurationText,
  messages: Schema.Array(Schema.String),
  onlyWithPlayers: Schema.Boolean.pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed(true)))
})

/**
 * A rota that has been checked. In JSON, `every` is text such as `"20 minutes"`, and fields that have a default can be left
 * out.
 *
 * {@link Input} documents the fields.
 *
 * @category models
 * @since 0.1.0
 */
export const Rota = Fields.check(Schema.makeFilter((rota: typeof Fields.Type) => problemOf(rota) ?? true))

/**
 * A rota that has been checked.
 *
 * @category models
 * @since 0.1.0
 */
export type Rota = typeof Rota.Type

/**
 * A rota as a program writes it. All fields except `id`, `every` and `messages` have a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Input {
  /** The name of the rota: 1 to 64 characters. Its progress is stored under this name. */
  readonly id: string
  /** The servers of the rota: ids of the fleet, or `"all"`. Default `"all"`. */
  readonly servers?: "all" | ReadonlyArray<string> | undefined
  /** The time between two messages: 1 second to 1 day. */
  readonly every: Duration.Input
  /** 1 to 256 messages, of one line each. */
  readonly messages: ReadonlyArray<string>
  /** Whether messages are left out on a server that is empty, or whose players are unknown. Default `true`. */
  readonly onlyWithPlayers?: boolean | undefined
}

/**
 * Checks a rota and fills in the defaults. The error names the value and what is allowed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromInput = (input: Input): Result.Result<Rota, InvalidPlan> =>
  Checks.checked("rota", input, read, problemOf)

const read = (input: Input): Rota => ({
  id: input.id,
  servers: Checks.serversOf(input.servers ?? "all"),
  every: Checks.duration(input.every),
  messages: Checks.list(input.messages, (message) => message),
  onlyWithPlayers: input.onlyWithPlayers ?? true
})

const problemOf = (rota: typeof Fields.Type): string | undefined =>
  Checks.id(rota.id) ??
    Checks.servers(rota.servers) ??
    Checks.range("every", rota.every, "1 second", "1 day") ??
    Checks.count("messages", rota.messages, 1, 256) ??
    Checks.first(rota.messages, (message) => Checks.line("a message", message)) ??
    Checks.boolean("onlyWithPlayers", rota.onlyWithPlayers)
