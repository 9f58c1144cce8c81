/**
 * Sets how much is tested, and how a failure is repeated.
 *
 * `pnpm test` runs the short tests, always with the same inputs. `pnpm soak` runs the long ones too, with other inputs
 * each time; a test that uses `runs` or `checks` gets `BERCON_SOAK` times as many inputs. `pnpm soak` prints the seed of
 * each file, and `BERCON_SEED=<seed>` repeats the file's run. A property that fails prints its smallest failing input, and a
 * token that repeats it:
 *
 *     BERCON_REPLAY=<token> npx -y pnpm@12 exec vitest run --config vitest.workspace.ts --project session -t "<its name>"
 */
import { Schema } from "effect"

const { BERCON_REPLAY, BERCON_SOAK } = process.env

/** Whether the long tests run. */
export const soaking = BERCON_SOAK !== undefined

/** The number of checks of a property that `pnpm test` checks `n` times. */
export const runs = (n: number): number => n * Number(BERCON_SOAK ?? 1)

/** Prints a measurement of a soak. */
export const report = (line: string): void => soaking ? console.log(line) : undefined

/** Options of a property that `pnpm test` checks `n` times. */
export const checks = (n: number) => ({
  arbitrary: { runs: runs(n), replay: BERCON_REPLAY },
  timeout: soaking ? 600_000 : 60_000
})

/** The seed of a random run. */
export const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 }))
