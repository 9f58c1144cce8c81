import { Address, Player } from "@bercon/client"
import { BanBook, type BanBookError, BanEntry, BansFile } from "@bercon/operations"
import { NodeFileSystem, NodePath } from "@effect/platform-node-shared"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Effect, Fiber, FileSystem, Logger, Option, Schema, Stream } from "effect"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import * as Lifted from "../src/internal/bans/lifted.ts"
import { entry, guid, id, ip } from "./support.ts"

const by = "Miller"
const ban = (number: number, fields: Partial<BanBook.NewBan> = {}): BanBook.NewBan => ({
  target: guid(number),
  reason: "teamkilling",
  by,
  ...fields
})

const messageOf = <A>(effect: Effect.Effect<A, { readonly message: string }>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

const targets = (entries: ReadonlyArray<BanEntry.BanEntry>) => entries.map(({ target }) => target)

/** Runs `use` with a book on the store in context, and closes the book. */
const opened = <A, E, R>(use: (book: BanBook.Service) => Effect.Effect<A, E, R>, options?: BanBook.Options) =>
  Effect.scoped(Effect.flatMap(BanBook.make(options), use))

const inMemory = Effect.provide(KeyValueStore.layerMemory)

describe("a ban", () => {
  it.effect("is in force from its addition to its end", () =>
    opened((book) =>
      Effect.gen(function*() {
        const week = yield* book.add(ban(1, { duration: "7 days", source: "discord", servers: ["altis"] }))
        const ever = yield* book.add(ban(2, { reason: "" }))
        assert.match(week.id, /^[a-z0-9]{6}$/)
        assert.deepStrictEqual(
          week,
          entry(1, {
            id: week.id,
            until: DateTime.makeUnsafe(7 * 86_400_000),
            source: "discord",
            servers: ["altis"]
          })
        )
        assert.strictEqual(ever.until, "permanent")
        assert.strictEqual(ever.servers, "all")
        assert.strictEqual(ever.source, "book")
        assert.deepStrictEqual(yield* book.get(week.id), Option.some(week))

        yield* TestClock.adjust("7 days")
        assert.deepStrictEqual(yield* book.list, [ever])
        assert.deepStrictEqual(yield* book.get(week.id), Option.none())
        assert.strictEqual(
          yield* messageOf(book.lift(week.id)),
          `the book has no ban ${week.id}. Nothing was changed`
        )
      })
    ).pipe(inMemory))

  it.effect("with a value that is not allowed is refused, and the error has the value and the allowed values", () =>
    opened((book) =>
      Effect.gen(function*() {
        const refused = (fields: object) => messageOf(book.add(ban(1, fields)))
        assert.strictEqual(
          yield* refused({ target: "Bob" }),
          "`target` must be a GUID of 32 hexadecimal digits, an IPv4 address, or the UUID of an account (got \"Bob\"). " +
            "Nothing was changed"
        )
        for (const reason of ["a\nremoveBan 0", "x\0", "x".repeat(201), undefined]) {
          assert.include(yield* refused({ reason }), "`reason` must be one line of at most 200 characters")
        }
        // A long value is cut in the message.
        assert.include(yield* refused({ reason: "x".repeat(201) }), `(got "${"x".repeat(99)}…). Nothing`)
        assert.include(yield* refused({ by: "\n".repeat(49) }), `(got "${"\\n".repeat(49)}"). Nothing`)
        assert.include(yield* refused({ by: "x".repeat(101) }), "`by` must be one line of at most 100 characters (got ")
        assert.include(yield* refused({ source: 3 }), "`source` must be one line of at most 100 characters (got 3)")
        assert.include(
          yield* refused({ servers: [] }),
          "`servers` must be \"all\", or at least one id of a server"
        )
        for (const duration of [0, "-1 minutes", "soon"]) {
          assert.include(yield* refused({ duration }), "`duration` must be a positive duration, or \"permanent\"")
        }
        assert.deepStrictEqual(yield* book.list, [])
      })
    ).pipe(inMemory))

  it.effect("that would end later than a date can be is permanent", () =>
    opened((book) =>
      Effect.gen(function*() {
        const latest = yield* book.add(ban(1, { duration: Duration.days(1e8) }))
        assert.deepStrictEqual(latest.until, DateTime.makeUnsafe(8.64e15))
        yield* TestClock.adjust("1 milli")
        assert.strictEqual((yield* book.add(ban(1, { duration: Duration.days(1e8) }))).until, "permanent")
      })
    ).pipe(inMemory))

  it.effect("of a GUID in upper case is a ban of that GUID, and a ban of infinite duration is permanent", () =>
    opened((book) =>
      Effect.gen(function*() {
        const target = guid(0xabc).toUpperCase() as BanEntry.BanEntry["target"]
        const { target: known, until } = yield* book.add(ban(1, { target, duration: Duration.infinity }))
        assert.deepStrictEqual([known, until], [guid(0xabc), "permanent"])
        assert.strictEqual((yield* book.lift(target)).length, 1)
      })
    ).pipe(inMemory))
})

describe("the book", () => {
  it.effect("finds bans by words, server and player, the newest first", () =>
    opened((book) =>
      Effect.gen(function*() {
        const [a, b, c] = [
          yield* book.add(ban(1, { reason: "Team killing", servers: ["altis"] })),
          (yield* TestClock.adjust("1 second"), yield* book.add(ban(2, { by: "Team Lead" }))),
          (yield* TestClock.adjust("1 second"), yield* book.add(ban(3, { target: ip(3), source: "bans.txt" })))
        ]
        const found = (query: BanBook.Query) => Effect.map(book.search(query), targets)
        assert.deepStrictEqual(yield* found({}), [c.target, b.target, a.target])
        assert.deepStrictEqual(yield* found({ words: "TEAM" }), [c.target, b.target, a.target])
        assert.deepStrictEqual(yield* found({ words: " team  lead " }), [b.target])
        assert.deepStrictEqual(yield* found({ words: "killing team" }), [c.target, b.target, a.target])
        assert.deepStrictEqual(yield* found({ words: "bans.txt" }), [c.target])
        assert.deepStrictEqual(yield* found({ words: a.id }), [a.target])
        assert.deepStrictEqual(yield* found({ words: "198.51" }), [c.target])
        assert.deepStrictEqual(yield* found({ server: "stratis" }), [c.target, b.target])
        assert.deepStrictEqual(yield* found({ server: "stratis", words: "lead" }), [b.target])

        const player = new Player.Player({
          id: Player.PlayerId.make(3),
          name: "Bob",
          guid: guid(1),
          address: new Address.Address({ ip: ip(3), port: 2304 }),
          verified: true
        })
        assert.deepStrictEqual(yield* found({ targets: BanEntry.targetsOf(player) }), [c.target, a.target])
        assert.deepStrictEqual(yield* found({ targets: BanEntry.targetsOf(player), server: "stratis" }), [c.target])
        assert.deepStrictEqual(yield* found({ targets: [] }), [])
      })
    ).pipe(inMemory))

  it.effect("lifts one ban, or all bans of a target, and reports every change", () =>
    opened((book) =>
      Effect.gen(function*() {
        const changes = yield* Effect.forkChild(
          Stream.runCollect(Stream.take(book.changes, 6)),
          { startImmediately: true }
        )
        const a = yield* book.add(ban(1))
        const b = yield* book.add(ban(1, { servers: ["altis"] }))
        assert.deepStrictEqual(yield* book.lift(a.id), [a])
        const c = yield* book.add(ban(1))
        assert.sameMembers([...(yield* book.lift(guid(1)))], [b, c])
        assert.strictEqual(
          yield* messageOf(book.lift(guid(1))),
          `the book has no ban ${guid(1)}. Nothing was changed`
        )
        const told = yield* Fiber.join(changes)
        assert.deepStrictEqual(told.slice(0, 4).map(({ _tag, entry }) => [_tag, entry.id]), [
          ["Added", a.id],
          ["Added", b.id],
          ["Lifted", a.id],
          ["Added", c.id]
        ])
        assert.sameMembers(told.slice(4).map(({ _tag, entry }) => `${_tag} ${entry.id}`), [
          `Lifted ${b.id}`,
          `Lifted ${c.id}`
        ])
      })
    ).pipe(inMemory))

  it.effect("takes no more bans in force than its capacity", () =>
    opened((book) =>
      Effect.gen(function*() {
        yield* book.add(ban(1, { duration: "1 hour" }))
        yield* book.add(ban(2))
        assert.strictEqual(
          yield* messageOf(book.add(ban(3))),
          "the book has room for 2 bans, and 1 more does not fit. Lift some, or raise its `capacity`. Nothing was changed"
        )
        yield* TestClock.adjust("1 hour")
        yield* book.add(ban(3))
        assert.deepStrictEqual(targets(yield* book.list), [guid(3), guid(2)])
        const many = [4, 5].map((number) => ({ target: guid(number), until: "permanent" as const, reason: "" }))
        assert.include(yield* messageOf(book.importBans(many, { by })), "and 2 more do not fit")
        assert.deepStrictEqual(targets(yield* book.list), [guid(3), guid(2)])
      }), { capacity: 2 }).pipe(inMemory))

  it.effect("cannot be made with options that are not allowed", () =>
    Effect.gen(function*() {
      const died = (options: BanBook.Options) =>
        Effect.map(Effect.exit(opened(() => Effect.void, options)), (exit) => String(exit))
      assert.include(yield* died({ capacity: 0 }), "`capacity` must be an integer from 1 (got 0)")
      assert.include(yield* died({ refreshInterval: "999 millis" }), "`refreshInterval` must be at least 1 second")
    }).pipe(inMemory))

  /** A random operation on a book. The test compares the book with a plain list of the bans in force. */
  const step = Arbitrary.all({
    kind: Arbitrary.schema(Schema.Literals(["add", "add", "add", "lift", "liftTarget", "wait", "reopen", "other"])),
    number: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))),
    minutes: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })))
  })

  it.effect.prop(
    "has the same bans after it was closed and opened again, and in two programs that share a store",
    [Arbitrary.array(step, { maxLength: 25 })],
    ([steps]) =>
      Effect.gen(function*() {
        let model: ReadonlyArray<BanEntry.BanEntry> = []
        /** The bans that were lifted. */
        const lifted = new Array<BanEntry.BanEntry>()
        let rest = steps
        /** Runs steps until one that closes the book. */
        const run = opened((book) =>
          opened((other) =>
            Effect.gen(function*() {
              while (rest.length > 0) {
                const [{ kind, minutes, number } = steps[0]!, ...left] = rest
                rest = left
                const now = (yield* DateTime.now).epochMilliseconds
                model = model.filter((entry) => BanEntry.isInForce(entry, now))
                const one = model[number]
                if (kind === "add") {
                  model = [
                    yield* book.add(ban(number, minutes === 0 ? {} : { duration: `${minutes} minutes` })),
                    ...model
                  ]
                } else if (kind === "lift" && one !== undefined) {
                  assert.deepStrictEqual(yield* book.lift(one.id), [one])
                  model = model.filter((entry) => entry !== one)
                  lifted.push(one)
                } else if (kind === "liftTarget" && one !== undefined) {
                  lifted.push(...(yield* book.lift(one.target)))
                  model = model.filter(({ target }) => target !== one.target)
                } else if (kind === "wait") yield* TestClock.adjust("1 minute")
                else if (kind === "other") {
                  yield* other.refresh
                  model = [yield* other.add(ban(number)), ...model]
                  yield* book.refresh
                } else if (kind === "reopen") return
                const after = (yield* DateTime.now).epochMilliseconds
                const expected = model.filter((entry) => BanEntry.isInForce(entry, after)).map(String)
                assert.sameMembers((yield* book.list).map(String), expected)
                const known = yield* book.lifted
                for (const { id, target, until } of lifted) {
                  if (until === "permanent") assert.strictEqual(known.get(id), target)
                }
              }
            })
          )
        )
        while (rest.length > 0) yield* run
      }).pipe(inMemory),
    { arbitrary: { runs: 40 } }
  )
})

