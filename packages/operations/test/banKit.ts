/**
 * A simulated server on which a ban book is enforced, and functions that inspect the server.
 */
import type { RconClient } from "@bercon/client"
import { BanBook, BanEnforcement, type BanPolicy } from "@bercon/operations"
import { SimulatedServer, TestRcon, World } from "@bercon/testing"
import { Effect, Layer } from "effect"
import { guid } from "./support.ts"

/** A permanent ban of the player whose GUID is this number. */
export const ban = (number: number, fields: Partial<BanBook.NewBan> = {}): BanBook.NewBan => ({
  target: guid(number),
  reason: "teamkilling",
  by: "Miller",
  ...fields
})

/** A row of the list of bans that another admin has added. */
export const foreign = (number: number, reason = "mine"): World.Ban => ({
  target: guid(number),
  expires: undefined,
  reason
})

/** The reasons in the list of a server, without the numbers of bans. */
export const reasons = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.world, (world) => World.numberedBans(world).map(({ reason }) => reason.replace(/:\w{6}\]/, "]")))

/** The commands with this beginning that the server has executed. */
export const executions = (server: SimulatedServer.SimulatedServer["Service"], command: string) =>
  Effect.map(server.executions, (all) => all.map(({ text }) => text).filter((text) => text.startsWith(command)))

/** One simulated server on which an empty book is enforced by the policy. */
export const one = (
  policy: BanPolicy.BanPolicy = {},
  options: TestRcon.Options = {}
): Layer.Layer<
  BanEnforcement.BanEnforcement | BanBook.BanBook | RconClient.RconClient | SimulatedServer.SimulatedServer
> =>
  BanEnforcement.layerClient("altis", policy).pipe(
    Layer.provideMerge(BanBook.layerMemory()),
    Layer.provideMerge(TestRcon.layer(options)),
    Layer.orDie
  )

/** The services that tests use. */
export const all = Effect.gen(function*() {
  return {
    book: yield* BanBook.BanBook,
    enforcement: yield* BanEnforcement.BanEnforcement,
    server: yield* SimulatedServer.SimulatedServer
  }
})
