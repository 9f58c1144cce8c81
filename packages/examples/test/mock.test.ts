import { ServerEvent } from "@bercon/client"
import { MockRconClient } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { welcomeBot } from "../src/welcomeBot.ts"

it.effect("whispers to a verified player", () =>
  Effect.gen(function*() {
    const mock = yield* MockRconClient.MockRconClient
    yield* welcomeBot
    yield* mock.emit(ServerEvent.parse("Verified GUID (4fc867abf98b934e9e7eeaf15170258c) of player #5 Miller"))

    assert.deepStrictEqual(yield* mock.calls, [["whisper", 5, "welcome, the rules are on our page"]])
  }).pipe(Effect.provide(MockRconClient.layer())))
