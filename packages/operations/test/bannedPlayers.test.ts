import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { all, ban, executions, one, reasons } from "./banKit.ts"
import { guid, ip } from "./support.ts"

describe("a banned player", () => {
  it.effect("is kicked as soon as the GUID or the address is known, with the reason and the remaining time", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      const { id } = yield* book.add(ban(1, { duration: "7 days" }))
      yield* book.add(ban(1, { reason: "short", duration: "1 hour" }))
      yield* book.add(ban(2, { target: ip(2), reason: "" }))
      yield* book.add(ban(3, { servers: ["stratis"] }))
      yield* TestClock.adjust("59 minutes")
      yield* server.join({ name: "Bob", guid: null })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executions(server, "kick"), [])
      yield* server.identify(0, guid(1))
      yield* server.verify(0)
      yield* server.join({ name: "Ann", ip: ip(2) })
      yield* server.join({ name: "Eve", guid: guid(3) })
      yield* TestRcon.passTime("1 second")
      const kicks = yield* executions(server, "kick")
      assert.strictEqual(kicks[0], `kick 0 [book:${id}] teamkilling (6d 23h left)`)
      assert.match(kicks[1]!, /^kick 1 \[book:\w{6}\] \(permanent\)$/)
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name), ["Eve"])
      // The server's list was not touched.
      assert.deepStrictEqual(yield* executions(server, "addBan"), [])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }))))

  it.effect("who is on the server when the ban is added is kicked at that moment", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* TestRcon.passTime("2 minutes")
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one())))

  it.effect("who is on the server is kicked at once, also while many bans are being added on a lossy network", () =>
    Effect.gen(function*() {
      const { book, enforcement, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* server.join({ name: "Ann", guid: guid(2) })
      // The server executes additions, but its replies are lost.
      yield* server.onCommand((text) => text.startsWith("addBan") ? { delay: "Infinity" } : undefined)
      yield* TestRcon.passTime("1 minute")
      const many = Array.from({ length: 200 }, (_, index) => ({
        target: guid(100 + index),
        until: "permanent" as const,
        reason: ""
      }))
      yield* book.importBans(many, { by: "Miller" })
      yield* TestRcon.passTime("4 seconds")
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.strictEqual((yield* enforcement.status).get("altis")?._tag, "Converging")
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name), ["Ann"])
    }).pipe(Effect.provide(one())))

  it.effect("sees the text of `kickReason`, as one line of at most 128 bytes", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executions(server, "kick"), [`kick 0 забанен ${"ё".repeat(56)}`])
    }).pipe(Effect.provide(one({ kickReason: () => `забанен\n${"ё".repeat(100)}` }))))

  it.effect("sees the default text if `kickReason` throws", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.join({ name: "Bob", guid: guid(1) })
      const { id } = yield* book.add(ban(1))
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* executions(server, "kick"), [`kick 0 [book:${id}] teamkilling (permanent)`])
    }).pipe(Effect.provide(one({
      kickReason: () => {
        throw new Error("a mistake")
      }
    }))))

  it.effect("who could not be kicked, leaves and joins again in another slot is kicked there", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* server.onCommand((text) => text.startsWith("kick") ? "" : undefined)
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* book.add(ban(1))
      yield* TestRcon.passTime("40 seconds")
      yield* server.leave(0)
      yield* server.join({ name: "Ann", guid: guid(2) })
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* server.onCommand(undefined)
      yield* TestRcon.passTime("40 seconds")
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name), ["Ann"])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }))))

  it.effect("is kicked again until the player is gone or the ban is lifted", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      const kicks = Effect.map(server.commands, (all) => all.filter(({ text }) => text.startsWith("kick")).length)
      yield* server.onCommand((text) => text.startsWith("kick") ? "" : undefined)
      yield* server.join({ name: "Bob", guid: guid(1) })
      const { id } = yield* book.add(ban(1))
      yield* TestRcon.passTime("5 minutes")
      const tried = yield* kicks
      assert.isTrue(tried >= 8 && tried <= 20, String(tried))
      yield* book.lift(id)
      yield* TestRcon.passTime("5 minutes")
      assert.isAtMost(yield* kicks, tried + 1)
      yield* book.add(ban(1))
      yield* server.onCommand(undefined)
      yield* TestRcon.passTime("10 seconds")
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(one({ enforcement: "Kick" }))))

  it.effect("who cannot be kicked is logged once for each reason", () => {
    const logged: Array<string> = []
    return Effect.gen(function*() {
      const { book, server } = yield* all
      const warnings = Effect.sync(() => logged.splice(0).filter((line) => line.includes("could not be kicked")).length)
      yield* server.onCommand((text) => text.startsWith("kick") ? "" : undefined)
      yield* server.join({ name: "Bob", guid: guid(1) })
      yield* book.add(ban(1))
      yield* TestRcon.passTime("5 minutes")
      assert.strictEqual(yield* warnings, 1)
      yield* server.stop()
      yield* TestRcon.passTime("5 minutes")
      // The first is for the kick under way when the session was lost, the second for the kicks after it.
      assert.strictEqual(yield* warnings, 2)
      assert.isAbove((yield* executions(server, "kick")).length, 10)
    }).pipe(Effect.provide(Layer.provideMerge(
      one({ enforcement: "Kick" }),
      Logger.layer([Logger.make(({ message }) => logged.push(String(message)))])
    )))
  })

  it.effect("is added to the list on joining if the policy is `BanOnJoin`; other bans are not in the list", () =>
    Effect.gen(function*() {
      const { book, server } = yield* all
      yield* book.add(ban(1))
      const { id } = yield* book.add(ban(2, { duration: "1 day" }))
      yield* TestRcon.passTime("10 minutes")
      assert.deepStrictEqual(yield* reasons(server), [])
      yield* server.join({ name: "Bob", guid: guid(2) })
      yield* TestRcon.passTime("1 second")
      const world = yield* server.world
      assert.deepStrictEqual([world.players.length, world.bans.map(({ target }) => target)], [0, [guid(2)]])
      // The next time, the server itself refuses the player.
      yield* server.join({ name: "Bob", guid: guid(2) })
      assert.deepStrictEqual((yield* server.world).players, [])
      yield* book.lift(id)
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* reasons(server), [])
    }).pipe(Effect.provide(one({ enforcement: "BanOnJoin" }))))
})
