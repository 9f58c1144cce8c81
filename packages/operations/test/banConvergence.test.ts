/**
 * Tests that the list of a server comes to agree with the book, and that no ban of another admin is lost. The network loses 10
 * % of the datagrams each way. The server executes repeated commands twice, and loses unwritten bans when it restarts. The
 * other admin changes the list at any time, also during a removal.
 *
 * The other admin writes changes to the server's file at once, so that a restart forgets only unwritten changes of the book.
 * Some of the admin's bans have the mark of the book, and a number that it has no record of.
 *
 * One case is excluded, because no reply with the list shows it: another admin adds a ban during the round trip of a removal,
 * and the new ban gets the number that is being removed. This happens only if the removed ban is the first address ban in the
 * list and the new one is a GUID ban, or if there are two changes in one round trip.
 */
import { BanBook, BanEnforcement } from "@bercon/operations"
import { SimulatedServer, TestFleet, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Clock, Effect, identity, Layer, Schema, Stream } from "effect"
import { guid, ip } from "./support.ts"

const SOAK = Number(process.env["BERCON_SOAK"] ?? 1)

const oneOf = <const A extends ReadonlyArray<string | number>>(...values: A) =>
  Arbitrary.schema(Schema.Literals(values))

const integer = (maximum: number) => Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })))

/** An incident, and the milliseconds until the next one. */
const happening = Arbitrary.all({
  kind: oneOf(
    "add",
    "add",
    "add",
    "lift",
    "adminAdds",
    "adminLifts",
    "adminRemovesOurs",
    "collision",
    "collision",
    "collision",
    "restart"
  ),
  /** The number of a player or row. */
  number: integer(15),
  /** The duration of a ban of the book; 0 if it is permanent. The other admin's bans are permanent or last 600 minutes. */
  minutes: oneOf(0, 0, 2, 600),
  pause: oneOf(0, 20, 60, 150, 400, 3000, 20_000)
})

type Happening = typeof happening extends Arbitrary.Arbitrary<infer A> ? A : never

const targetOf = (number: number) => number % 4 === 0 ? ip(number) : guid(number)

/** A mark with a number that the book has no record of. */
const ORPHAN = "[book:orphan] "

const isOurs = ({ reason }: World.Ban) => /^\[book:\w{6}\] /.test(reason) && !reason.startsWith(ORPHAN)

/** A change that is written to the file at once. */
const written =
  (f: (bans: ReadonlyArray<World.Ban>) => ReadonlyArray<World.Ban>) => (world: World.World): World.World => ({
    ...world,
    bans: f(world.bans),
    banFiles: { [World.BANS_FILE]: f(world.banFiles[World.BANS_FILE]!) }
  })

/** Upper bound of the time from the sending of a list to the execution of a removal that uses it, in milliseconds. */
const ROUND_TRIP = 200

/** The other admin, with a record of this admin's bans. */
class Admin {
  bans: ReadonlyArray<World.Ban> = []
  /** When each ban was added. */
  readonly #added: Array<number> = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  add(target: string, expires?: number): (world: World.World) => World.World {
    const number = this.#added.length
    const ban = { target, reason: `${number % 5 === 4 ? ORPHAN : ""}mine ${number}`, expires }
    this.#added.push(this.#now())
    this.bans = [...this.bans, ban]
    return written((bans) => [...bans, ban])
  }

  /** Whether a ban is so new that perhaps no reply with the list has contained it. */
  isRecent({ reason }: World.Ban): boolean {
    return this.#now() - this.#added[Number(/mine (\d+)$/.exec(reason)?.[1])]! < ROUND_TRIP
  }

  lift(number: number) {
    const lifted = this.bans[number % this.bans.length]
    this.bans = this.bans.filter((other) => other !== lifted)
    return { lifted, change: written((bans) => bans.filter(({ reason }) => reason !== lifted?.reason)) }
  }
}

const one = (seed: number) =>
  BanEnforcement.layerClient("altis").pipe(
    Layer.provideMerge(BanBook.layerMemory()),
    Layer.provideMerge(TestRcon.layer({
      network: { seed, loss: 0.1, latency: "20 millis", jitter: "40 millis" },
      server: { repeats: "execute" }
    })),
    Layer.orDie
  )

/**
 * Runs a scenario, and checks the list. Returns how many bans of the other admin were restored, have reappeared, and were lost.
 */
