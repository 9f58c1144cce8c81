/**
 * Sets the seed of property tests. Vitest runs this file before each test file.
 *
 * `pnpm test` always uses the same inputs, so that only the tested change can cause a new failure. A soak (`pnpm soak`)
 * uses random inputs, and prints their seed. The variable `BERCON_SEED` repeats them.
 */
import * as Arbitrary from "effect/Arbitrary"

const { BERCON_SEED, BERCON_SOAK } = process.env

const seed = Number(BERCON_SEED ?? (BERCON_SOAK === undefined ? 1 : Math.floor(Math.random() * 2 ** 31)))
if (BERCON_SOAK !== undefined) console.log(`BERCON_SEED=${seed}`)

Arbitrary.configureGlobal({ check: { seed } })
