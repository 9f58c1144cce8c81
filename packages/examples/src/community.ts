import { BanBook, BanEnforcement, Plans } from "@bercon/operations"
import { Effect, Layer } from "effect"

/** The restarts of the servers, and the messages to players. */
const Restarts = Plans.layerFleet({
  restarts: [
    {
      id: "nightly",
      at: { cron: "0 4 * * *", timeZone: "Europe/Berlin" },
      text: "Neustart in {remaining}, um {time} Uhr",
      locale: "de",
      lock: "1 minute",
      kick: { before: "10 seconds", reason: "Neustart, bis gleich" },
      command: "restartServer"
    },
    {
      id: "event",
      servers: ["livonia"],
      at: { cron: "0 18 * * 6", timeZone: "Europe/Berlin" },
      warnings: ["10 minutes", "2 minutes"],
      skipWhenEmpty: true,
      command: "restartServer"
    }
  ],
  rotas: [{ id: "rules", every: "20 minutes", messages: ["No base raiding at night", "Be kind in chat"] }],
  notBack: ({ server, since }) => Effect.logError(`call an admin: ${server} is offline`, since)
})

/** Enforces bans and carries out the plans. It needs a fleet, and a store for its persistent data. */
export const Community = BanEnforcement.layerFleet().pipe(
  Layer.provideMerge(BanBook.layer({ refreshInterval: "30 seconds" })),
  Layer.merge(Restarts)
)

/** Bans a player on all servers for a week. */
export const banForAWeek = Effect.fn(function*(target: BanBook.NewBan["target"], by: string) {
  const book = yield* BanBook.BanBook
  return yield* book.add({ target, reason: "teamkilling", duration: "7 days", by })
})
