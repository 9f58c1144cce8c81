import { BanBook, BanEnforcement, BansFile } from "@bercon/operations"
import { Effect, Layer } from "effect"

/** Enforces the bans of the book on all servers of a fleet. On "event" it only kicks, and adds no bans to the list. */
export const Bans = BanEnforcement.layerFleet({ servers: { event: { enforcement: "Kick" } } })

/** The same layer, with a book in a folder. It still needs a fleet and the platform's file system. */
export const BansInFolder = Bans.pipe(Layer.provideMerge(BanBook.layerFolder("community")))

/** Bans a player for a week, on all servers. */
export const banForWeek = Effect.fn(function*(target: BanBook.NewBan["target"], by: string) {
  const book = yield* BanBook.BanBook
  return yield* book.add({ target, reason: "teamkilling", duration: "7 days", by })
})

/** Adds the bans of a `bans.txt`. Returns the lines that are not bans. */
export const importFile = Effect.fn(function*(text: string) {
  const book = yield* BanBook.BanBook
  const { bans, unread } = BansFile.parse(text)
  yield* book.importBans(bans, { by: "import", source: "bans.txt" })
  return unread
})
