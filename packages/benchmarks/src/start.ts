/**
 * A fresh process up to its first reply, which it reports with one byte on standard output. `empty` does nothing.
 *
 * `node start.ts <client|empty> <port> [barrels]`; with `barrels` it imports as most programs do, from "effect".
 */
import { type Name, subjects } from "./client.ts"

const [name, port, barrels] = process.argv.slice(2)
if (barrels !== undefined) await Promise.all([import("effect"), import("@bercon/session")])
if (name !== "empty") {
  const client = await (await subjects[name as Name]()).connect(Number(port))
  await client.commands("short", 1, 1, 20)
}
process.stdout.write(".", () => process.exit())