describe("the store", () => {
  it.effect("of `layerFolder` keeps the bans in a folder", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const book = BanBook.layerFolder(`${folder}/bans`)
      const use = <A, E, R>(f: (book: BanBook.Service) => Effect.Effect<A, E, R>) =>
        Effect.provide(Effect.flatMap(BanBook.BanBook, f), book, { local: true })
      const added = yield* use((book) => Effect.all([book.add(ban(1)), book.add(ban(2))]))
      assert.deepStrictEqual((yield* use((book) => book.list)).length, 2)
      yield* use((book) => book.lift(added[0].id))
      assert.deepStrictEqual(yield* use((book) => book.list), [added[1]])
    }).pipe(Effect.scoped, Effect.provide([NodeFileSystem.layer, NodePath.layer])))

  it.effect("can have entries that cannot be read: each is logged once, and stays in the store", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const kept = yield* opened((book) => book.add(ban(1)))
      const half = (yield* store.get(`bercon/bans/${kept.id}`))!.slice(0, 30)
      yield* store.set(`bercon/bans/${id(7)}`, half)
      // A copy of the entry of another number.
      yield* store.set(`bercon/bans/${id(8)}`, (yield* store.get(`bercon/bans/${kept.id}`))!)
      const logged: Array<unknown> = []
      yield* opened((book) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* book.list, [kept])
          assert.sameMembers([...(yield* book.unreadable)], [id(7), id(8)])
          yield* book.refresh
        })
      ).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
      assert.sameDeepMembers(logged, [7, 8].map((number) => [`the ban book cannot read its entry ${id(number)}`]))
      assert.strictEqual(yield* store.get(`bercon/bans/${id(7)}`), half)
    }).pipe(inMemory))

  it.effect("causes a typed error if it fails, and the book does not change", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      let isBroken = false
      const broken = (method: string) => new KeyValueStore.KeyValueStoreError({ method, message: "disk full" })
      const flaky = KeyValueStore.KeyValueStore.of({
        ...store,
        set: (key, value) => isBroken ? Effect.fail(broken("set")) : store.set(key, value),
        remove: (key) => isBroken ? Effect.fail(broken("remove")) : store.remove(key)
      })
      yield* opened((book) =>
        Effect.gen(function*() {
          const a = yield* book.add(ban(1))
          isBroken = true
          const error = yield* Effect.flip(book.add(ban(2)))
          assert.strictEqual(error.message, "the store of the ban book failed: disk full")
          assert.isTrue(error.isRetryable)
          yield* Effect.flip(book.lift(a.id))
          assert.deepStrictEqual(yield* book.list, [a])
        })
      ).pipe(Effect.provideService(KeyValueStore.KeyValueStore, flaky))
    }).pipe(inMemory))

  it.effect.each([true, false])(
    "that hangs causes a typed error after 10 seconds, and the book then reads what was written (interruptible: %s)",
    (isInterruptible) =>
      Effect.gen(function*() {
        const store = yield* KeyValueStore.KeyValueStore
        let hangs = false
        const never = isInterruptible ? Effect.never : Effect.uninterruptible(Effect.never)
        // The write takes effect, but its confirmation does not arrive.
        const confirmed = <A, E>(effect: Effect.Effect<A, E>) =>
          Effect.tap(effect, () => Effect.suspend(() => hangs ? never : Effect.void))
        const hanging = KeyValueStore.KeyValueStore.of({
          ...store,
          set: (key, value) => confirmed(store.set(key, value)),
          remove: (key) => confirmed(store.remove(key))
        })
        yield* opened((book) =>
          Effect.gen(function*() {
            const failed = <A>(effect: Effect.Effect<A, BanBookError.BanBookError>) =>
              Effect.gen(function*() {
                hangs = true
                const fiber = yield* Effect.forkChild(Effect.flip(effect), { startImmediately: true })
                yield* TestClock.adjust("10 seconds")
                hangs = false
                return (yield* Fiber.join(fiber)).message
              })
            const problem =
              "the store of the ban book failed: `set` did not end within 10 seconds, and may have taken effect"
            assert.strictEqual(yield* failed(book.add(ban(1))), problem)
            const b = yield* book.add(ban(2))
            assert.sameMembers(targets(yield* book.list), [guid(1), guid(2)])
            // Its record among the lifted bans is written, but the ban is not removed.
            assert.strictEqual(yield* failed(book.lift(b.id)), problem)
            assert.deepStrictEqual(yield* book.lift(b.id), [b])
            assert.deepStrictEqual(targets(yield* book.list), [guid(1)])
          })
        ).pipe(Effect.provideService(KeyValueStore.KeyValueStore, hanging))
      }).pipe(inMemory)
  )

  it.effect("is read at an interval, so that the book has the changes of other programs", () =>
    opened((book) =>
      opened((other) =>
        Effect.gen(function*() {
          const changes = yield* Effect.forkChild(
            Stream.runCollect(Stream.take(book.changes, 2)),
            { startImmediately: true }
          )
          const a = yield* other.add(ban(1))
          assert.deepStrictEqual(yield* book.list, [])
          yield* TestClock.adjust("5 seconds")
          assert.deepStrictEqual(yield* book.list, [a])
          yield* other.lift(a.id)
          yield* TestClock.adjust("5 seconds")
          assert.deepStrictEqual(yield* book.list, [])
          assert.deepStrictEqual((yield* Fiber.join(changes)).map(({ _tag }) => _tag), ["Added", "Lifted"])
        })
      ), { refreshInterval: "5 seconds" }).pipe(inMemory))

  it.effect("is read again after an outage of the store, whose beginning and end are in the log once", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      let isBroken = false
      const failed = new KeyValueStore.KeyValueStoreError({ method: "keys", message: "no connection" })
      const flaky = { ...store, keys: Effect.suspend(() => isBroken ? Effect.fail(failed) : store.keys) }
      yield* opened((book) =>
        Effect.gen(function*() {
          isBroken = true
          yield* TestClock.adjust("1 minute")
          isBroken = false
          const a = yield* opened((other) => other.add(ban(1)))
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(yield* book.list, [a])
        }), { refreshInterval: "5 seconds" }).pipe(Effect.provideService(KeyValueStore.KeyValueStore, flaky))
      assert.deepStrictEqual(logged, [
        ["the store of the ban book failed: no connection"],
        ["the ban book can be refreshed again"]
      ])
    }).pipe(inMemory, Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
  })
})

