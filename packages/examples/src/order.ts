import { BanBook, FolderStore, Plans } from "@bercon/operations"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer } from "effect"
import { banForAWeek } from "./community.ts"
import { restartSoon } from "./communityOrders.ts"

const [order, word = ""] = process.argv.slice(2)

/** `node order.ts ban GUID` or `node order.ts restart NAME`, while `runCommunity.ts` is running. */
const program = Effect.gen(function*() {
  if (order === "ban") {
    // The book fails with `InvalidBan` if the text is not a target.
    const ban = yield* banForAWeek(word as BanBook.NewBan["target"], "console")
    yield* Console.log(`banned: ${ban.toString()}`)
  } else {
    const plan = yield* restartSoon(word)
    yield* Console.log(`restart ${plan.id} in 30 minutes`)
  }
})

const Services = Layer.mergeAll(BanBook.layer(), Plans.layer()).pipe(
  Layer.provide(FolderStore.layer("community")),
  Layer.provide(NodeServices.layer)
)

program.pipe(Effect.provide(Services), NodeRuntime.runMain)
