/**
 * Runs everything that a change must pass on the machine of its author, and prints how long each step took. Stops at the
 * first step that fails.
 */
import { spawnSync } from "node:child_process"

const steps = ["format", "lint", "types", "unused", "api:check", "test"]

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`.padStart(6)
const times: Array<string> = []
const report = (): void => console.log(`\n${times.join("\n")}\n${seconds(performance.now())}  together`)

for (const step of steps) {
  const start = performance.now()
  // The command of a script is one word on every platform only in a shell.
  const { status } = spawnSync(`pnpm run ${step}`, { stdio: "inherit", shell: true })
  times.push(`${seconds(performance.now() - start)}  ${step}${status === 0 ? "" : " FAILED"}`)
  if (status !== 0) {
    report()
    process.exit(1)
  }
}
report()