describe("lifted bans", () => {
  it.effect("are remembered by number until they would be over", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const knownTo = Effect.map(opened((book) => book.lifted), (lifted) => [...lifted])
      const [hour, ever] = yield* opened((book) =>
        Effect.all([book.add(ban(1, { duration: "1 hour" })), book.add(ban(2, { servers: ["altis"] }))])
      )
      yield* opened((book) => Effect.andThen(book.lift(hour.id), book.lift(ever.id)))
      assert.sameDeepMembers(yield* knownTo, [[hour.id, guid(1)], [ever.id, guid(2)]])
      yield* TestClock.adjust("1 hour")
      yield* opened((book) => Effect.flatMap(book.add(ban(3)), ({ id }) => book.lift(id)))
      assert.deepStrictEqual((yield* knownTo).map(([, target]) => target).sort(), [guid(2), guid(3)])
      // A record that cannot be read is not known.
      yield* store.set(`bercon/lifted/${ever.id}`, "{")
      assert.deepStrictEqual((yield* knownTo).map(([, target]) => target), [guid(3)])
    }).pipe(inMemory))

  it.effect("are logged once if their record cannot be read, and are known as soon as it can be read", () => {
    const errors: Array<unknown> = []
    return Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const lifted = Lifted.make(store)
      yield* lifted.put(entry(1), 1)
      const other = Lifted.make(store)
      const json = (yield* store.get(`bercon/lifted/${id(1)}`))!
      yield* store.set(`bercon/lifted/${id(1)}`, "{")
      yield* other.refresh
      yield* other.refresh
      assert.deepStrictEqual([errors.length, other.has(id(1))], [1, false])
      yield* store.set(`bercon/lifted/${id(1)}`, json)
      yield* other.refresh
      assert.deepStrictEqual([errors.length, other.has(id(1))], [1, true])
    }).pipe(inMemory, Effect.provide(Logger.layer([Logger.make(({ message }) => errors.push(message))])))
  })

  it.effect("are not added by an import of an old copy, unless their records are forgotten because there are too many", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const lifted = Lifted.make(store, 2)
      for (const number of [1, 2, 3]) yield* lifted.put(entry(number), number)
      assert.deepStrictEqual([...lifted.targets().keys()], [id(2), id(3)])
      const other = Lifted.make(store, 2)
      yield* other.refresh
      assert.deepStrictEqual(other.targets(), lifted.targets())
      yield* lifted.put(entry(4), 4)
      yield* other.refresh
      assert.deepStrictEqual(other.targets(), lifted.targets())

      const { added, skipped } = yield* opened((book) => book.importEntries([entry(1), entry(4)]))
      assert.deepStrictEqual([targets(added), skipped], [[guid(1)], 1])
      // A new ban, which has another number, is always added.
      yield* opened((book) => book.importBans([entry(4)], { by }))
      assert.sameMembers([...targets(yield* opened((book) => book.list))], [guid(1), guid(4)])
    }).pipe(inMemory))
})