const run = Effect.fnUntraced(function*(steps: ReadonlyArray<Happening>) {
  const book = yield* BanBook.BanBook
  const server = yield* SimulatedServer.SimulatedServer
  const enforcement = yield* BanEnforcement.BanEnforcement
  const clock = yield* Clock.Clock
  const admin = new Admin(() => clock.currentTimeMillisUnsafe())
  let status: string | undefined
  yield* Effect.forkScoped(
    Stream.runForEach(enforcement.statusChanges, (change) =>
      Effect.sync(() => {
        status = change.status._tag
      })),
    { startImmediately: true }
  )
  /** Bans of the other admin that were removed by mistake before any reply with the list contained them. */
  const unseen = new Set<string>()
  /** Bans that the other admin has lifted while the list was being changed. */
  const contested = new Set<string>()
  const adminLifts = (number: number) => (world: World.World) => {
    const { lifted, change } = admin.lift(number)
    if (lifted !== undefined && status !== "Converged") contested.add(lifted.reason)
    return change(world)
  }
  /** A change that the other admin makes right before the server executes the next removal. */
  let collision: ((world: World.World) => World.World) | undefined
  yield* server.onCommand((text) => {
    if (!text.startsWith("removeBan ")) return undefined
    const change = collision ?? identity
    collision = undefined
    return {
      before: (before) => {
        const world = change(before)
        const hit = World.numberedBans(world)[Number(text.split(" ")[1])]
        if (hit !== undefined && admin.isRecent(hit)) unseen.add(hit.reason)
        return world
      }
    }
  })

  for (let number = 0; number < 6; number++) yield* server.update(admin.add(targetOf(100 + number)))
  for (const { kind, minutes, number, pause } of steps) {
    const list = yield* book.list
    const entry = list[number % list.length]
    switch (kind) {
      case "add":
        yield* book.add({
          target: targetOf(number),
          reason: "teamkilling",
          by: "Miller",
          ...(minutes > 0 && { duration: `${minutes} minutes` })
        })
        break
      case "lift":
        if (entry !== undefined) yield* book.lift(entry.id)
        break
      case "adminAdds": {
        const expires = minutes === 600 ? clock.currentTimeMillisUnsafe() + 36_000_000 : undefined
        yield* server.update(admin.add(targetOf(number), expires))
        break
      }
      case "adminLifts":
        yield* server.update(adminLifts(number))
        break
      case "adminRemovesOurs":
        yield* server.update((world) => {
          const ours = world.bans.filter(isOurs)
          return { ...world, bans: world.bans.filter((ban) => ban !== ours[number % ours.length]) }
        })
        break
      case "collision":
        if (entry === undefined) break
        collision ??= (world) => (number % 3 === 0 ? admin.add(targetOf(number)) : adminLifts(number))(world)
        yield* book.lift(entry.id)
        break
      case "restart":
        yield* server.restart({ downtime: "10 seconds" })
    }
    yield* TestRcon.passTime(pause)
  }
  yield* TestRcon.passTime("15 minutes")

  assert.strictEqual(status, "Converged")
  const { bans } = yield* server.world
  const ours = bans.filter(isOurs).map(({ reason, target }) => `${target} ${reason.slice(6, 12)}`)
  const wanted = (yield* book.list).map(({ id, target }) => `${target} ${id}`)
  assert.deepStrictEqual(ours.toSorted(), wanted.toSorted())

  const others = bans.filter((ban) => !isOurs(ban))
  const reappeared = others.filter(({ reason }) => !admin.bans.some((ban) => ban.reason === reason))
  const lost = admin.bans.filter(({ reason }) => !others.some((ban) => ban.reason === reason))
  assert.deepStrictEqual(reappeared.filter(({ reason }) => !contested.has(reason)), [])
  assert.deepStrictEqual(lost.filter(({ reason }) => !unseen.has(reason)), [])
  for (const ban of others) {
    const theirs = admin.bans.find(({ reason }) => reason === ban.reason)
    if (theirs === undefined) continue
    assert.strictEqual(ban.target, theirs.target)
    assert.closeTo(ban.expires ?? 0, theirs.expires ?? 0, 120_000)
  }
  assert.strictEqual(new Set(others.map(({ reason }) => reason)).size, others.length)
  const restored = (yield* server.executions).filter(({ text }) => /^addBan .* mine/.test(text)).length
  return { restored, reappeared: reappeared.length, lost: lost.length }
})

describe("some time after the last change", () => {
  /** The sums over all runs. */
  const total = { runs: 0, restored: 0, reappeared: 0, lost: 0 }

  it.effect.prop(
    "the list has each ban of the book once, and has lost no ban of another admin that a reply has shown",
    [Arbitrary.array(happening, { minLength: 5, maxLength: 40 }), integer(1_000_000)],
    ([steps, seed]) =>
      Effect.gen(function*() {
        const { lost, reappeared, restored } = yield* run(steps)
        total.runs++
        total.restored += restored
        total.reappeared += reappeared
        total.lost += lost
      }).pipe(Effect.scoped, Effect.provide(one(seed))),
    { arbitrary: { runs: 30 * SOAK }, timeout: 60_000 * SOAK }
  )

  it("bans removed by mistake have been restored; lifted bans have rarely reappeared, and bans that no reply has shown were rarely lost", () => {
    assert.isAbove(total.restored, 0)
    assert.isAtMost(total.reappeared + total.lost, total.runs / 20)
  })
})

describe("a fleet of five servers at 5 % loss", () => {
  it.effect("has 500 bans on each server within a minute", () =>
    Effect.gen(function*() {
      const book = yield* BanBook.BanBook
      const { status } = yield* BanEnforcement.BanEnforcement
      const simulation = yield* TestFleet.TestFleet
      const bans = Array.from({ length: 500 }, (_, number): BanBook.ListedBan => ({
        target: targetOf(number),
        until: "permanent",
        reason: "teamkilling"
      }))
      yield* book.importBans(bans, { by: "Miller" })
      const isDone = Effect.map(
        status,
        (statuses) => [...statuses.values()].every((one) => one._tag === "Converged" && one.rows === 500)
      )
      yield* TestRcon.passTime(Effect.repeat(Effect.delay(isDone, "1 second"), { until: (done) => done }), "1 minute")
      for (const { server } of (yield* simulation.all).values()) {
        const world = yield* server.world
        assert.strictEqual(world.bans.length, 500)
        assert.strictEqual(new Set(world.bans.map(({ target }) => target)).size, 500)
      }
    }).pipe(Effect.provide(
      BanEnforcement.layerFleet().pipe(
        Layer.provideMerge(BanBook.layerMemory()),
        Layer.provideMerge(TestFleet.layer({
          servers: 5,
          each: { network: { loss: 0.05, latency: "40 millis" } }
        }))
      )
    )), 30_000)
})
