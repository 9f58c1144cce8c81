/**
 * Runs the examples of doc comments.
 *
 * - Each example is loaded, so its statements run, and its tests become tests of this file.
 * - A comment after an expression, such as `// Some: 5`, is compared with the value of the expression.
 * - Each effect runs for a minute of virtual time, with a simulated server, a fleet and a ban book.
 *
 * An example that needs a real network or a cluster is only type-checked, by `pnpm types`.
 */
import { BanBook, BanEnforcement, Plans } from "@bercon/operations"
import { SimulatedServer, TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Result } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { allBlocks, isPieceOfExample } from "../../../scripts/codeBlocks.ts"
import { root } from "../../../scripts/packages.ts"

const needsMore = /from "[^"]*\/(?:Node\w+|DatagramSocketTransport)"|from "@bercon\/cluster"|^declare /m
const isPiece = isPieceOfExample(root)
const examples = allBlocks(root).filter((block) =>
  block.file.endsWith(".ts") && block.mark === "" && !isPiece(block) && !needsMore.test(block.text)
)

/** A value that an example shows. The comment after the expression has a `word`, a `literal`, or both. */
interface Shown {
  readonly value: unknown
  /** `Some`, `None`, `Success`, the name of a class, or empty. After `Failure` it is the tag of the error. */
  readonly word: string
  readonly literal: unknown
}

/** The code that records a value and the comment after it. */
const record = (code: string, comment: string): string => {
  const found = /^(?:Failure: )?([A-Z]\w+)?(?:: |\(| )?("(?:[^"\\]|\\.)*"|-?\d+|true|false|undefined|\{.*\})?/.exec(
    comment
  )
  const [, word = "", literal] = found ?? []
  if (word === "" && literal === undefined) throw new Error(`a comment must show the value of ${code}: ${comment}`)
  return `shown.push({ value: ${code}, word: "${word}", literal: ${literal ?? "undefined"} })`
}

/** An example as a module that exports its constants and the values that it shows. */
const asModule = (text: string): string =>
  "export const shown: Array<{ value: unknown; word: string; literal: unknown }> = []\n" +
  text
    .replaceAll(/^const /gm, "export const ")
    .replaceAll(
      /^( *|if .*\) )([A-Za-z]\w*\.\w.*?) \/\/ (.*)$/gm,
      (_, start: string, code: string, comment: string) => start + record(code, comment)
    )
    .replaceAll(/^([A-Z]\w*\.\w.*\))\n\/\/ (.*)$/gm, (_, code: string, comment: string) => record(code, comment))

const compare = ({ literal, value, word }: Shown): void => {
  const content = Option.isOption(value)
    ? Option.getOrUndefined(value)
    : Result.isResult(value)
    ? Result.merge(value)
    : value
  const tags = [value, content].map((object) => (object as { readonly _tag?: string } | undefined)?._tag)
  if (word !== "") assert.include(tags, word)
  if (typeof literal === "object") assert.deepInclude(JSON.parse(JSON.stringify(content)), literal as object)
  else if (word === "" || literal !== undefined) assert.strictEqual(content, literal)
}

/** Whether an exported value is an effect. `pnpm types` checks its services and errors. */
const isProgram = (value: unknown): value is Effect.Effect<void> => Effect.isEffect(value)

const operations = Layer.mergeAll(BanEnforcement.layerFleet(), Plans.layerFleet()).pipe(
  Layer.provideMerge(BanBook.layerMemory()),
  Layer.provideMerge(TestFleet.layer({ servers: { altis: {}, stratis: {} } }))
)
const simulated = Layer.merge(operations, TestRcon.layer())

// Not in `node_modules`: Node runs no TypeScript there.
const folder = Path.join(root, "packages/examples/dist/.docComments")
Fs.rmSync(folder, { recursive: true, force: true })
Fs.mkdirSync(folder, { recursive: true })

let values = 0
let effects = 0
for (const { file, line, text } of examples) {
  const path = Path.join(folder, `${file.replaceAll(/[^\w.-]/g, "_")}.${line}.ts`)
  Fs.writeFileSync(path, asModule(text))
  const { shown, ...exported }: { readonly shown: ReadonlyArray<Shown> } = await import(path)
  describe(`${file}:${line}`, () => {
    it("loads, and shows the right values", () => {
      for (const item of shown) compare(item)
    })
    values += shown.length

    for (const [name, effect] of Object.entries(exported)) {
      if (!isProgram(effect)) continue
      effects++
      it.effect(`${name} runs`, () =>
        Effect.gen(function*() {
          yield* SimulatedServer.SimulatedServer.use((server) => server.join({ name: "Miller" }))
          const fiber = yield* Effect.forkScoped(effect)
          yield* TestRcon.passTime("1 minute")
          const exit = fiber.pollUnsafe()
          assert.isTrue(exit === undefined || Exit.isSuccess(exit), String(exit))
        }).pipe(Effect.provide(simulated)))
    }
  })
}

it("the search finds the examples", () => {
  assert.isAtLeast(examples.length, 60)
  assert.isAtLeast(values, 20)
  assert.isAtLeast(effects, 20)
})
