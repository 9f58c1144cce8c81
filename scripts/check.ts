/**
 * Runs all checks that a change must pass before it is pushed, and prints how long each took. Stops at the first
 * failure.
 */
import { spawnSync } from "node:child_process"

const steps = ["format", "lint", "types", "unused", "api:check", "test"]

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`.padStart(6)
const times: Array<string> = []
const report = (): void => console.log(`\n${times.join("\n")}\n${seconds(performance.now())}  total`)

for (const step of steps) {
  const start = performance.now()
  // On Windows `pnpm` is a script, which only a shell can run.
  const { status } = spawnSync(`pnpm run ${step}`, { stdio: "inherit", shell: true })
  times.push(`${seconds(performance.now() - start)}  ${step}${status === 0 ? "" : " FAILED"}`)
  if (status !== 0) {
    report()
    process.exit(1)
  }
}
report()
