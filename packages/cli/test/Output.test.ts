import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { vi } from "vitest"
import * as Output from "../src/output/Output.ts"
import * as View from "../src/output/View.ts"

const view = View.make(Schema.Struct({ name: Schema.String }), { columns: [] })

/** Standard output on a disk that is full as soon as a matching text is written. */
const fullAt = (pattern: RegExp) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      vi.spyOn(process.stdout, "write").mockImplementation(
        (text: string | Uint8Array, done?: unknown) => {
          const error = pattern.test(String(text)) ? Object.assign(new Error(), { code: "ENOSPC" }) : undefined
          if (typeof done === "function") done(error)
          return true
        }
      )
    ),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

describe("standard output", () => {
  it.effect.each<readonly [string, RegExp]>([
    ["the beginning", /^\[/],
    ["an entry", /Miller/],
    ["the end", /\]\n$/]
  ])("gives a failure if it cannot be written at %s of a stream of entries", ([, pattern]) =>
    Effect.gen(function*() {
      yield* fullAt(pattern)
      const { printStream } = yield* Output.Output
      const failure = yield* Effect.flip(printStream(view, Stream.succeed({ server: "eu1", row: { name: "Miller" } })))
      assert.deepStrictEqual([failure._tag, failure.code], ["OutputFailed", "ENOSPC"])
    }).pipe(Effect.scoped, Effect.provide(Output.layer({ format: "json", labelled: false }))))
})
