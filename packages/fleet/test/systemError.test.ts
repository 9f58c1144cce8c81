import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as SystemError from "../src/internal/systemError.ts"

const errorOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

it("an error of the system is described by its code and its words, without a path", () => {
  const missing = errorOf(() => Fs.readFileSync("/nowhere, or elsewhere\n/x"))
  assert.strictEqual(SystemError.code(missing), "ENOENT")
  assert.strictEqual(SystemError.reason(missing), "ENOENT: no such file or directory")
})

it("an error of Node without words of the system is described by its code, and any other as unknown", () => {
  const invalid = errorOf(() => Fs.readFileSync("nul\0secret"))
  assert.strictEqual(SystemError.reason(invalid), "ERR_INVALID_ARG_VALUE")
  for (const cause of [new Error("secret"), "secret", undefined]) {
    assert.strictEqual(SystemError.code(cause), "unknown error")
    assert.strictEqual(SystemError.reason(cause), "unknown error")
  }
})
