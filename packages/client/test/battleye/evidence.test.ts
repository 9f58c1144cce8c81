/**
 * Tests which replies and messages prove the effect of an action.
 */
import { CommandError } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { GUID, players, row, startWith, within } from "../mockClient.ts"
import { slot } from "../simulatedClient.ts"

describe("the reply to an action", () => {
  it.effect("is an error if it is a known refusal, and is returned otherwise", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players())
      for (
        const text of [
          "Player is unable to receive the message",
          "Invalid player",
          "Player not found\n",
          "Player with id 7 not found on server",
          "Invalid command syntax\nUsage: ..."
        ]
      ) {
        session.reply = text
        for (
          const action of [
            rcon.whisper(slot(7), "hi"),
            rcon.kick(slot(7)),
            rcon.ban(GUID),
            rcon.say("hi"),
            rcon.loadBans("x")
          ]
        ) {
          const error = yield* Effect.flip(action)
          assert.isTrue(error._tag === "ActionError" && error.reason._tag === "Rejected" && error.reason.text === text)
        }
      }
      session.reply = "as you like"
      assert.strictEqual(yield* rcon.whisper(slot(7), "hi"), "as you like")
      assert.strictEqual(yield* rcon.lock, "as you like")
    }).pipe(Effect.scoped))

  it.effect("is part of the error of an unconfirmed action", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players(row(0, "Ann")))
      session.reply = (text) => text === "players" ? players(row(0, "Ann")) : "as you like"
      const kicking = yield* Effect.forkChild(Effect.flip(rcon.kick(slot(0), "x", within)))
      yield* TestClock.adjust("1 minute")
      assert.match((yield* Fiber.join(kicking)).message, /; the reply was "as you like"/)
    }).pipe(Effect.scoped))
})

describe("the echo of a chat message of 300 bytes", () => {
  const long = "ж".repeat(150)
  const bytes = (length: number) => new TextDecoder().decode(new TextEncoder().encode(long).subarray(0, length))
  it.effect.each(
    [
      ["is evidence if it has 128 bytes", bytes(128), "done"],
      ["is evidence if it has 129 bytes, and so ends inside a character", bytes(129), "done"],
      ["is evidence if it has 200 bytes", bytes(200), "done"],
      ["is evidence if it has 201 bytes, and so ends inside a character", bytes(201), "done"],
      ["is evidence if it is complete", long, "done"],
      ["is no evidence if it has only 60 bytes", bytes(60), "Unconfirmed"],
      ["is no evidence if its last character is a different one", `${bytes(128)}x`, "Unconfirmed"]
    ] as const
  )("%s", ([, echo, outcome]) =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players())
      const saying = yield* Effect.forkChild(
        Effect.match(rcon.say(long, within), { onFailure: ({ reason }) => reason._tag, onSuccess: () => "done" }),
        { startImmediately: true }
      )
      yield* session.say(`RCon admin #0: (Global) ${echo}`)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(saying), outcome)
    }).pipe(Effect.scoped))
})

describe("a late message", () => {
  it.effect("is no evidence, because it may concern an earlier visit", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players(row(0, "Ann")))
      const kicking = yield* Effect.forkChild(Effect.exit(rcon.kick(slot(0), "x", within)), { startImmediately: true })
      yield* session.sayLate("Player #0 Ann disconnected")
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(kicking)))
    }).pipe(Effect.scoped))
})

describe("one of several actions", () => {
  it.effect("that fails after others were executed makes the call unconfirmed", () =>
    Effect.gen(function*() {
      const { rcon, run, session } = yield* startWith(players())
      let left = 2
      session.reply = (text) =>
        text.startsWith("say ") && left-- === 0
          ? new CommandError.CommandError({ command: text, reason: new CommandError.NotConnected({ peer: "server" }) })
          : text === "bans"
          ? "GUID Bans:\n[#] [GUID]\n---"
          : text === "writeBans"
          ? new CommandError.CommandError({ command: text, reason: new CommandError.NotConnected({ peer: "server" }) })
          : ""
      assert.strictEqual(yield* run(rcon.say("a\nb\nc\nd", { split: true })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.banAll([], { write: true })), "Unconfirmed")
    }).pipe(Effect.scoped))

  it.effect("is sent once if its target is given in upper and in lower case", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* startWith(players(), "GUID Bans:\n[#] [GUID]\n---")
      yield* run(rcon.banAll([GUID, GUID.toUpperCase() as typeof GUID, GUID]))
      assert.deepStrictEqual(sent(), [`addBan ${GUID} 0`])
    }).pipe(Effect.scoped))

  it.effect("has the remaining time of the call as its timeout", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players())
      session.wait = Effect.sleep("2 seconds")
      const options: Array<unknown> = []
      const saying = yield* Effect.forkChild(rcon.say("a\nb", { split: true, timeout: "5 seconds" }))
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(saying)
      for (const [text, given] of session.sent) if (text.startsWith("say")) options.push(given?.timeout)
      assert.deepStrictEqual(options, [5000, 3000])
    }).pipe(Effect.scoped))
})
