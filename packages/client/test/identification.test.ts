import { Address, Guid, Identity, Player, RconClient, ServerEvent } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Identification, MAX_VISITS, PATIENCE } from "../src/internal/identification.ts"
import * as MockSession from "./mockSession.ts"
import { collected, guidOf, simulated, slot } from "./simulatedClient.ts"

const guid = (digit: string) => Guid.Guid.make(digit.repeat(32))
const identity = (digit: string) => Identity.IdentityId.make(`${digit.repeat(8)}-0000-4000-8000-000000000000`)
const address = (port: number) => new Address.Address({ ip: Address.IpAddress.make("203.0.113.1"), port })
const player = (fields: Partial<ConstructorParameters<typeof Player.Player>[0]>) =>
  new Player.Player({ id: slot(0), name: "Ann", verified: false, ...fields })

describe("PlayerIdentified", () => {
  for (const loss of [0, 0.3]) {
    it.effect(`comes once for each visit, even if the server restarts meanwhile, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        yield* server.join({ name: "Early" })
        const seen = yield* collected(ServerEvent.is("PlayerIdentified"))
        yield* TestRcon.passTime("2 minutes")
        const ann = yield* server.join({ name: "Ann" })
        yield* TestRcon.passTime("2 minutes")
        yield* server.restart({ downtime: "20 seconds", keepPlayers: true })
        yield* TestRcon.passTime("3 minutes")
        yield* server.leave(ann.slot)
        yield* TestRcon.passTime("2 minutes")
        yield* server.join({ name: "Ann" })
        yield* TestRcon.passTime("2 minutes")
        assert.deepStrictEqual(seen.map(({ player }) => player.name), ["Early", "Ann", "Ann"])
        assert.isTrue(
          seen.every(({ player }) => player.verified && player.guid !== undefined && player.address !== undefined)
        )
      }).pipe(Effect.scoped, Effect.provide(simulated(loss))))
  }

  it.effect("comes as soon as the GUID is verified", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      const identified = yield* Effect.forkChild(rcon.waitFor("PlayerIdentified"), { startImmediately: true })
      yield* session.say(
        "Player #7 Bob (203.0.113.9:2304) connected",
        `Player #7 Bob - BE GUID: ${guidOf(7)}`
      )
      assert.isUndefined(identified.pollUnsafe())
      yield* session.say(`Verified GUID (${guidOf(7)}) of player #7 Bob`)
      const { player } = yield* Fiber.join(identified)
      assert.deepStrictEqual([player.id, player.guid, player.verified], [7, guidOf(7), true])
    }).pipe(Effect.scoped))

  it("comes without a verified GUID if a list that arrives a minute after the event does not contain one", () => {
    const identification = new Identification()
    const bob = new Player.Player({ id: slot(7), name: "Bob", guid: guidOf(7), verified: false })
    const players = new Map([[bob.id, bob]])
    const identified = (now: number) => identification.identified(players, true, now)
    assert.deepStrictEqual(identified(0), [])
    identification.listed(PATIENCE - 1)
    assert.deepStrictEqual(identified(PATIENCE - 1), [])
    // The time alone does not decide: a list must arrive.
    assert.deepStrictEqual(identified(PATIENCE), [])
    identification.listed(PATIENCE)
    assert.deepStrictEqual(identified(PATIENCE), [bob])
    assert.deepStrictEqual(identified(PATIENCE), [])
  })
})

describe("a visit", () => {
  const announced = (identification: Identification, fields: Parameters<typeof player>[0], isListed = true) =>
    identification.identified(new Map([[slot(0), player(fields)]]), isListed, 0).length

  it("is announced when everything is known, and not before", () => {
    const full = { guid: guid("a"), verified: true, address: address(1) }
    for (const missing of ["guid", "address"] as const) {
      const { [missing]: _, ...rest } = full
      assert.strictEqual(announced(new Identification(), rest), 0)
    }
    assert.strictEqual(announced(new Identification(), { ...full, verified: false }), 0)
    assert.strictEqual(announced(new Identification(), full), 1)
    assert.strictEqual(announced(new Identification(), { identity: identity("a") }), 1)
  })

  it("ends when another player has the slot, or when a list does not contain the player", () => {
    const full = { verified: true, address: address(1) }
    const identification = new Identification()
    assert.strictEqual(announced(identification, { ...full, guid: guid("a") }), 1)
    assert.strictEqual(announced(identification, { ...full, guid: guid("a") }), 0)
    assert.strictEqual(announced(identification, { ...full, guid: guid("b") }), 1)
    // After an outage no player is known until the list has arrived.
    assert.deepStrictEqual(identification.identified(new Map(), false, 0), [])
    assert.strictEqual(announced(identification, { ...full, guid: guid("b") }), 0)
    assert.deepStrictEqual(identification.identified(new Map(), true, 0), [])
    assert.strictEqual(announced(identification, { ...full, guid: guid("b") }), 1)
  })

  it("is forgotten if too many others begin before a list arrives", () => {
    const identification = new Identification()
    const visit = (id: number) =>
      identification.identified(new Map([[slot(id), player({ id: slot(id), identity: identity("a") })]]), false, 0)
        .length
    for (let id = 0; id < MAX_VISITS; id++) assert.strictEqual(visit(id), 1)
    assert.strictEqual(visit(0), 0)
    assert.strictEqual(visit(MAX_VISITS), 1)
    assert.deepStrictEqual([visit(1), visit(0)], [0, 1])
  })

  it("continues while more becomes known about the player", () => {
    const identification = new Identification()
    assert.strictEqual(announced(identification, { address: address(1) }), 0)
    assert.strictEqual(announced(identification, { address: address(1), guid: guid("a") }), 0)
    assert.strictEqual(announced(identification, { address: address(1), guid: guid("a"), verified: true }), 1)
  })
})
