/**
 * A new process that logs in, sends one command, and writes one byte to standard output when the reply has arrived. With
 * `empty` it only writes the byte.
 *
 * `node start.ts <client|empty> <port> [barrels]`. With `barrels` it also imports the indexes of "effect" and
 * "@bercon/session", as most programs do.
 */
import { type Name, subjects } from "./subjects.ts"

const [name, port, barrels] = process.argv.slice(2)
if (barrels !== undefined) await Promise.all([import("effect"), import("@bercon/session")])
if (name !== "empty") {
  const client = await (await subjects[name as Name]()).connect(Number(port))
  await client.commands("short", 1, 1, 20)
}
process.stdout.write(".", () => process.exit())
