/**
 * Produces or constructs every error of docs/errors.md, and compares its message word by word.
 */
import { ActionError, Ban, CommandError, Player, RconClient, ReplyError } from "@bercon/client"
import { CommandError as SessionError, LoginFailure } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { cases, type Failure, inTime, password, PEER, produce, tagOf, target } from "./failures.ts"
import * as MockSession from "./mockSession.ts"

describe("the errors of docs/errors.md", () => {
  it.effect.each(cases.map((one) => [one.reason, one] as const))("include %s", ([, one]) =>
    Effect.gen(function*() {
      const error = yield* produce(one)
      assert.strictEqual(error.message, one.message)
      assert.strictEqual(tagOf(error), one.reason)
      assert.strictEqual(error.isRetryable, one.isRetryable)
      if (error._tag === "LoginFailure") return
      assert.strictEqual(error.execution, one.execution)
      if (error._tag === "ReplyError") return
      assert.strictEqual(error.reason.execution, one.execution)
      assert.strictEqual(error.reason.isRetryable, one.isRetryable)
      assert.isTrue(error.message.endsWith(error.reason.message), "the message ends with the reason's message")
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { password, ...one.server } }))))

  it.effect("include TransportFailure", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(Effect.scoped(RconClient.make({ password })))
      assert.strictEqual(failure.reason._tag, "TransportFailure")
      assert.strictEqual(
        failure.message,
        `the host name of ${PEER} has no address: check its spelling and the DNS`
      )
      assert.isTrue(failure.isRetryable)
    }).pipe(Effect.provide(TestRcon.layerTransport({ network: { failures: { open: "HostUnresolved" } } }))))

  it.effect("include FlavourUnknown", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      session.wait = Effect.never
      const rcon = yield* Effect.provide(RconClient.fromSession(), session.layer)
      const error = yield* inTime(Effect.flip(rcon.lock))
      assert.strictEqual(
        error.message,
        "command \"#lock\": the server's flavour could not be determined in time. The command was not sent: trying again is safe"
      )
      assert.deepStrictEqual([error.reason._tag, error.execution, error.isRetryable], [
        "FlavourUnknown",
        "NotExecuted",
        true
      ])
    }))

  // Errors that are constructed here, because producing them takes many lines. Other tests produce most of them.
  const ban = (reason: string) => new Ban.Ban({ id: Ban.BanId.make(0), target, remaining: "permanent", reason })
  const row = ban("x")
  const others: ReadonlyArray<readonly [Failure, string, CommandError.Execution]> = [
    [
      new ActionError.ActionError({
        action: "kick",
        reason: new ActionError.PlayerNotFound({ player: Player.PlayerId.make(7) })
      }),
      "kick: slot #7 is empty, or another player has got it. Nothing was done",
      "NotExecuted"
    ],
    [
      new ActionError.ActionError({
        action: "unban",
        reason: new ActionError.ListIncomplete({ list: "bans", target, isCut: true, unread: 1 })
      }),
      `unban: ${target} was not found in the server's list of bans, but its end may be missing, because it is very long ` +
      "or a page of it could not be read. Nothing was done",
      "NotExecuted"
    ],
    [
      new CommandError.CommandError({
        command: "bans",
        reason: new CommandError.IncompleteReply({ missing: 2, total: 9 })
      }),
      "command \"bans\": 2 of the 9 parts of the reply are missing. The command was executed",
      "Executed"
    ],
    [
      new CommandError.CommandError({
        command: "#bans",
        reason: new CommandError.IncompleteReply({ missing: 1, total: 1 })
      }),
      "command \"#bans\": the reply is incomplete. The command was executed",
      "Executed"
    ],
    [
      new CommandError.CommandError({ command: "lock", reason: new CommandError.SessionClosed({ sends: 2 }) }),
      "command \"lock\": the session was closed after the command was sent 2 times. It may have been executed",
      "MaybeExecuted"
    ],
    [
      new ActionError.ActionError({
        action: "unban",
        reason: new ActionError.BansChanged({ missing: [row], stillListed: [], added: [] })
      }),
      `unban: bans that were not to be removed are gone, because another client changed the ban list at the same time, or the server restarted or executed a removal twice: ${row.toString()}`,
      "MaybeExecuted"
    ],
    [
      new ActionError.ActionError({
        action: "ban",
        reason: new ActionError.Unconfirmed({
          expected: "the ban in the list",
          text: "hm",
          cause: new ReplyError.ReplyError({ command: "bans", text: "?", line: 1 })
        })
      }),
      "ban: not confirmed in time: expected the ban in the list; the reply was \"hm\" (the reply to \"bans\" is not in the expected form, line 1: " +
      "\"?\"). The action may have been executed",
      "MaybeExecuted"
    ]
  ]
  it.each(others)("include %s", (error, message, execution) => {
    assert.strictEqual(error.message, message)
    assert.isTrue(error._tag !== "LoginFailure" && error.execution === execution && !error.isRetryable)
  })

  it("have short messages, however long the texts and lists of the server are", () => {
    const text = "x".repeat(10_000)
    const long = ban(text)
    const reasons = [
      new ActionError.Rejected({ text }),
      new ActionError.Unconfirmed({ expected: "the ban in the list", text }),
      new ActionError.BansChanged({ missing: Array.from({ length: 5000 }, () => long), stillListed: [], added: [] })
    ]
    for (const { message } of reasons) assert.isBelow(message.length, 800)
    const named = (count: number) =>
      new ActionError.BansChanged({
        missing: Array.from({ length: count }, () => row),
        stillListed: [],
        added: []
      }).message
    assert.isTrue(named(5).endsWith(row.toString()))
    assert.isTrue(named(6).endsWith(`${row.toString()}, and 1 more`))
  })

  it("survive JSON", () => {
    const errors = Schema.Union([CommandError.CommandError, ActionError.ActionError, ReplyError.ReplyError])
    const codec = Schema.toCodecJson(errors)
    for (const [error] of others) {
      assert(error._tag !== "LoginFailure")
      const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(codec)(error)))
      const { message } = Schema.decodeUnknownSync(codec)(json)
      assert.strictEqual(message, error.message)
    }
  })

  it("include those of a session, and four that only a client raises", () => {
    const names = (members: ReadonlyArray<unknown>) =>
      members.map((member) => (member as { readonly identifier: string }).identifier.replace(/.*\//, ""))
    const own = names(SessionError.CommandError.fields.reason.members)
    assert.deepStrictEqual(
      names(CommandError.CommandError.fields.reason.members).filter((name) => !own.includes(name)),
      ["CommandDisallowed", "UnknownCommand", "Unsupported", "FlavourUnknown"]
    )
  })

  it("are all tested and documented", () => {
    const reasons: ReadonlyArray<ReadonlyArray<{ readonly fields: { readonly _tag: unknown } }>> = [
      LoginFailure.LoginFailure.fields.reason.members,
      CommandError.CommandError.fields.reason.members,
      ActionError.ActionError.fields.reason.members
    ]
    const produced = new Set([
      ...cases.map(({ reason }) => reason),
      ...others.map(([error]) => tagOf(error)),
      "TransportFailure",
      "FlavourUnknown"
    ])
    const documented = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")
    for (const member of reasons.flat()) {
      // The schemas of different classes have no common type with `identifier`.
      const name = (member as unknown as { readonly identifier: string }).identifier.replace(/.*\//, "")
      assert.include([...produced], name)
      assert.include(documented, `\`${name}\``)
    }
  })
})
