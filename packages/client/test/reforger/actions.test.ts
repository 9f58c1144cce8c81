import { type ActionError, Address, Ban, CommandError, Guid, RconClient } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as CommandTable from "../../src/internal/commandTable.ts"
import { PlayerTarget } from "../../src/internal/playerTarget.ts"
import * as MockSession from "../mockSession.ts"
import type { Failure } from "../simulatedClient.ts"
import { bob, called, EPOCH, failure, start } from "./mockClient.ts"
import { echo, identity } from "./texts.ts"

describe("actions on a Reforger server", () => {
  const target = identity(1)

  it.effect("send the commands of the flavour with the given options", () =>
    Effect.gen(function*() {
      const { commands, converse, logout, session } = yield* start()
      yield* yield* converse(commands.kick(bob, "be nice"), "Player 'Bob' kicked!")
      yield* yield* converse(commands.ban(bob), "Player 'Bob' banned!")
      yield* yield* converse(
        commands.ban(target, { duration: "1500 millis", reason: "be nice", confirmWithin: "1 second" }),
        "Ban created!"
      )
      yield* yield* converse(
        commands.ban(bob, { duration: Duration.infinity, repeatable: true, epoch: 2, timeout: "9 seconds" }),
        "Ban created!"
      )
      yield* yield* converse(commands.ban(target, { repeatable: true, epoch: 2 }), "Ban created!")
      yield* yield* converse(commands.unban(target, { repeatable: true }), "Ban removed!")
      yield* commands.restart
      yield* commands.shutdown
      yield* logout
      const once = { repeatable: false, epoch: undefined, timeout: 20_000 }
      const bound = { ...once, epoch: EPOCH }
      assert.deepStrictEqual(session.sent, [
        ["#kick 7", bound],
        ["#ban create 7 0", bound],
        [`#ban create ${target} 2 be nice`, once],
        ["#ban create 7 0", { repeatable: true, epoch: 2, timeout: 9000 }],
        [`#ban create ${target} 0`, { repeatable: true, epoch: 2, timeout: 20_000 }],
        [`#ban remove ${target}`, once],
        ["#restart", bound],
        ["#shutdown", bound],
        ["@logout", { repeatable: false }]
      ])
    }))

  it.effect("fail with the reason that the server's text shows, and are unconfirmed if it shows none", () =>
    Effect.gen(function*() {
      const { commands, converse } = yield* start()
      const cases: ReadonlyArray<
        [Effect.Effect<void, Failure>, string | undefined, ActionError.ActionError["reason"]["_tag"]]
      > = [
        [commands.kick(bob), "Player not found", "PlayerNotFound"],
        [commands.kick(bob), "Not Valid Player ID", "PlayerNotFound"],
        [commands.kick(bob), undefined, "Unconfirmed"],
        [commands.ban(bob), "Player not found", "PlayerNotFound"],
        [commands.ban(target), "Player not found", "Rejected"],
        [commands.ban(target), "Failed to create ban.", "Rejected"],
        [commands.ban(target), "Multiple users found! Please use a unique identifier.", "Rejected"],
        [commands.unban(target), "User not found!", "BanNotFound"],
        [commands.unban(target), "Failed to remove the ban.", "Rejected"],
        ...[commands.kick(bob), commands.ban(bob), commands.ban(target), commands.unban(target)].map(
          (action): typeof cases[number] => [action, "Command is supported only on Dedicated Servers", "Rejected"]
        ),
        // This text may be the output or not.
        [commands.kick(bob), "Server is on fire", "Unconfirmed"],
        // The service that keeps the bans did not answer, and may have executed the command.
        ...["Timeout", "Unknown error."].flatMap((text): typeof cases => [
          [commands.ban(bob), text, "Unconfirmed"],
          [commands.ban(target), text, "Unconfirmed"],
          [commands.unban(target), text, "Unconfirmed"]
        ]),
        [commands.unban(target), undefined, "Unconfirmed"]
      ]
      for (const [action, text, expected] of cases) {
        const error = yield* failure(yield* converse(action, ...(text === undefined ? [] : [text])))
        assert.strictEqual(error._tag !== "ReplyError" && error.reason._tag, expected, text)
        if (text !== undefined && ["Unconfirmed", "Rejected"].includes(expected)) assert.include(error.message, text)
      }
      const unknown = yield* failure(yield* converse(commands.kick(bob), "unknown command"))
      assert.strictEqual(unknown.reason._tag, "UnknownCommand")
    }))

  it.effect("fail with the name of the method that was called", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      session.reply = "Failed to create ban."
      const client = RconClient.fromSession({ flavour: "Reforger", rosterInterval: "Infinity" })
      const rcon = yield* Effect.provide(client, session.layer)
      for (const name of ["ban", "banAll"] as const) {
        const error = yield* Effect.flip(name === "ban" ? rcon.ban(target) : rcon.banAll([target]))
        assert.strictEqual(error._tag === "ActionError" && error.action, name)
      }
    }).pipe(Effect.scoped))

  it.effect("are reported as maybe executed if the server executes them twice, and the second execution fails", () =>
    Effect.gen(function*() {
      const { commands, converse, events, say } = yield* start()
      const cases: ReadonlyArray<readonly [Effect.Effect<void, Failure>, command: string, string, done: string]> = [
        [commands.kick(bob), "#kick 7", "Player not found", "Player 'Bob' kicked!"],
        [commands.ban(bob), "#ban create 7 0", "Player not found", "Player 'Bob' banned!"],
        [commands.ban(target), `#ban create ${target} 0`, "Failed to create ban.", "Ban created!"],
        [commands.unban(target), `#ban remove ${target}`, "User not found!", "Ban removed!"]
      ]
      for (const [action, command, text, done] of cases) {
        const error = yield* failure(yield* converse(action, echo(command), text))
        assert.deepStrictEqual([error._tag, error.message.includes(text)], ["ActionError", true])
        assert.strictEqual(error._tag === "ActionError" && error.execution, "MaybeExecuted")
        // The output of the first execution still follows, and does not belong to the next ban.
        if (command.startsWith("#ban")) yield* say(done)
        yield* yield* converse(action, echo(command), done)
        yield* TestClock.adjust("30 seconds")
      }
      assert.deepStrictEqual(events, cases.slice(1).map(([, , , done]) => done))
    }))

  it.effect("are awaited for the given time", () =>
    Effect.gen(function*() {
      const { commands, events, say } = yield* start()
      const fiber = yield* Effect.forkChild(commands.ban(bob, { confirmWithin: "1 minute" }), {
        startImmediately: true
      })
      yield* say(echo("#ban create 7 0"))
      yield* TestClock.adjust("59 seconds")
      yield* say("Player 'Bob' banned!")
      yield* Fiber.join(fiber)
      const short = yield* Effect.forkChild(commands.ban(bob, { confirmWithin: "1 second" }), {
        startImmediately: true
      })
      yield* say(echo("#ban create 7 0"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(Fiber.join(short))).reason._tag, "Unconfirmed")
      // A late result is an event, and not the output of another command.
      const foo = yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
      yield* say(echo("#foo"), "Player 'Bob' banned!", "of #foo")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(foo), "of #foo")
      assert.deepStrictEqual(events, ["Player 'Bob' banned!"])
    }))

  it.effect("refuse durations that are not positive, or too long", () =>
    Effect.gen(function*() {
      const { commands, session } = yield* start()
      const durations = [0, -1, NaN, Number.MAX_VALUE, "-1 seconds" as const]
      const calls = durations.map((duration) => commands.ban(target, { duration }))
      for (const call of calls) {
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "InvalidCommand")
      }
      assert.deepStrictEqual(session.sent, [])
    }))

  it.effect("are unsupported if the server has no such command", () =>
    Effect.gen(function*() {
      const { commands, flavour, session } = yield* start()
      const guid = Guid.Guid.make("0123456789abcdef0123456789abcdef")
      const ip = Address.IpAddress.make("203.0.113.7")
      const ban = new Ban.Ban({ id: 0 as Ban.BanId, target: guid, remaining: "permanent", reason: "" })
      const calls: ReadonlyArray<Effect.Effect<unknown, Failure>> = [
        commands.ban(guid),
        commands.ban(ip),
        commands.unban(guid),
        commands.unban(ban),
        ...Object.values(CommandTable.queries).map(commands.simple),
        ...Object.entries(CommandTable.actions).flatMap(([name, command]) =>
          name === "restart" || name === "shutdown" ? [] : [commands.simple(command)]
        ),
        commands.simple(CommandTable.actionsWith.loadBans("")),
        commands.simple(CommandTable.actionsWith.maxPing(1000)),
        commands.simple(CommandTable.actionsWith.selectMission("x", "")),
        called((call) => flavour.say("hi", call)),
        called((call) => flavour.whisper(new PlayerTarget(bob, () => "Unknown"), "hi", call))
      ]
      for (const call of calls) {
        const error = yield* Effect.flip(Effect.asVoid(call))
        assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "Unsupported")
        assert.include(error.message, "Arma Reforger's own RCON")
      }
      assert.deepStrictEqual(session.sent, [])
    }))

  it.effect("fail with the error of the session", () =>
    Effect.gen(function*() {
      const { commands, events, logout, say, session } = yield* start()
      session.reply = new CommandError.CommandError({
        command: "#kick",
        reason: new CommandError.NotConnected({ peer: "server" })
      })
      const calls: ReadonlyArray<Effect.Effect<unknown, Failure>> = [
        commands.kick(bob),
        commands.playerTable,
        commands.restart,
        commands.command("x")
      ]
      for (const call of calls) assert.deepStrictEqual(yield* Effect.flip(Effect.asVoid(call)), session.reply)
      yield* logout
      // Unsent commands have no echo, so these echoes belong to commands of other clients.
      yield* say(echo("#kick 7"), echo("#restart"))
      assert.strictEqual(events.length, 2)
    }))
})
