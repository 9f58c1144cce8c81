/**
 * Events and changes of status, in order, printed when the story is ready for them.
 *
 * **Details**
 *
 * Changes of status and events of the server come at any time. Here they are queued. A step of the story prints them until the
 * one that it waits for has come. So nothing is lost, and nothing interrupts a sentence.
 */
import type { RconClient, ServerEvent } from "@bercon/client"
import { Context, type Duration, Effect, Layer, Queue, Stream } from "effect"
import { DemoFailed } from "./DemoFailed.ts"
import * as Print from "./Print.ts"

type Status = Effect.Success<RconClient.RconClient["Service"]["status"]>

type Failure = Stream.Error<RconClient.RconClient["Service"]["events"]>

export type Item = Status | ServerEvent.ServerEvent

export type Tag = Item["_tag"]

export class News extends Context.Service<News>()("@bercon/cli/News", {
  make: Effect.gen(function*() {
    const scope = yield* Effect.scope
    const items = yield* Queue.unbounded<Item, Failure>()
    const printNext = Effect.tap(Queue.take(items), Print.item)

    return {
      /** Queues the items of the stream from now on. If it fails, the step that waits for news fails, too. */
      follow: (stream: Stream.Stream<Item, Failure>): Effect.Effect<void> =>
        stream.pipe(
          Stream.runForEach((item) => Queue.offer(items, item)),
          Effect.catch((failure) => Queue.fail(items, failure)),
          Effect.forkIn(scope, { startImmediately: true }),
          Effect.asVoid
        ),

      /** Prints items until one of each tag has come. Returns the last of these. Fails after 10 seconds. */
      until: <const T extends Tag>(...tags: ReadonlyArray<T>) => {
        const missing = new Set<Tag>(tags)
        return printNext.pipe(
          Effect.repeat({ until: ({ _tag }) => missing.delete(_tag) && missing.size === 0 }),
          Effect.map((item) => item as Extract<Item, { readonly _tag: T }>),
          Effect.timeoutOrElse({
            duration: "10 seconds",
            orElse: () =>
              Effect.fail(new DemoFailed({ message: `${[...missing].join(" and ")} did not come within 10 seconds` }))
          })
        )
      },

      /** Prints the items that come within this time. */
      during: (duration: Duration.Input) => Effect.timeoutOption(Effect.forever(printNext), duration)
    }
  })
}) {
  static readonly layer = Layer.effect(this, this.make)
}
