/**
 * Feeds random input to targets: the parsers, the session machine, and others. Each target ends when its time is over
 * or a check fails.
 *
 * ```sh
 * npx -y pnpm@12 fuzz                                  # every target, 10 seconds in all, from a new seed
 * npx -y pnpm@12 fuzz --seconds 300 machine event      # only these targets
 * npx -y pnpm@12 fuzz --seed 7 --case 1234 event       # repeats one case
 * ```
 *
 * A failure prints its input and the command that repeats it. Fix it, and add its seed and case to `test/fuzz.test.ts`.
 */
import process from "node:process"
import * as Util from "node:util"
import { caseOf, type Failure, seconds } from "./fuzz/run.ts"
import { targets } from "./fuzz/targets.ts"

const { positionals, values } = Util.parseArgs({
  allowPositionals: true,
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: { seed: { type: "string" }, seconds: { type: "string", default: "10" }, case: { type: "string" } }
})

const fail = (message: string): never => {
  process.stderr.write(`${message}\nusage: pnpm fuzz [--seed N] [--seconds N] [--case N] [TARGET...]\n`)
  process.exit(2)
}

const integer = (name: string, value: string): number =>
  /^\d{1,10}$/.test(value) ? Number(value) : fail(`--${name} must be an integer from 0 to 9999999999 (got "${value}")`)

const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : integer("seed", values.seed)
const limit = integer("seconds", values.seconds)
const names = positionals.length === 0 ? Object.keys(targets) : positionals
for (const name of names) {
  if (!(name in targets)) fail(`TARGET must be one of ${Object.keys(targets).join(", ")} (got "${name}")`)
}

const report = (name: string, { error, input, index }: Failure): void => {
  process.exitCode = 1
  process.stdout.write(
    `\n${name} failed: ${Util.inspect(error)}\ninput: ${
      Util.inspect(input, { depth: 6, maxArrayLength: 300, maxStringLength: 20_000 })
    }\n` +
      `to repeat it: npx -y pnpm@12 fuzz --seed ${seed} --case ${index} ${name}\n\n`
  )
}

process.stdout.write(`seed ${seed}\n`)
for (const name of names) {
  const target = targets[name]!
  if (values.case !== undefined) {
    const failure = await caseOf(target, name, seed, integer("case", values.case))
    if (failure !== undefined) report(name, failure)
    else process.stdout.write(`${name}: this case passes\n`)
    continue
  }
  const { count, failure } = await seconds(target, name, seed, limit / names.length)
  process.stdout.write(`${name}: ${count} cases\n`)
  if (failure !== undefined) report(name, failure)
}
