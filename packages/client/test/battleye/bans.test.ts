import { ActionError, Address, type Ban, CommandError, Guid, RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Deferred, Effect, Exit, Fiber, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "../mockSession.ts"
import { completed, type Failure, guidOf, online, outcome, simulated } from "../simulatedClient.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")
const OTHER = Guid.Guid.make("f".repeat(32))
const IP = Address.IpAddress.make("203.0.113.77")

describe("unban", () => {
  const world = TestRcon.layerTransport()
  const bansOf = (server: SimulatedServer.SimulatedServer["Service"]) =>
    Effect.map(server.world, ({ bans }) => bans.map(({ reason, target }) => [target, reason]))

  const target = Arbitrary.schema(Schema.Literals([GUID, OTHER, "e".repeat(32), IP, "203.0.113.78", "203.0.113.79"]))
  const ban = Arbitrary.all({
    target,
    reason: Arbitrary.schema(Schema.Literals(["", "cheating", "team kill "])),
    expires: Arbitrary.schema(Schema.Literals([0, 1_000_000])).pipe(Arbitrary.map((end) => end === 0 ? undefined : end))
  })

  it.effect.prop(
    "removes the bans of its target and no others",
    [Arbitrary.array(ban, { maxLength: 12 }), target],
    ([bans, target]) =>
      Effect.gen(function*() {
        const { rcon, run, server } = yield* online()
        yield* server.update((world) => ({ ...world, bans }))
        const there = bans.some((ban) => ban.target === target)
        assert.strictEqual(yield* run(rcon.unban(target as Ban.BanTarget)), there ? "done" : "BanNotFound")
        assert.sameDeepMembers(
          yield* bansOf(server),
          bans.filter((ban) => ban.target !== target).map(({ reason, target }) => [target, reason])
        )
        assert.deepStrictEqual(yield* server.violations, [])
      }).pipe(Effect.scoped, Effect.provide(world)),
    { arbitrary: { runs: 20 } }
  )

  it.effect("removes only the given ban if its target has several", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bans = ["a", "b", "c"].map((reason) => ({ target: GUID, reason, expires: undefined }))
      yield* server.update((world) => ({ ...world, bans }))
      const [, b] = yield* rcon.bans
      assert.strictEqual(yield* run(rcon.unban(b!)), "done")
      assert.deepStrictEqual(yield* bansOf(server), [[GUID, "a"], [GUID, "c"]])
      assert.strictEqual(yield* run(rcon.unban(b!)), "BanNotFound")
    }).pipe(Effect.scoped, Effect.provide(world)))

  /** Tries an action again if it fails. A ban that is not found counts as removed by an earlier try. */
  const persist = (action: Effect.Effect<void, Failure>) =>
    action.pipe(
      Effect.catchIf(
        (error) => error._tag === "ActionError" && error.reason._tag === "BanNotFound",
        () => Effect.void
      ),
      Effect.retry({ times: 20 })
    )

  for (const loss of [0, 0.2]) {
    it.effect(`waits until this client's other changes of the list are done, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const { rcon, server } = yield* online()
        const guid = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))
        const bans = Array.from({ length: 12 }, (_, index) => ({
          target: guid(index),
          expires: index === 5 ? 1 : undefined,
          reason: `${index}`
        }))
        yield* server.update((world) => ({ ...world, bans }))
        const actions = [
          ...[7, 1, 3, 11, 0, 4].map((index) => rcon.unban(guid(index))),
          rcon.ban(OTHER, { reason: "new" }),
          rcon.writeBans
        ]
        const results = yield* outcome(
          yield* Effect.forkChild(Effect.forEach(actions, persist, { concurrency: "unbounded" }))
        )
        assert.isTrue(Result.isSuccess(results))
        // Each reason counts once, because a ban that was sent twice is in the list twice.
        assert.deepStrictEqual(
          Array.from(new Set((yield* bansOf(server)).map(([, reason]) => reason))),
          ["2", "6", "8", "9", "10", "new"]
        )
      }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss, seed: "unban" } }))))
  }

  /**
   * A client of a server with bans of one GUID, given as their time and reason. `removeBan` is called for each command
   * of this name, and changes the list.
   */
  const shared = Effect.fnUntraced(function*(
    given: ReadonlyArray<string>,
    removeBan: (bans: Array<string>, number: number) => unknown = (bans, number) => bans.splice(number, 1)
  ) {
    const session = yield* MockSession.make()
    const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
    const bans = [...given]
    session.reply = (text) => {
      const number = /^removeBan (\d+)$/.exec(text)?.[1]
      if (number !== undefined) removeBan(bans, Number(number))
      const rows = bans.map((ban, index) => `${index}  ${GUID} ${ban}`)
      return text === "bans" ? ["GUID Bans:", "[#] [GUID]", "-----", ...rows].join("\n") : ""
    }
    return { bans, rcon, session }
  })

  it.effect("sends `removeBan` once, and only in the session in which the list was read, whatever the options", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* shared(["perm a"])
      yield* rcon.withOptions({ repeatable: true, epoch: 7 }).unban(GUID, { timeout: "7 seconds" })
      const [, options] = session.sent.find(([text]) => text.startsWith("removeBan"))!
      assert.deepStrictEqual(options, { repeatable: false, epoch: 1, timeout: 2000 })
    }))

  it.effect("detects that a list of thousands of bans is cut", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const guid = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))
      const bans = Array.from({ length: 6000 }, (_, index) => ({
        target: guid(index),
        expires: undefined,
        reason: "x".repeat(index % 7)
      }))
      yield* server.update((world) => ({ ...world, bans }))
      assert.isTrue((yield* rcon.banTable).cut)
      for (const index of [3, 0, 2500]) assert.strictEqual(yield* run(rcon.unban(guid(index))), "done")
      assert.strictEqual((yield* server.world).bans.length, 5997)
      const error = yield* Effect.flip(rcon.unban(guid(5999)))
      assert.isTrue(error._tag === "ActionError" && error.reason._tag === "ListIncomplete" && error.reason.isCut)
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("detects that another client changed the list at the same time", () =>
    Effect.gen(function*() {
      const { rcon } = yield* shared(["perm a", "perm b", "perm c"], (bans, number) => {
        bans.shift()
        bans.splice(number, 1)
        bans.push("perm d")
      })
      const [, b] = yield* rcon.bans
      const error = yield* Effect.flip(rcon.unban(b!))
      if (!(error.reason instanceof ActionError.BansChanged)) return assert.fail(error.message)
      assert.deepStrictEqual(error.reason.stillListed, [b!])
      assert.deepStrictEqual(error.reason.added.map(({ reason }) => reason), ["d"])
      assert.match(error.message, /executed a removal twice: #0 .* a, #2 .* c$/)
    }))

  it.effect("detects that the server restarted without bans that it had not written to its file", () =>
    Effect.gen(function*() {
      const { rcon, server } = yield* online()
      yield* completed(rcon.banAll([GUID], { write: true }))
      yield* completed(rcon.ban(OTHER))
      const removal = yield* Deferred.make<void>()
      yield* server.onCommand((text) => {
        if (!text.startsWith("removeBan")) return undefined
        Deferred.doneUnsafe(removal, Exit.void)
        return { delay: "Infinity" }
      })
      const unbanning = yield* Effect.forkChild(Effect.flip(rcon.unban(GUID)), { startImmediately: true })
      yield* completed(Deferred.await(removal))
      yield* server.restart()
      const { reason } = yield* completed(Fiber.join(unbanning))
      if (!(reason instanceof ActionError.BansChanged)) return assert.fail(reason.message)
      assert.deepStrictEqual([reason.missing, reason.stillListed].map((bans) => bans.map(({ target }) => target)), [
        [OTHER],
        [GUID]
      ])
    }).pipe(Effect.scoped, Effect.provide(world)))

  /** The row from which a ban is read, the list when the ban is to be removed, and the list afterwards. */
  interface Course {
    readonly course: string
    readonly read: string
    readonly later: ReadonlyArray<string>
    readonly left: ReadonlyArray<string>
  }
  it.effect.each<Course>([
    { course: "that has expired since", read: "30 a", later: ["- a"], left: [] },
    { course: "that has expired since, not one with more time", read: "2 a", later: ["3 a", "- a"], left: ["3 a"] },
    { course: "that had expired, not one in force", read: "- a", later: ["3 a", "- a"], left: ["3 a"] },
    { course: "in force, not an expired one with its number", read: "30 a", later: ["- a", "9 a"], left: ["- a"] },
    { course: "with its number, if two are alike", read: "30 a", later: ["9 a", "29 a"], left: ["29 a"] },
    {
      course: "with the most time, if none has its number",
      read: "9 a",
      later: ["1 b", "1 a", "8 a"],
      left: ["1 b", "1 a"]
    }
  ])("removes the given ban: the one $course", ({ later, left, read }) =>
    Effect.gen(function*() {
      const { bans, rcon } = yield* shared([read])
      const [ban] = yield* rcon.bans
      bans.splice(0, 1, ...later)
      yield* rcon.unban(ban!)
      assert.deepStrictEqual(bans, left)
    }))

  it.effect("removes a ban in its last minute, not an expired one, but the list afterwards does not prove it", () =>
    Effect.gen(function*() {
      const { bans, rcon } = yield* shared(["9 a"])
      const [ban] = yield* rcon.bans
      bans.splice(0, 1, "- a", "0 a")
      assert.strictEqual((yield* Effect.flip(rcon.unban(ban!))).reason._tag, "Unconfirmed")
      assert.deepStrictEqual(bans, ["- a"])
    }))

  it.effect.each([
    { others: "a ban in force instead of an expired one", read: "- a", later: ["3 a"] },
    { others: "a ban with more time", read: "2 a", later: ["3 a"] },
    { others: "a ban that is not in its last minute", read: "0 a", later: ["1 a"] },
    { others: "a permanent ban instead of a limited one", read: "2 a", later: ["perm a"] },
    { others: "limited and expired bans instead of a permanent one", read: "perm a", later: ["- a", "3 a"] },
    { others: "bans with another reason", read: "2 a", later: ["- b", "2 b"] }
  ])("removes nothing if the list has only $others", ({ later, read }) =>
    Effect.gen(function*() {
      const { bans, rcon } = yield* shared([read])
      const [ban] = yield* rcon.bans
      bans.splice(0, 1, ...later)
      assert.strictEqual((yield* Effect.flip(rcon.unban(ban!))).reason._tag, "BanNotFound")
      assert.deepStrictEqual(bans, later)
    }))

  it.effect("detects that an expired ban was removed instead of one in force, and the other way round", () =>
    Effect.gen(function*() {
      const removeTheOther = (bans: Array<string>, number: number) => bans.splice(1 - number, 1)
      const { rcon } = yield* shared(["- a", "30 a"], removeTheOther)
      const [expired, inForce] = yield* rcon.bans
      const error = yield* Effect.flip(rcon.unban(inForce!))
      assert.strictEqual(error.reason._tag, "Unconfirmed")
      const other = yield* shared(["- a", "30 a"], removeTheOther)
      const { reason } = yield* Effect.flip(other.rcon.unban(expired!))
      if (!(reason instanceof ActionError.BansChanged)) return assert.fail(reason.message)
      assert.deepStrictEqual([reason.missing, reason.stillListed], [[inForce!], [expired!]])
    }))

  /** The list before, the row of the ban to remove, and the list that the server then shows. */
  interface Removal {
    readonly before: ReadonlyArray<string>
    readonly wanted: number
    readonly after: ReadonlyArray<string>
    readonly outcome: string
  }
  it.effect.each<Removal>([
    { before: ["30 a", "9 a"], wanted: 0, after: ["9 a"], outcome: "done" },
    { before: ["30 a", "9 a"], wanted: 0, after: ["8 a"], outcome: "done" },
    { before: ["30 a", "9 a"], wanted: 0, after: ["30 a"], outcome: "BansChanged" },
    { before: ["30 a", "9 a"], wanted: 1, after: ["9 a"], outcome: "BansChanged" },
    { before: ["30 a", "9 a"], wanted: 1, after: ["- a"], outcome: "Unconfirmed" },
    { before: ["30 a", "30 a"], wanted: 1, after: ["29 a"], outcome: "done" },
    { before: ["30 a", "29 a"], wanted: 1, after: ["30 a"], outcome: "done" },
    { before: ["30 a", "29 a"], wanted: 0, after: ["29 a"], outcome: "Unconfirmed" },
    { before: ["30 a", "1 a"], wanted: 0, after: ["- a"], outcome: "done" },
    { before: ["1 a", "- a"], wanted: 0, after: ["- a"], outcome: "Unconfirmed" },
    { before: ["0 a", "- a"], wanted: 0, after: ["- a"], outcome: "Unconfirmed" },
    { before: ["1 a", "0 a"], wanted: 0, after: ["0 a"], outcome: "Unconfirmed" },
    { before: ["9 a", "0 a"], wanted: 0, after: ["0 a"], outcome: "done" },
    { before: ["9 a", "0 a"], wanted: 0, after: ["- a"], outcome: "done" },
    { before: ["30 a"], wanted: 0, after: ["40 a"], outcome: "Unconfirmed" },
    { before: ["30 a", "9 a"], wanted: 0, after: ["3 a"], outcome: "Unconfirmed" }
  ])(
    "distinguishes bans that differ only in their time: $before, row $wanted, then $after: $outcome",
    ({ after, before, outcome, wanted }) =>
      Effect.gen(function*() {
        const { rcon } = yield* shared(before, (bans) => bans.splice(0, before.length, ...after))
        const result = yield* Effect.result(rcon.unban((yield* rcon.bans)[wanted]!))
        assert.strictEqual(Result.isSuccess(result) ? "done" : result.failure.reason._tag, outcome)
      })
  )

  const index = Arbitrary.schema(Schema.Literals([0, 1, 2, 3]))
  it.effect.prop(
    "never confirms that a ban is gone if another one is, also if they differ only in their time",
    [
      Arbitrary.array(Arbitrary.schema(Schema.Literals([1, 3, 5, 6, 9])), { minLength: 4, maxLength: 4 }),
      Arbitrary.array(Arbitrary.schema(Schema.Boolean), { minLength: 4, maxLength: 4 }),
      index,
      index
    ],
    ([minutes, ends, wanted, removed]) =>
      Effect.gen(function*() {
        const later = minutes.map((left, row) => left - (ends[row] ? 1 : 0))
        const { rcon } = yield* shared(minutes.map((left) => `${left} a`), (bans) => {
          const after = later.map((left) => left === 0 ? "- a" : `${left} a`)
          bans.splice(0, bans.length, ...after.filter((_, row) => row !== removed))
        })
        const result = yield* Effect.result(rcon.unban((yield* rcon.bans)[wanted]!))
        const outcome = Result.isSuccess(result) ? "done" : result.failure.reason._tag
        const isRight = minutes[wanted] === minutes[removed]
        assert.notStrictEqual(
          outcome,
          isRight ? "BansChanged" : "done",
          JSON.stringify({ minutes, later, wanted, removed })
        )
        const areFarApart = minutes.every((one) => minutes.every((other) => Math.abs(one - other) !== 1))
        if (areFarApart) assert.strictEqual(outcome, isRight ? "done" : "BansChanged")
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect("removes the remaining bans after a removal without a reply, also those that have expired since", () =>
    Effect.gen(function*() {
      for (const [later, outcome] of [["- a", "done"], ["5 a", "done"], ["30 a", "Unconfirmed"]] as const) {
        const { bans, rcon, session } = yield* shared(["9 a", "perm b"])
        const answer = session.reply as (text: string) => string
        session.reply = (text) => {
          const reply = answer(text)
          if (text !== "removeBan 1") return reply
          bans[0] = later
          return new CommandError.CommandError({
            command: "removeBan",
            reason: new CommandError.NoReply({ peer: "server", sends: 1 })
          })
        }
        const result = yield* Effect.result(rcon.unbanAll(yield* rcon.bans))
        assert.strictEqual(Result.isSuccess(result) ? "done" : result.failure.reason._tag, outcome)
        assert.deepStrictEqual(bans, outcome === "done" ? [] : [later])
      }
    }))

  it.effect("sends nothing again if no reply arrives, and reads the list instead", () =>
    Effect.gen(function*() {
      const lost = new CommandError.CommandError({
        command: "removeBan",
        reason: new CommandError.NoReply({ peer: "server", sends: 1 })
      })
      for (const executed of [true, false]) {
        const { bans, rcon, session } = yield* shared(["perm a", "perm b"], () => {})
        const [, b] = yield* rcon.bans
        const answer = session.reply as (text: string) => string
        session.reply = (text) => {
          if (text !== "removeBan 1") return answer(text)
          if (executed) bans.splice(1, 1)
          return lost
        }
        const unbanning = yield* Effect.forkChild(Effect.result(rcon.unban(b!)))
        // The list is read until the ban is gone from it, or the timeout has passed.
        yield* TestClock.adjust("30 seconds")
        const result = yield* Fiber.join(unbanning)
        assert.deepStrictEqual(result, executed ? Result.succeed("") : Result.fail(lost))
        const removals = session.sent.filter(([text]) => text.startsWith("removeBan"))
        assert.deepStrictEqual(removals, [["removeBan 1", { repeatable: false, epoch: 1, timeout: 2000 }]])
      }
    }))
})

describe("many bans", () => {
  for (const [loss, count] of [[0, 50], [0.1, 12]] as const) {
    const guids = Array.from({ length: count }, (_, index) => guidOf(index))
    const readings = loss === 0 ? " with one reading of the list before and one after" : ""
    it.effect(`are added and removed${readings}, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const rcon = yield* RconClient.RconClient
        const foreign = { target: guidOf(1000), expires: undefined, reason: "foreign" }
        yield* server.update((world) => ({ ...world, bans: [foreign] }))
        const asked = Effect.map(server.executions, (all) => all.filter(({ text }) => text === "bans").length)
        const before = yield* asked
        yield* completed(rcon.banAll(guids, { reason: "cheating", write: true }))
        // A target that already has this ban is not banned again.
        yield* completed(rcon.banAll(guids, { reason: "cheating" }))
        assert.isTrue((yield* server.executions).some(({ text }) => text === "writeBans"))
        // On a lossy network a command is sent again, and this server executes it again.
        assert.strictEqual(new Set((yield* server.world).bans.map(({ target }) => target)).size, count + 1)
        if (loss === 0) {
          assert.strictEqual((yield* asked) - before, 4)
          yield* completed(rcon.unbanAll(guids))
          assert.strictEqual((yield* asked) - before, 6)
          assert.deepStrictEqual((yield* server.world).bans.map(({ reason }) => reason), ["foreign"])
          return
        }
        // If the reply to a removal is lost, the list is read. A removal that is lost itself is not sent again, so a
        // call may fail.
        while ((yield* server.world).bans.length > 1) {
          const left = new Set((yield* server.world).bans.map(({ target }) => target))
          yield* Effect.exit(
            completed(rcon.unbanAll(guids.filter((guid) => left.has(guid)), { timeout: "20 seconds" }))
          )
          assert.isTrue((yield* server.world).bans.some(({ reason }) => reason === "foreign"))
        }
      }).pipe(Effect.provide(simulated(loss))))
  }

  it.effect("are not removed if one of them is not in the list", () =>
    Effect.gen(function*() {
      const guids = Array.from({ length: 10 }, (_, index) => guidOf(index))
      const rcon = yield* RconClient.RconClient
      yield* completed(rcon.banAll(guids.slice(0, 3)))
      const error = yield* completed(Effect.flip(rcon.unbanAll([guids[0]!, guids[9]!])))
      assert.isTrue(
        error._tag === "ActionError" && error.reason._tag === "BanNotFound" && error.reason.target === guids[9]
      )
      assert.match(error.message, /^unbanAll: /)
      assert.strictEqual((yield* completed(rcon.bans)).length, 3)
      assert.strictEqual(yield* rcon.epoch, 1)
      assert.isTrue(Exit.isSuccess(yield* completed(Effect.exit(rcon.unbanAll([])))))
    }).pipe(Effect.provide(simulated())))
})