describe("an import", () => {
  const file =
    BansFile.parse(`${guid(1)} -1 Cheating\n${guid(2)} 1415673088 over\n${ip(3)} -1 ${"x".repeat(300)}\n`).bans

  it.effect("adds the bans that are not over, each once", () =>
    opened((book) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_500_000_000_000)
        const own = yield* book.add(ban(4))
        const { added, skipped } = yield* book.importBans(file, { by, source: "bans.txt", servers: ["altis"] })
        assert.strictEqual(skipped, 1)
        assert.deepStrictEqual(
          added.map(({ reason, servers, source, target }) => [target, reason, source, servers]),
          [[guid(1), "Cheating", "bans.txt", ["altis"]], [ip(3), "x".repeat(200), "bans.txt", ["altis"]]]
        )
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* book.importBans(file, { by }), { added: [], skipped: 3 })

        // Rows that the book has added to the list of a server are not imported from that list.
        const written = BansFile.parse(`${own.target} -1 [book:${own.id}] teamkilling\n`).bans
        assert.deepStrictEqual(yield* book.importBans(written, { by }), { added: [], skipped: 1 })
        assert.strictEqual((yield* book.importBans(written, { by, mark: "other" })).added.length, 1)
      })
    ).pipe(inMemory))

  it.effect("makes each reason one line of at most 200 characters", () =>
    opened((book) =>
      Effect.gen(function*() {
        const reasonOf = (reason: string) =>
          Effect.map(
            book.importBans([{ target: guid(1), until: "permanent", reason }], { by }),
            ({ added: [ban] }) => ban?.reason
          )
        assert.strictEqual(yield* reasonOf("  a\r\nb\0c  "), "a b c")
        // A character of two units is not halved.
        assert.strictEqual(yield* reasonOf(`${"x".repeat(199)}😀`), "x".repeat(199))
        assert.strictEqual(yield* reasonOf(`😀${"y".repeat(200)}`), `😀${"y".repeat(198)}`)
      })
    ).pipe(inMemory))

  it.effect("skips a ban whose end differs from the end of a known ban by two minutes at most", () =>
    opened((book) =>
      Effect.gen(function*() {
        const until = (minutes: number) => [
          { target: guid(1), until: DateTime.makeUnsafe(minutes * 60_000), reason: "x" }
        ]
        assert.strictEqual((yield* book.importBans(until(60), { by })).added.length, 1)
        assert.strictEqual((yield* book.importBans(until(62), { by })).added.length, 0)
        assert.strictEqual((yield* book.importBans(until(90), { by })).added.length, 1)
        assert.strictEqual((yield* book.importBans([...until(120), ...until(120)], { by })).added.length, 1)
      })
    ).pipe(inMemory))

  it.effect("with a ban that is not valid fails, and adds no ban", () =>
    opened((book) =>
      Effect.gen(function*() {
        const wrong = { target: "Bob" as BanEntry.BanEntry["target"], until: "permanent" as const, reason: "" }
        const good = { ...wrong, target: guid(1) }
        assert.include(yield* messageOf(book.importBans([good, wrong], { by })), "`target` must be")
        assert.deepStrictEqual(yield* book.list, [])
      })
    ).pipe(inMemory))

  it.effect("of a copy restores every ban with its number", () =>
    Effect.gen(function*() {
      const [json, before] = yield* opened((book) =>
        Effect.gen(function*() {
          yield* book.add(ban(1, { duration: "1 hour" }))
          yield* book.add(ban(2, { servers: ["altis", "stratis"] }))
          const list = yield* book.list
          return [yield* Schema.encodeEffect(BanBook.Json)(list), list] as const
        })
      )
      const store = yield* KeyValueStore.KeyValueStore
      yield* store.clear
      yield* opened((book) =>
        Effect.gen(function*() {
          const copy = yield* Schema.decodeEffect(BanBook.Json)(json)
          assert.strictEqual((yield* book.importEntries(copy)).added.length, 2)
          assert.deepStrictEqual(yield* book.importEntries(copy), { added: [], skipped: 2 })
          assert.deepStrictEqual(yield* book.list, before)
          // A ban that was lifted after the copy was made stays lifted.
          yield* book.lift(guid(1))
          assert.deepStrictEqual(yield* book.importEntries(copy), { added: [], skipped: 2 })
          assert.deepStrictEqual(yield* book.list, before.filter(({ target }) => target !== guid(1)))
        })
      )
    }).pipe(inMemory))
})
