/**
 * Tests that the report of the public API depends only on the API, not on the order of the source.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { declarationsOf } from "../packages/reference/src/declarations.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-report-"))

afterAll(() => {
  Fs.rmSync(folder, { recursive: true })
})

/** Writes a module with these statements, and returns the report of its declarations. */
const reportOf = (...statements: ReadonlyArray<string>) => {
  const file = Path.join(folder, "Module.d.ts")
  Fs.writeFileSync(file, statements.join("\n"))
  return declarationsOf(file)
}

Fs.mkdirSync(Path.join(folder, "internal"))
Fs.writeFileSync(
  Path.join(folder, "internal", "parts.d.ts"),
  ["export type Own = 1;", "export declare const own: 2;", "export type Hidden = 3;"].join("\n")
)

describe("the report of the public API", () => {
  it("is the same if the statements of a module are in another order", () => {
    const statements = [
      "import type { Hidden } from \"./internal/parts.ts\";",
      "export declare const make: (hidden: Hidden) => void;",
      "export type Name = string;",
      "export declare const Name: Name;",
      "declare const Base: unique symbol;",
      "export { own, type Own } from \"./internal/parts.ts\";",
      "export * as Parts from \"./internal/parts.ts\";",
      "export { first, type Second } from \"@bercon/session/Session\";",
      "export * from \"@bercon/session/Status\";"
    ]
    const report = reportOf(...statements)
    assert.deepStrictEqual(reportOf(...statements.toReversed()), report)
    assert.deepStrictEqual(report, [
      "export * from \"@bercon/session/Status\";",
      "declare const Base: unique symbol;",
      "/* not exported */ export type Hidden = 3;",
      "export const Name: Name;",
      "export type Name = string;",
      "export type Own = 1;",
      "/* Parts. */ export type Hidden = 3;",
      "/* Parts. */ export type Own = 1;",
      "/* Parts. */ export const own: 2;",
      "export { type Second } from \"@bercon/session/Session\";",
      "export { first } from \"@bercon/session/Session\";",
      "export const make: (hidden: Hidden) => void;",
      "export const own: 2;"
    ])
    assert.deepStrictEqual(
      reportOf("export { type Second, first } from \"@bercon/session/Session\";"),
      reportOf("export { first, type Second } from \"@bercon/session/Session\";")
    )
  })

  it("keeps the order of the overloads of a function, because a call uses the first one that fits", () => {
    const [one, other] = ["export function f(a: 1): 1;", "export function f(a: number): 2;"] as const
    assert.deepStrictEqual(reportOf(one, other), [one, other])
    assert.deepStrictEqual(reportOf(other, one), [other, one])
  })
})
